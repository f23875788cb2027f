import assert from "node:assert/strict";
import { MAX_RANGE_ADDRESSES } from "../../../lib/bindings/mod.ts";
import { CAUSE } from "../../../lib/wire/mod.ts";
import { registrar } from "../server_hunt/stage.ts";
import { because, BindingStage, lease, OWN, POOL, SELF, TIMING } from "./binding_stage.ts";

Deno.test("the table is asked for from the beginning, page after page, with S", () => {
  const stage = new BindingStage();
  const { home, asked } = stage.begin();
  assert.deepEqual([asked.after, asked.dynamicUpdates], ["0.0.0.0", true]);
  assert.deepEqual([asked.poolHandle, asked.peIdentifier], [POOL, SELF]);
  stage.takeEvents();
  const [first, second] = [[lease(1), lease(2)], [lease(5)]];
  stage.page(home, asked, { moreToSend: true, servers: [OWN], bindings: first });
  assert.deepEqual(stage.takeEvents(), [
    { type: "contact", registrar: registrar(1) },
    { type: "table-began", registrar: registrar(1) },
    { type: "records", servers: [OWN], bindings: first },
  ]);
  const next = stage.takeMessage("ASAP_BINDING_DUMP_REQUEST");
  assert.deepEqual([next.after, next.dynamicUpdates], ["10.0.0.2", true]);
  assert.notEqual(next.request, asked.request);
  stage.page(home, next, { bindings: second });
  assert.deepEqual(stage.takeEvents(), [
    { type: "contact", registrar: registrar(1) },
    { type: "records", servers: [], bindings: second },
    { type: "synchronized", registrar: registrar(1) },
  ]);
});

Deno.test("updates are told as they come, in the middle of the table, too", () => {
  const stage = new BindingStage();
  const { home, asked } = stage.begin();
  stage.page(home, asked, { moreToSend: true, bindings: [lease(1)] });
  stage.takeEvents();
  const bindings = [lease(9)];
  const update = { request: 0, poolHandle: POOL, peIdentifier: 77, servers: [], bindings };
  stage.receive(home, { type: "ASAP_BINDING_UPDATE", ...update });
  assert.deepEqual(stage.takeEvents(), [{ type: "records", servers: [], bindings }]);
  stage.receive(home, { type: "ASAP_BINDING_UPDATE", ...update, poolHandle: "dhcp/lan2" });
  assert.deepEqual(stage.takeTold(), ["discarded"]);
});

Deno.test("what is no next page is garbage, and another registrar is sought", () => {
  const many = Array.from({ length: MAX_RANGE_ADDRESSES + 1 }, (_, i) => lease(i + 1));
  const wrong = [
    { moreToSend: true },
    { bindings: [lease(2), lease(1)] },
    { bindings: [lease(2), lease(2)] },
    { bindings: many },
  ];
  for (const page of wrong) {
    const stage = new BindingStage();
    const { home, asked } = stage.begin();
    stage.takeEvents();
    stage.page(home, asked, page);
    assert.deepEqual(stage.takeClosed(), [home]);
    const [lost] = stage.takeEventsOf("lost");
    assert.deepEqual([lost?.reason, lost?.registrar], ["garbage", registrar(1)]);
    assert.deepEqual(stage.takeDial().to, registrar(2));
  }
  const stage = new BindingStage();
  const { home, asked } = stage.begin();
  stage.page(home, asked, { bindings: many.slice(1) });
  assert.deepEqual(stage.takeClosed(), [], "as many as there may be");
});

Deno.test("pages that begin anew are garbage, or the table would never end", () => {
  const stage = new BindingStage();
  const { home, asked } = stage.begin();
  stage.page(home, asked, { moreToSend: true, bindings: [lease(7)] });
  const next = stage.takeMessage("ASAP_BINDING_DUMP_REQUEST");
  stage.page(home, next, { moreToSend: true, bindings: [lease(7)] });
  assert.deepEqual(stage.takeClosed(), [home]);
});

