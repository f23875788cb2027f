/** What `doctor` makes of what a registrar answers to an observer. */

import assert from "node:assert/strict";
import { askEnrp, type Enrp } from "../../../cli/doctor/enrp_checks.ts";
import { Findings } from "../../../cli/doctor/finding.ts";
import * as api from "../../../mod.ts";

type Message = api.EnrpMessage;

const FROM = { sender: 7, receiver: 0 } as const;
const INSECURE = {
  code: api.CAUSE.rejectedDueToSecurityConsiderations,
  information: new Uint8Array(0),
};

function peer(identifier: number, peerStatus: api.ListedServer["peerStatus"]): api.ListedServer {
  const addresses = ["192.0.2.2"];
  return { identifier, transport: { protocol: "tcp", addresses, port: 9902, use: 0 }, peerStatus };
}

/** A registrar that answers each request with the messages that are given for it. */
function registrar(answers: Partial<Record<Message["type"], readonly Message[]>>): Enrp {
  const ask = <A>(request: Message, pick: (message: Message) => A | undefined): Promise<A> => {
    for (const message of answers[request.type] ?? []) {
      const answer = pick(message);
      if (answer !== undefined) return Promise.resolve(answer);
    }
    return Promise.reject(new Error("silent"));
  };
  return { ask } as unknown as Enrp;
}

async function linesOf(
  answers: Partial<Record<Message["type"], readonly Message[]>>,
  refused: "warning" | "wrong" = "warning",
) {
  const findings = new Findings("192.0.2.1:9902");
  const way = { explain: (error: unknown) => Promise.resolve((error as Error).message) };
  const questions = { api, refused } as unknown as Parameters<typeof askEnrp>[2];
  const given = way as unknown as Parameters<typeof askEnrp>[1];
  const count = await askEnrp(registrar(answers), given, questions, findings);
  const lines = findings.all.map(({ outcome, check, detail }) => `${outcome} ${check}: ${detail}`);
  return { lines, count };
}

const PRESENCE: readonly Message[] = [{ type: "ENRP_PRESENCE", replyRequired: false, ...FROM }];
const TABLE: readonly Message[] = [{
  type: "ENRP_HANDLE_TABLE_RESPONSE",
  moreToSend: true,
  reject: false,
  pools: [],
  ...FROM,
}];
const ERROR: Message = { type: "ENRP_ERROR", causes: [INSECURE], ...FROM };
const REJECTED: Message = { type: "ENRP_LIST_RESPONSE", reject: true, servers: [], ...FROM };

Deno.test("each peer's state is told, and what it is called", async () => {
  const servers = [
    peer(1, { state: "active", lastHeardAgoMs: 1_234 }),
    peer(2, { state: "suspect", lastHeardAgoMs: 90_000 }),
    peer(3, { state: "inactive", lastHeardAgoMs: 1 }),
    peer(4, { state: "unreachable" }),
    peer(5, undefined),
    peer(6, { state: "0x00ff" }),
  ];
  const { lines, count } = await linesOf({
    ENRP_PRESENCE: PRESENCE,
    ENRP_LIST_REQUEST: [{ type: "ENRP_LIST_RESPONSE", reject: false, servers, ...FROM }],
    ENRP_HANDLE_TABLE_REQUEST: TABLE,
  });
  assert.deepEqual(lines, [
    "ok enrp: it is the registrar 0x00000007",
    "ok peers: may read the list of peers: 6 peers",
    "ok peers: peer 0x00000001 at 192.0.2.2:9902 is active, heard 1.2s ago",
    "warning peers: peer 0x00000002 at 192.0.2.2:9902 is suspect, heard 90.0s ago",
    "warning peers: peer 0x00000003 at 192.0.2.2:9902 is inactive, heard 0.0s ago",
    "wrong peers: peer 0x00000004 at 192.0.2.2:9902 is unreachable, never heard",
    "unchecked peers: peer 0x00000005 at 192.0.2.2:9902: its state is not told",
    "warning peers: peer 0x00000006 at 192.0.2.2:9902 is 0x00ff, never heard",
    "ok table: may read the handle table, as far as it may resolve the pools",
  ]);
  assert.deepEqual(count, { granted: 2, refused: 0 });
});

Deno.test("what is refused is called as asked, and its second answer is no answer", async () => {
  const answers = {
    ENRP_PRESENCE: [ERROR],
    ENRP_LIST_REQUEST: [ERROR, REJECTED],
    ENRP_HANDLE_TABLE_REQUEST: [REJECTED, ERROR],
  };
  for (const outcome of ["warning", "wrong"] as const) {
    const { lines, count } = await linesOf(answers, outcome);
    assert.deepEqual(lines, [
      `${outcome} enrp: may not ask who is there: Rejected due to security considerations`,
      `${outcome} peers: may not read the list of peers`,
      `${outcome} table: may not read the handle table`,
    ]);
    assert.deepEqual(count, { granted: 0, refused: 2 });
  }
});

Deno.test("a registrar that does not serve yet, or falls silent", async () => {
  const { lines } = await linesOf({ ENRP_PRESENCE: PRESENCE, ENRP_LIST_REQUEST: [REJECTED] });
  assert.deepEqual(lines.slice(1), [
    "wrong peers: the list of peers is not told: it does not serve now",
    "wrong enrp: silent",
  ]);
});
