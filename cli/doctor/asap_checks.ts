/** What `doctor` asks a registrar in ASAP: as a pool user, and as a pool element would. */

import type { Api, ErrorCause, PoolHandle } from "../api.ts";
import type { AnyMessage, Conversation, ExplainedWay } from "./conversation.ts";
import type { Findings, Outcome } from "./finding.ts";

/** What is asked. */
export interface AsapQuestions {
  readonly api: Api;
  /** Absent: any pool, of a name that nobody has. */
  readonly poolHandle: PoolHandle | undefined;
  readonly asUser: boolean;
  readonly asElement: boolean;
  /** What it is called that somebody may not what he asks for. */
  readonly refused: Outcome;
}

type AsapMessage = Parameters<Api["asap"]["encode"]>[0];
/** A connection in ASAP. */
export type Asap = Conversation<AsapMessage & AnyMessage>;

/** What came of a request. */
export interface Answer {
  readonly causes: readonly ErrorCause[];
  /** PE identifiers, where elements were asked for. */
  readonly elements: readonly number[];
}

const PROBE_PREFIX = "doctor-";

/** Asks over an open connection; the result says what was granted. */
export async function askAsap(
  asap: Asap,
  way: ExplainedWay,
  questions: AsapQuestions,
  findings: Findings,
): Promise<{ readonly granted: number; readonly refused: number }> {
  const count = { granted: 0, refused: 0 };
  const tell = (isGranted: boolean) => isGranted ? count.granted++ : count.refused++;
  let known: readonly number[] = [];
  try {
    if (questions.asUser) {
      const answer = await resolve(asap, questions.poolHandle ?? probeHandle());
      known = answer.elements;
      tell(tellResolution(questions, answer, findings));
    }
    if (!questions.asElement) return count;
    if (questions.poolHandle === undefined) {
      const why = "not asked: name the pool in which to register with --pool POOL";
      findings.add("register", "unchecked", why);
      return count;
    }
    const identifier = unusedIdentifier(known);
    const { causes } = await deregister(asap, questions.poolHandle, identifier);
    tell(tellRegistration(questions, causes, findings));
  } catch (error) {
    findings.add("asap", "wrong", await way.explain(error));
  }
  return count;
}

/** Asks for the elements of a pool. RFC 5352 §2.2.5. */
export function resolve(asap: Asap, poolHandle: PoolHandle): Promise<Answer> {
  const request = { type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: false, poolHandle } as const;
  return asap.ask({ ...request, items: undefined }, (message) => {
    if (message.type === "ASAP_ERROR") return { causes: message.causes, elements: [] };
    if (message.type !== "ASAP_HANDLE_RESOLUTION_RESPONSE") return undefined;
    const elements = message.poolElements.map(({ identifier }) => identifier);
    return { causes: message.causes ?? [], elements };
  });
}

/**
 * Asks to de-register an element that does not exist: RFC 5352 §3.2 has that granted without
 * effect, and who may not register in the pool is refused.
 */
export function deregister(asap: Asap, poolHandle: PoolHandle, identifier: number) {
  const request = { type: "ASAP_DEREGISTRATION", poolHandle, peIdentifier: identifier } as const;
  return asap.ask<Answer>(request, (message) => {
    if (message.type === "ASAP_ERROR") return { causes: message.causes, elements: [] };
    if (message.type !== "ASAP_DEREGISTRATION_RESPONSE") return undefined;
    return { causes: message.causes ?? [], elements: [] };
  });
}

/** A pool handle that nobody has. */
export function probeHandle(): PoolHandle {
  return PROBE_PREFIX + randomNumber().toString(16) as PoolHandle;
}

/** A PE identifier that no element has of those that are known. */
export function unusedIdentifier(known: readonly number[]): number {
  for (;;) {
    const identifier = randomNumber();
    if (identifier !== 0 && !known.includes(identifier)) return identifier;
  }
}

/** Whether it was refused for who asks. */
export function isRefused(causes: readonly ErrorCause[], { CAUSE }: Pick<Api, "CAUSE">): boolean {
  return causes.some(({ code }) => code === CAUSE.rejectedDueToSecurityConsiderations);
}

function tellResolution(
  { api, poolHandle, refused }: AsapQuestions,
  { causes, elements }: Answer,
  findings: Findings,
): boolean {
  const which = poolHandle === undefined ? "any pool" : `pool "${poolHandle}"`;
  if (isRefused(causes, api)) {
    const hint = poolHandle === undefined ? "; --pool POOL asks for a certain one" : "";
    findings.add("resolve", refused, `may not resolve ${which}${hint}`);
    return false;
  }
  const others = causes.filter(({ code }) => code !== api.CAUSE.unknownPoolHandle);
  if (others.length > 0) {
    const names = others.map((cause) => api.describeCause(cause)).join(", ");
    findings.add("resolve", "wrong", `resolving ${which} is rejected: ${names}`);
    return true;
  }
  const count = elements.length === 1 ? "1 pool element" : `${elements.length} pool elements`;
  const found = elements.length > 0 ? `which has ${count}` : "which has no pool element now";
  const more = poolHandle === undefined ? "" : `, ${found}`;
  findings.add("resolve", "ok", `may resolve ${which}${more}`);
  return true;
}

function tellRegistration(
  { api, poolHandle, refused }: AsapQuestions,
  causes: readonly ErrorCause[],
  findings: Findings,
): boolean {
  const what = `register in pool "${poolHandle}"`;
  if (isRefused(causes, api)) {
    findings.add("register", refused, `may not ${what}`);
    return false;
  }
  if (causes.length > 0) {
    const names = causes.map((cause) => api.describeCause(cause)).join(", ");
    findings.add("register", "wrong", `whether it may ${what} is not told: ${names}`);
    return true;
  }
  const rest = "its addresses and policy are looked at when it registers";
  findings.add("register", "ok", `may ${what}; ${rest}`);
  return true;
}

function randomNumber(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!;
}