Deno.test("an answer that nothing waits for is ignored", () => {
  const stage = new BindingStage();
  const { home, asked } = stage.begin();
  stage.takeEvents();
  stage.page(home, { request: asked.request + 1 }, { bindings: [lease(1)] });
  stage.page(home, asked, { peIdentifier: 2, bindings: [lease(1)] });
  assert.deepEqual(stage.takeTold(), ["discarded", "discarded"]);
  stage.page(home, asked);
  stage.page(home, asked);
  assert.deepEqual(stage.takeTold(), ["contact", "table-began", "synchronized", "discarded"]);
});

Deno.test("a registrar that does not answer in time is left for another one", () => {
  const stage = new BindingStage();
  const { home } = stage.begin();
  stage.takeEvents();
  stage.advance(TIMING.bindingReplyMs - 1);
  assert.deepEqual(stage.takeClosed(), []);
  stage.advance(1);
  assert.deepEqual(stage.takeClosed(), [home]);
  assert.equal(stage.takeEventsOf("lost")[0]?.reason, "silent");
  assert.deepEqual(stage.takeDial().to, registrar(2));
});

Deno.test("a registrar that is silent is asked for a sign of life, and missed without one", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  for (let i = 0; i < 3; i++) {
    stage.advance(TIMING.bindingContactMs - 1);
    assert.deepEqual(stage.takeSent(), []);
    stage.advance(1);
    const asked = stage.takeMessage("ASAP_BINDING_DUMP_REQUEST");
    assert.deepEqual([asked.after, asked.dynamicUpdates], ["255.255.255.255", true]);
    stage.page(home, asked);
    assert.deepEqual(stage.takeTold(), ["contact"]);
  }
  stage.advance(TIMING.bindingContactMs + TIMING.bindingReplyMs);
  assert.deepEqual(stage.takeClosed(), [home]);
  assert.deepEqual(stage.takeTold(), ["lost", "hunting"]);
});

Deno.test("after a while the whole table is asked for again", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  const end = stage.now + TIMING.bindingRefreshMs;
  for (;;) {
    stage.advance(TIMING.bindingContactMs);
    const sent = stage.takeSent().map(({ message }) => message);
    const [asked] = sent;
    assert(asked?.type === "ASAP_BINDING_DUMP_REQUEST" && sent.length === 1);
    if (asked.after === "0.0.0.0") break;
    assert(stage.now <= end + TIMING.bindingReplyMs, "never");
    stage.page(home, asked);
  }
  assert(stage.now >= end);
});

Deno.test("who is not registered yet asks again after longer and longer pauses", () => {
  const stage = new BindingStage({ registrars: [registrar(1)] });
  let { home, asked } = stage.begin();
  const causes = because(CAUSE.unknownPoolHandle);
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    stage.takeEvents();
    stage.page(home, asked, { reject: true, causes });
    const told = { type: "rejected", registrar: registrar(1), causes, fatal: false };
    assert.deepEqual(stage.takeEvents()[1], told);
    const began = stage.now;
    while (stage.open.size > 0 && stage.machine.deadline() !== undefined) {
      stage.advance(stage.machine.deadline()! - stage.now);
      const [next] = stage.takeSent();
      if (next?.message.type !== "ASAP_BINDING_DUMP_REQUEST") continue;
      asked = next.message;
      waits.push(stage.now - began);
      break;
    }
    if (stage.open.size > 0) continue;
    // Every third one leads to a hunt, which finds nobody else.
    while (stage.machine.deadline() !== undefined) {
      const [dial] = stage.takeDials();
      if (dial !== undefined) {
        stage.connect(dial.association);
        home = dial.association;
        asked = stage.takeMessage("ASAP_BINDING_DUMP_REQUEST");
        break;
      }
      stage.advance(stage.machine.deadline()! - stage.now);
    }
  }
  assert.equal(waits.length, 6);
  const means = [1, 2, 8, 16, 30, 30].map((each) => each * 1_000);
  means.forEach((mean, i) => {
    assert(waits[i]! >= mean / 2 && waits[i]! <= mean * 1.5, `${waits[i]} for ${mean}`);
  });
});

