import assert from "node:assert/strict";
import fc from "fast-check";
import { type Attempt, DEFAULT_LIMITS } from "../../../lib/core/mod.ts";
import { CAUSE } from "../../../lib/wire/mod.ts";
import { element } from "../pool_user/user_stage.ts";
import { registrar } from "../server_hunt/stage.ts";
import { ENRP_PORT, ObserverStage, REGISTRAR, server } from "./observer_stage.ts";

function attemptsOf(stage: ObserverStage): readonly Attempt[] {
  const [failed, ...more] = stage.takeEventsOf("failed");
  assert(failed?.why === "no-registrar");
  assert.equal(more.length, 0);
  assert.equal(stage.open.size, 0);
  assert.equal(stage.machine.deadline(), undefined);
  return failed.attempts;
}

Deno.test("an observer without registrars is refused at once", () => {
  assert.throws(() => new ObserverStage(0), RangeError);
});

Deno.test("it asks with a Sending Server's ID of 0, as no registrar does", () => {
  const stage = new ObserverStage();
  stage.reach("list");
  const request = stage.takeMessage("ENRP_LIST_REQUEST");
  assert.deepEqual([request.sender, request.receiver], [0, 0]);
  stage.reach("handle-table", true);
  const table = stage.takeMessage("ENRP_HANDLE_TABLE_REQUEST");
  assert.deepEqual([table.sender, table.receiver, table.ownChildrenOnly], [0, 0, true]);
});

