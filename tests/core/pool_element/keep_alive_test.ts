import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../../../lib/core/mod.ts";
import { registrar } from "../server_hunt/stage.ts";
import { ElementStage, IDENTIFIER } from "./element_stage.ts";

Deno.test("the home is known from its first keep-alive", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  assert.equal(stage.machine.home, undefined);
  stage.keepAlive(home, { server: 0xc0ffee });
  assert.equal(stage.machine.home, 0xc0ffee);
  assert.deepEqual(stage.takeEvents(), [
    { type: "keep-alive", server: 0xc0ffee, home: false },
    { type: "home-identified", home: 0xc0ffee },
  ]);
  stage.takeSent();
  stage.command({ type: "update", policy: { name: "random" } });
  assert.equal(stage.takeMessage("ASAP_REGISTRATION").poolElement.home, 0xc0ffee);
});

Deno.test("the home's identifier is forgotten with its association", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.keepAlive(home);
  stage.takeDials();
  stage.disconnect(home, "closed");
  assert.equal(stage.machine.home, undefined);
  stage.takeSent();
  stage.connect(stage.takeDial().association);
  assert.equal(stage.takeMessage("ASAP_REGISTRATION").poolElement.home, 0);
});

Deno.test("a keep-alive that names another element is discarded (decision 17)", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.keepAlive(home, { peIdentifier: 1, home: true });
  assert.deepEqual(stage.takeSent(), []);
  stage.keepAlive(home, { peIdentifier: IDENTIFIER });
  stage.takeMessage("ASAP_ENDPOINT_KEEP_ALIVE_ACK");
});

Deno.test("two pools on one endpoint: each machine answers for its own (decision 17)", () => {
  const web = new ElementStage();
  const mail = new ElementStage({ poolHandle: "mail" });
  web.enroll();
  const home = mail.begin();
  mail.receive(home, {
    type: "ASAP_REGISTRATION_RESPONSE",
    reject: false,
    poolHandle: "mail",
    peIdentifier: IDENTIFIER,
  });
  mail.takeSent();
  for (const stage of [web, mail]) {
    stage.keepAlive(stage.accept(registrar(1)), { poolHandle: "mail" });
  }
  assert.deepEqual([web.takeTypes(), mail.takeTypes()], [[], ["ASAP_ENDPOINT_KEEP_ALIVE_ACK"]]);
});

Deno.test("an element that is not registered does not answer keep-alives", () => {
  const stage = new ElementStage();
  stage.keepAlive(stage.accept(registrar(9)), { home: true });
  assert.deepEqual(stage.takeSent(), []);
  assert.equal(stage.machine.home, undefined);
  const rejected = new ElementStage();
  const home = rejected.begin();
  rejected.reject(home);
  rejected.takeSent();
  rejected.keepAlive(home);
  assert.deepEqual(rejected.takeSent(), []);
});

Deno.test("one whose registration is not answered yet does answer them", () => {
  const stage = new ElementStage();
  const lost = stage.begin();
  stage.takeDials();
  stage.takeSent();
  stage.disconnect(lost, "reset");
  stage.keepAlive(stage.accept(registrar(1)));
  stage.takeMessage("ASAP_ENDPOINT_KEEP_ALIVE_ACK");
});

Deno.test("H=1 of the home over a newer association: that one is used, the old one closed", () => {
  const stage = new ElementStage();
  const old = stage.enroll();
  stage.keepAlive(old, { server: 7 });
  stage.takeSent();
  stage.takeEvents();
  const newer = stage.accept(registrar(1, 40_000));
  stage.keepAlive(newer, { server: 7, home: true });
  assert.deepEqual(stage.takeClosed(), [old]);
  assert.deepEqual(stage.takeEventsOf("home-changed"), []);
  assert(stage.takeSent().every((sent) => sent.association === newer));
  stage.grant(newer);
  assert.equal(stage.machine.state, "registered");
});

Deno.test("H=1 of the home over its own association changes nothing", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.keepAlive(home, { server: 7 });
  stage.takeSent();
  stage.keepAlive(home, { server: 7, home: true });
  stage.takeMessage("ASAP_ENDPOINT_KEEP_ALIVE_ACK");
  assert.deepEqual(stage.takeClosed(), []);
});

