import assert from "node:assert/strict";
import { POOL_ELEMENT_TIMING } from "../../../lib/core/mod.ts";
import { CAUSE } from "../../../lib/wire/mod.ts";
import { registrar } from "../server_hunt/stage.ts";
import { elementOptions, ElementStage, IDENTIFIER, POOL } from "./element_stage.ts";

const { t2RegistrationMs, t5ServerHuntMs, keepAliveCycleMs } = POOL_ELEMENT_TIMING;
const POLICY_CAUSE = { code: CAUSE.inconsistentPoolingPolicy, information: new Uint8Array(0) };

function described(registrationLife: number) {
  return { ...elementOptions().element, registrationLife };
}

Deno.test("an element without registrars is refused at once", () => {
  assert.throws(() => new ElementStage({ registrars: [] }), RangeError);
});

Deno.test("nothing happens before `register`", () => {
  const stage = new ElementStage();
  assert.equal(stage.machine.state, "idle");
  assert.equal(stage.machine.deadline(), undefined);
  assert.deepEqual(stage.takeDials(), []);
});

Deno.test("the states of a registration", () => {
  const stage = new ElementStage();
  stage.command({ type: "register" });
  assert.equal(stage.machine.state, "hunting");
  const [dial] = stage.takeDials();
  stage.connect(dial!.association);
  assert.equal(stage.machine.state, "registering");
  stage.grant(dial!.association);
  assert.equal(stage.machine.state, "registered");
  stage.command({ type: "deregister" });
  assert.equal(stage.machine.state, "deregistering");
  stage.dismiss(dial!.association);
  assert.equal(stage.machine.state, "idle");
  stage.command({ type: "stop" });
  assert.equal(stage.machine.state, "stopped");
});

Deno.test("`register` twice is `register`", () => {
  const stage = new ElementStage();
  stage.enroll();
  stage.takeDials();
  stage.command({ type: "register" });
  assert.deepEqual([stage.takeSent(), stage.takeEvents(), stage.takeDials()], [[], [], []]);
});

Deno.test("T4 is half the life where 20 seconds less would be too little (decision 16)", () => {
  const cases = [[30, 15_000], [38, 19_000], [40, 20_000], [41, 21_000], [620, 600_000]] as const;
  for (const [life, t4] of cases) {
    const stage = new ElementStage({ element: described(life) });
    const home = stage.enroll();
    const granted = stage.now;
    while (stage.takeTypes().length === 0) {
      stage.advance(250);
      stage.receive(home, { type: "ASAP_ERROR", causes: [POLICY_CAUSE] });
    }
    assert.equal(stage.now - granted, t4, `T4 for a life of ${life} s`);
  }
});

Deno.test("a life of nothing that is granted does not make the element run wild", () => {
  const stage = new ElementStage({ element: described(0) });
  const home = stage.enroll();
  stage.advance(249);
  assert.deepEqual(stage.takeSent(), []);
  stage.advance(1);
  stage.takeMessage("ASAP_REGISTRATION");
  stage.grant(home);
});

Deno.test("addresses that were given are registered as they are", () => {
  const transport = { protocol: "sctp", port: 7, use: 1, addresses: ["192.0.2.1", "::1"] } as const;
  const stage = new ElementStage({ element: { ...described(300), transport } });
  stage.begin();
  assert.deepEqual(stage.takeMessage("ASAP_REGISTRATION").poolElement.transport, transport);
});

Deno.test("an opaque transport has no address to fill in", () => {
  const transport = { protocol: "opaque", data: new Uint8Array([1]) } as const;
  const stage = new ElementStage({ element: { ...described(300), transport } });
  stage.begin();
  assert.deepEqual(stage.takeMessage("ASAP_REGISTRATION").poolElement.transport, transport);
});

Deno.test("the address is that of each association", () => {
  const stage = new ElementStage();
  const first = stage.enroll();
  stage.takeDials();
  stage.disconnect(first, "closed");
  stage.connect(stage.takeDial().association, { host: "2001:db8::7", port: 1 });
  const { poolElement } = stage.takeMessage("ASAP_REGISTRATION");
  assert.deepEqual(poolElement.transport, {
    protocol: "tcp",
    port: 80,
    use: 0,
    addresses: ["2001:db8::7"],
  });
});

