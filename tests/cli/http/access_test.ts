/** Which listeners are over TLS, and who may read there. docs/security.md. */

import assert from "node:assert/strict";
import { accessOf, openWords, type Secret } from "../../../cli/http/access.ts";
import { HTTP_OPTIONS } from "../../../cli/http/options.ts";
import { formatAddress } from "../../../cli/address.ts";
import type { Context } from "../../../cli/command.ts";
import { resolveValues } from "../../../cli/values.ts";
import { GENERAL_OPTIONS, type SharedValues } from "../../../cli/options.ts";
import type { HttpValues } from "../../../cli/http/options.ts";
import { FakeWorld } from "../fake_world.ts";

const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
const file = (name: string) => ({ path: name, text: pem(name) });
const FILES = { "own.crt": pem("own.crt"), "own.key": pem("own.key") };
const PERMISSIONS = { identities: [] };
/** A registrar with certificates, one with keys only, and a client of such. */
const CERTIFIED: Secret = {
  certificates: { ca: file("ca.crt"), cert: file("r.crt"), key: file("r.key") },
  permissions: PERMISSIONS,
};
const KEYED: Secret = { permissions: PERMISSIONS };
const CLIENT: Secret = {};

const HERE = "127.0.0.1:1";
const THERE = "192.0.2.1:2";
const OWN = { httpCert: ["own.crt"], httpKey: ["own.key"] };
const INSECURE = { allowInsecureHttp: ["true"] };

async function access(
  http: readonly string[],
  given: Record<string, readonly string[]>,
  secret: Secret | undefined,
) {
  const table = { ...HTTP_OPTIONS, ...GENERAL_OPTIONS };
  const { values, origins } = resolveValues(table, {
    given: { ...given, ...(http.length === 0 ? {} : { http }) },
    env: () => undefined,
    file: () => undefined,
    isUsed: () => true,
  });
  const world = new FakeWorld({ files: FILES });
  const context = { world, sourceOf: (key: string) => origins[key]?.source } as unknown as Context;
  const found = await accessOf(context, values as unknown as HttpValues & SharedValues, secret);
  const { plain, secured, guard } = found;
  const warning = openWords([...plain, ...secured], found);
  return {
    plain: plain.map(formatAddress),
    secured: secured.map(formatAddress),
    shows: guard?.certificates.cert.path,
    trusts: guard?.permissions === undefined ? undefined : guard.certificates.ca?.path,
    warning: warning?.words,
  };
}

const OPEN = /^whoever reaches 192.0.2.1:2 over HTTP may read everything there$/;
const ALTHOUGH = /may read everything there, although security is on \(--allow-insecure-http\)$/;

Deno.test("where everybody may read anyway, a certificate makes it TLS, no more", async () => {
  const rows = [
    [[HERE], {}, { plain: [HERE], secured: [] }],
    [[HERE, THERE], {}, { plain: [HERE, THERE], secured: [], warning: OPEN }],
    [[HERE, THERE], OWN, { plain: [], secured: [HERE, THERE], shows: "own.crt", warning: OPEN }],
    [[THERE], INSECURE, { plain: [THERE], secured: [], warning: OPEN }],
  ] as const;
  for (const [http, given, expected] of rows) check(await access(http, given, undefined), expected);
});

Deno.test("a secured registrar: others need TLS and an identity, this host does not", async () => {
  const rows = [
    [[HERE], {}, { plain: [HERE], secured: [] }],
    [[HERE, THERE], {}, { plain: [HERE], secured: [THERE], shows: "r.crt", trusts: "ca.crt" }],
    [[HERE, THERE], OWN, {
      plain: [],
      secured: [HERE, THERE],
      shows: "own.crt",
      trusts: "ca.crt",
    }],
    [[THERE], INSECURE, { plain: [THERE], secured: [], warning: ALTHOUGH }],
    [[HERE, THERE], { ...OWN, ...INSECURE }, {
      plain: [],
      secured: [HERE, THERE],
      shows: "own.crt",
      warning: ALTHOUGH,
    }],
  ] as const;
  for (const [http, given, expected] of rows) check(await access(http, given, CERTIFIED), expected);
});

Deno.test("where nobody can prove anything, others are not served", async () => {
  for (const secret of [KEYED, CLIENT]) {
    for (const given of [{}, OWN]) {
      await assert.rejects(access([HERE, THERE], given, secret), {
        code: 2,
        message: secret === KEYED
          ? /^--http 192.0.2.1:2: without --ca, --cert and --key nobody can prove over HTTP who/
          : /^--http 192.0.2.1:2: this command can tell nobody apart, .*--allow-insecure-http$/,
      });
    }
    check(await access([HERE], {}, secret), { plain: [HERE], secured: [] });
    check(await access([HERE], OWN, secret), { plain: [], secured: [HERE], shows: "own.crt" });
    check(await access([THERE], INSECURE, secret), {
      plain: [THERE],
      secured: [],
      warning: ALTHOUGH,
    });
  }
});

Deno.test("other loopback addresses are this host, names and all addresses are not", async () => {
  const here = ["localhost:1", "127.8.8.8:1", "[::1]:1"];
  check(await access(here, {}, KEYED), { plain: here, secured: [] });
  for (const there of ["0.0.0.0:1", "[::]:1", "r1.example:1", "127.example:1"]) {
    await assert.rejects(access([there], {}, KEYED), { code: 2 }, there);
  }
});

Deno.test("half a pair, a pair without a listener, and files that are not there", async () => {
  const rows = [
    [[HERE], { httpCert: ["own.crt"] }, "--http-cert needs --http-key, too"],
    [[HERE], { httpKey: ["own.key"] }, "--http-key needs --http-cert, too"],
    [[], OWN, "--http-cert needs --http HOST:PORT"],
    [[], INSECURE, "--allow-insecure-http needs --http HOST:PORT"],
    [[HERE], { ...OWN, httpKey: ["none"] }, /^cannot read the private key none: no such file/],
  ] as const;
  for (const [http, given, message] of rows) {
    await assert.rejects(access(http, given, undefined), { code: 2, message });
  }
});

type Found = Awaited<ReturnType<typeof access>>;

function check(
  { warning, ...found }: Found,
  { warning: words, ...expected }: Readonly<Partial<Record<string, unknown>>>,
): void {
  assert.deepEqual(found, { shows: undefined, trusts: undefined, ...expected });
  if (words === undefined) assert.equal(warning, undefined);
  else assert.match(warning!, words as RegExp);
}