Deno.test("a list of registrars, then the association is closed", () => {
  const stage = new ObserverStage();
  const association = stage.reach("list");
  stage.list(association, [server(1), server(2)]);
  assert.deepEqual(stage.takeEvents(), [{
    type: "listed",
    request: 1,
    identifier: REGISTRAR,
    registrar: registrar(1, ENRP_PORT),
    servers: [server(1), server(2)],
  }]);
  assert.deepEqual(stage.takeClosed(), [association]);
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("an empty list, and an empty table, are answers", () => {
  const stage = new ObserverStage();
  stage.list(stage.reach("list"), []);
  assert.deepEqual(stage.takeEventsOf("listed")[0]!.servers, []);
  stage.page(stage.reach("handle-table"), []);
  assert.deepEqual(stage.takeEventsOf("table")[0]!.pools, []);
});

Deno.test("RFC 5353 §3.2.3: If the M flag is set to '1' […] MUST send another request", () => {
  const stage = new ObserverStage();
  const association = stage.reach("handle-table");
  stage.takeSent();
  const pages = [
    [{ poolHandle: "a", poolElements: [element(1), element(2)] }],
    [{ poolHandle: "a", poolElements: [element(3)] }, {
      poolHandle: "b",
      poolElements: [element(1)],
    }],
  ];
  for (const page of pages) {
    stage.page(association, page, { moreToSend: true });
    stage.takeMessage("ENRP_HANDLE_TABLE_REQUEST");
    assert.deepEqual(stage.takeEvents(), []);
  }
  const changed = { ...element(1), registrationLife: 60 };
  stage.page(association, [{ poolHandle: "b", poolElements: [changed, element(2)] }]);
  const [table] = stage.takeEventsOf("table");
  assert.deepEqual(table!.pools, [
    { poolHandle: "a", poolElements: [element(1), element(2), element(3)] },
    { poolHandle: "b", poolElements: [changed, element(2)] },
  ]);
  assert.equal(table!.identifier, REGISTRAR);
});

Deno.test("an own-children table has only elements whose home the registrar is", () => {
  const stage = new ObserverStage();
  const association = stage.reach("handle-table", true);
  const foreign = { ...element(2), home: 0xbad };
  stage.page(association, [
    { poolHandle: "a", poolElements: [element(1), foreign] },
    { poolHandle: "b", poolElements: [foreign] },
  ]);
  const [table] = stage.takeEventsOf("table");
  assert.deepEqual(table!.pools, [{ poolHandle: "a", poolElements: [element(1)] }]);
});

Deno.test("a table that is cut in the middle is an error, never a short answer", () => {
  const stage = new ObserverStage();
  const association = stage.reach("handle-table");
  stage.page(association, [{ poolHandle: "a", poolElements: [element(1)] }], { moreToSend: true });
  stage.disconnect(association, "closed");
  assert.deepEqual(attemptsOf(stage), [{
    address: registrar(1, ENRP_PORT),
    reason: "closed",
    detail: "in the middle of the handle table, after 1 pool elements",
  }]);
});

Deno.test("a table that stops in the middle is an error at the deadline", () => {
  const stage = new ObserverStage();
  const association = stage.reach("handle-table");
  stage.page(association, [{ poolHandle: "a", poolElements: [element(1)] }], { moreToSend: true });
  stage.advance(5_000);
  assert.deepEqual(attemptsOf(stage).map(({ reason, detail }) => [reason, detail]), [
    ["silent", "in the middle of the handle table, after 1 pool elements"],
  ]);
});

Deno.test("after a cut another registrar's table is taken, from its beginning", () => {
  const stage = new ObserverStage(2);
  const first = stage.reach("handle-table");
  stage.page(first, [{ poolHandle: "a", poolElements: [element(1)] }], { moreToSend: true });
  stage.disconnect(first, "reset");
  const second = stage.takeDial().association;
  stage.connect(second);
  stage.page(second, [{ poolHandle: "b", poolElements: [element(2)] }], { sender: 7 });
  const [table] = stage.takeEventsOf("table");
  assert.deepEqual([table!.identifier, table!.pools.map((pool) => pool.poolHandle)], [7, ["b"]]);
});

Deno.test("as long as pages come, nobody else is asked; when they stop, the next one is", () => {
  const stage = new ObserverStage(2);
  const first = stage.reach("handle-table");
  for (let page = 0; page < 4; page++) {
    stage.advance(900);
    stage.page(first, [{ poolHandle: "a", poolElements: [element(page)] }], { moreToSend: true });
  }
  assert.deepEqual(stage.takeDials(), []);
  stage.advance(1_000);
  assert.equal(stage.takeDials().length, 1);
});

Deno.test("a table without an end is left", () => {
  const endless = new ObserverStage(1, { limits: { ...DEFAULT_LIMITS, maxElements: 10 } });
  const association = endless.reach("handle-table");
  for (let page = 0; endless.open.has(association); page++) {
    assert(page <= 10);
    const pools = [{ poolHandle: "a", poolElements: [element(1)] }];
    endless.page(association, pools, { moreToSend: true });
  }
  assert.match(attemptsOf(endless)[0]!.detail!, /more than 10 pool elements/);

  const empty = new ObserverStage();
  empty.page(empty.reach("handle-table"), [], { moreToSend: true });
  assert.equal(attemptsOf(empty)[0]!.reason, "garbage");

  const wide = new ObserverStage(1, { limits: { ...DEFAULT_LIMITS, maxPools: 1 } });
  const pools = ["a", "b"].map((poolHandle) => ({ poolHandle, poolElements: [element(1)] }));
  wide.page(wide.reach("handle-table"), pools);
  assert.match(attemptsOf(wide)[0]!.detail!, /more than 1 pools/);
});

Deno.test("a table at the limit is an answer", () => {
  const stage = new ObserverStage(1, { limits: { ...DEFAULT_LIMITS, maxElements: 3 } });
  const pools = [{ poolHandle: "a", poolElements: [1, 2, 3].map(element) }];
  stage.page(stage.reach("handle-table"), pools);
  assert.equal(stage.takeEventsOf("table").length, 1);
});

Deno.test("pages of two registrars do not make a table", () => {
  const stage = new ObserverStage();
  const association = stage.reach("handle-table");
  const pools = [{ poolHandle: "a", poolElements: [element(1)] }];
  stage.page(association, pools, { moreToSend: true });
  stage.page(association, pools, { sender: 7 });
  assert.equal(attemptsOf(stage)[0]!.reason, "garbage");
});

Deno.test("RFC 5353 §2.3, §2.6: the R flag is told as a rejection, with who rejected", () => {
  for (const type of ["list", "handle-table"] as const) {
    const stage = new ObserverStage();
    const association = stage.reach(type);
    if (type === "list") stage.list(association, [], { reject: true });
    else stage.page(association, [], { reject: true });
    assert.deepEqual(stage.takeEvents(), [{
      type: "failed",
      request: 1,
      why: "rejected",
      identifier: REGISTRAR,
      registrar: registrar(1, ENRP_PORT),
      causes: [],
    }]);
  }
});

Deno.test("RFC 5353 §3.2.3: who was rejected asks another one", () => {
  const stage = new ObserverStage(2);
  stage.list(stage.reach("list"), [], { reject: true });
  const second = stage.takeDial().association;
  stage.connect(second);
  stage.list(second, [server(1)], { sender: 7 });
  assert.equal(stage.takeEventsOf("listed")[0]!.identifier, 7);
});

Deno.test("a rejection says more than that others are not there", () => {
  const stage = new ObserverStage(2);
  stage.list(stage.reach("list"), [], { reject: true });
  stage.disconnect(stage.takeDial().association, "refused");
  assert.equal(stage.takeEventsOf("failed")[0]!.why, "rejected");
});

Deno.test("an ENRP_ERROR is a rejection, but not one that reports skipped parameters", () => {
  const stage = new ObserverStage();
  const association = stage.reach("list");
  const information = new Uint8Array(0);
  const error = { type: "ENRP_ERROR", sender: REGISTRAR, receiver: 0 } as const;
  const skipped = { code: CAUSE.unrecognizedParameter, information };
  stage.receive(association, { ...error, causes: [skipped] });
  assert.deepEqual(stage.takeEventsOf("failed"), []);
  const security = { code: CAUSE.rejectedDueToSecurityConsiderations, information };
  stage.receive(association, { ...error, causes: [security] });
  const [failed] = stage.takeEventsOf("failed");
  assert(failed?.why === "rejected");
  assert.deepEqual(failed.causes, [security]);
});

Deno.test("what was not asked for is ignored; an answer from nobody is garbage", () => {
  const stage = new ObserverStage();
  const association = stage.reach("list");
  stage.page(association, [{ poolHandle: "a", poolElements: [element(1)] }]);
  const presence = { type: "ENRP_PRESENCE", replyRequired: true, sender: 1, receiver: 0 } as const;
  stage.receive(association, presence);
  assert.equal(stage.takeEventsOf("discarded").length, 2);
  assert.equal(stage.open.size, 1);
  stage.list(association, [], { sender: 0 });
  assert.equal(attemptsOf(stage)[0]!.reason, "garbage");
});

Deno.test("an answer that cannot be read ends the attempt, other bytes are only remembered", () => {
  const broken = new ObserverStage();
  const first = broken.reach("list");
  broken.takeSent();
  broken.receiveBroken(first, { messageType: "ENRP_LIST_RESPONSE", detail: "Port is cut off" });
  assert.deepEqual(broken.takeTypes(), ["ENRP_ERROR"]);
  assert.deepEqual(attemptsOf(broken).map((each) => each.detail), ["Port is cut off"]);

  const strange = new ObserverStage();
  const second = strange.reach("list");
  strange.receiveBroken(second, { report: false, detail: "Message Type is 0x7f" });
  assert.equal(strange.open.size, 1);
  strange.advance(5_000);
  assert.deepEqual(attemptsOf(strange).map((each) => [each.reason, each.detail]), [
    ["garbage", "Message Type is 0x7f"],
  ]);
});

Deno.test("refused, unknown, foreign and silent registrars: told by their reasons", () => {
  const stage = new ObserverStage(4);
  stage.ask("list");
  stage.disconnect(stage.takeDial().association, "refused");
  stage.disconnect(stage.takeDial().association, "unknown-host");
  const foreign = stage.takeDial().association;
  stage.connect(foreign);
  stage.disconnect(foreign, "garbage", "The first bytes are those of an HTTP response");
  stage.connect(stage.takeDial().association);
  stage.advance(5_000);
  const reasons = attemptsOf(stage).map((each) => each.reason);
  assert.deepEqual(reasons, ["refused", "unknown-host", "garbage", "silent"]);
});

Deno.test("each request has associations of its own", () => {
  const stage = new ObserverStage();
  stage.ask("list");
  stage.ask("handle-table");
  const [first, second] = stage.takeDials().map((dial) => dial.association);
  stage.connect(first!);
  stage.connect(second!);
  stage.page(second!, [{ poolHandle: "a", poolElements: [element(1)] }]);
  stage.list(first!, []);
  const answered = stage.takeEvents().map((event) => event.type);
  assert.deepEqual(answered, ["table", "listed"]);
});

Deno.test("a request that is forgotten tells nothing more; `stop` fails all others", () => {
  const stage = new ObserverStage();
  const first = stage.ask("list");
  const second = stage.ask("list");
  stage.command({ type: "cancel", request: first });
  stage.command({ type: "stop" });
  const third = stage.ask("list");
  assert.deepEqual(stage.takeEvents(), [
    { type: "failed", request: second, why: "stopped" },
    { type: "failed", request: third, why: "stopped" },
  ]);
  assert.deepEqual(stage.takeClosed(), stage.takeDials().map((dial) => dial.association));
  assert.equal(stage.machine.deadline(), undefined);
});

Deno.test("whatever the registrars do: one end for each request, in time, and nothing left", () => {
  const does = fc.constantFrom("connect", "refuse", "page", "more", "list", "reject", "advance");
  const script = fc.array(fc.record({ does, which: fc.nat(2_000) }), { maxLength: 60 });
  const property = fc.property(
    fc.integer({ min: 1, max: 5 }),
    fc.constantFrom("list" as const, "handle-table" as const),
    script,
    (registrars, question, steps) => {
      const stage = new ObserverStage(registrars);
      const request = stage.ask(question);
      const dialled = new Set<number>();
      for (const { does, which } of steps) {
        for (const dial of stage.takeDials()) dialled.add(dial.association);
        for (const closed of stage.takeClosed()) dialled.delete(closed);
        assert(stage.open.size <= 3);
        const pending = [...dialled].filter((each) => !stage.open.has(each));
        const dial = pending[which % Math.max(1, pending.length)];
        const open = [...stage.open][which % Math.max(1, stage.open.size)];
        if (does === "advance") stage.advance(which);
        else if (does === "connect" && dial !== undefined) stage.connect(dial);
        else if (does === "refuse" && (dial ?? open) !== undefined) {
          dialled.delete((dial ?? open)!);
          stage.disconnect((dial ?? open)!, "refused");
        } else if (open === undefined) continue;
        else if (does === "list") stage.list(open, [server(which)]);
        else if (does === "reject") stage.page(open, [], { reject: true });
        else if (does === "page" || does === "more") {
          const pools = [{ poolHandle: "a", poolElements: [element(which)] }];
          stage.page(open, pools, { moreToSend: does === "more" });
        }
      }
      stage.advance(5_000);
      const ends = stage.takeEvents().flatMap((event) => "request" in event ? event.request : []);
      assert.deepEqual(ends, [request]);
      assert.equal(stage.open.size, 0);
      assert.equal(stage.machine.deadline(), undefined);
    },
  );
  fc.assert(property, { numRuns: 500 });
});

Deno.test("one that had to give way is not heard any more", () => {
  const stage = new ObserverStage(4);
  const first = stage.reach("list");
  stage.advance(3_000);
  assert.deepEqual(stage.takeClosed(), [first]);
  stage.list(first, [server(1)]);
  assert.deepEqual(stage.takeEvents(), []);
});

Deno.test("a request whose number is used again is forgotten", () => {
  const stage = new ObserverStage();
  const list = { type: "list", request: 1, deadline: stage.now + 5_000 } as const;
  stage.command(list);
  stage.command(list);
  const [first, second] = stage.takeDials().map((dial) => dial.association);
  assert.deepEqual(stage.takeClosed(), [first]);
  stage.connect(second!);
  stage.list(second!, []);
  assert.equal(stage.takeEventsOf("listed").length, 1);
});

Deno.test("skipped parameters are reported by ENRP_ERROR; what cannot be read is told", () => {
  const stage = new ObserverStage();
  const association = stage.reach("list");
  stage.takeSent();
  const skipped = [new Uint8Array([0xc0, 1, 0, 4])];
  const presence = { type: "ENRP_PRESENCE", replyRequired: false, sender: 1, receiver: 0 } as const;
  stage.receive(association, presence, skipped);
  const { causes } = stage.takeMessage("ENRP_ERROR");
  assert.deepEqual(causes, [{ code: CAUSE.unrecognizedParameter, information: skipped[0] }]);
  stage.takeEvents();
  stage.receiveBroken(association, { report: false, detail: "cut off" });
  assert.deepEqual(stage.takeEvents(), [
    { type: "discarded", association, messageType: "unknown", why: "cut off" },
  ]);
});
