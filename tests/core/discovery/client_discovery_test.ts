/** What a client is told of the registrars that announce themselves. */

import assert from "node:assert/strict";
import { ClientDiscovery, type HintCommand } from "../../../lib/core/mod.ts";
import { address, discoveryOptions, DiscoveryStage } from "./discovery_stage.ts";

function stageOf(limits = {}, protocol: "ASAP" | "ENRP" = "ASAP") {
  const discovery = new ClientDiscovery(protocol, discoveryOptions(limits));
  return { discovery, stage: new DiscoveryStage<HintCommand>(discovery, 0) };
}

Deno.test("a registrar is a hint, is confirmed by its second announcement, and is outdated", () => {
  const { stage, discovery } = stageOf();
  assert.equal(discovery.hasHeard, false);
  for (let i = 0; i < 10; i++) {
    stage.hearAsap(1, address(1));
    stage.advance(1_000);
  }
  assert.equal(discovery.hasHeard, true);
  assert.deepEqual(stage.commands, [
    { at: 0, command: { type: "hint", registrar: address(1), isConfirmed: false } },
    { at: 1_000, command: { type: "hint", registrar: address(1), isConfirmed: true } },
  ]);
  stage.advance(10_000);
  assert.deepEqual(stage.commands.slice(2), [
    { at: 14_000, command: { type: "hint-outdated", registrar: address(1) } },
  ]);
  assert.deepEqual(stage.events.map((each) => each.type), [
    "registrar-announced",
    "registrar-outdated",
  ]);
  stage.advance(1_000_000);
  assert.equal(discovery.deadline(), undefined, "nothing of it is left");
});

Deno.test("it listens to one protocol only: an observer to ENRP's", () => {
  const { stage, discovery } = stageOf({}, "ENRP");
  stage.hearAsap(1, address(1));
  assert.equal(discovery.hasHeard, false);
  stage.hearEnrp(1, address(1, 9901));
  assert.deepEqual(stage.commands.map((each) => each.command), [
    { type: "hint", registrar: address(1, 9901), isConfirmed: false },
  ]);
});

Deno.test("useless datagrams are counted, and told of at most every ten seconds", () => {
  const { stage } = stageOf();
  for (let i = 0; i < 10_000; i++) {
    stage.hear("ASAP", new Uint8Array(i % 20), { host: `192.0.2.${i & 0xff}`, port: 1 });
    stage.advance(2);
  }
  const told = stage.events.filter((each) => each.type === "announcements-dropped");
  assert.deepEqual(told.map((each) => each.count), [1, 5_000]);
  assert.equal(stage.commands.length, 0);
});

Deno.test("a flood from one source is maxHintsPerSource hints, and one from many maxHints", () => {
  const one = stageOf({ maxHintsPerSource: 5 }).stage;
  for (let n = 1; n <= 1_000; n++) one.hearAsap(n, address(n), { host: "192.0.2.66", port: 1 });
  assert.equal(one.commands.length, 5);

  const many = stageOf({ maxHints: 20 }).stage;
  const live = new Set<string>();
  for (let n = 1; n <= 5_000; n++) {
    many.hearAsap(n, address(n), { host: `10.9.${n >> 8}.${n & 0xff}`, port: 1 });
    for (const { command } of many.commands.splice(0)) {
      if (command.type === "hint") live.add(command.registrar.host);
      else assert.ok(live.delete(command.registrar.host), "an unknown hint is outdated");
    }
    assert.ok(live.size <= 20);
  }
  assert.equal(live.size, 20);
});
