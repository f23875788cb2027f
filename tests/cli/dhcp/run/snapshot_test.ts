import assert from "node:assert/strict";
import type { SavedBindingAgent } from "../../../../cli/api.ts";
import { BadSnapshot, readSnapshot, snapshotText } from "../../../../cli/dhcp/run/snapshot.ts";

const SAVED: SavedBindingAgent = {
  servers: [{
    identifier: 7,
    version: 2 ** 40,
    claim: 1,
    first: "192.0.2.10",
    last: "192.0.2.19",
    share: 1,
    shares: 2,
    lease: 120,
    freeIn: 0,
    flags: ["withheld"],
    name: "a",
    acknowledgements: [{ server: 8, claim: 3 }],
  }],
  bindings: [{
    address: "192.0.2.10",
    state: "EXPIRED",
    transaction: "EXPIRATION",
    counter: 2 ** 40,
    server: 7,
    lease: 120,
    remaining: 0xffffffff,
    hardware: "02:00:00:00:00:01",
    clientId: "01:02",
    host: "h",
    acknowledgedBy: [7],
  }],
  clock: 2 ** 40,
  confirmedClaim: 1,
  isReturning: false,
  contactAgoMs: 1500.5,
  savedAgoMs: 0,
};
const AT = { wall: 1_700_000_000_000, now: 60_000, boot: "b1" };

Deno.test("what was saved is known again, and how long ago that was", () => {
  const text = snapshotText(SAVED, AT);
  const later = { wall: AT.wall + 5_000, now: AT.now + 5_000, boot: "b1" };
  assert.deepEqual(readSnapshot(text, later), { ...SAVED, savedAgoMs: 5_000 });
});

Deno.test("a clock that was set meanwhile does not matter", () => {
  const set = { wall: AT.wall - 86_400_000, now: AT.now + 5_000, boot: "b1" };
  assert.equal(readSnapshot(snapshotText(SAVED, AT), set).savedAgoMs, 5_000);
});

Deno.test("after a start of the machine nobody knows when a registrar was heard", () => {
  const text = snapshotText(SAVED, AT);
  const known = readSnapshot(text, { wall: AT.wall + 9_000, now: 10, boot: "b2" });
  assert.equal(known.savedAgoMs, 9_000);
  assert.equal(known.contactAgoMs, undefined);
  const back = readSnapshot(text, { wall: 0, now: 10, boot: "b2" });
  assert.equal(back.savedAgoMs, 0, "leases rather last too long");
});

Deno.test("a torn file is told, wherever it was cut", () => {
  const text = snapshotText(SAVED, AT).trim();
  for (let length = 0; length < text.length; length++) {
    assert.throws(() => readSnapshot(text.slice(0, length), AT), BadSnapshot);
  }
});

Deno.test("a value that no agent writes is named", () => {
  const cases: [string, string, RegExp][] = [
    ['"format":1', '"format":2', /its format is not 1/],
    ['"192.0.2.10","state"', '"192.0.2.10 x","state"', /bindings\[0\]\.address/],
    ['"EXPIRED"', '"expired"', /bindings\[0\]\.state/],
    ['"EXPIRATION"', '"constructor"', /bindings\[0\]\.transaction/],
    ['"host":"h"', '"host":"h\\n0 02:aa 192.0.2.11 * *"', /bindings\[0\]\.host/],
    ['"clientId":"01:02"', '"clientId":"$(reboot)"', /bindings\[0\]\.clientId/],
    ['"hardware":"02:00', '"hardware":"02: 00', /bindings\[0\]\.hardware/],
    ['"flags":["withheld"]', '"flags":["root"]', /servers\[0\]\.flags/],
    ['"name":"a"', '"name":"a b"', /servers\[0\]\.name/],
    ['"claim":3', '"claim":-1', /servers\[0\]\.acknowledgements/],
    ['"acknowledgedBy":[7]', '"acknowledgedBy":["7"]', /bindings\[0\]\.acknowledgedBy/],
    ['"contactAgoMs":1500.5', '"contactAgoMs":"soon"', /contactAgoMs/],
    ['"servers":[', '"servers":{},"others":[', /servers is not/],
  ];
  const text = snapshotText(SAVED, AT);
  for (const [good, bad, message] of cases) {
    const changed = text.replace(good, () => bad);
    assert.notEqual(changed, text, good);
    assert.throws(() => readSnapshot(changed, AT), message);
  }
});