Deno.test("whoever knows that it is registered now need not wait for the pause", () => {
  const stage = new BindingStage();
  const { home, asked } = stage.begin();
  stage.command({ type: "retry" });
  assert.deepEqual(stage.takeSent(), [], "nothing is put off");
  stage.page(home, asked, { reject: true, causes: because(CAUSE.unknownPoolHandle) });
  stage.command({ type: "retry" });
  const again = stage.takeMessage("ASAP_BINDING_DUMP_REQUEST");
  stage.page(home, again);
  assert.equal(stage.takeEventsOf("synchronized").length, 1);
  stage.advance(1.5 * TIMING.bindingRetryMs);
  assert.deepEqual(stage.takeSent(), [], "the pause is over, and not met again");
});

Deno.test("a page that comes ends the row of rejections", () => {
  const stage = new BindingStage();
  const { home, asked } = stage.begin();
  const causes = because(CAUSE.unknownPoolHandle);
  let { request } = asked;
  for (const reject of [true, true, false, true, true, false]) {
    stage.page(home, { request }, { reject, causes: reject ? causes : undefined });
    assert.deepEqual(stage.takeClosed(), []);
    if (reject) stage.command({ type: "retry" });
    else stage.advance(TIMING.bindingContactMs);
    ({ request } = stage.takeMessage("ASAP_BINDING_DUMP_REQUEST"));
  }
});

Deno.test("a pause ends with its registrar", () => {
  const stage = new BindingStage();
  const { home, asked } = stage.begin();
  stage.page(home, asked, { reject: true, causes: because(CAUSE.unknownPoolHandle) });
  stage.disconnect(home, "reset");
  stage.advance(2 * TIMING.bindingRetryMs);
  assert.deepEqual(stage.takeSent(), []);
});

Deno.test("what became of others is forgotten when a registrar serves", () => {
  const stage = new BindingStage();
  stage.command({ type: "start" });
  const [first, second] = stage.takeDials();
  stage.disconnect(first!.association, "refused");
  stage.connect(second!.association);
  assert.deepEqual(stage.machine.attempts.map(({ reason }) => reason), ["refused"]);
  stage.page(second!.association, stage.takeMessage("ASAP_BINDING_DUMP_REQUEST"));
  assert.deepEqual(stage.machine.attempts, []);
});

Deno.test("who is refused for security tries another registrar at once", () => {
  const stage = new BindingStage();
  const { home, asked } = stage.begin();
  const causes = because(CAUSE.rejectedDueToSecurityConsiderations);
  stage.page(home, asked, { reject: true, causes });
  assert.deepEqual(stage.takeClosed(), [home]);
  assert.deepEqual(stage.takeDial().to, registrar(2));
  const events = stage.takeEvents();
  assert.deepEqual(events.find(({ type }) => type === "rejected"), {
    type: "rejected",
    registrar: registrar(1),
    causes,
    fatal: false,
  });
  const lost = events.find((event) => event.type === "lost");
  assert(lost?.type === "lost" && lost.reason === "security");
});

Deno.test("a registrar that says that it knows no such message is left at once", () => {
  const stage = new BindingStage();
  const { home } = stage.begin();
  stage.receive(home, { type: "ASAP_ERROR", causes: because(CAUSE.unspecifiedError) });
  assert.deepEqual(stage.takeClosed(), []);
  stage.receive(home, { type: "ASAP_ERROR", causes: because(CAUSE.unrecognizedMessage) });
  assert.deepEqual(stage.takeClosed(), [home]);
  assert.deepEqual(stage.takeDial().to, registrar(2));
});
