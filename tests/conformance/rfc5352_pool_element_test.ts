import assert from "node:assert/strict";
import { POOL_ELEMENT_TIMING } from "../../lib/core/mod.ts";
import { CAUSE } from "../../lib/wire/mod.ts";
import { ElementStage, IDENTIFIER, POOL } from "../core/pool_element/element_stage.ts";
import { registrar } from "../core/server_hunt/stage.ts";

const { t2RegistrationMs, t3DeregistrationMs, t4ReregistrationMs } = POOL_ELEMENT_TIMING;
const INVALID = { code: CAUSE.invalidValues, information: new Uint8Array(0) };

Deno.test(
  "RFC 5352 §2.2.1: The PE sending the ASAP_REGISTRATION message MUST fill in the Pool " +
    "Handle parameter and the Pool Element parameter.",
  () => {
    const stage = new ElementStage();
    stage.begin();
    const { poolHandle, poolElement } = stage.takeMessage("ASAP_REGISTRATION");
    assert.equal(poolHandle, POOL);
    assert.deepEqual(poolElement, {
      identifier: IDENTIFIER,
      home: 0,
      registrationLife: 300,
      transport: { protocol: "tcp", port: 80, use: 0, addresses: ["198.51.100.7"] },
      policy: { name: "round-robin" },
    });
  },
);

Deno.test(
  "RFC 5352 §2.2.1: the IP address(es) of the PE that is registered within the Pool " +
    "Element parameter MUST be a subset of the IP address(es) used in the SCTP association",
  () => {
    const stage = new ElementStage();
    stage.command({ type: "register" });
    const [dial] = stage.takeDials();
    stage.connect(dial!.association, { host: "::ffff:203.0.113.5", port: 1 });
    const { poolElement } = stage.takeMessage("ASAP_REGISTRATION");
    assert(poolElement.transport.protocol === "tcp");
    assert.deepEqual(poolElement.transport.addresses, ["203.0.113.5"]);
  },
);

Deno.test(
  "RFC 5352 §2.2.14: if an error report to the message sender is needed, the ASAP endpoint " +
    "that discovered the error SHOULD send back an ASAP_ERROR message",
  () => {
    const stage = new ElementStage();
    const home = stage.enroll();
    stage.receiveBroken(home, { messageType: "ASAP_REGISTRATION_RESPONSE", cause: 0x1 });
    const { causes } = stage.takeMessage("ASAP_ERROR");
    assert.deepEqual(causes, [{ code: 0x1, information: new Uint8Array([0, 9, 0, 4]) }]);
    stage.receiveBroken(home, { report: false });
    stage.receiveHex(home, "0e00000841110004");
    assert.deepEqual(stage.takeTypes(), []);
  },
);

Deno.test(
  "RFC 5352 §3.1: If the PE has not established its Home ENRP server, it MUST follow the " +
    "procedures specified in Section 3.6.",
  () => {
    const stage = new ElementStage();
    stage.command({ type: "register" });
    assert.deepEqual(stage.takeDials().map((dial) => dial.to), [registrar(1), registrar(2)]);
    assert.deepEqual(stage.takeEvents(), [{ type: "hunting", why: "registration" }]);
  },
);

Deno.test(
  "RFC 5352 §3.1, R2.3: a PE that wishes to continue service MUST re-register before the " +
    "registration expires",
  () => {
    for (const registrationLife of [1, 10, 30, 39, 40, 41, 60, 300, 1_000, 100_000]) {
      const stage = new ElementStage({
        element: {
          identifier: IDENTIFIER,
          registrationLife,
          transport: { protocol: "tcp", port: 80, use: 0, addresses: [] },
          policy: { name: "random" },
        },
      });
      const home = stage.enroll();
      const expiry = stage.now + registrationLife * 1_000;
      let again: number | undefined;
      while (again === undefined && stage.now < expiry) {
        stage.advance(250);
        again = stage.takeSent().find((each) => each.message.type === "ASAP_REGISTRATION")?.at;
        // Silence would lead to a re-registration of its own.
        stage.keepAlive(home);
      }
      assert(again !== undefined && again < expiry, `a life of ${registrationLife} s`);
    }
  },
);