Deno.test("the ASAP endpoint is registered as a TCP transport at the association's address", () => {
  const stage = new ElementStage({ endpoint: { port: 40_010 } });
  stage.begin();
  const expected = { protocol: "tcp", port: 40_010, use: 0, addresses: ["198.51.100.7"] };
  assert.deepEqual(stage.takeMessage("ASAP_REGISTRATION").poolElement.asapTransport, expected);
});

Deno.test("an ASAP endpoint may have an address of its own; port 0 is none", () => {
  const stage = new ElementStage({ endpoint: { host: "192.0.2.99", port: 40_010 } });
  const home = stage.begin();
  const sent = stage.takeMessage("ASAP_REGISTRATION").poolElement.asapTransport;
  assert.deepEqual(sent, { protocol: "tcp", port: 40_010, use: 0, addresses: ["192.0.2.99"] });
  stage.grant(home);
  stage.command({ type: "endpoint", endpoint: { port: 0 } });
  assert.equal(stage.takeMessage("ASAP_REGISTRATION").poolElement.asapTransport, undefined);
});

Deno.test("a service that listens elsewhere is registered there at once", () => {
  const stage = new ElementStage();
  stage.enroll();
  const transport = { protocol: "tcp", port: 8080, use: 1, addresses: [] } as const;
  stage.command({ type: "transport", transport });
  const { poolElement } = stage.takeMessage("ASAP_REGISTRATION");
  assert.deepEqual(poolElement.transport, { ...transport, addresses: ["198.51.100.7"] });
});

Deno.test("a listener that is bound later is registered at once", () => {
  const stage = new ElementStage();
  stage.enroll();
  stage.command({ type: "endpoint", endpoint: { port: 40_010 } });
  assert(stage.takeMessage("ASAP_REGISTRATION").poolElement.asapTransport !== undefined);
});

Deno.test("a change while an answer is awaited follows the answer, once", () => {
  const stage = new ElementStage();
  const home = stage.begin();
  stage.takeSent();
  for (const weight of [1, 2, 3]) {
    stage.command({ type: "update", policy: { name: "weighted-random", weight } });
  }
  assert.deepEqual(stage.takeSent(), []);
  stage.grant(home);
  const { poolElement } = stage.takeMessage("ASAP_REGISTRATION");
  assert.deepEqual(poolElement.policy, { name: "weighted-random", weight: 3 });
  stage.grant(home);
  assert.deepEqual(stage.takeSent(), []);
});

Deno.test("a change before the registration is in it", () => {
  const stage = new ElementStage();
  stage.command({ type: "update", policy: { name: "priority", priority: 9 } });
  assert.deepEqual(stage.takeDials(), []);
  stage.begin();
  const { policy } = stage.takeMessage("ASAP_REGISTRATION").poolElement;
  assert.deepEqual(policy, { name: "priority", priority: 9 });
});

Deno.test("answers for others, or from others, are ignored", () => {
  const stage = new ElementStage();
  const home = stage.begin();
  stage.takeSent();
  const answer = { type: "ASAP_REGISTRATION_RESPONSE", reject: true } as const;
  stage.receive(home, { ...answer, poolHandle: POOL, peIdentifier: 1 });
  stage.receive(home, { ...answer, poolHandle: "other", peIdentifier: IDENTIFIER });
  const stranger = stage.accept(registrar(9));
  stage.receive(stranger, { ...answer, poolHandle: POOL, peIdentifier: IDENTIFIER });
  assert.equal(stage.machine.state, "registering");
  assert.equal(stage.takeEventsOf("discarded").length, 3);
  stage.grant(home);
  assert.equal(stage.machine.state, "registered");
});

Deno.test("an answer that nothing waits for is ignored", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.reject(home);
  stage.grant(home);
  assert.equal(stage.machine.state, "registered");
  assert.deepEqual(stage.takeEvents().map((event) => event.type), ["discarded", "discarded"]);
});

Deno.test("both answers to a repeated registration are taken", () => {
  const stage = new ElementStage();
  const home = stage.begin();
  stage.advance(t2RegistrationMs);
  assert.equal(stage.takeTypes().length, 2);
  stage.grant(home);
  stage.grant(home);
  const types = stage.takeEvents().map((event) => event.type);
  assert.deepEqual(types.slice(-2), ["registered", "re-registered"]);
});

