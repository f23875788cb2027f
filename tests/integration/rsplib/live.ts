/**
 * This registrar and two of rsplib as peers, in a network of its own: `rsplib_test.ts` starts it
 * there. It ends with 0 if all is as it must be.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createSocket } from "node:dgram";
import {
  asap,
  Observer,
  PoolElement,
  type PoolElementValue,
  Registrar,
  type RegistrarEvent,
} from "../../../mod.ts";
import { untilFolder } from "../harness.ts";
import { Relay } from "./relay.ts";

const [OWN, FIRST, SECOND, ELEMENT] = ["10.9.0.1", "10.9.0.2", "10.9.0.3", "10.9.0.4"] as const;
const [OWN_ID, FIRST_ID, SECOND_ID] = [0x22222222, 0x11111111, 0x33333333];
const [PRESENCE, TABLE_REQUEST] = [0x01, 0x02];
const KEEP_ALIVE = 0x07;
/** Enough for a table of several pages; a third of them speak DCCP, which rsplib would refuse. */
const ELEMENTS = 60;
const TOLD = ELEMENTS - ELEMENTS / 3;
const HEARTBEAT_MS = 500;
const LAST_HEARD_MS = 1500;
const NO_RESPONSE_MS = 1000;
/** Payload protocol identifier of ASAP. RFC 5352 §8.1. */
const ASAP_PPID = Buffer.from([0, 0, 0, 11]);

/** A registrar of rsplib's. */
class Rsplib {
  private readonly log: string;
  private readonly folder: string;
  private readonly process: Deno.ChildProcess;

  constructor(folder: string, identifier: number, host: string, peers: readonly string[]) {
    this.folder = folder;
    this.log = `${folder}/${identifier.toString(16)}.log`;
    const args = [
      "-disable-ipv6",
      `-identifier=0x${identifier.toString(16)}`,
      `-asap=${host}:3863`,
      `-enrp=${host}:9901`,
      "-asapannounce=off",
      "-enrpannounce=off",
      ...peers.map((peer) => `-peer=${peer}:9901`),
      `-peerheartbeatcycle=${HEARTBEAT_MS}`,
      `-peermaxtimelastheard=${LAST_HEARD_MS}`,
      `-peermaxtimenoresponse=${NO_RESPONSE_MS}`,
      `-logfile=${this.log}`,
      "-loglevel=8",
      "-logcolor=off",
    ];
    const env = { LD_PRELOAD: `${folder}/sctp_over_udp.so` };
    const quiet = { stdout: "null", stderr: "null" } as const;
    this.process = new Deno.Command("rspregistrar", { args, env, ...quiet }).spawn();
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.process.status;
  }

  /** Waits until its handlespace has so many pool elements. */
  async has(elements: number): Promise<void> {
    await untilFolder(this.folder, `${elements} elements at ${this.log}`, () => {
      const dumps = [...this.text().matchAll(/(\d+) PoolElements, \d+ Owned/g)];
      return Number(dumps.at(-1)?.[1]) === elements || undefined;
    });
  }

  /** What it warned of, but for what it always says in a takeover. */
  warnings(): string[] {
    const warnings = this.text().match(/Warning: .*/g) ?? [];
    return warnings.filter((each) => !/[Tt]ake ?[Oo]ver|Taking over/.test(each));
  }

  private text(): string {
    try {
      return Deno.readTextFileSync(this.log);
    } catch {
      return "";
    }
  }
}

