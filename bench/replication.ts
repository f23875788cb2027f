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

/** Elements of one pool: one for each round, and one that is there before. */
function registration(poolHandle: string, identifier: number): AsapMessage {
  return {
    type: "ASAP_REGISTRATION",
    poolHandle,
    poolElement: {
      identifier,
      home: 0,
      registrationLife: 300,
      transport: { protocol: "tcp", port: 8080, use: 0, addresses: ["127.0.0.1"] },
      policy: { name: "round-robin" },
    },
  };
}

const encode = (message: AsapMessage) => asap.encode(message) as Uint8Array<ArrayBuffer>;
const poolOf = (index: number) => `bench-${String(index).padStart(4, "0")}`;

/** From the registration on, in milliseconds. */
interface Taken {
  readonly granted: number;
  readonly resolvable: number;
}

/**
 * The other registrar tells a subscriber what it would answer from now on: when that has been read,
 * the element can be resolved there. Questions again and again would take the processor from what
 * they ask for.
 */
async function replicate(
  home: Exchange,
  other: Exchange,
  poolHandle: string,
  identifier: number,
): Promise<Taken> {
  const register = encode(registration(poolHandle, identifier));
  const start = performance.now();
  const since = () => performance.now() - start;
  const grant = home.ask(register).then((answer) => ({ answer, granted: since() }));
  const update = await other.receive();
  const resolvable = since();
  // Looked at outside of what is measured; the buffers are the exchanges' until they are asked.
  requireElement(update, poolHandle, identifier);
  const { answer, granted } = await grant;
  requireGrant(answer);
  return { granted, resolvable };
}

function requireGrant(answer: Uint8Array): void {
  const decoded = asap.decode(answer);
  const isGranted = decoded.ok && decoded.message.type === "ASAP_REGISTRATION_RESPONSE" &&
    !decoded.message.reject;
  if (!isGranted) throw new Error("The registration was not granted");
}

function requireElement(answer: Uint8Array, poolHandle: string, identifier: number): void {
  const decoded = asap.decode(answer);
  const isTold = decoded.ok && decoded.message.type === "ASAP_HANDLE_RESOLUTION_RESPONSE" &&
    decoded.message.poolHandle === poolHandle &&
    decoded.message.poolElements.some((each) => each.identifier === identifier);
  if (!isTold) throw new Error("It was told something else");
}

/** Subscribes to a pool at a registrar that has heard of it. */
async function subscribe(other: Exchange, poolHandle: string): Promise<void> {
  const request = encode({ type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: true, poolHandle });
  for (;;) {
    const decoded = asap.decode(await other.ask(request));
    if (!decoded.ok || decoded.message.type !== "ASAP_HANDLE_RESOLUTION_RESPONSE") {
      throw new Error("It was no answer to a resolution");
    }
    if (decoded.message.automaticUpdates) return;
  }
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
const sample = encode(registration(poolOf(0), 1));
const echoServer = await startEcho(sample.length);
const echo = await Exchange.open(echoServer.port);
const homes = [await Exchange.open(first!.port)];
for (let i = 0; i < OPERATIONS; i++) {
  await homes[0]!.ask(encode(registration(poolOf(i), 1)));
  await subscribe(other, poolOf(i));
}
const rounds: { echo: Float64Array; granted: Float64Array; ours: Float64Array }[] = [];
for (let round = -2; round < ROUNDS; round++) {
  // An association of its own a round, as one holds so many elements and no more.
  const home = await Exchange.open(first!.port);
  const ours = await timed((i) => replicate(home, other, poolOf(i), round + 4));
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
}));
for (const exchange of [...homes, other, echo]) exchange.close();
await killAll([first!, second!, echoServer]);