Deno.test("rejected after a grant: idle, but still answering keep-alives of what is listed", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.command({ type: "update", policy: { name: "random" } });
  stage.takeSent();
  stage.reject(home, [POLICY_CAUSE]);
  assert.deepEqual(stage.takeEvents(), [
    { type: "rejected", causes: [POLICY_CAUSE], afterGrant: true, registrar: registrar(1) },
  ]);
  stage.keepAlive(home);
  stage.takeMessage("ASAP_ENDPOINT_KEEP_ALIVE_ACK");
  stage.command({ type: "deregister" });
  stage.takeMessage("ASAP_DEREGISTRATION");
});

Deno.test("nothing heard for two keep-alive cycles: registered again at once (decision 10)", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.advance(keepAliveCycleMs);
  stage.keepAlive(home);
  stage.takeSent();
  stage.advance(2 * keepAliveCycleMs - 1);
  assert.deepEqual(stage.takeSent(), []);
  stage.advance(1);
  stage.takeMessage("ASAP_REGISTRATION");
  assert.equal(stage.takeEventsOf("home-silent").length, 1);
  // The host of the registrar has vanished without a word.
  stage.takeDials();
  stage.advance(2 * t2RegistrationMs);
  stage.connect(stage.takeDial().association);
  assert.equal(stage.takeTypes().at(-1), "ASAP_REGISTRATION");
});

Deno.test("a registrar that is restarted on its port is found again within T5", () => {
  const stage = new ElementStage({ registrars: [registrar(1)] });
  const home = stage.enroll();
  stage.takeDials();
  stage.advance(60_000);
  stage.keepAlive(home);
  const lost = stage.now;
  stage.disconnect(home, "closed");
  for (let down = 0; down < 5_000; down += 100) {
    for (const dial of stage.takeDials()) stage.disconnect(dial.association, "refused");
    stage.advance(100);
  }
  while (stage.takeDials().length === 0) stage.advance(100);
  assert(stage.now - lost <= t5ServerHuntMs, `found after ${stage.now - lost} ms`);
});

Deno.test("of three registrars two die: registered at the third within T5, same identifier", () => {
  const stage = new ElementStage({ registrars: [1, 2, 3].map((n) => registrar(n)) });
  const home = stage.enroll();
  stage.takeDials();
  const lost = stage.now;
  stage.disconnect(home, "reset");
  const dials = stage.takeDials();
  assert.deepEqual(dials.map((dial) => dial.to), [registrar(2), registrar(3)]);
  stage.disconnect(dials[0]!.association, "refused");
  stage.connect(dials[1]!.association);
  stage.takeSent();
  stage.grant(dials[1]!.association);
  assert(stage.now - lost < t5ServerHuntMs);
  const [event] = stage.takeEventsOf("registered");
  assert.equal(event!.first, false);
  assert.deepEqual(event!.registrar, registrar(3));
  assert.equal(event!.element.identifier, IDENTIFIER);
});

Deno.test("what speaks something else is told of, and backed off from", () => {
  const stage = new ElementStage({ registrars: [registrar(1)] });
  stage.command({ type: "register" });
  const detail = "The first bytes are those of an HTTP response";
  let dials = 0;
  for (let second = 0; second < 600; second++) {
    for (const { association } of stage.takeDials()) {
      dials++;
      stage.connect(association);
      stage.disconnect(association, "garbage", detail);
    }
    stage.advance(1_000);
  }
  assert(dials < 40, `${dials} dials in ten minutes`);
  const failures = stage.takeEventsOf("hunt-failure");
  assert.deepEqual(failures[0]!.attempts, [{ address: registrar(1), reason: "garbage", detail }]);
});

Deno.test("a registrar that grants and closes is not dialled at the network's speed", () => {
  const stage = new ElementStage({ registrars: [registrar(1)] });
  stage.command({ type: "register" });
  let dials = 0;
  for (let second = 0; second < 600; second++) {
    for (const { association } of stage.takeDials()) {
      dials++;
      stage.connect(association);
      stage.grant(association);
      stage.disconnect(association, "closed");
    }
    stage.advance(1_000);
  }
  assert(dials < 300, `${dials} dials in ten minutes`);
});

