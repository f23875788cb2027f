/** Clusters in which nobody is told of anybody: all is found by announcements. RFC 5352 §3.6. */
import assert from "node:assert/strict";
import { encodePresence, encodeServerAnnounce, type ProtocolName } from "../../lib/core/mod.ts";
import {
  checkPresence,
  Cluster,
  type ClusterRegistrar,
  readTable,
  type Stranger,
} from "../../lib/sim/mod.ts";
import { readPeers } from "../../lib/sim/inquiry.ts";
import { seeds, withSeed } from "./seeds.ts";

const ELEMENTS = 20;
const USERS = 4;
const MINUTE_MS = 60_000;

function discovering(seed: number, registrars: number): Cluster {
  const cluster = new Cluster({ seed, latencyMs: [0, 40], readBytes: 700 });
  for (let i = 0; i < ELEMENTS; i++) {
    cluster.addElement({ poolHandle: `pool-${i % 4}`, discovers: true }).register();
  }
  for (let i = 0; i < USERS; i++) cluster.addUser({ discovers: true });
  for (let i = 1; i <= registrars; i++) cluster.addRegistrar(`R${i}`, { announces: true });
  return cluster;
}

/** All who live know all who live, and nobody else. */
function checkAgreement(cluster: Cluster, living: readonly ClusterRegistrar[]): void {
  checkPresence(cluster);
  const identifiers = living.map((each) => each.identifier).sort((a, b) => a - b);
  for (const registrar of living) {
    const peers = readPeers(cluster, registrar).servers.map((each) => each.identifier);
    const known = [...peers, registrar.identifier].sort((a, b) => a - b);
    assert.deepEqual([...new Set(known)], identifiers, `the peers of ${registrar.name}`);
    const { pools } = readTable(cluster, registrar);
    const count = pools.reduce((sum, { poolElements }) => sum + poolElements.length, 0);
    assert.equal(count, ELEMENTS, `the elements that ${registrar.name} knows`);
  }
}

/** Announcements of registrars that are nowhere, so many a second; until it is called. */
function flood(cluster: Cluster, stranger: Stranger, everyMs: number): () => void {
  const random = cluster.randomFor("flood");
  let isOver = false;
  const shout = () => {
    if (isOver) return;
    const protocol: ProtocolName = random.below(2) === 0 ? "ASAP" : "ENRP";
    const host = `10.8.${random.below(256)}.${random.below(256)}`;
    const identifier = 1 + random.below(0xffff);
    const bytes = protocol === "ASAP"
      ? encodeServerAnnounce(identifier, [{ host, port: 3863 }])
      : encodePresence(identifier, { host, port: 9901 });
    stranger.shout(protocol, bytes, `10.8.${random.below(256)}.${random.below(256)}`);
    cluster.scheduler.after(everyMs, shout);
  };
  shout();
  return () => void (isOver = true);
}

Deno.test("three registrars, elements and users find each other, and again after a crash", () => {
  for (const seed of seeds([1, 2], 1)) {
    const cluster = discovering(seed, 3);
    withSeed(seed, () => cluster.transcript.tail(), () => {
      cluster.advance(2 * MINUTE_MS);
      checkAgreement(cluster, cluster.registrars);
      const [dying, ...others] = cluster.registrars;
      dying!.kill();
      cluster.advance(5 * MINUTE_MS);
      checkAgreement(cluster, others);
      dying!.renew(cluster.random.below(0xffffffff) + 1);
      dying!.start();
      cluster.advance(5 * MINUTE_MS);
      checkAgreement(cluster, cluster.registrars);
    });
  }
});

Deno.test("a flood of announcements delays, and neither stops nor multiplies anything", () => {
  for (const seed of seeds([11, 12], 0)) {
    const cluster = discovering(seed, 2);
    let unreachable = 0;
    cluster.watch({
      onEvent: (member, event) => {
        if (member.startsWith("R") && event.type === "peer-unreachable") unreachable++;
      },
    });
    withSeed(seed, () => cluster.transcript.tail(), () => {
      const end = flood(cluster, cluster.addStranger(), 20);
      const minutes = 5;
      cluster.advance(minutes * MINUTE_MS);
      checkPresence(cluster);
      assert.ok(cluster.elements.every((each) => each.state === "registered"));
      const allowed = cluster.registrars.length * (minutes * 60 + 1);
      assert.ok(unreachable <= 2 * allowed, `${unreachable} dials, and ${allowed} were allowed`);
      end();
      cluster.advance(10 * MINUTE_MS);
      checkAgreement(cluster, cluster.registrars);
      const before = unreachable;
      cluster.advance(10 * MINUTE_MS);
      assert.equal(unreachable, before, "nobody is dialled any more who is nowhere");
    });
  }
});
