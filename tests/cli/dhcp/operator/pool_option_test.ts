/** Which DHCP pool is meant. */
import assert from "node:assert/strict";
import { poolOf } from "../../../../cli/dhcp/operator/pool_option.ts";
import { EXIT } from "../../../../cli/exit.ts";
import type { ClientApi, Observer } from "../../../../cli/api.ts";
import * as api from "../../../../mod.ts";

const registrar = { identifier: 0xc0ffee, address: { host: "127.0.0.1", port: 9901 } };

function pick(pools: readonly string[], pool?: string): Promise<string> {
  const tables = pools.map((poolHandle) => ({ poolHandle, servers: 1, bindings: 0, digest: 0n }));
  const observer = {
    peers: () => Promise.resolve({ registrar, peers: [] }),
    bindingTables: () => Promise.resolve({ registrar, tables }),
  } as unknown as Observer;
  const options = { pool, maxHandleBytes: 32 };
  return poolOf(observer, {}, options, api as unknown as ClientApi);
}

Deno.test("the only pool need not be named", async () => {
  assert.equal(await pick(["dhcp/lan1"]), "dhcp/lan1");
  assert.equal(await pick(["dhcp/lan1", "dhcp/lan2"], "dhcp/lan2"), "dhcp/lan2");
});

Deno.test("of several pools one must be named: exit code 2, with their names", async () => {
  await assert.rejects(pick(["dhcp/lan1", "dhcp/lan2"]), {
    code: EXIT.usage,
    message: "there are several DHCP pools, name one: --pool dhcp/lan1 or dhcp/lan2",
  });
});

Deno.test("a pool without bindings: exit code 3, with those that have some", async () => {
  await assert.rejects(pick(["dhcp/lan1"], "dhcp/lna1"), {
    code: EXIT.unknownPool,
    message: 'no bindings of the pool "dhcp/lna1" (did you mean dhcp/lan1?); ' +
      "there are those of dhcp/lan1",
  });
  await assert.rejects(pick([]), {
    code: EXIT.unknownPool,
    message: "the registrar 0x00c0ffee keeps no bindings of DHCP servers",
  });
});

Deno.test("a pool that can be none is told before anybody is asked", async () => {
  await assert.rejects(pick(["dhcp/lan1"], "x".repeat(33)), { code: EXIT.usage });
  await assert.rejects(pick(["dhcp/lan1"], ""), { code: EXIT.usage });
});