Deno.test("the expiry is told only by the home", () => {
  const stage = new ElementStage();
  stage.enroll();
  stage.dismiss(stage.accept(registrar(9)));
  assert.deepEqual(stage.takeSent(), []);
  assert.equal(stage.machine.state, "registered");
});

Deno.test("an expiry that crosses a re-registration is overtaken by its answer", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.command({ type: "update", policy: { name: "round-robin" } });
  stage.takeSent();
  stage.dismiss(home);
  assert.deepEqual(stage.takeSent(), []);
  stage.grant(home);
  assert.equal(stage.machine.state, "registered");
});

Deno.test("`stop` closes everything, and the machine is deaf then", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  const other = stage.accept(registrar(9));
  stage.command({ type: "stop" });
  assert.deepEqual(stage.takeClosed().sort(), [home, other].sort());
  assert.equal(stage.machine.deadline(), undefined);
  stage.command({ type: "register" });
  assert.deepEqual(stage.takeEvents(), []);
  assert.equal(stage.machine.state, "stopped");
});

Deno.test("`stop` while hunting ends the dials", () => {
  const stage = new ElementStage();
  stage.command({ type: "register" });
  stage.command({ type: "stop" });
  assert.deepEqual(stage.takeClosed(), stage.takeDials().map((dial) => dial.association));
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("at any time it can say what became of whom, should its owner lose patience", () => {
  const stage = new ElementStage();
  stage.command({ type: "register" });
  const [first, second] = stage.takeDials();
  stage.disconnect(first!.association, "refused");
  stage.connect(second!.association);
  assert.deepEqual(stage.machine.attempts.map((each) => each.reason), ["refused", "silent"]);
  stage.grant(second!.association);
  assert.deepEqual(stage.machine.attempts, []);
});

Deno.test("an answer to what the old home was asked is not one of the new home", () => {
  const stage = new ElementStage();
  const lost = stage.begin();
  stage.takeDials();
  stage.disconnect(lost, "reset");
  const home = stage.takeDial().association;
  stage.connect(home);
  stage.grant(home);
  stage.takeEvents();
  stage.reject(home);
  assert.equal(stage.machine.state, "registered");
  assert.equal(stage.takeEventsOf("discarded").length, 1);
});

Deno.test("while a re-registration is not answered, T4 does not start another one", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  for (let second = 0; second < 270; second += 10) {
    stage.advance(10_000);
    stage.keepAlive(home);
  }
  stage.command({ type: "update", policy: { name: "random" } });
  stage.takeSent();
  stage.advance(t2RegistrationMs - 1);
  assert.deepEqual(stage.takeTypes(), []);
});

Deno.test("each attempt that timed out is told", () => {
  const stage = new ElementStage();
  stage.begin();
  stage.advance(2 * t2RegistrationMs);
  assert.deepEqual(
    stage.takeEventsOf("registration-timed-out"),
    [1, 2].map((attempt) => {
      return { type: "registration-timed-out", registrar: registrar(1), attempt };
    }),
  );
});

Deno.test("the attempts are counted anew for each registration", () => {
  const stage = new ElementStage();
  const home = stage.begin();
  for (let time = 0; time < 5; time++) {
    stage.advance(t2RegistrationMs);
    stage.grant(home);
    stage.grant(home);
    assert.equal(stage.machine.state, "registered");
    stage.command({ type: "update", policy: { name: "random" } });
  }
  assert.deepEqual(stage.takeClosed(), []);
});

Deno.test("rejected after a grant: nothing is tried again by itself", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.command({ type: "update", policy: { name: "random" } });
  stage.reject(home, [POLICY_CAUSE]);
  stage.keepAlive(home);
  stage.takeSent();
  stage.advance(24 * 3_600_000);
  assert.deepEqual(stage.takeSent(), []);
});

Deno.test("rejected after a grant, then expired: listed nowhere any more", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.command({ type: "update", policy: { name: "random" } });
  stage.reject(home, [POLICY_CAUSE]);
  stage.takeSent();
  stage.dismiss(home);
  assert.equal(stage.takeEventsOf("expired").length, 1);
  stage.keepAlive(home);
  assert.deepEqual(stage.takeSent(), []);
});

Deno.test("`connected` tells of each registrar that is found", () => {
  const stage = new ElementStage();
  stage.begin();
  assert.deepEqual(stage.takeEventsOf("connected"), [
    { type: "connected", registrar: registrar(1) },
  ]);
});
