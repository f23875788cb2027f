/**
 * What attacks cost: how long the resolutions of a pool user over TLS take while somebody floods
 * the registrar, against a control run with the same load on an echo at an unrelated port of this
 * host. RFC 5355 §2.1, §2.2, §2.13. Prints one JSON line a figure; rounds are interleaved, and
 * their resolutions taken together.
 *
 * `deno run -A bench/threats.ts [ROUNDS]`, after `deno task build`.
 */

import { asap, hex } from "../lib/wire/mod.ts";
import type { Attack } from "./attacker.ts";
import {
  type Script,
  startEcho,
  type Started,
  startScript,
  startSecuredEcho,
} from "./processes.ts";
import { Credentials, fillPool, registrationOf, RESOLUTION } from "./secured_registrar.ts";

const ROUNDS = Number(Deno.args[0] ?? 3);
const SECONDS = 1.5;
/** Resolutions of the pool user. */
const LEGITIMATE = 100;
/** What an attacker sends at ten times that rate. */
const TENFOLD = 10 * LEGITIMATE;
/** What was left in buffers by one run must not fall into the next. */
const SETTLE_MS = 300;

/** An attack, and where the same load goes in the control run. */
interface Threat {
  readonly name: string;
  readonly attack: Attack;
  readonly control: Started;
}

/** What a run has come to. */
interface Run {
  readonly latencies: readonly number[];
  readonly sentPerSecond: number;
}

/** The pool user resolves, and somebody floods a port. */
async function underLoad(user: Script, attack: Attack): Promise<Run> {
  const attacker = startScript("attacker.ts", [JSON.stringify(attack)]);
  await attacker.line();
  const latencies = await resolutions(user);
  // What it has sent is told when its standard input ends.
  const told = attacker.line();
  await attacker.stop();
  const { sent, seconds } = JSON.parse(await told) as { sent: number; seconds: number };
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  return { latencies, sentPerSecond: sent / seconds };
}

async function resolutions(user: Script): Promise<number[]> {
  await user.tell(String(SECONDS));
  return JSON.parse(await user.line());
}

async function measure(user: Script, threat: Threat, perSecond: number | undefined): Promise<void> {
  const attack = { ...threat.attack, ...(perSecond && { perSecond }) };
  const attacks: Run[] = [];
  const controls: Run[] = [];
  // Only what a bound is set for needs to be exact.
  const rounds = perSecond === undefined ? 1 : ROUNDS;
  for (let round = 0; round < rounds; round++) {
    controls.push(await underLoad(user, { ...attack, port: threat.control.port }));
    attacks.push(await underLoad(user, attack));
  }
  const rate = (runs: readonly Run[]) =>
    Math.round(runs.reduce((sum, each) => sum + each.sentPerSecond, 0) / runs.length);
  const attacked = percentiles(attacks);
  const control = percentiles(controls);
  console.log(JSON.stringify({
    threat: threat.name,
    load: perSecond === undefined ? "all it can" : "tenfold",
    sent_s: rate(attacks),
    control_sent_s: rate(controls),
    p50_us: attacked.p50,
    p99_us: attacked.p99,
    control_p50_us: control.p50,
    control_p99_us: control.p99,
    p50_ratio: Number((attacked.p50 / control.p50).toFixed(1)),
    p99_ratio: Number((attacked.p99 / control.p99).toFixed(1)),
  }));
}

function percentiles(runs: readonly Run[]): { readonly p50: number; readonly p99: number } {
  const all = runs.flatMap((each) => each.latencies).sort((a, b) => a - b);
  const at = (p: number) => all[Math.floor(all.length * p)]!;
  return { p50: at(0.5), p99: at(0.99) };
}

const report = asap.encode({
  type: "ASAP_ENDPOINT_UNREACHABLE",
  poolHandle: "web",
  peIdentifier: 1,
});
const credentials = await Credentials.make();
const registrar = await credentials.start("usual rates");
const { element, user: attacker, key } = credentials;
const filled = await fillPool(registrar.pskPort!, key);
const { answerBytes } = filled;
const plain = await startEcho(answerBytes);
const tls = await startSecuredEcho({ kind: "certificate", ...credentials.registrar, answerBytes });
const psk = await startSecuredEcho({ ...key, answerBytes });
const user = startScript("paced_user.ts", [
  JSON.stringify({ port: registrar.tlsPort, shown: element, perSecond: LEGITIMATE }),
]);
await user.line();
const registration = hex(registrationOf(0x7a7b7c7d));
const secured = { port: registrar.tlsPort!, shown: attacker };
const messages: Threat[] = [
  {
    name: "registrations without TLS",
    attack: { port: registrar.port, message: registration },
    control: plain,
  },
  {
    name: "registrations, not permitted",
    attack: { ...secured, message: registration },
    control: tls,
  },
  {
    name: "unreachable reports",
    attack: { ...secured, message: hex(report) },
    control: tls,
  },
  {
    name: "resolutions of one identity",
    attack: { ...secured, message: hex(RESOLUTION) },
    control: tls,
  },
];
const handshakes: Threat[] = [
  { name: "handshakes with certificates", attack: secured, control: tls },
  {
    name: "handshakes with a pre-shared key",
    attack: { port: registrar.pskPort!, shown: key },
    control: psk,
  },
];
await resolutions(user); // warm-up
for (const threat of messages) await measure(user, threat, TENFOLD);
for (const threat of [...messages, ...handshakes]) await measure(user, threat, undefined);
await user.stop();
filled.close();
for (const each of [registrar, plain, tls, psk]) await each.stop();
await credentials.remove();
