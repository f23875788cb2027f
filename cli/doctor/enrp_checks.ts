/** What `doctor` asks a registrar in ENRP: as an observer, which changes nothing. */

import type { Api, ErrorCause, ListedServer } from "../api.ts";
import { endpointsOf } from "../views.ts";
import { isRefused } from "./asap_checks.ts";
import type { AnyMessage, Conversation, ExplainedWay } from "./conversation.ts";
import type { Findings, Outcome } from "./finding.ts";

/** What is asked. */
export interface EnrpQuestions {
  readonly api: Api;
  /** What it is called that somebody may not what he asks for. */
  readonly refused: Outcome;
}

type EnrpMessage = Parameters<Api["enrp"]["encode"]>[0];
/** A connection in ENRP. */
export type Enrp = Conversation<EnrpMessage & AnyMessage>;

/** What came of a request. */
interface Answer<T> {
  readonly causes: readonly ErrorCause[];
  /** Absent: it was rejected. */
  readonly value?: T;
}

/** Sending Server's ID of who is no registrar (docs/tcp-mapping.md §3.8). */
const OBSERVER = { sender: 0, receiver: 0 } as const;

/** What a registrar thinks of its peer, and what that is called here. */
const STATES: Readonly<Record<string, Outcome>> = {
  active: "ok",
  suspect: "warning",
  inactive: "warning",
  unreachable: "wrong",
};

/** Asks over an open connection; the result says what was granted. */
export async function askEnrp(
  enrp: Enrp,
  way: ExplainedWay,
  questions: EnrpQuestions,
  findings: Findings,
): Promise<{ readonly granted: number; readonly refused: number }> {
  const count = { granted: 0, refused: 0 };
  const { api, refused } = questions;
  const tell = <T>(check: "peers" | "table", what: string, { causes, value }: Answer<T>) => {
    if (value !== undefined) {
      count.granted++;
      return true;
    }
    if (isRefused(causes, api)) {
      count.refused++;
      findings.add(check, refused, `may not read ${what}`);
      return false;
    }
    const names = causes.map((cause) => api.describeCause(cause)).join(", ");
    findings.add(check, "wrong", `${what} is not told: ${names || "it does not serve now"}`);
    return false;
  };
  try {
    await tellPresence(enrp, api, refused, findings);
    const peers = await askList(enrp);
    if (tell("peers", "the list of peers", peers)) tellPeers(peers.value!, api, findings);
    const table = await askTable(enrp);
    if (tell("table", "the handle table", table)) {
      findings.add("table", "ok", "may read the handle table, as far as it may resolve the pools");
    }
  } catch (error) {
    findings.add("enrp", "wrong", await way.explain(error));
  }
  return count;
}

/** Asks for the list of peers. RFC 5353 §2.5. */
export function askList(enrp: Enrp): Promise<Answer<readonly ListedServer[]>> {
  return enrp.ask({ type: "ENRP_LIST_REQUEST", ...OBSERVER }, (message) => {
    if (message.type === "ENRP_ERROR") return { causes: message.causes };
    if (message.type !== "ENRP_LIST_RESPONSE") return undefined;
    return message.reject ? { causes: [] } : { causes: [], value: message.servers };
  });
}

async function tellPresence(
  enrp: Enrp,
  api: Api,
  refused: Outcome,
  findings: Findings,
): Promise<void> {
  const request = { type: "ENRP_PRESENCE", replyRequired: true, ...OBSERVER } as const;
  const answer = await enrp.ask<Answer<number>>({
    ...request,
    checksum: undefined,
    serverInformation: undefined,
    unreachable: undefined,
  }, (message) => {
    if (message.type === "ENRP_ERROR") return { causes: message.causes };
    return message.type === "ENRP_PRESENCE" ? { causes: [], value: message.sender } : undefined;
  });
  const { value, causes } = answer;
  if (value !== undefined) {
    findings.add("enrp", "ok", `it is the registrar ${api.formatIdentifier(value)}`);
    return;
  }
  const names = causes.map((cause) => api.describeCause(cause)).join(", ");
  const outcome = isRefused(causes, api) ? refused : "wrong";
  findings.add("enrp", outcome, `may not ask who is there: ${names}`);
}

/** The first page is enough; the rest goes with the connection. RFC 5353 §2.2. */
function askTable(enrp: Enrp): Promise<Answer<number>> {
  const request = { type: "ENRP_HANDLE_TABLE_REQUEST", ownChildrenOnly: false } as const;
  return enrp.ask({ ...request, ...OBSERVER }, (message) => {
    if (message.type === "ENRP_ERROR") return { causes: message.causes };
    if (message.type !== "ENRP_HANDLE_TABLE_RESPONSE") return undefined;
    return message.reject ? { causes: [] } : { causes: [], value: message.pools.length };
  });
}

function tellPeers(peers: readonly ListedServer[], api: Api, findings: Findings): void {
  const count = peers.length === 1 ? "1 peer" : `${peers.length} peers`;
  findings.add("peers", "ok", `may read the list of peers: ${count}`);
  for (const { identifier, transport, peerStatus } of peers) {
    const who = `peer ${api.formatIdentifier(identifier)} at ${endpointsOf(transport)}`;
    if (peerStatus === undefined) {
      findings.add("peers", "unchecked", `${who}: its state is not told`);
      continue;
    }
    const { state, lastHeardAgoMs: ago } = peerStatus;
    const heard = ago === undefined ? "never heard" : `heard ${(ago / 1000).toFixed(1)}s ago`;
    findings.add("peers", STATES[state] ?? "warning", `${who} is ${state}, ${heard}`);
  }
}