Deno.test("RFC 5352 §3.1, R3: Send the ASAP_REGISTRATION message to the Home ENRP server", () => {
  const stage = new ElementStage();
  const association = stage.begin();
  const [sent] = stage.takeSent();
  assert.equal(sent!.association, association);
  assert.equal(sent!.message.type, "ASAP_REGISTRATION");
});

Deno.test("RFC 5352 §3.1, R4: Start a T2-registration timer.", () => {
  const stage = new ElementStage();
  stage.begin();
  assert.equal(stage.machine.deadline(), stage.now + t2RegistrationMs);
});

Deno.test(
  "RFC 5352 §3.1: If the T2-registration timer expires before receiving an " +
    "ASAP_REGISTRATION_RESPONSE message […] the PE shall start the Server Hunt procedure",
  () => {
    const stage = new ElementStage();
    const silent = stage.begin();
    stage.takeSent();
    stage.takeDials();
    // §7.3: MAX-REG-ATTEMPT registration attempts are made before a server hunt is issued.
    stage.advance(t2RegistrationMs);
    assert.equal(stage.takeMessage("ASAP_REGISTRATION").poolElement.identifier, IDENTIFIER);
    assert.deepEqual(stage.takeDials(), []);
    stage.advance(t2RegistrationMs);
    assert.deepEqual(stage.takeClosed(), [silent]);
    const dial = stage.takeDial();
    assert.deepEqual(
      dial.to,
      registrar(2),
      "in an attempt to get service from a different ENRP server",
    );
    // "After establishing a new Home ENRP server, the PE SHOULD restart the registration".
    stage.connect(dial.association);
    assert.equal(stage.takeMessage("ASAP_REGISTRATION").poolElement.identifier, IDENTIFIER);
  },
);

Deno.test(
  "RFC 5352 §3.1: … or a SEND.FAILURE notification is received from the SCTP layer, the PE " +
    "shall start the Server Hunt procedure",
  () => {
    const stage = new ElementStage();
    stage.disconnect(stage.begin(), "reset");
    assert.deepEqual(stage.takeDial().to, registrar(2));
  },
);

Deno.test(
  "RFC 5352 §3.1: At the reception of the registration response, the PE MUST stop the " +
    "T2-registration timer.",
  () => {
    for (const reject of [false, true]) {
      const stage = new ElementStage();
      const home = stage.begin();
      stage.takeSent();
      if (reject) stage.reject(home);
      else stage.grant(home);
      stage.advance(t2RegistrationMs);
      assert.deepEqual(stage.takeTypes(), []);
      assert.deepEqual(stage.takeEventsOf("registration-timed-out"), []);
    }
  },
);

Deno.test("RFC 5352 §3.1: If the response indicates success, the PE is registered", () => {
  const stage = new ElementStage();
  const home = stage.begin();
  const { poolElement } = stage.takeMessage("ASAP_REGISTRATION");
  stage.takeEvents();
  stage.grant(home);
  assert.equal(stage.machine.state, "registered");
  assert.deepEqual(stage.takeEvents(), [{
    type: "registered",
    first: true,
    home: undefined,
    registrar: registrar(1),
    warnings: [],
    element: poolElement,
  }]);
});

Deno.test(
  "RFC 5352 §2.2.3: When the R flag is set to '0', this parameter, if present, serves as a " +
    "warning to the registering PE",
  () => {
    const stage = new ElementStage();
    const home = stage.begin();
    stage.grant(home, [INVALID]);
    assert.deepEqual(stage.takeEventsOf("registered")[0]!.warnings, [INVALID]);
  },
);

Deno.test(
  "RFC 5352 §3.1: If the registration response indicates a failure, the PE must either " +
    "re-attempt registration after correcting the error or return a failure indication to " +
    "the PE's upper layer.",
  () => {
    const stage = new ElementStage();
    const home = stage.begin();
    stage.reject(home, [INVALID]);
    assert.deepEqual(stage.takeEventsOf("rejected"), [
      { type: "rejected", causes: [INVALID], afterGrant: false, registrar: registrar(1) },
    ]);
  },
);

