/** What somebody may read by whatever way is what it may read as an observer. RFC 5355 §2.15. */

import assert from "node:assert/strict";
import type { Party } from "../../../lib/core/security/authorize.ts";
import { readingRights } from "../../../lib/core/security/reading.ts";
import type { Permissions } from "../../../lib/core/security/permissions.ts";

const proofs = (name: string) => [{ kind: "certificate" as const, name }];
const PERMISSIONS: Permissions = {
  identities: [
    { proofs: proofs("oncall"), operate: true },
    { proofs: proofs("r1"), registrar: true },
    { proofs: proofs("reader"), read: ["web", "mail-*"] },
    { proofs: proofs("web-1"), register: ["web"] },
  ],
};

const shows = (identity?: string, isRegistrar = false): Party => ({
  security: "certificate",
  identity,
  isRegistrar,
});

Deno.test("who operates, and a registrar, read everything", () => {
  for (const party of [shows("oncall"), shows("r1", true)]) {
    const rights = readingRights(PERMISSIONS, party);
    assert.deepEqual([rights.tableRefusal, rights.operatorRefusal], [undefined, undefined]);
    assert.equal(rights.mayRead("anything"), true);
  }
});

Deno.test("who reads some pools reads these in the handle table, and nothing besides", () => {
  const rights = readingRights(PERMISSIONS, shows("reader"));
  assert.equal(rights.tableRefusal, undefined);
  assert.match(rights.operatorRefusal!, /^certificate:reader may not read the list of peers$/);
  const pools = ["web", "mail-1", "mail", "other"];
  assert.deepEqual(pools.map((pool) => rights.mayRead(pool)), [true, true, false, false]);
});

Deno.test("who may read nothing is told why, and so is who proves nothing", () => {
  const rows: [Party, RegExp][] = [
    [shows("web-1"), /^certificate:web-1 may not read the (handle table|list of peers)$/],
    [shows("r1"), /^certificate:r1 may not/],
    [shows("stranger"), /^certificate:stranger may not/],
    [shows(), /^whoever shows no certificate may not/],
    [{}, /^whoever comes without security may not/],
    [{ security: "psk", identity: "oncall" }, /^psk:oncall may not/],
  ];
  for (const [party, why] of rows) {
    const rights = readingRights(PERMISSIONS, party);
    assert.match(rights.tableRefusal!, why);
    assert.match(rights.operatorRefusal!, why);
    assert.equal(rights.mayRead("web"), false);
  }
});

Deno.test("what everybody over TLS may read, everybody over TLS reads, and no more", () => {
  const rights = readingRights({ ...PERMISSIONS, read: ["*"] }, shows());
  assert.equal(rights.tableRefusal, undefined);
  assert.match(rights.operatorRefusal!, /may not read the list of peers/);
  assert.equal(rights.mayRead("anything"), true);
  assert.notEqual(readingRights({ ...PERMISSIONS, read: ["*"] }, {}).tableRefusal, undefined);
});
