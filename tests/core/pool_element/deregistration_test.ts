import assert from "node:assert/strict";
import { POOL_ELEMENT_TIMING } from "../../../lib/core/mod.ts";
import { registrar } from "../server_hunt/stage.ts";
import { elementOptions, ElementStage } from "./element_stage.ts";

const { t3DeregistrationMs } = POOL_ELEMENT_TIMING;

Deno.test("an element that was never registered is de-registered without a word", () => {
  const stage = new ElementStage();
  stage.command({ type: "register" });
  stage.command({ type: "deregister" });
  assert.deepEqual(stage.takeSent(), []);
  assert.deepEqual(stage.takeEventsOf("deregistered"), [
    { type: "deregistered", outcome: "granted" },
  ]);
  assert.equal(stage.machine.deadline(), undefined);
  assert.deepEqual(stage.takeClosed(), stage.takeDials().map((dial) => dial.association));
});

Deno.test("a registration that is not answered yet is de-registered behind it", () => {
  const stage = new ElementStage();
  const home = stage.begin();
  stage.command({ type: "deregister" });
  assert.deepEqual(stage.takeTypes(), ["ASAP_REGISTRATION", "ASAP_DEREGISTRATION"]);
  stage.grant(home);
  assert.equal(stage.machine.state, "deregistering");
  assert.deepEqual(stage.takeEventsOf("registered"), []);
  stage.dismiss(home);
  assert.deepEqual(stage.takeEvents(), [{ type: "deregistered", outcome: "granted" }]);
});

Deno.test("what was granted before is de-registered, whatever was rejected since", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.command({ type: "update", policy: { name: "random" } });
  stage.reject(home);
  stage.command({ type: "register" });
  stage.reject(home);
  stage.takeSent();
  stage.keepAlive(home);
  stage.takeMessage("ASAP_ENDPOINT_KEEP_ALIVE_ACK");
  stage.command({ type: "deregister" });
  stage.takeMessage("ASAP_DEREGISTRATION");
});

Deno.test("who has left does not come back to life by a registration that is rejected", () => {
  const stage = new ElementStage();
  stage.enroll();
  stage.takeDials();
  stage.command({ type: "deregister", deadline: stage.now });
  stage.advance(0);
  stage.command({ type: "register" });
  const [dial] = stage.takeDials();
  const { association } = dial!;
  stage.connect(association);
  stage.reject(association);
  stage.takeSent();
  stage.keepAlive(association);
  assert.deepEqual(stage.takeSent(), []);
  stage.command({ type: "deregister" });
  stage.takeMessage("ASAP_DEREGISTRATION");
});

Deno.test("after a de-registration the association serves the next registration", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.command({ type: "deregister" });
  stage.dismiss(home);
  stage.takeSent();
  stage.takeDials();
  stage.command({ type: "register" });
  assert.deepEqual(stage.takeDials(), []);
  const [sent] = stage.takeSent();
  assert.equal(sent!.association, home);
  stage.grant(home);
  assert.equal(stage.takeEventsOf("registered")[0]!.first, true);
});

Deno.test("`register` overtakes a de-registration: its late answer is no expiry", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.command({ type: "deregister" });
  stage.command({ type: "register" });
  assert.deepEqual(stage.takeTypes(), ["ASAP_DEREGISTRATION", "ASAP_REGISTRATION"]);
  stage.dismiss(home);
  stage.grant(home);
  assert.equal(stage.machine.state, "registered");
  assert.deepEqual(stage.takeSent(), []);
  const types = stage.takeEvents().map((event) => event.type);
  assert.deepEqual(types, ["deregistered", "discarded", "registered"]);
});

Deno.test("with a deadline it gives up, and says what became of whom", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.takeDials();
  stage.command({ type: "deregister", deadline: stage.now + 5_000 });
  stage.takeSent();
  stage.advance(5_000);
  assert.deepEqual(stage.takeEvents(), [{
    type: "deregistered",
    outcome: "gave-up",
    attempts: [{ address: registrar(1), reason: "silent", detail: undefined }],
  }]);
  assert.deepEqual(stage.takeClosed(), [home]);
  assert.equal(stage.machine.deadline(), undefined);
  assert.equal(stage.machine.state, "idle");
});

Deno.test("a deadline may be given later", () => {
  const stage = new ElementStage();
  stage.enroll();
  stage.command({ type: "deregister" });
  stage.takeSent();
  stage.command({ type: "deregister", deadline: stage.now });
  stage.advance(0);
  assert.deepEqual(stage.takeSent(), []);
  assert.equal(stage.takeEventsOf("deregistered")[0]!.outcome, "gave-up");
});

