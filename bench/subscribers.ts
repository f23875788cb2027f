/**
 * From a change of a pool until its subscribers have read it, as multiples of the round trip of a
 * bare Deno TCP echo of messages of the same sizes in the same run, in turns. Prints one JSON line
 * for one subscriber and one for a thousand.
 *
 * `deno run -A bench/subscribers.ts [ROUNDS]`, after `deno task build`.
 */

import { asap, type AsapMessage } from "../lib/wire/mod.ts";
import { Exchange } from "./exchange.ts";
import { median, startEcho, startRegistrar } from "./processes.ts";

const ROUNDS = Number(Deno.args[0] ?? 9);
/** Changes a round, each of another pool: none of them waits for the one before. */
const CHANGES = 1_000;
const MANY = 1_000;
/** Changes a round that many subscribers are told, and the time between them. */
const CHANGES_FOR_MANY = 60;
const INTERVAL_MS = 60;

const encode = (message: AsapMessage) => asap.encode(message) as Uint8Array<ArrayBuffer>;

function registration(poolHandle: string, registrationLife: number): Uint8Array<ArrayBuffer> {
  return encode({
    type: "ASAP_REGISTRATION",
    poolHandle,
    poolElement: {
      identifier: 1,
      home: 0,
      registrationLife,
      transport: { protocol: "tcp", port: 8080, use: 0, addresses: ["127.0.0.1"] },
      policy: { name: "round-robin" },
    },
  });
}

const handleOf = (index: number) => `bench-${String(index).padStart(4, "0")}`;

async function subscribe(subscriber: Exchange, poolHandle: string): Promise<number> {
  const request = { type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: true, poolHandle } as const;
  const answer = await subscriber.ask(encode(request));
  const decoded = asap.decode(answer);
  const isGranted = decoded.ok && decoded.message.type === "ASAP_HANDLE_RESOLUTION_RESPONSE" &&
    decoded.message.automaticUpdates;
  if (!isGranted) throw new Error("The subscription was not granted");
  return answer.length;
}

/** Changes a pool by registering its element anew; how long each subscriber took to read it. */
async function change(
  element: Exchange,
  subscribers: readonly Exchange[],
  poolHandle: string,
  round: number,
): Promise<number[]> {
  const start = performance.now();
  const granted = element.ask(registration(poolHandle, 300 + round));
  const taken = await Promise.all(subscribers.map(async (subscriber) => {
    await subscriber.receive();
    return performance.now() - start;
  }));
  await granted;
  return taken;
}

async function echoed(echo: Exchange, sample: Uint8Array<ArrayBuffer>): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
    const start = performance.now();
    await echo.ask(sample);
    taken.push(performance.now() - start);
  }
  return taken;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

function percentile(values: readonly number[], p: number): number {
  return Float64Array.from(values).sort()[Math.floor(values.length * p)]!;
}

interface Round {
  readonly echo: readonly number[];
  readonly ours: readonly number[];
}

function report(subscribers: number, rounds: readonly Round[]): void {
  const roundTrip = (each: Round) => percentile(each.echo, 0.5);
  const microseconds = (p: number) =>
    Math.round(1000 * median(rounds.map(({ ours }) => percentile(ours, p))));
  const multiple = (p: number) =>
    Number(median(rounds.map((each) => percentile(each.ours, p) / roundTrip(each))).toFixed(1));
  console.log(JSON.stringify({
    figure: "a pool changed, its subscribers told",
    subscribers,
    echo_p50_us: Math.round(1000 * median(rounds.map(roundTrip))),
    p50_us: microseconds(0.5),
    p99_us: microseconds(0.99),
    p50_ratio: multiple(0.5),
    p99_ratio: multiple(0.99),
  }));
}

// Elements stay for the whole run, though they acknowledge nothing.
const registrar = await startRegistrar(["--element-grace", "1h", "--keep-alive-cycle", "1h"]);
const element = await Exchange.open(registrar.port);
for (let i = 0; i < CHANGES; i++) await element.ask(registration(handleOf(i), 300));
const one = await Exchange.open(registrar.port);
let bytes = 0;
for (let i = 0; i < CHANGES; i++) bytes = await subscribe(one, handleOf(i));
const echoServer = await startEcho(bytes);
const echo = await Exchange.open(echoServer.port);
const sample = registration(handleOf(0), 300);

const forOne: Round[] = [];
for (let round = -2; round < ROUNDS; round++) {
  const ours: number[] = [];
  for (let i = 0; i < CHANGES; i++) {
    ours.push(...await change(element, [one], handleOf(i), round + 3));
  }
  const figures = { ours, echo: await echoed(echo, sample) };
  if (round >= 0) forOne.push(figures); // the first two warm up
}
report(1, forOne);
one.close();

await element.ask(registration("many", 300));
const many = await Promise.all(Array.from({ length: MANY }, () => Exchange.open(registrar.port)));
for (const subscriber of many) await subscribe(subscriber, "many");
const forMany: Round[] = [];
for (let round = -1; round < ROUNDS; round++) {
  const ours: number[] = [];
  for (let i = 0; i < CHANGES_FOR_MANY; i++) {
    const next = performance.now() + INTERVAL_MS;
    ours.push(...await change(element, many, "many", i + 1));
    await pause(next - performance.now());
  }
  const figures = { ours, echo: await echoed(echo, sample) };
  if (round >= 0) forMany.push(figures);
}
report(MANY, forMany);
for (const exchange of [...many, element, echo]) exchange.close();
await registrar.stop();
await echoServer.stop();
