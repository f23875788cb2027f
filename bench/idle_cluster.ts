/**
 * What an idle cluster sends and computes a second, and the law that it follows as registrars and
 * elements become more. Prints one JSON line a size of the cluster.
 *
 * `deno run -A bench/idle_cluster.ts [--quick]`.
 *
 * Idle: nobody asks anything; registrars tell each other that they live, ask their elements whether
 * they do, and elements register again (life 300 s, so T4-reregistration 280 s).
 */

import { asap, enrp, type PoolElement } from "../lib/wire/mod.ts";
import { FAST_REGISTRAR_TIMING, REGISTRAR_TIMING, type RegistrarTiming } from "../mod.ts";
import { killAll, pause } from "./cluster.ts";
import { CountedRegistrar, type Counters } from "./counted_registrar.ts";
import { startElements } from "./raw_elements.ts";

const QUICK = Deno.args.includes("--quick");
const T4_MS = 280_000;
const POOLS = 100;

interface Size {
  readonly registrars: number;
  readonly elements: number;
  readonly timing: "rfc" | "fast";
}

/** One at the RFC's timers; the law is held where the same happens more often. */
const SIZES: readonly Size[] = [
  { registrars: 5, elements: 10_000, timing: "rfc" },
  { registrars: 5, elements: 10_000, timing: "fast" },
  { registrars: 5, elements: 5_000, timing: "fast" },
  { registrars: 5, elements: 0, timing: "fast" },
  { registrars: 2, elements: 10_000, timing: "fast" },
];
const TIMINGS = { rfc: REGISTRAR_TIMING, fast: FAST_REGISTRAR_TIMING };

/** Keep-alives have spread over their cycle, and those who met while one of them began, audited. */
const settleMs = (timing: RegistrarTiming) =>
  Math.max(1.5 * timing.keepAliveCycleMs, 2 * timing.maxTimeNoResponseMs);
/** Whole cycles, so that each registrar announces itself as often, whenever it begins. */
const windowMs = ({ peerHeartbeatCycleMs: cycle }: RegistrarTiming) =>
  cycle * Math.ceil(12_000 / cycle);

interface Sums {
  readonly asapBytes: number;
  readonly enrpBytes: number;
  readonly cpuMs: number;
}

function sumOf(all: readonly Counters[]): Sums {
  const sum = (key: keyof Sums) => all.reduce((total, each) => total + each[key], 0);
  return { asapBytes: sum("asapBytes"), enrpBytes: sum("enrpBytes"), cpuMs: sum("cpuMs") };
}

const countersOf = (registrars: readonly CountedRegistrar[]) =>
  Promise.all(registrars.map((each) => each.counters()));

const element: PoolElement = {
  identifier: 1,
  home: 1,
  registrationLife: 300,
  transport: { protocol: "tcp", port: 8080, use: 0, addresses: ["127.0.0.1"] },
  policy: { name: "round-robin" },
  asapTransport: { protocol: "tcp", port: 40000, use: 0, addresses: ["127.0.0.1"] },
};
const poolHandle = "pool-0000";

/** Bytes of the messages that idleness consists of, as registrars send them. */
const BYTES = {
  presence: enrp.encode({
    type: "ENRP_PRESENCE",
    sender: 1,
    receiver: 0,
    replyRequired: false,
    checksum: 1,
    serverInformation: {
      identifier: 1,
      transport: { protocol: "tcp", port: 9901, use: 0, addresses: ["127.0.0.2"] },
    },
  }).length,
  update: enrp.encode({
    type: "ENRP_HANDLE_UPDATE",
    sender: 1,
    receiver: 0,
    takeoverSuggestion: false,
    action: 0,
    poolHandle,
    poolElement: element,
  }).length,
  keepAlive: asap.encode({
    type: "ASAP_ENDPOINT_KEEP_ALIVE",
    home: false,
    serverIdentifier: 1,
    poolHandle,
  }).length,
  response: asap.encode({
    type: "ASAP_REGISTRATION_RESPONSE",
    reject: false,
    poolHandle,
    peIdentifier: 1,
  }).length,
};

/**
 * What n registrars with E elements send a second: n(n-1) presences in PEER-HEARTBEAT-CYCLE, E
 * keep-alives in their cycle, and E re-registrations in T4, each with an answer and n-1 updates.
 */
function law(
  n: number,
  E: number,
  { peerHeartbeatCycleMs, keepAliveCycleMs }: RegistrarTiming,
): Pick<Sums, "asapBytes" | "enrpBytes"> {
  const presences = n * (n - 1) * BYTES.presence / peerHeartbeatCycleMs;
  const updates = (n - 1) * E * BYTES.update / T4_MS;
  const keepAlives = E * BYTES.keepAlive / keepAliveCycleMs;
  const responses = E * BYTES.response / T4_MS;
  return { enrpBytes: 1000 * (presences + updates), asapBytes: 1000 * (keepAlives + responses) };
}

async function start(size: number, timing: RegistrarTiming): Promise<CountedRegistrar[]> {
  const registrars: CountedRegistrar[] = [];
  while (registrars.length < size) {
    const mentors = registrars.map(({ enrp }) => enrp);
    registrars.push(await CountedRegistrar.start({ mentors, timing }));
  }
  return registrars;
}

async function measure(size: Size): Promise<void> {
  const timing = TIMINGS[size.timing];
  const elements = QUICK ? size.elements / 10 : size.elements;
  const registrars = await start(size.registrars, timing);
  const ports = registrars.map(({ port }) => port);
  const loaded = { ports, elements, associations: elements, pools: POOLS, t4Ms: T4_MS };
  const script = elements === 0 ? undefined : await startElements(loaded);
  await pause(settleMs(timing));
  const before = sumOf(await countersOf(registrars));
  const begin = performance.now();
  await pause(windowMs(timing));
  const after = await countersOf(registrars);
  const seconds = (performance.now() - begin) / 1000;
  const perSecond = (key: keyof Sums) => (sumOf(after)[key] - before[key]) / seconds;
  const expected = law(size.registrars, elements, timing);
  console.log(JSON.stringify({
    ...size,
    elements,
    enrp_bytes_s: Math.round(perSecond("enrpBytes")),
    enrp_law: Math.round(expected.enrpBytes),
    asap_bytes_s: Math.round(perSecond("asapBytes")),
    asap_law: Math.round(expected.asapBytes),
    cpu_ms_s: Number(perSecond("cpuMs").toFixed(1)),
    rss_mib: Math.round(Math.max(...after.map(({ rssBytes }) => rssBytes)) / 1024 / 1024),
  }));
  await script?.kill();
  await killAll(registrars);
}

for (const size of QUICK ? SIZES.slice(1) : SIZES) await measure(size);
