import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_LIMITS, Host, type Message, PoolElementMachine } from "../../../lib/core/mod.ts";
import { asap, CAUSE, hex } from "../../../lib/wire/mod.ts";
import { element } from "../pool_user/user_stage.ts";
import { LOCAL, registrar } from "../server_hunt/stage.ts";
import { elementOptions, ElementStage, IDENTIFIER, POOL } from "./element_stage.ts";

const causes = [{ code: CAUSE.unspecifiedError, information: new Uint8Array(0) }];

Deno.test("an error is told, and never answered with an error (decision 24)", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.receiveHex(home, "0e000010000c000800000004c0010004");
  assert.deepEqual(stage.takeSent(), []);
  assert.deepEqual(stage.takeEvents(), [{ type: "error-received", causes }]);
});

Deno.test("skipped parameters are reported, one cause each", () => {
  const stage = new ElementStage();
  const home = stage.begin();
  stage.takeSent();
  const skipped = [new Uint8Array([0xc0, 1, 0, 4]), new Uint8Array([0xc0, 2, 0, 4])];
  const answer = { type: "ASAP_REGISTRATION_RESPONSE", poolHandle: POOL, reject: false } as const;
  stage.receive(home, { ...answer, peIdentifier: IDENTIFIER }, skipped);
  assert.equal(stage.machine.state, "registered");
  const error = stage.takeMessage("ASAP_ERROR");
  assert.deepEqual(error.causes, skipped.map((information) => ({ code: 0x1, information })));
});

Deno.test("what was skipped before a message could not be read is reported, too", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.receiveHex(home, "0b000010c1110004000d000441110004");
  const { causes } = stage.takeMessage("ASAP_ERROR");
  assert.deepEqual(causes.map(({ information }) => hex(information)), ["c1110004", "41110004"]);
});

Deno.test("messages for other roles are ignored", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  const foreign: Message[] = [
    { type: "ASAP_REGISTRATION", poolHandle: POOL, poolElement: element(IDENTIFIER) },
    { type: "ASAP_DEREGISTRATION", poolHandle: POOL, peIdentifier: IDENTIFIER },
    { type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: false, poolHandle: POOL },
    { type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", poolHandle: POOL, peIdentifier: IDENTIFIER },
    { type: "ASAP_ENDPOINT_UNREACHABLE", poolHandle: POOL, peIdentifier: IDENTIFIER },
    { type: "ASAP_SERVER_ANNOUNCE", serverIdentifier: 1, transports: [] },
    { type: "ENRP_LIST_REQUEST", sender: 1, receiver: 1 },
  ];
  for (const message of foreign) stage.receive(home, message);
  assert.deepEqual(stage.takeSent(), []);
  assert.equal(stage.takeEventsOf("discarded").length, foreign.length);
});

Deno.test("what comes over an association that is gone is ignored", () => {
  const stage = new ElementStage();
  const home = stage.enroll();
  stage.disconnect(home, "closed");
  stage.takeEvents();
  stage.keepAlive(home);
  stage.receiveBroken(home, {});
  stage.grant(home);
  assert.deepEqual([stage.takeSent(), stage.takeEvents()], [[], []]);
});

Deno.test("an association that nobody asked for is closed", () => {
  const stage = new ElementStage();
  const remote = registrar(1);
  const connected = { type: "connected", association: 77, protocol: "ASAP", remote } as const;
  stage.machine.handle({ ...connected, local: LOCAL }, stage.now);
  assert.deepEqual(stage.machine.poll(), { type: "close", association: 77 });
});

