/** "Everything has a limit, and a tested answer at the limit": each limit is named in a test. */
import assert from "node:assert/strict";
import * as dnsmasqLimits from "../../cli/dhcp/dnsmasq/limits.ts";
import { HTTP_LIMITS } from "../../cli/http/limits.ts";
import { PAGE_LIMITS } from "../../cli/page/limits.ts";
import { DEFAULT_LIMITS } from "../../lib/core/limits.ts";
import { DEFAULT_HANDSHAKE_LIMITS } from "../../lib/net/handshakes.ts";
import * as tlsLimits from "../../lib/net/tls_psk/limits.ts";
import * as wireLimits from "../../lib/wire/limits.ts";
import { type SourceFile, sourceFiles } from "./tree.ts";

/** The names that no test speaks of. */
function untested(names: readonly string[], tests: readonly SourceFile[]): string[] {
  return names.filter((name) => !tests.some(({ text }) => new RegExp(`\\b${name}\\b`).test(text)));
}

Deno.test("every limit is named in a test", () => {
  const tests = sourceFiles().filter(({ path }) => /^tests\/(?!tidy\/).*_test\.ts$/.test(path));
  const constants = [wireLimits, tlsLimits, dnsmasqLimits].flatMap(Object.keys)
    .filter((name) => /^(MAX|MIN)_/.test(name));
  const names = [
    DEFAULT_LIMITS,
    DEFAULT_HANDSHAKE_LIMITS,
    tlsLimits.DEFAULT_PSK_TLS_LIMITS,
    HTTP_LIMITS,
    PAGE_LIMITS,
  ]
    .flatMap(Object.keys);
  names.push(...constants);
  assert.ok(names.length > 10);
  assert.deepEqual(untested(names, tests), []);
});

Deno.test("a limit that no test names is found", () => {
  const tests = [{ path: "tests/a_test.ts", text: "limits.maxPools = 2; maxElementsPerPool" }];
  assert.deepEqual(untested(["maxPools", "maxElements"], tests), ["maxElements"]);
});