/** Registers an element with an rsplib registrar, and answers every keep-alive. */
function registerThere(at: string, poolElement: PoolElementValue): Disposable {
  const [poolHandle, socket] = ["theirs", createSocket("udp4")];
  const peIdentifier = poolElement.identifier;
  socket.on("message", (datagram, from) => {
    if (datagram[ASAP_PPID.length] !== KEEP_ALIVE) return;
    const answer = asap.encode({ type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", poolHandle, peIdentifier });
    socket.send(Buffer.concat([ASAP_PPID, answer]), from.port, from.address);
  });
  socket.bind(5000, ELEMENT, () => {
    const words = asap.encode({ type: "ASAP_REGISTRATION", poolHandle, poolElement });
    socket.send(Buffer.concat([ASAP_PPID, words]), 3863, at);
  });
  return { [Symbol.dispose]: () => void socket.close() };
}

/** What the registrar tells, and who waits for it. */
class Story {
  readonly events: RegistrarEvent[] = [];
  private readonly watchers = new Set<(event: RegistrarEvent) => void>();

  readonly tell = (event: RegistrarEvent): void => {
    this.events.push(event);
    for (const watcher of this.watchers) watcher(event);
  };

  /** The first event of a kind, be it told already or not. */
  async first(isWanted: (event: RegistrarEvent) => boolean): Promise<RegistrarEvent> {
    const told = this.events.find(isWanted);
    if (told !== undefined) return told;
    const { promise, resolve } = Promise.withResolvers<RegistrarEvent>();
    this.watchers.add((event) => isWanted(event) && resolve(event));
    return await promise;
  }
}

async function ip(...args: string[]): Promise<void> {
  const { success } = await new Deno.Command("ip", { args }).output();
  assert(success, `ip ${args.join(" ")} failed`);
}

/** Elements of all sorts, of this registrar's. */
async function registerHere(registrar: Registrar): Promise<AsyncDisposable> {
  const elements = new AsyncDisposableStack();
  const protocols = ["tcp", "udp", "dccp"] as const;
  for (let port = 1; port <= ELEMENTS; port++) {
    const protocol = protocols[port % 3]!;
    const settings = { registrars: registrar.asap, poolHandle: protocol, port, protocol };
    const endpoint = port % 2 === 0 ? {} : { asap: false } as const;
    await elements.use(new PoolElement({ ...settings, ...endpoint })).register();
  }
  return elements;
}

/** Each has the other's elements, and does not download again what it has. */
async function synchronizes(folder: string, relay: Relay, registrar: Registrar, story: Story) {
  const first = new Rsplib(folder, FIRST_ID, FIRST, [OWN]);
  await first.has(TOLD);
  const theirs = registerThere(FIRST, {
    identifier: 7,
    home: 0,
    registrationLife: 60_000,
    transport: { protocol: "sctp", port: 7000, use: 0, addresses: [ELEMENT] },
    policy: { name: "round-robin" },
  });
  await story.first((event) => event.type === "pool-element-updated" && event.home === FIRST_ID);
  await using observer = new Observer({ registrars: registrar.enrp });
  const { pools } = await observer.handleTable();
  const [their] = pools.find(({ poolHandle }) => poolHandle === "theirs")!.poolElements;
  assert.equal(their!.registrationLife, 60);
  assert.equal(their!.asapTransport!.protocol, "sctp");

  const downloads = relay.count(TABLE_REQUEST, FIRST);
  const heartbeats = relay.count(PRESENCE, FIRST);
  await relay.until(() => relay.count(PRESENCE, FIRST) >= heartbeats + 6);
  assert.equal(relay.count(TABLE_REQUEST, FIRST), downloads, "it downloads what it has");
  assert.deepEqual(first.warnings(), []);
  return { first, theirs };
}

/** One of rsplib's dies; the other one, or this registrar, takes it over. */
async function takesOver(folder: string, first: Rsplib, story: Story): Promise<void> {
  const second = new Rsplib(folder, SECOND_ID, SECOND, [OWN, FIRST]);
  await second.has(TOLD + 1);
  await first.kill();
  const end = await story.first((event) =>
    (event.type === "taken-over" && event.elements > 0) ||
    (event.type === "pool-element-updated" && event.home === SECOND_ID)
  );
  // Both may want to: then it is the smaller identifier.
  if (end.type === "taken-over") assert.deepEqual([end.target, end.by], [FIRST_ID, OWN_ID]);
  assert.deepEqual(second.warnings(), []);
  await second.kill();
}

async function live(folder: string): Promise<void> {
  await ip("link", "set", "lo", "up");
  for (const host of [OWN, FIRST, SECOND, ELEMENT]) {
    await ip("address", "add", `${host}/24`, "dev", "lo");
  }
  const story = new Story();
  await using relay = await Relay.start(OWN, [FIRST, SECOND]);
  await using registrar = await Registrar.start({
    identifier: OWN_ID,
    asap: [{ host: OWN, port: 3863 }],
    enrp: [{ host: OWN, port: 9901 }],
    rsplibPeers: "all",
    timing: {
      peerHeartbeatCycleMs: HEARTBEAT_MS,
      maxTimeLastHeardMs: LAST_HEARD_MS,
      maxTimeNoResponseMs: NO_RESPONSE_MS,
    },
    onEvent: story.tell,
  });
  await using _elements = await registerHere(registrar);
  const { first, theirs } = await synchronizes(folder, relay, registrar, story);
  await takesOver(folder, first, story);
  theirs[Symbol.dispose]();
}

await live(Deno.args[0]!);
// What it waited for in vain, had it not come, is nothing to wait for now.
Deno.exit(0);
