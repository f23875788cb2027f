import assert from "node:assert/strict";
import fc from "fast-check";
import type { Message } from "../../../lib/core/mod.ts";
import { CAUSE } from "../../../lib/wire/mod.ts";
import { LOCAL, registrar } from "../server_hunt/stage.ts";
import { because, BindingStage, lease, OWN, POOL, SELF, TIMING } from "./binding_stage.ts";

Deno.test("nothing is dialled before the start, and all ends with the stop", () => {
  const stage = new BindingStage();
  assert.equal(stage.machine.deadline(), undefined);
  const home = stage.synchronize();
  stage.command({ type: "start" });
  assert.deepEqual(stage.takeDials(), []);
  stage.command({ type: "stop" });
  assert.deepEqual(stage.takeClosed(), [home]);
  stage.publish([lease(1)]);
  stage.advance(1_000_000);
  assert.deepEqual([stage.takeSent(), stage.takeDials()], [[], []]);
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("messages for other roles are ignored, and skipped parameters are reported", () => {
  const stage = new BindingStage();
  const home = stage.synchronize();
  const of = { poolHandle: POOL, peIdentifier: SELF };
  stage.receive(home, { type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", ...of });
  stage.receive(home, { type: "ASAP_DEREGISTRATION", ...of });
  assert.deepEqual(stage.takeTold(), ["discarded", "discarded"]);
  const skipped = new Uint8Array([0xc0, 1, 0, 4]);
  const update = { request: 0, ...of, servers: [], bindings: [] };
  stage.receive(home, { type: "ASAP_BINDING_UPDATE", ...update }, [skipped]);
  const { causes } = stage.takeMessage("ASAP_ERROR");
  assert.deepEqual(causes, [{ code: CAUSE.unrecognizedParameter, information: skipped }]);
  stage.receiveBroken(home, { messageType: "ASAP_BINDING_UPDATE" });
  stage.takeMessage("ASAP_ERROR");
});

Deno.test("an association that nobody asked for is closed", () => {
  const stage = new BindingStage();
  const remote = registrar(1);
  const connected = { type: "connected", association: 77, protocol: "ASAP", remote } as const;
  stage.machine.handle({ ...connected, local: LOCAL }, stage.now);
  assert.deepEqual(stage.machine.poll(), { type: "close", association: 77 });
});

Deno.test("a registrar that was found by its announcement is dialled", () => {
  const stage = new BindingStage({ registrars: [], discovers: true });
  stage.command({ type: "start" });
  assert.deepEqual(stage.takeDials(), []);
  stage.command({ type: "hint", registrar: registrar(9), isConfirmed: true });
  assert.deepEqual(stage.takeDial().to, registrar(9));
  stage.command({ type: "hint-outdated", registrar: registrar(9) });
});

const of = {
  request: fc.nat(12),
  poolHandle: fc.constantFrom(POOL, POOL, POOL, "other"),
  peIdentifier: fc.constantFrom(SELF, SELF, SELF, 2),
};
const causes = fc.constantFrom(
  undefined,
  because(CAUSE.unknownPoolHandle),
  because(CAUSE.invalidValues),
  because(CAUSE.rejectedDueToSecurityConsiderations),
);
const records = {
  servers: fc.constantFrom([], [OWN]),
  bindings: fc.constantFrom([], [lease(1)], [lease(1), lease(2)], [lease(300)]),
};
const isRare = fc.constantFrom(false, false, false, true);
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    type: fc.constant("ASAP_BINDING_DUMP" as const),
    ...of,
    ...records,
    causes,
    reject: isRare,
    moreToSend: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("ASAP_BINDING_REPLY" as const),
    ...of,
    ...records,
    causes,
    reject: isRare,
    refused: fc.constantFrom(undefined, ["10.0.0.1"]),
  }),
  fc.record({ type: fc.constant("ASAP_BINDING_UPDATE" as const), ...of, ...records }),
  fc.record({
    type: fc.constant("ASAP_BINDING_DUMP_REQUEST" as const),
    ...of,
    after: fc.constantFrom("0.0.0.0", "10.0.0.1"),
    dynamicUpdates: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("ASAP_ERROR" as const),
    causes: fc.constantFrom(because(CAUSE.unrecognizedMessage), because(CAUSE.unspecifiedError)),
  }),
);

const act = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("receive" as const), message }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("connect" as const), which: fc.nat() }) },
  fc.record({ do: fc.constant("lose" as const), which: fc.nat() }),
  fc.record({ do: fc.constant("advance" as const), ms: fc.nat(30_000) }),
  fc.record({ do: fc.constant("publish" as const), counter: fc.nat(100), number: fc.nat(5) }),
  fc.record({ do: fc.constant("retry" as const) }),
);

Deno.test("whatever comes: it goes on by itself, and what was published reaches somebody", () => {
  const property = fc.property(fc.array(act, { maxLength: 60 }), (script) => {
    const stage = new BindingStage();
    const dialled = new Set<number>();
    stage.command({ type: "start" });
    for (const step of script) {
      for (const dial of stage.takeDials()) dialled.add(dial.association);
      for (const closed of stage.takeClosed()) dialled.delete(closed);
      const pending = [...dialled].filter((each) => !stage.open.has(each));
      const [home] = stage.open;
      if (step.do === "advance") stage.advance(step.ms);
      else if (step.do === "publish") {
        stage.publish([lease(step.number + 1, { counter: step.counter })], [OWN]);
      } else if (step.do === "retry") stage.command({ type: "retry" });
      else if (step.do === "receive" && home !== undefined) stage.receive(home, step.message);
      else if (step.do === "connect" && pending.length > 0) {
        stage.connect(pending[step.which % pending.length]!);
      } else if (step.do === "lose" && dialled.size > 0) {
        const lost = [...dialled][step.which % dialled.size]!;
        dialled.delete(lost);
        stage.disconnect(lost, "reset");
      }
      assert(stage.machine.deadline() !== undefined, "it does nothing for ever");
      assert(stage.open.size <= 1);
    }
    // A good registrar takes all, in bounded time.
    stage.publish([], [{ ...OWN, version: 2 }]);
    for (let i = 0; i < 100 && !stage.machine.isPublished; i++) {
      serve(stage);
      stage.advance(TIMING.bindingReplyMs / 2);
    }
    assert(stage.machine.isPublished, "it is never taken");
  });
  fc.assert(property, { numRuns: 500 });
});

/** Connects what is dialled and answers what is asked. */
function serve(stage: BindingStage): void {
  for (const { association } of stage.takeDials()) {
    if (stage.takeClosed().includes(association) || stage.open.size > 0) continue;
    stage.connect(association);
  }
  for (const { association, message } of stage.takeSent()) {
    if (!stage.open.has(association)) continue;
    if (message.type === "ASAP_BINDING_DUMP_REQUEST") stage.page(association, message);
    if (message.type === "ASAP_BINDING_UPDATE") stage.reply(association, message);
  }
}
