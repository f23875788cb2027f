/**
 * From a registration at one registrar until the element can be resolved at another, as multiples
 * of the round trip of a bare Deno TCP echo in the same run, in turns. Prints one JSON line.
 *
 * `deno run -A bench/replication.ts [ROUNDS]`, after `deno task build`.
 */

import { asap, type AsapMessage } from "../lib/wire/mod.ts";
import { killAll, startCluster } from "./cluster.ts";
import { Exchange } from "./exchange.ts";
import { median, startEcho } from "./processes.ts";

const ROUNDS = Number(Deno.args[0] ?? 15);
const OPERATIONS = 1_000;

let questions = 0;

function registration(poolHandle: string): AsapMessage {
  return {
    type: "ASAP_REGISTRATION",
    poolHandle,
    poolElement: {
      identifier: 1,
      home: 0,
      registrationLife: 300,
      transport: { protocol: "tcp", port: 8080, use: 0, addresses: ["127.0.0.1"] },
      policy: { name: "round-robin" },
    },
  };
}

const encode = (message: AsapMessage) => asap.encode(message) as Uint8Array<ArrayBuffer>;

/** From the registration on, in milliseconds. */
interface Taken {
  readonly granted: number;
  readonly resolvable: number;
}

/**
 * One new pool a registration, so that an answer is about this one. The other registrar is asked
 * once the home has granted it, and until it knows: questions from the first moment would take the
 * processor from what they ask for. So what is measured has two round trips in it.
 */
async function replicate(home: Exchange, other: Exchange, poolHandle: string): Promise<Taken> {
  const register = encode(registration(poolHandle));
  const resolve = encode({ type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: false, poolHandle });
  const start = performance.now();
  const grant = await home.ask(register);
  const granted = performance.now() - start;
  for (;;) {
    const answer = await other.ask(resolve);
    const resolvable = performance.now() - start;
    questions++;
    // Looked at outside of what is measured; the buffers are the exchanges' until they are asked.
    if (!hasElement(answer)) continue;
    requireGrant(grant);
    return { granted, resolvable };
  }
}

function requireGrant(answer: Uint8Array): void {
  const decoded = asap.decode(answer);
  const isGranted = decoded.ok && decoded.message.type === "ASAP_REGISTRATION_RESPONSE" &&
    !decoded.message.reject;
  if (!isGranted) throw new Error("The registration was not granted");
}

/** Whether the answer is the element, and not that the pool handle is unknown. */
function hasElement(answer: Uint8Array): boolean {
  const decoded = asap.decode(answer);
  if (!decoded.ok || decoded.message.type !== "ASAP_HANDLE_RESOLUTION_RESPONSE") {
    throw new Error("It was no answer to a resolution");
  }
  return decoded.message.poolElements.length > 0;
}

async function timed<T>(once: (i: number) => Promise<T>): Promise<T[]> {
  const taken: T[] = [];
  for (let i = 0; i < OPERATIONS; i++) taken.push(await once(i));
  return taken;
}

const sorted = (values: readonly number[]) => Float64Array.from(values).sort();
const percentile = (values: Float64Array, p: number) => values[Math.floor(values.length * p)]!;

// Its elements stay for the whole run, though they acknowledge nothing.
const [first, second] = await startCluster(2, [
  "--element-grace",
  "1h",
  "--keep-alive-cycle",
  "1h",
]);
const other = await Exchange.open(second!.port);
const sample = encode(registration("bench-00-0000"));
const echoServer = await startEcho(sample.length);
const echo = await Exchange.open(echoServer.port);
const homes: Exchange[] = [];
const rounds: { echo: Float64Array; granted: Float64Array; ours: Float64Array }[] = [];
for (let round = -2; round < ROUNDS; round++) {
  const name = (i: number) => `bench-${round + 2}-${i}`;
  // An association of its own a round, as one holds so many elements and no more.
  const home = await Exchange.open(first!.port);
  const ours = await timed((i) => replicate(home, other, name(i)));
  homes.push(home);
  const echoed = await timed(async () => {
    const start = performance.now();
    await echo.ask(sample);
    return performance.now() - start;
  });
  if (round < 0) continue; // the first two warm up
  rounds.push({
    echo: sorted(echoed),
    granted: sorted(ours.map(({ granted }) => granted)),
    ours: sorted(ours.map(({ resolvable }) => resolvable)),
  });
}
const roundTrip = (each: { echo: Float64Array }) => percentile(each.echo, 0.5);
const microseconds = (p: number) =>
  Math.round(1000 * median(rounds.map(({ ours }) => percentile(ours, p))));
const multiple = (p: number) =>
  Number(median(rounds.map((each) => percentile(each.ours, p) / roundTrip(each))).toFixed(1));
console.log(JSON.stringify({
  figure: "registered at one registrar, resolvable at another",
  echo_p50_us: Math.round(1000 * median(rounds.map(roundTrip))),
  granted_p50_us: Math.round(1000 * median(rounds.map((each) => percentile(each.granted, 0.5)))),
  p50_us: microseconds(0.5),
  p99_us: microseconds(0.99),
  p50_ratio: multiple(0.5),
  p99_ratio: multiple(0.99),
  questions: Number((questions / OPERATIONS / (ROUNDS + 2)).toFixed(2)),
}));
for (const exchange of [...homes, other, echo]) exchange.close();
await killAll([first!, second!, echoServer]);
