/** Connections at once. */
import assert from "node:assert/strict";
import { PROXY_LIMITS } from "../../../cli/proxy/options.ts";
import { Slots } from "../../../cli/proxy/slots.ts";

Deno.test("beyond the limit one waits, and has the slot that is given back, in turn", async () => {
  const slots = new Slots(2);
  await slots.take();
  await slots.take();
  assert.equal(slots.isFull, true);
  const order: string[] = [];
  const third = slots.take().then(() => order.push("third"));
  const fourth = slots.take().then(() => order.push("fourth"));
  slots.giveBack();
  await third;
  assert.deepEqual(order, ["third"]);
  assert.equal(slots.used, 2);
  slots.giveBack();
  await fourth;
  slots.giveBack();
  slots.giveBack();
  assert.equal(slots.used, 0);
});

Deno.test("the limits of a proxy, as its help and the README tell them", () => {
  assert.deepEqual(PROXY_LIMITS, {
    maxConnections: 4_000,
    connectTimeoutMs: 2_000,
    maxAttempts: 8,
    waitMs: 5_000,
    bufferBytes: 262_144,
    maxBufferedBytes: 67_108_864,
    maxUdpFlows: 4_000,
    udpIdleMs: 30_000,
    drainMs: 30_000,
  });
});
