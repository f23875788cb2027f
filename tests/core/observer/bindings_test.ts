import assert from "node:assert/strict";
import { type Association, type Message, POOL_USER_TIMING } from "../../../lib/core/mod.ts";
import { toldServer } from "../../../lib/bindings/mod.ts";
import { CAUSE, type ErrorCause } from "../../../lib/wire/mod.ts";
import { bindingOf, serverOf } from "../../bindings/samples.ts";
import { registrar } from "../server_hunt/stage.ts";
import { ENRP_PORT, ObserverStage, REGISTRAR } from "./observer_stage.ts";

const POOL = "dhcp/lan1";
const WHO = { request: 1, identifier: REGISTRAR, registrar: registrar(1, ENRP_PORT) };

type Question = "bindings" | "binding-tables" | "partner-down";
type Dump = Partial<Extract<Message, { type: "ENRP_BINDING_DUMP" }>>;
type Reply = Partial<Extract<Message, { type: "ENRP_BINDING_REPLY" }>>;

/** Asks, and the first registrar is reached. */
function reach(stage: ObserverStage, type: Question, more: { server?: number } = {}): Association {
  const about = { poolHandle: POOL, name: "dhcp1", ...more };
  stage.command({ type, request: 1, deadline: stage.now + 5_000, ...about });
  const { association } = stage.takeDial();
  stage.connect(association);
  return association;
}

function dump(stage: ObserverStage, association: Association, page: Dump): void {
  stage.receive(association, {
    type: "ENRP_BINDING_DUMP",
    sender: REGISTRAR,
    receiver: 0,
    request: 1,
    reject: false,
    moreToSend: false,
    tables: [],
    servers: [],
    bindings: [],
    ...page,
  });
}

function reply(stage: ObserverStage, association: Association, said: Reply): void {
  stage.receive(association, {
    type: "ENRP_BINDING_REPLY",
    sender: REGISTRAR,
    receiver: 0,
    request: 1,
    poolHandle: POOL,
    reject: false,
    servers: [],
    ...said,
  });
}

function because(code: number): readonly ErrorCause[] {
  return [{ code, information: new Uint8Array(0) }];
}

const server = toldServer(serverOf(1), 0);
const [one, two] = [bindingOf(), bindingOf({ address: "10.0.0.2" })];

Deno.test("bindings are asked for page by page, and told as a whole", () => {
  const stage = new ObserverStage();
  const association = reach(stage, "bindings", { server: 7 });
  const first = stage.takeMessage("ENRP_BINDING_DUMP_REQUEST");
  assert.deepEqual([first.poolHandle, first.server, first.after], [POOL, 7, "0.0.0.0"]);
  assert.deepEqual([first.sender, first.request], [0, 1]);
  dump(stage, association, { servers: [server], bindings: [one], moreToSend: true });
  const second = stage.takeMessage("ENRP_BINDING_DUMP_REQUEST");
  assert.deepEqual([second.server, second.after], [7, "10.0.0.1"]);
  assert.deepEqual(stage.takeEvents(), []);
  dump(stage, association, { bindings: [two], lost: [one] });
  const told = { servers: [server], bindings: [one, two], lost: [one] };
  assert.deepEqual(stage.takeEvents(), [{ type: "bindings", ...WHO, ...told }]);
  assert.deepEqual(stage.takeClosed(), [association]);
});

Deno.test("a table that is cut is none: another registrar is asked from the beginning", () => {
  const stage = new ObserverStage(2);
  const association = reach(stage, "bindings");
  dump(stage, association, { bindings: [one], moreToSend: true });
  stage.takeSent();
  stage.disconnect(association, "reset");
  const { association: next } = stage.takeDial();
  stage.connect(next);
  assert.equal(stage.takeMessage("ENRP_BINDING_DUMP_REQUEST").after, "0.0.0.0");
  stage.advance(5_000);
  const [failed] = stage.takeEventsOf("failed");
  assert(failed?.why === "no-registrar");
  const words = failed.attempts.map(({ reason, detail }) => `${reason} ${detail}`);
  assert.match(words[0]!, /reset in the middle of the table, after 1 bindings/);
});

Deno.test("pages that do not get on are garbage", () => {
  for (const page of [{ moreToSend: true }, { bindings: [two, one] }]) {
    const stage = new ObserverStage();
    dump(stage, reach(stage, "bindings"), page);
    const [failed] = stage.takeEventsOf("failed");
    assert(failed?.why === "no-registrar");
    assert.equal(failed.attempts[0]?.reason, "garbage");
  }
});

Deno.test("without a pool, what tables come to is told", () => {
  const stage = new ObserverStage();
  const association = reach(stage, "binding-tables");
  const asked = stage.takeMessage("ENRP_BINDING_DUMP_REQUEST");
  assert.deepEqual([asked.poolHandle, asked.server], [undefined, 0]);
  const tables = [{ poolHandle: POOL, count: 3, digest: "0123456789abcdef" }];
  dump(stage, association, { tables });
  assert.deepEqual(stage.takeEvents(), [{ type: "binding-tables", ...WHO, tables }]);
});

Deno.test("an operator's word names the server, and is told as it was taken", () => {
  const stage = new ObserverStage();
  const association = reach(stage, "partner-down");
  const asked = stage.takeMessage("ENRP_BINDING_UPDATE");
  assert.deepEqual([asked.force, asked.request, asked.bindings], [false, 1, []]);
  const [named] = asked.servers;
  assert.deepEqual([named?.identifier, named?.name, named?.flags], [0, "dhcp1", ["down"]]);
  const servers = [{ ...server, flags: ["down"] as const }];
  reply(stage, association, { servers });
  assert.deepEqual(stage.takeEvents(), [{ type: "partner-down", ...WHO, servers }]);
});

Deno.test("a refusal of that word is final: nobody else is asked to do it instead", () => {
  const stage = new ObserverStage(2);
  const association = reach(stage, "partner-down");
  const causes = because(CAUSE.nonUniquePeIdentifier);
  reply(stage, association, { reject: true, causes });
  const failed = { type: "failed", why: "rejected", ...WHO, causes };
  assert.deepEqual(stage.takeEvents(), [failed]);
  assert.deepEqual(stage.takeDials(), []);
});

Deno.test("one that does not know the pool may be the wrong one", () => {
  for (const type of ["partner-down", "bindings"] as const) {
    const stage = new ObserverStage(2);
    const association = reach(stage, type);
    const refused = { reject: true, causes: because(CAUSE.unknownPoolHandle) };
    if (type === "bindings") dump(stage, association, refused);
    else reply(stage, association, refused);
    assert.deepEqual(stage.takeEvents(), []);
    assert.deepEqual(stage.takeDial().to, registrar(2, ENRP_PORT));
    stage.advance(POOL_USER_TIMING.t1EnrpRequestMs);
    const [failed] = stage.takeEventsOf("failed");
    assert(failed?.why === "rejected", "that it was rejected says the most");
  }
});

Deno.test("answers to something else are ignored", () => {
  const stage = new ObserverStage();
  const association = reach(stage, "bindings");
  dump(stage, association, { request: 2, bindings: [one] });
  reply(stage, association, {});
  const events = stage.takeEvents().map(({ type }) => type);
  assert.deepEqual(events, ["discarded", "discarded"]);
  stage.receiveBroken(association, { messageType: "ENRP_BINDING_DUMP" });
  const [failed] = stage.takeEventsOf("failed");
  assert(failed?.why === "no-registrar" && failed.attempts[0]?.reason === "garbage");
});
