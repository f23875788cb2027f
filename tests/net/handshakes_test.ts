/** The gate before TLS handshakes: each limit, by a clock of its own. */
import assert from "node:assert/strict";
import { DEFAULT_HANDSHAKE_LIMITS, HandshakeGate } from "../../lib/net/handshakes.ts";

const A = "192.0.2.1";
const B = "192.0.2.2";

Deno.test("the limits are those that are documented", () => {
  assert.deepEqual(DEFAULT_HANDSHAKE_LIMITS, {
    handshakeMs: 10_000,
    handshakesAtOnce: 256,
    handshakesAtOncePerAddress: 64,
    handshakesPerSecond: 50,
    burstSeconds: 5,
  });
});

Deno.test("as many as allowed go on at once, and one that leaves makes room once", () => {
  const gate = new HandshakeGate({ handshakesAtOnce: 2 }, () => 0);
  const first = gate.enter(A);
  assert.ok(first.isAdmitted);
  assert.ok(gate.enter(B).isAdmitted);
  assert.deepEqual(gate.enter(B), {
    isAdmitted: false,
    why: "more than 2 TLS handshakes at once",
  });
  first.leave();
  first.leave();
  assert.equal(gate.atOnce, 1);
  assert.ok(gate.enter(B).isAdmitted);
  assert.ok(!gate.enter(B).isAdmitted);
});

Deno.test("an address has its allowance, which grows back with time; others have theirs", () => {
  let now = 0;
  const gate = new HandshakeGate({ handshakesPerSecond: 2, burstSeconds: 2 }, () => now);
  const enter = (address: string) => {
    const admission = gate.enter(address);
    if (admission.isAdmitted) admission.leave();
    return admission.isAdmitted;
  };
  assert.deepEqual([1, 2, 3, 4, 5].map(() => enter(A)), [true, true, true, true, false]);
  assert.ok(enter(B));
  now = 499;
  assert.ok(!enter(A));
  now = 500;
  assert.ok(enter(A));
  assert.ok(!enter(A));
  now = 1e9;
  assert.deepEqual([1, 2, 3, 4, 5].map(() => enter(A)), [true, true, true, true, false]);
});

Deno.test("handshakesAtOncePerAddress: who holds handshakes open does not keep others out", () => {
  const gate = new HandshakeGate({ handshakesAtOncePerAddress: 2 }, () => 0);
  const first = gate.enter(A);
  assert.ok(first.isAdmitted && gate.enter(A).isAdmitted);
  assert.deepEqual(gate.enter(A), {
    isAdmitted: false,
    why: "more than 2 TLS handshakes of one address at once",
  });
  assert.ok(gate.enter(B).isAdmitted);
  first.leave();
  assert.ok(gate.enter(A).isAdmitted);
});