Deno.test("without a deadline it ends with the life", () => {
  const stage = new ElementStage({ registrars: [registrar(1)] });
  const home = stage.enroll();
  stage.takeDials();
  stage.disconnect(home, "closed");
  stage.command({ type: "deregister" });
  for (let second = 0; second < 299; second++) {
    for (const dial of stage.takeDials()) stage.disconnect(dial.association, "refused");
    stage.advance(1_000);
  }
  assert.deepEqual(stage.takeEventsOf("deregistered"), []);
  assert.equal(stage.machine.state, "deregistering");
  stage.advance(1_000);
  assert.equal(stage.takeEventsOf("deregistered")[0]!.outcome, "gave-up");
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("an infinite life is de-registered for ever, until `stop`", () => {
  const element = { ...elementOptions().element, registrationLife: -1 };
  const stage = new ElementStage({ element, registrars: [registrar(1)] });
  const home = stage.enroll();
  stage.takeDials();
  stage.disconnect(home, "closed");
  stage.command({ type: "deregister" });
  for (let minute = 0; minute < 600; minute++) {
    for (const dial of stage.takeDials()) stage.disconnect(dial.association, "refused");
    stage.advance(60_000);
  }
  assert.equal(stage.machine.state, "deregistering");
  stage.command({ type: "stop" });
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("one that gave up does not answer keep-alives, so that it is removed", () => {
  const stage = new ElementStage();
  stage.enroll();
  stage.command({ type: "deregister", deadline: stage.now + 1 });
  stage.advance(1);
  stage.takeSent();
  stage.keepAlive(stage.accept(registrar(1)));
  assert.deepEqual(stage.takeSent(), []);
});

Deno.test("keep-alives are answered until the de-registration is granted, not after it", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.command({ type: "deregister" });
  stage.takeSent();
  stage.keepAlive(home);
  stage.takeMessage("ASAP_ENDPOINT_KEEP_ALIVE_ACK");
  stage.dismiss(home);
  stage.keepAlive(home);
  assert.deepEqual(stage.takeSent(), []);
});

Deno.test("a new home that comes during a de-registration is asked for it", () => {
  const stage = new ElementStage();
  const old = stage.enroll();
  stage.command({ type: "deregister" });
  stage.takeSent();
  const adopted = stage.accept(registrar(9));
  stage.keepAlive(adopted, { home: true, server: 9 });
  assert.deepEqual(stage.takeClosed().includes(old), true);
  const sent = stage.takeSent();
  assert.deepEqual(sent.map((each) => [each.association, each.message.type]), [
    [adopted, "ASAP_ENDPOINT_KEEP_ALIVE_ACK"],
    [adopted, "ASAP_DEREGISTRATION"],
  ]);
  stage.dismiss(adopted);
  assert.equal(stage.takeEventsOf("deregistered")[0]!.outcome, "granted");
});

Deno.test("every registrar that is silent is left after T3", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.takeDials();
  stage.command({ type: "deregister", deadline: stage.now + 70_000 });
  stage.advance(t3DeregistrationMs);
  stage.connect(stage.takeDial().association);
  stage.advance(t3DeregistrationMs);
  stage.advance(70_000);
  const [told] = stage.takeEventsOf("deregistered");
  assert(told?.outcome === "gave-up");
  assert.deepEqual(told.attempts.map((each) => each.address), [registrar(1), registrar(2)]);
  assert(stage.takeClosed().includes(home));
});

Deno.test("a lost home while idle is told, and sought at the next registration", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.command({ type: "deregister" });
  stage.dismiss(home);
  stage.takeEvents();
  stage.takeDials();
  stage.disconnect(home, "closed");
  assert.deepEqual(stage.takeEvents().map((event) => event.type), ["home-lost"]);
  assert.deepEqual(stage.takeDials(), []);
  stage.command({ type: "register" });
  assert(stage.takeDials().length > 0);
});

Deno.test("`register` ends all timers of the de-registration that it overtakes", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.command({ type: "deregister", deadline: stage.now + 5_000 });
  stage.command({ type: "register" });
  stage.grant(home);
  stage.takeEvents();
  for (let second = 0; second < 60; second += 5) {
    stage.advance(5_000);
    stage.keepAlive(home);
  }
  assert.equal(stage.machine.state, "registered");
  assert.deepEqual(stage.takeEventsOf("deregistered"), []);
});

Deno.test("a de-registration ends all timers of the registration", () => {
  const stage = new ElementStage();
  stage.begin();
  stage.takeSent();
  stage.advance(20_000);
  stage.command({ type: "deregister" });
  stage.takeMessage("ASAP_DEREGISTRATION");
  stage.advance(t3DeregistrationMs - 1);
  assert.deepEqual(stage.takeSent(), []);
  stage.advance(1);
  assert.deepEqual(stage.takeEventsOf("deregistration-timed-out"), [
    { type: "deregistration-timed-out", registrar: registrar(1) },
  ]);
});

Deno.test("the grant of a registration that was given up does not count for a later one", () => {
  const stage = new ElementStage();
  const home = stage.begin();
  stage.command({ type: "deregister" });
  stage.grant(home);
  stage.dismiss(home);
  stage.command({ type: "register" });
  stage.grant(home);
  stage.takeEvents();
  stage.reject(home);
  assert.equal(stage.machine.state, "registered");
});

Deno.test("one that gave up and registers again answers keep-alives again", () => {
  const stage = new ElementStage();
  stage.enroll();
  stage.takeDials();
  stage.command({ type: "deregister", deadline: stage.now + 1 });
  stage.advance(1);
  stage.command({ type: "register" });
  const home = stage.takeDials()[0]!.association;
  stage.connect(home);
  stage.grant(home);
  stage.takeSent();
  stage.keepAlive(home);
  stage.takeMessage("ASAP_ENDPOINT_KEEP_ALIVE_ACK");
});

Deno.test("`stop` ends a de-registration, too", () => {
  const stage = new ElementStage();
  stage.enroll();
  stage.command({ type: "deregister", deadline: stage.now + 5_000 });
  stage.command({ type: "stop" });
  assert.equal(stage.machine.deadline(), undefined);
});
