import assert from "node:assert/strict";
import { MAX_RANGE_ADDRESSES } from "../../../lib/bindings/mod.ts";
import { encodeMessage } from "../../../lib/core/mod.ts";
import {
  type Binding,
  CAUSE,
  MAX_BINDING_SERVERS,
  MAX_BINDINGS_PER_MESSAGE,
  MAX_MESSAGE_LENGTH,
} from "../../../lib/wire/mod.ts";
import { registrar } from "../server_hunt/stage.ts";
import { because, BindingStage, lease, OWN, TIMING } from "./binding_stage.ts";

Deno.test("nothing is sent before the registrar has told a page; then all that waits", () => {
  const stage = new BindingStage();
  stage.publish([lease(1)], [OWN]);
  const { home, asked } = stage.begin();
  stage.page(home, asked);
  const update = stage.takeMessage("ASAP_BINDING_UPDATE");
  assert.deepEqual([update.servers, update.bindings], [[OWN], [lease(1)]]);
  assert(update.request > 0, "0 is for those that are not replied to");
  stage.takeEvents();
  assert.equal(stage.machine.isPublished, false);
  stage.reply(home, update);
  assert.equal(stage.machine.isPublished, true);
  assert.deepEqual(stage.takeEvents(), [
    { type: "contact", registrar: registrar(1) },
    { type: "published", servers: [OWN], bindings: [lease(1)] },
  ]);
});

Deno.test("one update at most is on its way, with the newest version of each address", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  stage.publish([lease(1)]);
  const first = stage.takeMessage("ASAP_BINDING_UPDATE");
  const newest = lease(1, { counter: 3, transaction: "RENEWING" });
  stage.publish([lease(1, { counter: 2 }), lease(2)]);
  stage.publish([newest]);
  assert.deepEqual(stage.takeSent(), []);
  stage.reply(home, first);
  const second = stage.takeMessage("ASAP_BINDING_UPDATE");
  assert.deepEqual(second.bindings, [newest, lease(2)]);
  stage.reply(home, second);
  assert.deepEqual(stage.takeSent(), []);
});

Deno.test("what waits gets older: what is left of a lease is counted when it is sent", () => {
  const stage = new BindingStage();
  stage.publish([lease(1)]);
  stage.advance(100_000);
  const { home, asked } = stage.begin();
  stage.page(home, asked);
  const [binding] = stage.takeMessage("ASAP_BINDING_UPDATE").bindings;
  assert.equal(binding?.remaining, 500);
});

Deno.test("what a lost registrar has not replied to goes whole to the next one", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  stage.publish([lease(1), lease(2)], [OWN]);
  stage.takeMessage("ASAP_BINDING_UPDATE");
  stage.disconnect(home, "reset");
  stage.publish([lease(3)]);
  const next = stage.reach();
  stage.page(next.home, next.asked);
  const update = stage.takeMessage("ASAP_BINDING_UPDATE");
  assert.deepEqual(update.servers, [OWN]);
  assert.deepEqual(update.bindings, [lease(1), lease(2), lease(3)]);
});

Deno.test("a registrar that does not reply in time is left, with the same end", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  stage.publish([lease(1)]);
  stage.takeMessage("ASAP_BINDING_UPDATE");
  stage.advance(TIMING.bindingReplyMs);
  assert.deepEqual(stage.takeClosed(), [home]);
  const next = stage.reach();
  stage.page(next.home, next.asked);
  assert.deepEqual(
    stage.takeMessage("ASAP_BINDING_UPDATE").bindings.map(({ address }) => address),
    [lease(1).address],
  );
});

Deno.test("a registrar that does not know the server is told its record first", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  stage.publish([], [OWN]);
  stage.reply(home, stage.takeMessage("ASAP_BINDING_UPDATE"));
  stage.disconnect(home, "closed");
  stage.publish([lease(1)]);
  const next = stage.reach();
  stage.page(next.home, next.asked);
  assert.deepEqual(stage.takeMessage("ASAP_BINDING_UPDATE").servers, [OWN]);
});

Deno.test("a registrar that knows it is not", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  stage.publish([], [OWN]);
  stage.reply(home, stage.takeMessage("ASAP_BINDING_UPDATE"));
  stage.disconnect(home, "closed");
  stage.publish([lease(1)]);
  const next = stage.reach();
  stage.page(next.home, next.asked, { servers: [OWN] });
  assert.deepEqual(stage.takeMessage("ASAP_BINDING_UPDATE").servers, []);
});

