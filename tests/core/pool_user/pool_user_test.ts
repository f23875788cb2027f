import assert from "node:assert/strict";
import { DEFAULT_LIMITS, POOL_USER_TIMING } from "../../../lib/core/mod.ts";
import { CAUSE } from "../../../lib/wire/mod.ts";
import { registrar } from "../server_hunt/stage.ts";
import { element, UserStage } from "./user_stage.ts";

const { t1EnrpRequestMs, maxRequestRetransmit } = POOL_USER_TIMING;
const EXHAUSTED_MS = t1EnrpRequestMs * (1 + maxRequestRetransmit);

Deno.test("a pool user without registrars is refused at once", () => {
  assert.throws(() => new UserStage({ registrars: [] }), RangeError);
});

Deno.test("nothing is dialled before something is asked", () => {
  const stage = new UserStage();
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("requests for the same are one question, and each is answered", () => {
  const stage = new UserStage();
  const home = stage.settle();
  const requests = [stage.resolve(), stage.resolve(), stage.resolve()];
  assert.deepEqual(stage.takeTypes(), ["ASAP_HANDLE_RESOLUTION"]);
  stage.answer(home);
  assert.deepEqual(stage.takeEventsOf("resolved").map((each) => each.request), requests);
});

Deno.test("one question about a pool is outstanding on an association (decision 22)", () => {
  const stage = new UserStage();
  const home = stage.settle();
  const one = stage.resolve("web", { items: 1 });
  const three = stage.resolve("web", { items: 3 });
  const other = stage.resolve("mail", { items: 3 });
  const asked = stage.takeSent().map(({ message }) => {
    assert(message.type === "ASAP_HANDLE_RESOLUTION");
    return [message.poolHandle, message.items];
  });
  assert.deepEqual(asked, [["web", 1], ["mail", 3]]);
  stage.answer(home, [element(1)]);
  assert.equal(stage.takeMessage("ASAP_HANDLE_RESOLUTION").items, 3);
  stage.answer(home, [2, 3, 4].map(element));
  stage.answer(home, [element(5)], "mail");
  const resolved = stage.takeEventsOf("resolved");
  assert.deepEqual(resolved.map((each) => [each.request, each.poolElements.length]), [
    [one, 1],
    [three, 3],
    [other, 1],
  ]);
});

Deno.test("the late answer to a forgotten request is not taken for another question's", () => {
  const stage = new UserStage();
  const home = stage.settle();
  stage.command({ type: "cancel", request: stage.resolve("web", { items: 1 }) });
  const all = stage.resolve("web");
  assert.equal(stage.takeMessage("ASAP_HANDLE_RESOLUTION").items, 1);
  stage.answer(home, [element(1)]);
  assert.deepEqual(stage.takeEventsOf("resolved"), []);
  assert.equal(stage.takeMessage("ASAP_HANDLE_RESOLUTION").items, undefined);
  stage.answer(home, [1, 2].map(element));
  assert.deepEqual(stage.takeEventsOf("resolved").map((each) => each.request), [all]);
});

Deno.test("a forgotten question that is asked again needs no second message", () => {
  const stage = new UserStage();
  const home = stage.settle();
  stage.command({ type: "cancel", request: stage.resolve() });
  const again = stage.resolve();
  assert.deepEqual(stage.takeTypes(), ["ASAP_HANDLE_RESOLUTION"]);
  stage.answer(home);
  assert.deepEqual(stage.takeEventsOf("resolved").map((each) => each.request), [again]);
});

Deno.test("a registrar that answers a forgotten question never does not block the pool", () => {
  const stage = new UserStage({ registrars: [registrar(1)] });
  const home = stage.settle();
  stage.command({ type: "cancel", request: stage.resolve("web", { items: 1 }) });
  stage.resolve("web");
  stage.takeSent();
  stage.advance(t1EnrpRequestMs);
  const [sent] = stage.takeSent();
  assert.equal(sent!.association, home);
  assert(sent!.message.type === "ASAP_HANDLE_RESOLUTION");
  assert.equal(sent!.message.items, undefined);
  stage.answer(home);
  assert.equal(stage.takeEventsOf("resolved").length, 1);
});

Deno.test("no more elements than were asked for, whatever the registrar knows of options", () => {
  const stage = new UserStage();
  const home = stage.settle();
  stage.resolve("web", { items: 2 });
  stage.answer(home, [1, 2, 3].map(element));
  const [resolved] = stage.takeEventsOf("resolved");
  assert.deepEqual(resolved!.poolElements.map((each) => each.identifier), [1, 2]);
});

Deno.test("an answer for another pool, or unasked, is ignored", () => {
  const stage = new UserStage();
  const home = stage.settle();
  stage.resolve();
  stage.answer(home, [element(1)], "mail");
  assert.deepEqual(stage.takeEvents().map((event) => event.type), ["discarded"]);
  stage.answer(home);
  stage.takeEvents();
  stage.answer(home, [element(9)]);
  assert.deepEqual(stage.takeEvents().map((event) => event.type), ["discarded"]);
  stage.resolve();
  const [resolved] = stage.takeEventsOf("resolved");
  assert.deepEqual(resolved!.poolElements.map((each) => each.identifier), [1]);
});

Deno.test("a negative answer is not kept, and ends what was kept", () => {
  const stage = new UserStage({ timing: { ...POOL_USER_TIMING, staleCacheValueMs: 1_000 } });
  const home = stage.settle();
  stage.resolve("web", { items: 1 });
  stage.answer(home);
  stage.resolve("web");
  stage.refuse(home);
  stage.takeSent();
  stage.takeEvents();
  stage.resolve("web", { items: 1 });
  stage.takeMessage("ASAP_HANDLE_RESOLUTION");
});

Deno.test("too many open requests: the next one fails at once, the others go on", () => {
  const limits = { ...DEFAULT_LIMITS, maxOutstandingResolutions: 2 };
  const stage = new UserStage({ limits });
  const home = stage.settle();
  stage.resolve("a");
  stage.resolve("a");
  const third = stage.resolve("a");
  assert.deepEqual(stage.takeEvents(), [
    { type: "failed", request: third, poolHandle: "a", why: "too-many-requests" },
  ]);
  stage.answer(home, [element(1)], "a");
  assert.equal(stage.takeEventsOf("resolved").length, 2);
  stage.resolve("b");
  assert.deepEqual(stage.takeEvents(), []);
});

Deno.test("a request fails at its own deadline, others of the same question wait on", () => {
  const stage = new UserStage();
  const home = stage.settle();
  const short = stage.resolve("web", { withinMs: 1_000 });
  const long = stage.resolve("web", { withinMs: 9_000 });
  stage.advance(1_000);
  const failed = stage.takeEventsOf("failed");
  assert.deepEqual(failed.map((each) => each.request), [short]);
  stage.answer(home);
  assert.deepEqual(stage.takeEventsOf("resolved").map((each) => each.request), [long]);
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("without a registrar a request fails when MAX-REQUEST-RETRANSMIT is exhausted", () => {
  const stage = new UserStage();
  stage.resolve();
  const begun = stage.now;
  while (stage.now < begun + EXHAUSTED_MS) {
    for (const dial of stage.takeDials()) stage.disconnect(dial.association, "refused");
    stage.advance(100);
  }
  const [failed] = stage.takeEventsOf("failed");
  assert(failed?.why === "no-registrar");
  assert.deepEqual(failed.attempts.map((each) => each.reason), ["refused", "refused"]);
  assert.equal(stage.machine.deadline(), undefined, "the hunt ends with the last question");
});

Deno.test("registrars that come and go cannot make a request wait longer than that", () => {
  const stage = new UserStage();
  stage.resolve();
  const begun = stage.now;
  while (stage.takeEventsOf("failed").length === 0) {
    for (const { association } of stage.takeDials()) {
      if (stage.open.size > 0) continue;
      stage.connect(association);
      stage.disconnect(association, "closed");
    }
    stage.advance(100);
  }
  assert.equal(stage.now - begun, EXHAUSTED_MS);
});

Deno.test("a registrar that comes back is asked what is open", () => {
  const stage = new UserStage({ registrars: [registrar(1)] });
  stage.resolve();
  stage.disconnect(stage.takeDial().association, "refused");
  stage.advance(2_000);
  const { association } = stage.takeDial();
  stage.connect(association);
  stage.answer(association);
  assert.equal(stage.takeEventsOf("resolved").length, 1);
});

Deno.test("three are dialled at once, and the first that is reached is asked alone", () => {
  const stage = new UserStage({ registrars: [1, 2, 3].map((n) => registrar(n)) });
  stage.resolve();
  const [first, second, third] = stage.takeDials().map((dial) => dial.association);
  stage.connect(second!);
  assert.deepEqual(stage.takeClosed(), [first, third]);
  stage.takeMessage("ASAP_HANDLE_RESOLUTION");
  // It is silent: the others are tried after T1.
  stage.advance(t1EnrpRequestMs);
  assert.deepEqual(stage.takeDials().map((dial) => dial.to), [registrar(1), registrar(3)]);
});

Deno.test("a home that is silent to the end is left", () => {
  const stage = new UserStage({ registrars: [registrar(1)] });
  const home = stage.settle();
  stage.advance(1);
  stage.resolve();
  stage.advance(EXHAUSTED_MS);
  assert(stage.takeClosed().includes(home));
  const [lost] = stage.takeEventsOf("home-lost");
  assert.equal(lost!.reason, "silent");
  stage.takeDials();
  stage.resolve();
  assert.equal(stage.takeDials().length, 1);
});

Deno.test("reports wait for a registrar, each once, and end with it", () => {
  const stage = new UserStage();
  for (const peIdentifier of [1, 2, 1]) {
    stage.command({ type: "report-unreachable", poolHandle: "web", peIdentifier });
  }
  const [dial] = stage.takeDials();
  stage.connect(dial!.association);
  const reported = stage.takeSent().map(({ message }) => {
    assert(message.type === "ASAP_ENDPOINT_UNREACHABLE");
    return message.peIdentifier;
  });
  assert.deepEqual(reported, [1, 2]);
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("a forced report says so, whether it waits for a registrar or not", () => {
  const stage = new UserStage();
  const force = (peIdentifier: number) =>
    stage.command({ type: "report-unreachable", poolHandle: "web", peIdentifier, isForced: true });
  force(1);
  stage.connect(stage.takeDials()[0]!.association);
  force(2);
  stage.command({ type: "report-unreachable", poolHandle: "web", peIdentifier: 3 });
  const sent = stage.takeSent().map(({ message }) => message);
  const report = { type: "ASAP_ENDPOINT_UNREACHABLE", poolHandle: "web" };
  assert.deepEqual(sent, [
    { ...report, peIdentifier: 1, forced: true },
    { ...report, peIdentifier: 2, forced: true },
    { ...report, peIdentifier: 3 },
  ]);
});

Deno.test("reports do not wait for ever, nor in any number", () => {
  const stage = new UserStage({ limits: { ...DEFAULT_LIMITS, maxWaitingReports: 1 } });
  for (const peIdentifier of [1, 2]) {
    stage.command({ type: "report-unreachable", poolHandle: "web", peIdentifier });
  }
  assert.deepEqual(stage.takeEventsOf("report-dropped").map((each) => each.peIdentifier), [2]);
  stage.advance(EXHAUSTED_MS);
  assert.deepEqual(stage.takeEventsOf("report-dropped").map((each) => each.peIdentifier), [1]);
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("an element that was reported is not given from the cache any more", () => {
  const stage = new UserStage();
  const home = stage.settle();
  stage.resolve();
  stage.answer(home, [1, 2].map(element));
  stage.command({ type: "report-unreachable", poolHandle: "web", peIdentifier: 1 });
  stage.takeEvents();
  stage.resolve();
  const [resolved] = stage.takeEventsOf("resolved");
  assert.deepEqual(resolved!.poolElements.map((each) => each.identifier), [2]);
});

Deno.test("`stop` fails what is open, closes everything, and nothing is asked then", () => {
  const stage = new UserStage();
  const home = stage.settle();
  const open = stage.resolve();
  stage.command({ type: "stop" });
  assert.deepEqual(stage.takeClosed(), [home]);
  const later = stage.resolve();
  stage.command({ type: "report-unreachable", poolHandle: "web", peIdentifier: 1 });
  const told = stage.takeEvents();
  assert.deepEqual(told.map((event) => event.type), ["failed", "failed", "report-dropped"]);
  assert.deepEqual(told.slice(0, 2).map((event) => event.type === "failed" && event.request), [
    open,
    later,
  ]);
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("messages for other roles and errors change nothing", () => {
  const stage = new UserStage();
  const home = stage.settle();
  stage.resolve();
  stage.takeSent();
  stage.receiveHex(home, "0e000010000c000800000004c0010004");
  stage.receive(home, { type: "ASAP_SERVER_ANNOUNCE", serverIdentifier: 1, transports: [] });
  stage.receive(home, {
    type: "ASAP_ENDPOINT_KEEP_ALIVE",
    home: true,
    serverIdentifier: 1,
    poolHandle: "web",
  });
  assert.deepEqual(stage.takeSent(), []);
  const types = stage.takeEvents().map((event) => event.type);
  assert.deepEqual(types, ["error-received", "discarded", "discarded"]);
});

Deno.test("with a new home T1 counts from the question that it was sent", () => {
  const stage = new UserStage();
  const home = stage.settle();
  stage.resolve();
  stage.takeSent();
  stage.advance(t1EnrpRequestMs - 1_000);
  stage.disconnect(home, "closed");
  stage.connect(stage.takeDial().association);
  stage.takeSent();
  stage.advance(t1EnrpRequestMs - 1);
  assert.deepEqual(stage.takeSent(), []);
  stage.advance(1);
  assert.deepEqual(stage.takeTypes(), ["ASAP_HANDLE_RESOLUTION"]);
});

Deno.test("a home that is lost, however it was found, is sought at once when it is needed", () => {
  for (const how of ["resolve", "report"]) {
    const stage = new UserStage({ registrars: [registrar(1)] });
    if (how === "resolve") stage.settle();
    else {
      stage.command({ type: "report-unreachable", poolHandle: "web", peIdentifier: 1 });
      stage.connect(stage.takeDial().association);
    }
    const [home] = stage.open;
    stage.disconnect(home!, "closed");
    assert.deepEqual(stage.takeDials(), []);
    stage.resolve();
    assert.equal(stage.takeDials().length, 1);
  }
});

Deno.test("the registrar that took a report stays the home", () => {
  const stage = new UserStage({ registrars: [registrar(1)] });
  stage.command({ type: "report-unreachable", poolHandle: "web", peIdentifier: 1 });
  const { association } = stage.takeDial();
  stage.connect(association);
  assert.equal(stage.takeEventsOf("unreachable-reported").length, 1);
  stage.advance(60_000);
  assert.deepEqual([...stage.open], [association]);
  stage.takeSent();
  stage.resolve();
  assert.equal(stage.takeSent()[0]!.association, association);
});

Deno.test("what is forgotten does not count against the limit", () => {
  const stage = new UserStage({ limits: { ...DEFAULT_LIMITS, maxOutstandingResolutions: 1 } });
  for (let time = 0; time < 10; time++) {
    stage.command({ type: "cancel", request: stage.resolve() });
    stage.resolve("web", { withinMs: 1 });
    stage.advance(1);
  }
  assert(stage.takeEventsOf("failed").every((event) => event.why === "no-registrar"));
});

Deno.test("a hunt and what became of it is told; of one that ended before, nothing", () => {
  const stage = new UserStage({ once: true });
  for (const reason of ["refused", "unreachable"] as const) {
    stage.resolve();
    for (const dial of stage.takeDials()) stage.disconnect(dial.association, reason);
    const told = stage.takeEvents();
    assert.deepEqual(told.map((event) => event.type), ["hunting", "hunt-failure", "failed"]);
    const [, , failed] = told;
    assert(failed?.type === "failed" && failed.why === "no-registrar");
    assert.deepEqual(failed.attempts.map((each) => each.reason), [reason, reason]);
  }
});

Deno.test("once: a report for which there is no registrar is dropped at once", () => {
  const stage = new UserStage({ once: true });
  stage.command({ type: "report-unreachable", poolHandle: "web", peIdentifier: 1 });
  for (const dial of stage.takeDials()) stage.disconnect(dial.association, "refused");
  assert.equal(stage.takeEventsOf("report-dropped").length, 1);
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("`stop` while hunting ends the dials and drops the reports", () => {
  const stage = new UserStage();
  stage.command({ type: "report-unreachable", poolHandle: "web", peIdentifier: 1 });
  stage.command({ type: "stop" });
  assert.deepEqual(stage.takeClosed(), stage.takeDials().map((dial) => dial.association));
  assert.equal(stage.takeEventsOf("report-dropped").length, 1);
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("skipped parameters of an answer are reported; what cannot be read is told", () => {
  const stage = new UserStage();
  const home = stage.settle();
  const skipped = [new Uint8Array([0xc0, 1, 0, 4])];
  stage.receive(
    home,
    { type: "ASAP_SERVER_ANNOUNCE", serverIdentifier: 1, transports: [] },
    skipped,
  );
  const { causes } = stage.takeMessage("ASAP_ERROR");
  assert.deepEqual(causes, [{ code: CAUSE.unrecognizedParameter, information: skipped[0] }]);
  stage.takeEvents();
  stage.receiveBroken(home, { report: false, detail: "cut off" });
  assert.deepEqual(stage.takeEvents(), [
    { type: "discarded", association: home, messageType: "unknown", why: "cut off" },
  ]);
});

Deno.test("a request that is forgotten leaves no deadline behind", () => {
  const stage = new UserStage();
  stage.settle();
  stage.command({ type: "cancel", request: stage.resolve("web", { withinMs: 5_000 }) });
  assert.equal(stage.machine.deadline(), undefined);
});