Deno.test(
  "RFC 5352 §3.1: The PE MUST NOT re-attempt registration without correcting the error " +
    "condition.",
  () => {
    const stage = new ElementStage();
    const home = stage.begin();
    stage.reject(home, [INVALID]);
    stage.takeSent();
    stage.advance(24 * 3_600_000);
    assert.deepEqual(stage.takeSent(), []);
    assert.equal(stage.machine.state, "idle");
    stage.command({ type: "register" });
    assert.equal(stage.takeMessage("ASAP_REGISTRATION").poolHandle, POOL);
  },
);

Deno.test(
  "RFC 5352 §3.1: At any time, a registered PE MAY wish to re-register to either update " +
    "its member selection Policy Value or registration expiration time. When re-registering, " +
    "the PE MUST use the same PE identifier.",
  () => {
    const stage = new ElementStage();
    stage.enroll();
    stage.command({ type: "update", policy: { name: "weighted-random", weight: 7 } });
    const { poolElement } = stage.takeMessage("ASAP_REGISTRATION");
    assert.equal(poolElement.identifier, IDENTIFIER);
    assert.deepEqual(poolElement.policy, { name: "weighted-random", weight: 7 });
  },
);

Deno.test(
  "RFC 5352 §3.1: After successful registration, the PE MUST start a T4-reregistration " +
    "timer. At its expiration, a re-registration SHOULD be made starting at step R1, " +
    "including (at completion) restarting the T4-reregistration timer.",
  () => {
    const stage = new ElementStage();
    const home = stage.enroll();
    for (let time = 0; time < 3; time++) {
      // §7.1: "10 minutes or 20 seconds less than the Lifetime parameter […] (whichever is less)".
      const step = 10_000;
      for (let ms = 0; ms < 280_000 - step; ms += step) {
        stage.advance(step);
        stage.keepAlive(home);
      }
      stage.takeSent();
      stage.advance(step - 1);
      assert.deepEqual(stage.takeSent(), []);
      stage.advance(1);
      assert.equal(stage.takeMessage("ASAP_REGISTRATION").poolElement.identifier, IDENTIFIER);
      stage.grant(home);
      assert.equal(stage.takeEventsOf("re-registered").length, 1);
    }
  },
);

Deno.test("RFC 5352 §7.1: T4-reregistration […] is normally set to 10 minutes", () => {
  for (const registrationLife of [-1, 100_000]) {
    const stage = new ElementStage({
      element: {
        identifier: IDENTIFIER,
        registrationLife,
        transport: { protocol: "tcp", port: 80, use: 0, addresses: [] },
        policy: { name: "random" },
      },
      timing: { ...POOL_ELEMENT_TIMING, keepAliveCycleMs: 10 * t4ReregistrationMs },
    });
    stage.enroll();
    assert.equal(stage.machine.deadline(), stage.now + t4ReregistrationMs);
  }
});

Deno.test(
  "RFC 5352 §3.2, D1, D2: using the same Pool Handle parameter sent during registration. " +
    "[…] The identifier MUST be the same as used during registration.",
  () => {
    const stage = new ElementStage();
    stage.enroll();
    stage.command({ type: "deregister" });
    const { poolHandle, peIdentifier } = stage.takeMessage("ASAP_DEREGISTRATION");
    assert.equal(poolHandle, POOL);
    assert.equal(peIdentifier, IDENTIFIER);
  },
);

Deno.test(
  "RFC 5352 §3.2, D3: When de-registering, the PE SHOULD use the SCTP association that was " +
    "used for registration with its Home ENRP server.",
  () => {
    const stage = new ElementStage();
    const home = stage.enroll();
    stage.command({ type: "deregister" });
    assert.equal(stage.takeSent()[0]!.association, home);
    assert.deepEqual(stage.takeDials().slice(2), []);
  },
);

Deno.test("RFC 5352 §3.2, D4: Start a T3-Deregistration timer.", () => {
  const stage = new ElementStage();
  stage.enroll();
  stage.command({ type: "deregister" });
  assert.equal(stage.machine.deadline(), stage.now + t3DeregistrationMs);
});

Deno.test(
  "RFC 5352 §3.2: If the T3-Deregistration timer expires […], the PE's ASAP Endpoint shall " +
    "start the ENRP Server Hunt procedure […]. After establishing a new Home ENRP server, " +
    "the ASAP Endpoint SHOULD restart the de-registration procedure.",
  () => {
    const stage = new ElementStage();
    const home = stage.enroll();
    stage.command({ type: "deregister" });
    stage.takeDials();
    stage.takeSent();
    stage.advance(t3DeregistrationMs);
    assert.deepEqual(stage.takeClosed(), [home]);
    const dial = stage.takeDial();
    assert.deepEqual(dial.to, registrar(2));
    stage.connect(dial.association);
    assert.equal(stage.takeMessage("ASAP_DEREGISTRATION").peIdentifier, IDENTIFIER);
  },
);

