import assert from "node:assert/strict";
import { CAUSE, MAX_BINDINGS_PER_MESSAGE } from "../../../lib/wire/mod.ts";
import { because, BindingStage, lease, OWN, POOL, SELF, TIMING } from "./binding_stage.ts";

const QUESTION = {
  type: "ASAP_BINDING_DUMP_REQUEST",
  request: 7,
  after: "0.0.0.0",
  poolHandle: POOL,
  peIdentifier: SELF,
  dynamicUpdates: false,
} as const;

Deno.test("whoever asks for the own table is told what its owner says", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  stage.receive(home, QUESTION);
  assert.deepEqual(stage.takeEvents(), [{ type: "dump-asked", request: 7, after: "0.0.0.0" }]);
  const page = { servers: [OWN], bindings: [lease(1)], moreToSend: false };
  stage.command({ type: "table-page", request: 7, ...page });
  const { type: _, ...told } = stage.takeMessage("ASAP_BINDING_DUMP");
  const about = { request: 7, poolHandle: POOL, peIdentifier: SELF, reject: false };
  assert.deepEqual(told, { ...about, ...page });
  stage.command({ type: "table-page", request: 7, ...page });
  assert.deepEqual(stage.takeSent(), [], "once");
});

Deno.test("all may be given: it is cut to what a message holds, and more is announced", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  stage.receive(home, QUESTION);
  const bindings = Array.from({ length: 300 }, (_, i) => lease(i + 1));
  stage.command({ type: "table-page", request: 7, servers: [], bindings, moreToSend: false });
  const page = stage.takeMessage("ASAP_BINDING_DUMP");
  assert.equal(page.moreToSend, true);
  assert.deepEqual(page.bindings, bindings.slice(0, MAX_BINDINGS_PER_MESSAGE));
});

Deno.test("an owner that does not answer in time, or is asked anew, refuses", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  stage.receive(home, QUESTION);
  stage.receive(home, { ...QUESTION, request: 8 });
  const replaced = stage.takeMessage("ASAP_BINDING_DUMP");
  assert.deepEqual([replaced.request, replaced.reject], [7, true]);
  assert.deepEqual(replaced.causes, because(CAUSE.lackOfResources));
  stage.advance(TIMING.bindingTableMs - 1);
  assert.deepEqual(stage.takeSent(), []);
  stage.advance(1);
  const late = stage.takeMessage("ASAP_BINDING_DUMP");
  assert.deepEqual([late.request, late.reject], [8, true]);
});

Deno.test("questions to another server are ignored, and all end with their registrar", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  stage.receive(home, { ...QUESTION, peIdentifier: 2 });
  stage.receive(home, { ...QUESTION, poolHandle: "dhcp/lan2" });
  assert.deepEqual(stage.takeTold(), ["discarded", "discarded"]);
  stage.receive(home, QUESTION);
  stage.disconnect(home, "reset");
  stage.command({ type: "table-page", request: 7, servers: [], bindings: [], moreToSend: false });
  assert.deepEqual(stage.takeSent(), []);
});