Deno.test(
  "H=1 of another identifier over the home's association: it is another registrar now",
  () => {
    const stage = new ElementStage();
    const home = stage.enroll();
    stage.keepAlive(home, { server: 7 });
    stage.keepAlive(home, { server: 8 });
    assert.equal(stage.machine.home, 7);
    stage.takeEvents();
    stage.keepAlive(home, { server: 8, home: true });
    assert.equal(stage.machine.home, 8);
    assert.deepEqual(stage.takeEventsOf("home-changed"), [
      { type: "home-changed", home: 8, previous: 7, registrar: registrar(1) },
    ]);
  },
);

Deno.test("H=1 while a registration waits at the old home: registered at the new one", () => {
  const stage = new ElementStage();
  const old = stage.begin();
  stage.takeSent();
  const newer = stage.accept(registrar(2, 40_000));
  stage.keepAlive(newer, { server: 2, home: true });
  assert.deepEqual(stage.takeTypes(), ["ASAP_ENDPOINT_KEEP_ALIVE_ACK", "ASAP_REGISTRATION"]);
  assert.deepEqual(stage.takeClosed(), [old]);
  stage.grant(newer);
  assert.equal(stage.takeEventsOf("registered")[0]!.home, 2);
});

Deno.test("the home that dialled us is lost: another one is sought", () => {
  const stage = new ElementStage();
  stage.enroll();
  stage.takeDials();
  const newer = stage.accept(registrar(2, 40_000));
  stage.keepAlive(newer, { server: 2, home: true });
  stage.grant(newer);
  stage.takeSent();
  stage.disconnect(newer, "reset");
  stage.advance(10_000);
  assert(stage.takeDials().length > 0);
});

Deno.test("H=0 over an accepted association leaves the home as it is", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.keepAlive(stage.accept(registrar(2)), { server: 2 });
  stage.takeMessage("ASAP_ENDPOINT_KEEP_ALIVE_ACK");
  assert.deepEqual(stage.takeClosed(), []);
  stage.command({ type: "deregister" });
  assert.equal(stage.takeSent()[0]!.association, home);
});

Deno.test("at the limit of accepted associations the oldest gives way, the home never", () => {
  const maxEndpointAssociations = 3;
  const stage = new ElementStage({ limits: { ...DEFAULT_LIMITS, maxEndpointAssociations } });
  stage.enroll();
  const home = stage.accept(registrar(2));
  stage.keepAlive(home, { server: 2, home: true });
  stage.takeClosed();
  const [first, second] = [stage.accept(registrar(3)), stage.accept(registrar(4))];
  assert.deepEqual(stage.takeClosed(), []);
  stage.accept(registrar(5));
  stage.accept(registrar(6));
  assert.deepEqual(stage.takeClosed(), [first, second]);
  stage.grant(home);
  assert.equal(stage.machine.state, "registered");
});

Deno.test("what is discarded is told, with the reason", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.keepAlive(home, { poolHandle: "other" });
  stage.keepAlive(home, { peIdentifier: 1 });
  stage.receiveBroken(home, { messageType: "ASAP_ENDPOINT_KEEP_ALIVE", detail: "cut off" });
  const reasons = stage.takeEventsOf("discarded").map((event) => event.why);
  assert.deepEqual(reasons, [
    "it is for another pool",
    "it is for another pool element",
    "cut off",
  ]);
});

Deno.test("associations that registrars end do not count, nor is one of them heard again", () => {
  const stage = new ElementStage({ limits: { ...DEFAULT_LIMITS, maxEndpointAssociations: 2 } });
  stage.enroll();
  for (let time = 0; time < 10; time++) stage.disconnect(stage.accept(registrar(2)), "closed");
  stage.takeDials();
  assert.deepEqual(stage.takeClosed(), []);
  const old = stage.accept(registrar(2));
  stage.keepAlive(old, { home: true, server: 2 });
  const home = stage.accept(registrar(3));
  stage.keepAlive(home, { home: true, server: 3 });
  stage.takeClosed();
  stage.takeSent();
  stage.accept(registrar(4));
  assert.deepEqual(stage.takeClosed(), []);
  stage.keepAlive(old);
  assert.deepEqual(stage.takeSent(), []);
});