Deno.test(
  "RFC 5352 §3.2: … or a SEND.FAILURE notification: the association is lost, the " +
    "de-registration restarts elsewhere",
  () => {
    const stage = new ElementStage();
    const home = stage.enroll();
    stage.command({ type: "deregister" });
    stage.takeDials();
    stage.takeSent();
    stage.disconnect(home, "reset");
    stage.connect(stage.takeDial().association);
    assert.equal(stage.takeMessage("ASAP_DEREGISTRATION").peIdentifier, IDENTIFIER);
  },
);

Deno.test(
  "RFC 5352 §3.2: At the reception of the ASAP_DEREGISTRATION_RESPONSE, the PE's ASAP " +
    "endpoint MUST stop the T3-Deregistration timer.",
  () => {
    const stage = new ElementStage();
    const home = stage.enroll();
    stage.command({ type: "deregister" });
    stage.takeSent();
    stage.dismiss(home);
    assert.deepEqual(stage.takeEvents(), [{ type: "deregistered", outcome: "granted" }]);
    assert.equal(stage.machine.deadline(), undefined);
  },
);

Deno.test(
  "RFC 5352 §2.2.4: This parameter is included if an error […] occurred during the " +
    "de-registration process.",
  () => {
    const stage = new ElementStage();
    const home = stage.enroll();
    stage.command({ type: "deregister" });
    stage.dismiss(home, [INVALID]);
    assert.deepEqual(stage.takeEvents(), [
      { type: "deregistered", outcome: "rejected", causes: [INVALID] },
    ]);
  },
);

Deno.test(
  "RFC 5352 §3.2: an ASAP_DEREGISTRATION_RESPONSE message is sent to the PE's ASAP " +
    "Endpoint to indicate the removal of the PE from the pool: who still wants to serve " +
    "registers again at once",
  () => {
    const stage = new ElementStage();
    const home = stage.enroll();
    stage.dismiss(home);
    assert.equal(stage.takeMessage("ASAP_REGISTRATION").poolElement.identifier, IDENTIFIER);
    stage.grant(home);
    const types = stage.takeEvents().map((event) => event.type);
    assert.deepEqual(types, ["expired", "registered"]);
  },
);

Deno.test(
  "RFC 5352 §3.4, KA1: If the Pool Handle does not match, the PE MUST silently discard the " +
    "message.",
  () => {
    const stage = new ElementStage();
    const home = stage.enroll();
    stage.keepAlive(home, { poolHandle: "other", home: true });
    const unrecognized = [new Uint8Array([0xff, 0xff, 0, 4])];
    const message = {
      type: "ASAP_ENDPOINT_KEEP_ALIVE",
      home: true,
      serverIdentifier: 7,
      poolHandle: "other",
    } as const;
    stage.receive(home, message, unrecognized);
    assert.deepEqual(stage.takeTypes(), []);
    assert.equal(stage.machine.home, undefined);
  },
);

Deno.test(
  "RFC 5352 §2.2.7: Regardless of the setting of the 'H' bit, an ASAP Endpoint MUST " +
    "respond with an ASAP_ENDPOINT_KEEP_ALIVE_ACK",
  () => {
    for (const home of [false, true]) {
      const stage = new ElementStage();
      stage.keepAlive(stage.enroll(), { home });
      stage.takeMessage("ASAP_ENDPOINT_KEEP_ALIVE_ACK");
    }
  },
);

Deno.test(
  "RFC 5352 §3.4, KA2.1, KA2.2: Fill in the Pool Handle parameter with the PE's Pool " +
    "Handle. Fill in the PE Identifier parameter using the PE identifier used by this PE for " +
    "registration.",
  () => {
    const stage = new ElementStage();
    stage.keepAlive(stage.enroll());
    const { poolHandle, peIdentifier } = stage.takeMessage("ASAP_ENDPOINT_KEEP_ALIVE_ACK");
    assert.equal(poolHandle, POOL);
    assert.equal(peIdentifier, IDENTIFIER);
  },
);

