/** When a registrar announces itself, and whom it is told to dial. */

import assert from "node:assert/strict";
import { type PeerHintCommand, RegistrarDiscovery } from "../../../lib/core/mod.ts";
import { address, discoveryOptions, DiscoveryStage } from "./discovery_stage.ts";

const OWN = 0x0badcafe;

function stageOf(limits = {}, seed = 1): DiscoveryStage<PeerHintCommand> {
  const now = 1_000_000;
  const discovery = new RegistrarDiscovery(OWN, discoveryOptions(limits, seed), now);
  return new DiscoveryStage(discovery, now);
}

/** Milliseconds between the announcements of a protocol. */
function pausesOf(stage: DiscoveryStage<PeerHintCommand>, protocol: "ASAP" | "ENRP"): number[] {
  const times = stage.announced.filter((each) => each.protocol === protocol).map(({ at }) => at);
  return times.slice(1).map((at, i) => at - times[i]!);
}

Deno.test("the first announcement comes within T6, not at the same moment for all", () => {
  const firsts = new Set<number>();
  for (let seed = 0; seed < 20; seed++) {
    const stage = stageOf({}, seed);
    const start = stage.now;
    stage.advance(1_000);
    assert.deepEqual(stage.announced.slice(0, 2).map((each) => each.protocol), ["ASAP", "ENRP"]);
    firsts.add(stage.announced[0]!.at - start);
  }
  assert.ok(firsts.size > 15);
});

for (const others of [0, 1, 4]) {
  Deno.test(`beside ${others} others it announces itself every ${others + 1} × T6`, () => {
    const stage = stageOf();
    for (let second = 0; second < 200; second++) {
      for (let n = 1; n <= others; n++) stage.hearAsap(n, address(n));
      stage.advance(1_000);
    }
    const mean = (others + 1) * 1_000;
    for (const protocol of ["ASAP", "ENRP"] as const) {
      const pauses = pausesOf(stage, protocol).slice(1);
      assert.ok(pauses.length > 30);
      for (const pause of pauses) {
        assert.ok(pause >= 0.9 * mean && pause <= 1.1 * mean, `${pause} ms`);
      }
    }
  });
}

Deno.test("registrars that hear each other together make about one announcement per T6", () => {
  const stages = Array.from({ length: 8 }, (_, i) => {
    const discovery = new RegistrarDiscovery(100 + i, discoveryOptions({}, i), 0);
    return new DiscoveryStage<PeerHintCommand>(discovery, 0);
  });
  let count = 0;
  for (let ms = 0; ms < 300_000; ms += 10) {
    for (const [i, stage] of stages.entries()) {
      stage.advance(10);
      const spoke = stage.announced.splice(0).some((each) => each.protocol === "ASAP");
      if (!spoke) continue;
      if (ms >= 60_000) count++;
      for (const other of stages) other.hearAsap(100 + i, address(i + 1));
    }
  }
  assert.ok(count > 200 && count < 290, `${count} announcements in 240 seconds`);
});

Deno.test("those that fell silent are counted no longer", () => {
  const stage = stageOf();
  for (let n = 1; n <= 9; n++) stage.hearAsap(n, address(n));
  stage.advance(60_000);
  const pauses = pausesOf(stage, "ASAP").slice(1);
  assert.ok(pauses.length > 40);
  for (const pause of pauses) assert.ok(pause <= 1_100, `${pause} ms`);
});

Deno.test("limit maxCountedAnnouncers: made-up identifiers do not make it fall silent", () => {
  const stage = stageOf({ maxCountedAnnouncers: 4 });
  for (let second = 0; second < 100; second++) {
    for (let n = 1; n <= 50; n++) stage.hearAsap(second * 50 + n, address(n));
    stage.advance(1_000);
  }
  for (const pause of pausesOf(stage, "ASAP")) assert.ok(pause <= 5 * 1_100, `${pause} ms`);
  assert.ok(stage.announced.length > 2 * 15);
});

Deno.test("a presence is a hint; its own and those of ASAP are none", () => {
  const stage = stageOf();
  stage.hearAsap(1, address(1));
  stage.hearEnrp(OWN, address(2, 9901));
  stage.advance(10);
  assert.equal(stage.commands.length, 0);
  stage.hearEnrp(3, address(3, 9901));
  stage.advance(10);
  assert.deepEqual(stage.commands.map((each) => each.command), [
    { type: "hint", enrp: address(3, 9901) },
  ]);
});

Deno.test("each peer is told of, one in hintCycleMs, and again as long as it is announced", () => {
  const stage = stageOf();
  for (let second = 0; second < 30; second++) {
    for (let n = 1; n <= 5; n++) stage.hearEnrp(n, address(n, 9901));
    stage.advance(1_000);
  }
  const hosts = stage.commands.map(({ command }) => command.enrp.host).slice(0, 30);
  assert.equal(hosts.length, 30);
  for (let from = 0; from < 30; from += 5) {
    assert.equal(new Set(hosts.slice(from, from + 5)).size, 5);
  }
  stage.advance(20_000);
  const told = stage.commands.length;
  stage.advance(60_000);
  assert.equal(stage.commands.length, told, "whoever is silent is told of no longer");
});

Deno.test("a flood of presences is one dial in hintCycleMs, and the real peer has its turn", () => {
  const stage = stageOf({ maxHints: 16 });
  let fake = 0;
  for (let second = 0; second < 600; second++) {
    for (let i = 0; i < 50; i++) {
      fake++;
      const host = `10.${(fake >> 16) & 0xff}.${(fake >> 8) & 0xff}.${fake & 0xff}`;
      stage.hearEnrp(1_000 + fake, { host, port: 9901 });
    }
    stage.hearEnrp(1, address(1, 9901));
    stage.advance(1_000);
  }
  assert.ok(stage.commands.length <= 601, `${stage.commands.length} dials in ten minutes`);
  const real = stage.commands.filter(({ command }) => command.enrp.host === address(1).host);
  assert.ok(real.length > 5, `the real peer was dialled ${real.length} times`);
});
