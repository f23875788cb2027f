/**
 * What DHCP bindings cost registrars: memory of each, updates by a DHCP server, and the exchange of
 * a whole table between two registrars, over real sockets; and what it costs an agent that a change
 * is on the disk before it is told. Prints one JSON line a figure.
 *
 * `deno run -A --v8-flags=--expose-gc bench/bindings.ts [BINDINGS] [ROUNDS]`, after
 * `deno task build`.
 */

import process from "node:process";
import {
  addressText,
  asap,
  type AsapMessage,
  type Binding,
  BindingAgent,
  type BindingServer,
  BindingTable,
  MAX_BINDINGS_PER_MESSAGE,
  type PoolElementValue,
  Registrar,
  type RegistrarEvent,
  type SocketAddress,
} from "../mod.ts";
import { replaceFile } from "../cli/dhcp/dnsmasq/replaced_file.ts";
import { snapshotText } from "../cli/dhcp/run/snapshot.ts";
import { startMember } from "./cluster.ts";
import { Exchange } from "./exchange.ts";
import { median } from "./processes.ts";

const BINDINGS = Number(Deno.args[0] ?? 10_000);
const ROUNDS = Number(Deno.args[1] ?? 5);
const HOST = "127.0.0.1";
const POOL = "dhcp/lan1";
const IDENTIFIER = 1;
const FIRST = 10 << 24;
const RANGE_ADDRESSES = 16_384;
const LEASE = 3_600;
const SINGLE_UPDATES = 2_000;
const WARM_UP_ROUNDS = 2;
const SAVES = 50;

const SERVER: BindingServer = {
  identifier: IDENTIFIER,
  name: "lan1-a",
  version: 1,
  claim: 1,
  first: addressText(FIRST),
  last: addressText(FIRST + RANGE_ADDRESSES - 1),
  share: 1,
  shares: 2,
  lease: LEASE,
  freeIn: 0,
  flags: [],
  acknowledgements: [],
};

/** Leases as clients of Linux have them: with a client identifier and a host name. */
function leases(counter: number): Binding[] {
  return Array.from({ length: BINDINGS }, (_, at) => {
    const host = `host-${at}`;
    const [high, low] = [at >> 8, at & 255].map((byte) => byte.toString(16).padStart(2, "0"));
    const hardware = `52:54:00:00:${high}:${low}`;
    return {
      address: addressText(FIRST + at),
      state: "BOUND",
      transaction: counter === 1 ? "SELECTING" : "RENEWING",
      counter,
      server: IDENTIFIER,
      lease: LEASE,
      remaining: LEASE,
      hardware,
      clientId: `01:${hardware}`,
      host,
    };
  });
}

function* updates(bindings: readonly Binding[], size: number) {
  const of = { type: "ASAP_BINDING_UPDATE", poolHandle: POOL, peIdentifier: IDENTIFIER } as const;
  for (let at = 0, request = 1; at < bindings.length; at += size, request++) {
    const some = bindings.slice(at, at + size);
    yield asap.encode({ ...of, request, servers: at === 0 ? [SERVER] : [], bindings: some });
  }
}

/** A DHCP server with an association. */
async function dhcpServer(port: number): Promise<Exchange> {
  const exchange = await Exchange.open(port);
  const poolElement: PoolElementValue = {
    identifier: IDENTIFIER,
    home: 0,
    registrationLife: LEASE,
    transport: { protocol: "udp", port: 67, use: 0, addresses: [HOST] },
    policy: { name: "round-robin" },
  };
  await ask(exchange, asap.encode({ type: "ASAP_REGISTRATION", poolHandle: POOL, poolElement }));
  return exchange;
}

function read(bytes: Uint8Array): AsapMessage {
  const decoded = asap.decode(bytes);
  if (!decoded.ok) throw new Error("A registrar's answer cannot be read");
  return decoded.message;
}

async function ask(exchange: Exchange, request: Uint8Array): Promise<void> {
  const answer = read(await exchange.ask(request as Uint8Array<ArrayBuffer>));
  const isRefused = !("reject" in answer) || answer.reject || "refused" in answer && answer.refused;
  if (isRefused) throw new Error(`Refused: ${JSON.stringify(answer)}`);
}

/** How many bindings a second a registrar takes, in updates of a size; each is answered. */
async function taken(
  server: Exchange,
  bindings: readonly Binding[],
  size: number,
): Promise<number> {
  const requests = [...updates(bindings, size)];
  const start = performance.now();
  for (const request of requests) await ask(server, request);
  return bindings.length / (performance.now() - start) * 1000;
}