Deno.test(
  "RFC 5352 §3.4, KA2.3: Send the ASAP_ENDPOINT_KEEP_ALIVE_ACK message via the appropriate " +
    "SCTP association for the ENRP server that sent the ASAP_ENDPOINT_KEEP_ALIVE message.",
  () => {
    const stage = new ElementStage();
    const home = stage.enroll();
    const other = stage.accept(registrar(9, 40_000));
    stage.keepAlive(other);
    stage.keepAlive(home);
    assert.deepEqual(stage.takeSent().map((sent) => sent.association), [other, home]);
  },
);

Deno.test(
  "RFC 5352 §3.4, KA2.4: If the H flag […] is set, and the Server Identifier in the " +
    "message is NOT the identity of your Home ENRP server […] adopt the sender of the " +
    "ASAP_ENDPOINT_KEEP_ALIVE message as the new Home ENRP server.",
  () => {
    const stage = new ElementStage();
    const old = stage.enroll();
    stage.keepAlive(old, { server: 1 });
    stage.takeEvents();
    stage.takeSent();
    const adopted = stage.accept(registrar(9, 40_000));
    stage.keepAlive(adopted, { home: true, server: 2 });
    assert.equal(stage.machine.home, 2);
    assert.deepEqual(stage.takeClosed(), [old]);
    assert.deepEqual(stage.takeEventsOf("home-changed"), [
      { type: "home-changed", home: 2, previous: 1, registrar: registrar(9, 40_000) },
    ]);
    const sent = stage.takeSent();
    assert.deepEqual(sent.map((each) => each.message.type), [
      "ASAP_ENDPOINT_KEEP_ALIVE_ACK",
      "ASAP_REGISTRATION",
    ]);
    assert(sent.every((each) => each.association === adopted));
    stage.grant(adopted);
    stage.command({ type: "deregister" });
    assert.equal(stage.takeSent()[0]!.association, adopted);
  },
);

Deno.test(
  "RFC 5352 §3.4, KA2.4: … (or it is not set, e.g., you have a no Home ENRP server)",
  () => {
    const stage = new ElementStage();
    const old = stage.enroll();
    stage.takeDials();
    stage.disconnect(old, "reset");
    assert.equal(stage.machine.state, "hunting");
    const [dial] = stage.takeDials();
    const adopted = stage.accept(registrar(9, 40_000));
    stage.keepAlive(adopted, { home: true, server: 2 });
    assert.deepEqual(stage.takeClosed(), [dial!.association]);
    assert.equal(stage.machine.home, 2);
    assert.equal(stage.takeSent().at(-1)!.association, adopted);
  },
);

Deno.test(
  "RFC 5352 §3.6: when it fails to communicate with its Home ENRP server […], a PE or PU " +
    "MUST establish a new Home ENRP server",
  () => {
    const stage = new ElementStage();
    const home = stage.enroll();
    stage.takeDials();
    const lost = stage.now;
    stage.disconnect(home, "closed");
    const dial = stage.takeDial();
    assert.deepEqual(
      dial.to,
      registrar(2),
      "i.e., set up a connection with a different ENRP server",
    );
    stage.connect(dial.association);
    const { poolElement } = stage.takeMessage("ASAP_REGISTRATION");
    assert.equal(poolElement.identifier, IDENTIFIER);
    stage.grant(dial.association);
    assert.equal(stage.machine.state, "registered");
    assert(stage.now - lost < POOL_ELEMENT_TIMING.t5ServerHuntMs);
  },
);

Deno.test(
  "RFC 5352 §7.3: MAX-REG-ATTEMPT — The maximum number of registration attempts to be made " +
    "before a server hunt is issued.",
  () => {
    for (const maxRegAttempt of [1, 2, 5]) {
      const stage = new ElementStage({ timing: { ...POOL_ELEMENT_TIMING, maxRegAttempt } });
      stage.begin();
      stage.takeDials();
      let attempts = 0;
      while (stage.takeDials().length === 0) {
        attempts += stage.takeTypes().length;
        stage.advance(t2RegistrationMs);
      }
      assert.equal(attempts, maxRegAttempt);
    }
  },
);
