/** All that `doctor` asks of one registrar. */

import { formatAddress } from "../address.ts";
import type { Api, SocketAddress } from "../api.ts";
import { type Asap, type AsapQuestions, askAsap } from "./asap_checks.ts";
import type { ClientWay } from "./client_files.ts";
import {
  type AnyMessage,
  Conversation,
  type ExplainedWay,
  failureInWords,
  type Way,
} from "./conversation.ts";
import { askEnrp, type Enrp } from "./enrp_checks.ts";
import { explain } from "./explanation.ts";
import { type Finding, Findings } from "./finding.ts";
import { checkPlainAsap, checkPlainEnrp, tellPlainAsap } from "./plaintext.ts";

/** Where a registrar is asked. */
export interface Target {
  readonly asap?: SocketAddress | undefined;
  readonly enrp?: SocketAddress | undefined;
  /** Where it may serve without TLS. */
  readonly plainAsap?: SocketAddress | undefined;
  readonly plainEnrp?: SocketAddress | undefined;
}

/** What is asked of all registrars. */
export interface Questions extends AsapQuestions {
  readonly asObserver: boolean;
  readonly asRegistrar: boolean;
  /** Milliseconds that are left at any time. */
  readonly left: () => number;
}

/** What somebody may of what he has asked for. */
interface Count {
  granted: number;
  refused: number;
}

/** Asks one registrar. */
export async function checkTarget(
  target: Target,
  client: ClientWay,
  questions: Questions,
): Promise<Finding[]> {
  const { asap, enrp } = target;
  const whole = new Findings(formatAddress((asap ?? enrp)!));
  const count: Count = { granted: 0, refused: 0 };
  if (asap !== undefined && (questions.asUser || questions.asElement)) {
    const way = wayTo(asap, "asap", client, questions);
    const findings = new Findings(formatAddress(asap));
    await checkAsap(way, client, questions, count, findings);
    if (questions.poolHandle !== undefined && count.granted === 0 && count.refused > 1) {
      findings.add("permissions", "wrong", "this identity may do nothing in the pool");
    }
    whole.all.push(...findings.all);
  }
  if (questions.asObserver) await checkObserver(target, client, questions, count, whole);
  tellNothingAllowed(questions, client, count, whole);
  if (client.security !== "plain") await checkPlain(target, questions, whole);
  return whole.all;
}

async function checkAsap(
  way: ExplainedWay,
  client: ClientWay,
  questions: Questions,
  count: Count,
  findings: Findings,
): Promise<void> {
  const asap = await connect<Parameters<Api["asap"]["encode"]>[0]>(way, client, findings);
  if (asap === undefined) return;
  try {
    if (client.security !== "plain") {
      add(count, await askAsap(asap, way, questions, findings));
    } else if (await isOpenPlain(asap, way, questions, findings)) {
      add(count, await askAsap(asap, way, questions, findings));
    }
  } finally {
    await asap.close();
  }
  await warnOfExpiry(way, client, findings);
}

/** Whether a registrar that is asked without TLS grants anything. */
async function isOpenPlain(
  asap: Asap,
  way: ExplainedWay,
  { api, poolHandle }: Questions,
  findings: Findings,
): Promise<boolean> {
  try {
    if (await tellPlainAsap(asap, api, poolHandle, "it", findings)) return true;
    const how = "ask it over TLS, with --ca FILE or --psk-file FILE";
    findings.add("plaintext", "wrong", `it refuses whoever comes without security: ${how}`);
  } catch (error) {
    findings.add("asap", "wrong", await way.explain(error));
  }
  return false;
}

async function checkObserver(
  { enrp }: Target,
  client: ClientWay,
  questions: Questions,
  count: Count,
  whole: Findings,
): Promise<void> {
  if (enrp === undefined) {
    whole.add("enrp", "unchecked", "not asked: name its ENRP port with --enrp-registrar HOST:PORT");
    return;
  }
  const findings = new Findings(formatAddress(enrp));
  const way = wayTo(enrp, "enrp", client, questions);
  const connection = await connect<Parameters<Api["enrp"]["encode"]>[0]>(way, client, findings);
  if (connection !== undefined) {
    add(count, await askEnrp(connection as Enrp, way, questions, findings));
    await connection.close();
    if (questions.asRegistrar) {
      const why = "whether it may be a peer is not asked: that would make it one";
      findings.add("registrar", "unchecked", why);
    }
  }
  whole.all.push(...findings.all);
}

/** Opens a connection; tells how that went. */
async function connect<M extends AnyMessage>(
  way: ExplainedWay,
  client: ClientWay,
  findings: Findings,
): Promise<Conversation<M> | undefined> {
  try {
    const conversation = await Conversation.open<M>(way);
    findings.add(way.protocol, "ok", howConnected(client, conversation.name));
    return conversation;
  } catch (error) {
    findings.add(way.protocol, "wrong", await way.explain(error));
    return undefined;
  }
}

/** `name` is that of the registrar's certificate, or of the own key. */
function howConnected({ security, anonymous }: ClientWay, name: string | undefined): string {
  if (security === "plain") return "connected without TLS";
  if (security === "psk") return `connected over TLS with the key of the identity "${name}"`;
  const shown = anonymous === undefined ? ", without showing a certificate" : "";
  return `connected over TLS${shown}: it is ${name === undefined ? "without a name" : `"${name}"`}`;
}

/** The same connection at a later time tells whether a certificate will have expired by then. */
async function warnOfExpiry(way: Way, { later }: ClientWay, findings: Findings): Promise<void> {
  if (later === undefined) return;
  try {
    await (await Conversation.open({ ...way, transport: later })).close();
  } catch (error) {
    const words = failureInWords(error, way);
    if (!words.includes("expired on")) return;
    findings.add(way.protocol, "warning", words.replace("expired on", "expires on"));
  }
}

async function checkPlain(
  { plainAsap, plainEnrp }: Target,
  { api, poolHandle, left }: Questions,
  whole: Findings,
): Promise<void> {
  if (plainAsap !== undefined) await checkPlainAsap(api, plainAsap, poolHandle, left, whole);
  if (plainEnrp !== undefined) await checkPlainEnrp(api, plainEnrp, left, whole);
}

function tellNothingAllowed(
  { refused, poolHandle }: Questions,
  { security }: ClientWay,
  { granted, refused: refusals }: Count,
  whole: Findings,
): void {
  // Where the role is given, each refusal is wrong already.
  if (granted > 0 || refusals === 0 || refused === "wrong" || security === "plain") return;
  const hint = poolHandle === undefined ? "; if it is a pool element, name its pool: --pool" : "";
  whole.add("permissions", "wrong", `nothing that was asked is allowed to this identity${hint}`);
}

function wayTo(
  to: SocketAddress,
  protocol: Way["protocol"],
  client: ClientWay,
  { api, left }: Questions,
): ExplainedWay {
  const way: Way = { api, transport: client.transport, to, protocol, left };
  return { ...way, explain: (error) => explain(error, way, client, api) };
}

function add(count: Count, { granted, refused }: Readonly<Count>): void {
  count.granted += granted;
  count.refused += refused;
}
