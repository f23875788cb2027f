/**
 * How fast the handlespace is, and how much memory a pool element takes.
 *
 *     deno run -A --v8-flags=--expose-gc bench/handlespace.ts
 *       [--policy NAME]… [--pes N]… [--pools N] [--rounds N]
 *
 * Prints one JSON line for each policy and number of pool elements: operations per second, as
 * medians of several rounds, and bytes of heap per pool element after a collection.
 */

import { parseArgs } from "node:util";
import { Handlespace, seededRandom } from "../lib/handlespace/mod.ts";
import { asap, type Policy, type PoolElement } from "../lib/wire/mod.ts";

const u32 = (n: number) => Math.imul(n, 0x9e3779b1) >>> 0;

/** The policies of RFC 5356, with values that differ from element to element and with `change`. */
const POLICIES: { readonly [name: string]: (n: number, change: number) => Policy } = {
  "round-robin": () => ({ name: "round-robin" }),
  "weighted-round-robin": (n, change) => ({
    name: "weighted-round-robin",
    weight: 1 + (n + change) % 100,
  }),
  "random": () => ({ name: "random" }),
  "weighted-random": (n, change) => ({ name: "weighted-random", weight: 1 + (n + change) % 100 }),
  "priority": (n, change) => ({ name: "priority", priority: u32(n + change) }),
  "least-used": (n, change) => ({ name: "least-used", load: u32(n + change) }),
  "least-used-degradation": (n, change) => ({
    name: "least-used-degradation",
    load: u32(n + change) >>> 1,
    degradation: 1 + u32(n) % 0x1000000,
  }),
  "priority-least-used": (n, change) => ({
    name: "priority-least-used",
    load: u32(n + change) >>> 1,
    degradation: u32(n) >>> 8,
  }),
  "randomized-least-used": (n, change) => ({
    name: "randomized-least-used",
    load: u32(n + change),
  }),
};

const SELF = 0xc0ffee;
const collectGarbage = (globalThis as { gc?: () => void }).gc;

interface Registration {
  readonly poolHandle: string;
  readonly poolElement: PoolElement;
}

/** As a registrar has it: decoded from bytes, with what the registrar fills in. */
function registration(policy: Policy, n: number, poolHandle: string): Registration {
  const address = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
  const bytes = asap.encode({
    type: "ASAP_REGISTRATION",
    poolHandle,
    poolElement: {
      identifier: u32(n + 1),
      home: SELF,
      registrationLife: 300,
      transport: { protocol: "tcp", port: 8080, use: 0, addresses: [address] },
      policy,
      asapTransport: { protocol: "tcp", port: 40000, use: 0, addresses: [address] },
    },
  });
  const decoded = asap.decode(bytes);
  if (!decoded.ok || decoded.message.type !== "ASAP_REGISTRATION") throw new Error("not decoded");
  return decoded.message;
}

function registrations(policy: string, pes: number, pools: number, change: number): Registration[] {
  return Array.from(
    { length: pes },
    (_, n) => registration(POLICIES[policy]!(n, change), n, `pool-${n % pools}`),
  );
}

function perSecond(operations: number, run: () => void): number {
  const start = performance.now();
  run();
  return operations / (performance.now() - start) * 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

function filled(entries: readonly Registration[], seed: number): Handlespace {
  const handlespace = new Handlespace({ self: SELF, random: seededRandom(seed) });
  for (const { poolHandle, poolElement } of entries) handlespace.register(poolHandle, poolElement);
  return handlespace;
}

function heapUsed(): number {
  if (collectGarbage === undefined) throw new Error("Run with --v8-flags=--expose-gc");
  // A second collection takes what the finalizers of the first let go.
  collectGarbage();
  collectGarbage();
  return Deno.memoryUsage().heapUsed;
}

function bytesPerElement(policy: string, pes: number, pools: number): number {
  const before = heapUsed();
  const handlespace = filled(registrations(policy, pes, pools, 0), 1);
  const after = heapUsed();
  if (handlespace.poolElementCount !== pes) throw new Error("not all are registered");
  return (after - before) / pes;
}

interface Rates {
  readonly register: number;
  readonly reregister: number;
  readonly select1: number;
  readonly select3: number;
}

function round(policy: string, pes: number, pools: number, ops: number, seed: number): Rates {
  const first = registrations(policy, pes, pools, 0);
  const second = registrations(policy, pes, pools, 12345);
  const times = Math.max(1, Math.round(ops / pes));
  let handlespace = filled([], seed);
  const register = perSecond(times * pes, () => {
    for (let i = 0; i < times; i++) handlespace = filled(first, seed);
  });
  const reregister = perSecond(times * pes, () => {
    for (let i = 0; i < times; i++) {
      for (const { poolHandle, poolElement } of i % 2 === 0 ? second : first) {
        handlespace.register(poolHandle, poolElement);
      }
    }
  });
  const handles = [...handlespace.pools()].map((pool) => pool.poolHandle);
  const [select1, select3] = [1, 3].map((items) =>
    perSecond(ops, () => {
      for (let i = 0; i < ops; i++) handlespace.select(handles[i % handles.length]!, items);
    })
  );
  return { register, reregister, select1: select1!, select3: select3! };
}

function measure(policy: string, pes: number, pools: number, rounds: number): void {
  const ops = 200_000;
  const bytes = bytesPerElement(policy, pes, pools);
  // The first round warms up and does not count.
  const rates = Array.from({ length: rounds + 1 }, (_, i) => round(policy, pes, pools, ops, i));
  const of = (key: keyof Rates) => Math.round(median(rates.slice(1).map((each) => each[key])));
  console.log(JSON.stringify({
    impl: "rserpool",
    policy,
    pes,
    pools,
    ops,
    register_s: of("register"),
    reregister_s: of("reregister"),
    select1_s: of("select1"),
    select3_s: of("select3"),
    bytes_per_pe: Math.round(bytes),
  }));
}

const { values } = parseArgs({
  options: {
    policy: { type: "string", multiple: true, default: Object.keys(POLICIES) },
    pes: { type: "string", multiple: true, default: ["1000", "10000", "100000"] },
    pools: { type: "string", default: "1" },
    rounds: { type: "string", default: "3" },
  },
});
for (const policy of values.policy) {
  if (!(policy in POLICIES)) throw new Error(`No policy "${policy}"`);
  for (const pes of values.pes) {
    measure(policy, Number(pes), Number(values.pools), Number(values.rounds));
  }
}