Deno.test("bytes: a registration and a keep-alive through the host, and garbage after them", () => {
  const host = new Host(new PoolElementMachine(elementOptions()), DEFAULT_LIMITS);
  const drain = () => {
    const outputs = [];
    for (let output = host.poll(); output !== undefined; output = host.poll()) outputs.push(output);
    return outputs;
  };
  const written = () =>
    drain().filter((output) => output.type === "write").map((output) => {
      const decoded = asap.decode(output.bytes);
      assert(decoded.ok);
      return decoded.message.type;
    });
  host.command({ type: "register" }, 0);
  drain();
  assert.equal(host.connected(1, { remote: registrar(1), local: LOCAL }, 1), true);
  assert.deepEqual(written(), ["ASAP_REGISTRATION"]);
  const pe = { poolHandle: POOL, peIdentifier: IDENTIFIER };
  const grant = asap.encode({ type: "ASAP_REGISTRATION_RESPONSE", reject: false, ...pe });
  const alive = asap.encode({
    type: "ASAP_ENDPOINT_KEEP_ALIVE",
    home: true,
    serverIdentifier: 5,
    poolHandle: POOL,
  });
  for (const byte of [...grant, ...alive]) host.receive(1, new Uint8Array([byte]), 2);
  assert.deepEqual(written(), ["ASAP_ENDPOINT_KEEP_ALIVE_ACK"]);
  host.receive(1, new Uint8Array([1, 0, 0, 0]), 3);
  const lost = drain().map((output) => output.type === "event" ? output.event.type : output.type);
  assert.deepEqual(lost.slice(0, 3), ["close", "home-lost", "hunting"]);
});

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: fc.constant("ASAP_REGISTRATION_RESPONSE" as const),
    reject: fc.boolean(),
    poolHandle: fc.constantFrom(POOL, POOL, "other"),
    peIdentifier: fc.constantFrom(IDENTIFIER, IDENTIFIER, 1),
    causes: fc.constantFrom(undefined, causes),
  }),
  fc.record({
    type: fc.constant("ASAP_DEREGISTRATION_RESPONSE" as const),
    poolHandle: fc.constantFrom(POOL, POOL, "other"),
    peIdentifier: fc.constantFrom(IDENTIFIER, IDENTIFIER, 1),
    causes: fc.constantFrom(undefined, causes),
  }),
  fc.record({
    type: fc.constant("ASAP_ENDPOINT_KEEP_ALIVE" as const),
    home: fc.boolean(),
    serverIdentifier: fc.nat(3),
    poolHandle: fc.constantFrom(POOL, POOL, "other"),
    peIdentifier: fc.constantFrom(undefined, IDENTIFIER, 1),
  }),
  fc.record({ type: fc.constant("ASAP_ERROR" as const), causes: fc.constant(causes) }),
);

const act = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("receive" as const), which: fc.nat(), message }),
  },
  fc.record({ do: fc.constant("connect" as const), which: fc.nat() }),
  fc.record({ do: fc.constant("disconnect" as const), which: fc.nat() }),
  fc.record({ do: fc.constant("accept" as const), which: fc.nat(9) }),
  fc.record({ do: fc.constant("advance" as const), which: fc.nat(100_000) }),
  fc.record({
    do: fc.constantFrom("register" as const, "deregister" as const, "update" as const),
    which: fc.nat(),
  }),
);

Deno.test("whatever comes in whatever order: it never throws, and what it wants goes on", () => {
  const property = fc.property(fc.array(act, { maxLength: 60 }), (script) => {
    const stage = new ElementStage();
    const dialled = new Set<number>();
    stage.command({ type: "register" });
    for (const step of script) {
      for (const dial of stage.takeDials()) dialled.add(dial.association);
      for (const closed of stage.takeClosed()) dialled.delete(closed);
      const open = [...stage.open];
      const pending = [...dialled].filter((each) => !stage.open.has(each));
      const one = (all: readonly number[]) => all[step.which % Math.max(1, all.length)];
      if (step.do === "advance") stage.advance(step.which);
      else if (step.do === "accept") stage.accept(registrar(step.which));
      else if (step.do === "update") stage.command({ type: "update", policy: { name: "random" } });
      else if (step.do === "register" || step.do === "deregister") stage.command({ type: step.do });
      else if (step.do === "receive" && open.length > 0) stage.receive(one(open)!, step.message);
      else if (step.do === "connect" && pending.length > 0) stage.connect(one(pending)!);
      else if (step.do === "disconnect" && open.length + pending.length > 0) {
        const lost = one([...open, ...pending])!;
        dialled.delete(lost);
        stage.disconnect(lost, "reset");
      }
      const { state } = stage.machine;
      // Whoever wants something has a time at which it goes on by itself.
      if (state !== "idle") assert(stage.machine.deadline() !== undefined, `${state} for ever`);
      const own = [...stage.open].filter((each) => each % 2 === 1);
      assert(own.length <= 1, "a home at most, besides what registrars opened");
    }
  });
  fc.assert(property, { numRuns: 1_000 });
});
