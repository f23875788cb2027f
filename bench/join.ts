/**
 * A registrar that joins one with 100,000 elements: how long until it serves, how long until it has
 * audited the other, and what a pool user of the other feels meanwhile. Prints one JSON line; the
 * medians of several joins.
 *
 * `deno run -A bench/join.ts [ELEMENTS] [ROUNDS]`, after `deno task build`.
 */

import { asap, type PoolElement } from "../lib/wire/mod.ts";
import { killAll, pause, startMember } from "./cluster.ts";
import { CountedRegistrar } from "./counted_registrar.ts";
import { Exchange } from "./exchange.ts";
import { ResolvingUser } from "./pool_user.ts";
import { median, residentBytes } from "./processes.ts";
import { startElements } from "./raw_elements.ts";

const ELEMENTS = Number(Deno.args[0] ?? 100_000);
const ROUNDS = Number(Deno.args[1] ?? 5);
/** As many on one association as it may hold. */
const PER_ASSOCIATION = 10_000;
const PER_POOL = 1_000;
const BEFORE_MS = 2_000;
const MIB = 1024 * 1024;

/** The pool that is resolved has three elements, as in bench/requests.ts. */
async function registerWeb(port: number): Promise<Exchange> {
  const exchange = await Exchange.open(port);
  for (const identifier of [1, 2, 3]) {
    const poolElement: PoolElement = {
      identifier,
      home: 0,
      registrationLife: 3_600,
      transport: { protocol: "tcp", port: 8080, use: 0, addresses: ["127.0.0.1"] },
      policy: { name: "round-robin" },
    };
    const request = asap.encode({ type: "ASAP_REGISTRATION", poolHandle: "web", poolElement });
    await exchange.ask(request as Uint8Array<ArrayBuffer>);
  }
  return exchange;
}

async function join(mentor: { readonly enrpPort: number }, user: ResolvingUser) {
  await user.latencies();
  await pause(BEFORE_MS);
  const before = await user.latencies();
  const start = performance.now();
  const joiner = await CountedRegistrar.start({
    mentors: [{ host: "127.0.0.1", port: mentor.enrpPort }],
  });
  const servedMs = performance.now() - start;
  await joiner.until("resynchronized");
  const auditedMs = performance.now() - start;
  const meanwhile = await user.latencies();
  const { rssBytes } = await joiner.counters();
  await joiner.stop();
  return { before, meanwhile, servedMs, auditedMs, rssBytes };
}

// Elements stay for the whole run and are asked nothing meanwhile.
const mentor = await startMember([], ["--element-grace", "1h", "--keep-alive-cycle", "1h"]);
const web = await registerWeb(mentor.port);
const elements = await startElements({
  ports: [mentor.port],
  elements: ELEMENTS,
  associations: Math.ceil(ELEMENTS / PER_ASSOCIATION),
  pools: Math.ceil(ELEMENTS / PER_POOL),
});
const user = new ResolvingUser(mentor.port, "web");
const joins: Awaited<ReturnType<typeof join>>[] = [];
for (let round = -1; round < ROUNDS; round++) {
  const joined = await join(mentor, user);
  if (round >= 0) joins.push(joined); // the first warms up
}
const of = (read: (joined: typeof joins[number]) => number) => median(joins.map(read));
console.log(JSON.stringify({
  elements: ELEMENTS,
  serves_s: Number((of(({ servedMs }) => servedMs) / 1000).toFixed(2)),
  audited_s: Number((of(({ auditedMs }) => auditedMs) / 1000).toFixed(2)),
  p99_before_us: of(({ before }) => before.p99Us),
  p99_meanwhile_us: of(({ meanwhile }) => meanwhile.p99Us),
  ratio: Number(of(({ before, meanwhile }) => meanwhile.p99Us / before.p99Us).toFixed(1)),
  max_meanwhile_us: of(({ meanwhile }) => meanwhile.maxUs),
  joiner_mib: Math.round(of(({ rssBytes }) => rssBytes) / MIB),
  mentor_mib: Math.round(await residentBytes(mentor.pid) / MIB),
}));
await user.stop();
await elements.stop();
web.close();
await killAll([mentor]);