Deno.test("as many bindings go at once as one message may have, and as fit into it", () => {
  const big: Partial<Binding> = {
    hardware: Array(16).fill("ab").join(":"),
    clientId: Array(255).fill("cd").join(":"),
    host: "h".repeat(63),
    acknowledgedBy: Array.from({ length: MAX_BINDING_SERVERS }, (_, i) => i),
  };
  const sizes: [change: Partial<Binding>, most: number][] = [
    [{}, MAX_BINDINGS_PER_MESSAGE],
    [big, MAX_BINDINGS_PER_MESSAGE - 1],
  ];
  for (const [change, most] of sizes) {
    const stage = new BindingStage();
    const all = Array.from({ length: 600 }, (_, i) => lease(i + 1, change));
    const home = stage.synchronize();
    stage.publish(all, [OWN]);
    const addresses: string[] = [];
    while (!stage.machine.isPublished) {
      const update = stage.takeMessage("ASAP_BINDING_UPDATE");
      assert(update.bindings.length <= most);
      assert(encodeMessage(update).length <= MAX_MESSAGE_LENGTH);
      addresses.push(...update.bindings.map(({ address }) => address));
      stage.reply(home, update);
    }
    assert.deepEqual(addresses, all.map(({ address }) => address));
  }
});

Deno.test("a range is the most that waits: MAX_RANGE_ADDRESSES", () => {
  const stage = new BindingStage();
  const all = Array.from({ length: MAX_RANGE_ADDRESSES + 1 }, (_, i) => lease(i));
  stage.publish(all.slice(0, -1));
  assert.deepEqual(stage.takeEvents(), []);
  stage.publish(all);
  const [refused] = stage.takeEventsOf("addresses-refused");
  assert.deepEqual(refused?.addresses, [all.at(-1)!.address]);
});

Deno.test("addresses that are refused are told, and not sent again", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  stage.publish([lease(1), lease(2)]);
  const causes = because(CAUSE.invalidValues);
  const newer = lease(1, { counter: 9 });
  stage.reply(home, stage.takeMessage("ASAP_BINDING_UPDATE"), {
    refused: ["10.0.0.2"],
    causes,
    bindings: [newer],
  });
  assert.deepEqual(stage.takeEvents().slice(1), [
    { type: "addresses-refused", addresses: ["10.0.0.2"], causes },
    { type: "published", servers: [], bindings: [lease(1)] },
    { type: "records", servers: [], bindings: [newer] },
  ]);
  assert.equal(stage.machine.isPublished, true);
});

Deno.test("an update that is rejected waits for the whole table, asked for after a pause", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  stage.publish([lease(1)], [OWN]);
  const causes = because(CAUSE.unknownPoolHandle);
  stage.reply(home, stage.takeMessage("ASAP_BINDING_UPDATE"), { reject: true, causes });
  stage.publish([lease(2)]);
  assert.deepEqual(stage.takeSent(), []);
  stage.advance(1.5 * TIMING.bindingRetryMs);
  const asked = stage.takeMessage("ASAP_BINDING_DUMP_REQUEST");
  assert.equal(asked.after, "0.0.0.0");
  stage.page(home, asked);
  const update = stage.takeMessage("ASAP_BINDING_UPDATE");
  assert.deepEqual(update.bindings.map(({ address }) => address), ["10.0.0.1", "10.0.0.2"]);
  assert.equal(update.servers.length, 1);
});

Deno.test("a misfit of the server's record is fatal: nothing goes until there is a new one", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  stage.publish([lease(1)], [OWN]);
  const causes = because(CAUSE.invalidValues);
  stage.takeEvents();
  stage.reply(home, stage.takeMessage("ASAP_BINDING_UPDATE"), { reject: true, causes });
  const rejected = { type: "rejected", registrar: registrar(1), causes, fatal: true };
  assert.deepEqual(stage.takeEvents()[1], rejected);
  stage.publish([lease(2)]);
  stage.advance(TIMING.bindingContactMs);
  stage.page(home, stage.takeMessage("ASAP_BINDING_DUMP_REQUEST"));
  assert.deepEqual(stage.takeSent(), []);
  stage.publish([], [{ ...OWN, version: 2, share: 2 }]);
  const update = stage.takeMessage("ASAP_BINDING_UPDATE");
  assert.deepEqual([update.servers[0]?.share, update.bindings.length], [2, 2]);
});

Deno.test("a reply that nothing waits for is ignored", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  stage.publish([lease(1)]);
  const { request } = stage.takeMessage("ASAP_BINDING_UPDATE");
  stage.reply(home, { request: request + 1 });
  assert.deepEqual(stage.takeTold(), ["discarded"]);
  assert.equal(stage.machine.isPublished, false);
});
