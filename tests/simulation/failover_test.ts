/** How long it takes until those who had a registrar have another one. RFC 5352 §3.6. */
import assert from "node:assert/strict";
import { POOL_ELEMENT_TIMING } from "../../lib/core/mod.ts";
import { checkPresence, Cluster } from "../../lib/sim/mod.ts";
import { seeds, withSeed } from "./seeds.ts";

const ELEMENTS = 40;

/** Two or more registrars, and elements that are registered somewhere. */
function populated(seed: number, registrars: number): Cluster {
  const cluster = new Cluster({ seed, latencyMs: [0, 40], readBytes: 700 });
  for (let i = 0; i < registrars; i++) cluster.addRegistrar();
  for (let i = 0; i < ELEMENTS; i++) {
    cluster.addElement({ poolHandle: `pool-${i % 4}`, hasEndpoint: i % 3 > 0 }).register();
  }
  cluster.advance(70_000);
  checkPresence(cluster);
  return cluster;
}

/** Runs until all elements are registered; how long that took. */
function untilRegistered(cluster: Cluster, limitMs: number): number {
  const began = cluster.now;
  const isOver = () => cluster.elements.every((each) => each.state === "registered");
  while (!isOver() && cluster.now < began + limitMs) cluster.advance(10);
  assert(isOver(), `not all are registered after ${limitMs} ms`);
  return cluster.now - began;
}

Deno.test("a registrar dies: within T5 its elements are at another, as who they are", () => {
  for (const seed of seeds([1, 2, 3, 4, 5], 5)) {
    const cluster = populated(seed, 2);
    withSeed(seed, () => cluster.transcript.tail(), () => {
      const [dying] = cluster.registrars;
      const bereft = cluster.elements.filter((each) => each.home === dying!.identifier);
      const identifiers = cluster.elements.map((each) => each.identifier);
      assert(bereft.length > 0 && bereft.length < ELEMENTS);
      dying!.kill();
      cluster.advance(50);
      untilRegistered(cluster, POOL_ELEMENT_TIMING.t5ServerHuntMs);
      assert.deepEqual(cluster.elements.map((each) => each.identifier), identifiers);
      checkPresence(cluster);
    });
  }
});

Deno.test("the only registrar is started again: all elements are back within its pauses", () => {
  for (const seed of seeds([6, 7, 8], 3)) {
    for (const downMs of [100, 20_000, 600_000]) {
      const cluster = populated(seed, 1);
      withSeed(seed, () => cluster.transcript.tail(), () => {
        const [registrar] = cluster.registrars;
        registrar!.stop();
        cluster.advance(downMs);
        registrar!.start();
        // A pause is RETRAN-MAX at most, varied by ±50 % below it.
        untilRegistered(cluster, POOL_ELEMENT_TIMING.retranMaxMs + 1000);
        checkPresence(cluster);
      });
    }
  }
});

Deno.test("a registrar loses its power: its silence is noticed, and a hunt ends at another", () => {
  const { keepAliveCycleMs, t2RegistrationMs, maxRegAttempt, t5ServerHuntMs } = POOL_ELEMENT_TIMING;
  const boundMs = 2 * keepAliveCycleMs + maxRegAttempt * t2RegistrationMs + t5ServerHuntMs;
  for (const seed of seeds([9, 10, 11], 2)) {
    const cluster = populated(seed, 2);
    withSeed(seed, () => cluster.transcript.tail(), () => {
      const [dark, other] = cluster.registrars;
      dark!.powerOff();
      cluster.advance(boundMs);
      for (const { home, state, name } of cluster.elements) {
        assert.equal(state, "registered", name);
        assert.notEqual(home, dark!.identifier, name);
      }
      assert(other!.isRunning);
      checkPresence(cluster);
    });
  }
});