/** From the first question to the last page, at a registrar that has nothing yet. */
async function exchanged(mentor: SocketAddress): Promise<number> {
  const times = new Map<string, number>();
  const { promise: isReceived, resolve } = Promise.withResolvers<void>();
  const onEvent = (event: RegistrarEvent) => {
    times.set(event.type, performance.now());
    if (event.type !== "binding-table-received") return;
    if (event.received !== BINDINGS) throw new Error(`${event.received} of ${BINDINGS} came`);
    resolve();
  };
  const own = [{ host: HOST, port: 0 }];
  await using _registrar = await Registrar.start({
    asap: own,
    enrp: own,
    mentors: [mentor],
    onEvent,
  });
  await isReceived;
  return times.get("binding-table-received")! - times.get("binding-download-began")!;
}

function bytesOfBinding(): number {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (collect === undefined) throw new Error("Run it with --v8-flags=--expose-gc");
  const table = new BindingTable();
  collect();
  collect();
  const before = Deno.memoryUsage().heapUsed;
  // As they come: each text is one of its own.
  for (const update of updates(leases(1), MAX_BINDINGS_PER_MESSAGE)) {
    const message = read(update);
    if (message.type === "ASAP_BINDING_UPDATE") table.merge(message.servers, message.bindings, 0);
  }
  collect();
  collect();
  const bytes = (Deno.memoryUsage().heapUsed - before) / table.bindings.size;
  if (table.bindings.size !== BINDINGS) throw new Error(`${table.bindings.size} were kept`);
  return bytes;
}

/** An agent's file is replaced as a whole: bytes, and CPU time of each write in milliseconds. */
async function saved(): Promise<{ bytes: number; cpuMs: number }> {
  const { name, first, last, share, shares, lease } = SERVER;
  const who = { name, first, last, share, shares, lease, self: IDENTIFIER, authoritative: false };
  const agent = new BindingAgent({ ...who, placeholder: "02:00:00:00:00:01" }, 0);
  agent.onRecords([], leases(1), 0);
  const path = await Deno.makeTempFile();
  let bytes = 0;
  const write = async (now: number) => {
    const text = snapshotText(agent.snapshot(now), { wall: now, now, boot: "bench" });
    bytes = text.length;
    await replaceFile(path, text);
  };
  for (let now = 0; now < SAVES; now++) await write(now);
  const before = process.cpuUsage();
  for (let now = 0; now < SAVES; now++) await write(now);
  const { user, system } = process.cpuUsage(before);
  await Deno.remove(path);
  return { bytes, cpuMs: (user + system) / 1000 / SAVES };
}

bytesOfBinding();
console.log(JSON.stringify({
  figure: "memory of a binding, bytes",
  value: Math.round(bytesOfBinding()),
}));
const { bytes, cpuMs } = await saved();
const size = BINDINGS.toLocaleString("en");
console.log(JSON.stringify({ figure: `an agent's file of ${size} bindings, bytes`, value: bytes }));
console.log(JSON.stringify({
  figure: `CPU until a change of ${size} bindings is on the disk, ms`,
  value: Number(cpuMs.toPrecision(3)),
}));
const registrar = await startMember([], ["--keep-alive-cycle", "1h"]);
const server = await dhcpServer(registrar.port);
const [batches, singles, exchanges]: number[][] = [[], [], []];
for (let round = -WARM_UP_ROUNDS, counter = 1; round < ROUNDS; round++) {
  const batch = await taken(server, leases(counter++), MAX_BINDINGS_PER_MESSAGE);
  const single = await taken(server, leases(counter++).slice(0, SINGLE_UPDATES), 1);
  const exchange = await exchanged({ host: HOST, port: registrar.enrpPort });
  if (round < 0) continue;
  batches!.push(batch);
  singles!.push(single);
  exchanges!.push(exchange);
}
const line = (figure: string, value: number) =>
  console.log(JSON.stringify({ figure, value: Math.round(value) }));
line(`bindings taken a second, ${MAX_BINDINGS_PER_MESSAGE} an update`, median(batches!));
line("bindings taken a second, one an update", median(singles!));
line(
  `table of ${size} from registrar to registrar, ms`,
  median(exchanges!),
);
server.close();
await registrar.kill();
