/**
 * A registrar among made-up associations: bytes go in and out through its host, time is a number.
 */
import assert from "node:assert/strict";
import {
  type Association,
  DEFAULT_LIMITS,
  type DisconnectReason,
  Host,
  type HostOutput,
  type Limits,
  type Message,
  type ProtocolName,
  REGISTRAR_TIMING,
  type RegistrarCommand,
  type RegistrarCounts,
  type RegistrarEvent,
  RegistrarMachine,
  type RegistrarOptions,
  type RegistrarStatistics,
  type RegistrarTiming,
  type RegistrarView,
  type SecurityKind,
  type ServedAddresses,
  type SocketAddress,
} from "../../../lib/core/mod.ts";
import type { Party } from "../../../lib/core/security/authorize.ts";
import { type Random, seededRandom } from "../../../lib/handlespace/mod.ts";
import {
  asap,
  DecodeFailure,
  enrp,
  type ErrorCause,
  type PoolElement,
} from "../../../lib/wire/mod.ts";
import { Client, type Of } from "./client.ts";
import { PeerClient, type PeerOptions } from "./peer_client.ts";

export { Client, type Of } from "./client.ts";
export { PeerClient, server } from "./peer_client.ts";

/** The registrar's identifier in all tests. */
export const REGISTRAR = 0x00c0ffee;
const PEER_HOST = "192.0.2.2";

type EventOf<Type extends RegistrarEvent["type"]> = Extract<RegistrarEvent, { type: Type }>;

/** What a world may be other than the default. */
export interface WorldOptions extends Partial<Omit<RegistrarOptions, "limits" | "timing">> {
  readonly limits?: Partial<Limits>;
  readonly timing?: Partial<RegistrarTiming>;
}

/** A dial that the registrar asked for. */
export interface Dial {
  readonly association: Association;
  readonly protocol: ProtocolName;
  readonly to: SocketAddress;
  readonly timeoutMs: number;
  readonly security?: SecurityKind | undefined;
}

/** A registrar, its associations and its time. */
export class World {
  now = 1000;
  readonly events: RegistrarEvent[] = [];
  readonly dials: Dial[] = [];
  /** Associations that were not to be read for a while, each time. */
  readonly pauses: Association[] = [];
  readonly random: Random = seededRandom(5352);
  readonly host: Host<RegistrarCommand, RegistrarEvent>;
  readonly limits: Limits;
  readonly timing: RegistrarTiming;
  /** The registrar's identifier. */
  readonly identifier: number;
  /** The bytes that were written; equal ones are one only if they are the same object. */
  readonly encodings = new Set<Uint8Array>();
  private readonly machine: RegistrarMachine;
  private readonly clients = new Map<Association, Client>();

  constructor(options: WorldOptions = {}) {
    this.identifier = options.identifier ?? REGISTRAR;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.timing = { ...REGISTRAR_TIMING, ...options.timing };
    this.machine = new RegistrarMachine({
      identifier: this.identifier,
      random: this.random,
      addressCheck: "observed",
      interfaceAddresses: () => ["127.0.0.1", "::1", "192.0.2.1"],
      loopbackOnly: false,
      ...options,
      limits: this.limits,
      timing: this.timing,
    });
    this.host = new Host(this.machine, this.limits);
  }

  /** Sizes of the registrar's tables. */
  statistics(): RegistrarStatistics {
    return this.machine.statistics();
  }

  /** What the registrar has done. */
  counts(): RegistrarCounts {
    return this.machine.counts();
  }

  /** What the registrar shows of itself now. */
  view(): RegistrarView {
    return this.machine.view(this.now);
  }

  /** Somebody connects to the registrar. */
  connect(
    remoteHost = "192.0.2.10",
    { protocol = "ASAP", ...party }: { protocol?: ProtocolName } & Party = {},
  ): Client {
    const remote = { host: remoteHost, port: 50000 + this.clients.size };
    const local = { host: "192.0.2.1", port: protocol === "ASAP" ? 3863 : 9901 };
    const association = this.host.accept(protocol, { remote, local, ...party }, this.now);
    assert(association !== undefined);
    return this.admit(new Client(this, association, protocol, remote));
  }

  observer(remoteHost = "192.0.2.99"): Client {
    return this.connect(remoteHost, { protocol: "ENRP" });
  }

  /** A registrar connects to this one and says who it is; it is there as any other peer is. */
  peer(identifier: number, options: PeerOptions = {}): PeerClient {
    const peer = this.unknownPeer(identifier, options);
    peer.presence();
    peer.received.length = 0;
    return peer;
  }

  /** A registrar connects to this one and has said nothing yet. */
  unknownPeer(identifier: number, options: PeerOptions = {}): PeerClient {
    const remote = { host: options.host ?? PEER_HOST, port: 50000 + this.clients.size };
    const local = { host: "192.0.2.1", port: 9901 };
    const ends = { remote, local, ...options.party };
    const association = this.host.accept("ENRP", ends, this.now);
    assert(association !== undefined);
    return this.admit(new PeerClient(this, association, "ENRP", remote, identifier, options));
  }

  /** The handle table, as an observer is told it. */
  listed(): (PoolElement & { readonly poolHandle: string })[] {
    const observer = this.observer();
    const listed = [];
    for (let isMore = true; isMore;) {
      const type = "ENRP_HANDLE_TABLE_REQUEST";
      observer.send({ type, sender: 0, receiver: 0, ownChildrenOnly: false });
      const { reject, moreToSend, pools } = observer.take("ENRP_HANDLE_TABLE_RESPONSE");
      assert.equal(reject, false, "the table is refused");
      for (const { poolHandle, poolElements } of pools) {
        for (const poolElement of poolElements) listed.push({ poolHandle, ...poolElement });
      }
      isMore = moreToSend;
    }
    observer.leave();
    return listed;
  }

  /** Whose each element is, by PE identifier. */
  homes(): Record<number, number> {
    return Object.fromEntries(this.listed().map(({ identifier, home }) => [identifier, home]));
  }

  /** The oldest dial succeeds. */
  answerDial(party: Party = {}): Client {
    const dial = this.takeDial();
    return this.answer(dial, new Client(this, dial.association, dial.protocol, dial.to), party);
  }

  /** The oldest dial succeeds: a registrar is there, which says who it is. */
  answerPeerDial(identifier: number, options: PeerOptions = {}): PeerClient {
    const dial = this.takeDial();
    assert.equal(dial.protocol, "ENRP");
    const { association, to } = dial;
    const host = to.host;
    const peer = new PeerClient(this, association, "ENRP", to, identifier, { host, ...options });
    this.answer(dial, peer, options.party);
    if (!peer.attends) peer.presence();
    return peer;
  }

  private answer<C extends Client>(dial: Dial, client: C, party: Party = {}): C {
    const ends = { remote: dial.to, local: { host: "192.0.2.1", port: 49999 }, ...party };
    this.clients.set(dial.association, client);
    assert(this.host.connected(dial.association, ends, this.now));
    this.drain();
    return client;
  }

  /** The oldest dial fails. */
  failDial(reason: DisconnectReason, detail?: string): void {
    this.host.disconnected(this.takeDial().association, reason, this.now, detail);
    this.drain();
  }

  takeDial(): Dial {
    const dial = this.dials.shift();
    assert(dial !== undefined, "the registrar has dialled nobody");
    return dial;
  }

  /** Lets time pass, deadline by deadline. */
  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const deadline = this.host.deadline();
      if (deadline === undefined || deadline > end) break;
      this.now = Math.max(this.now, deadline);
      this.host.tick(this.now);
      this.drain();
    }
    this.now = end;
  }

  /** Lets time pass in which those peers announce their presence as they should. */
  advanceWith(peers: readonly PeerClient[], milliseconds: number): void {
    const end = this.now + milliseconds;
    while (this.now < end) {
      this.advance(Math.min(this.timing.peerHeartbeatCycleMs, end - this.now));
      for (const peer of peers) if (!peer.isClosed) peer.presence();
    }
  }

  /** It listens: its initialization begins. */
  start(served: ServedAddresses = { enrp: [{ host: "192.0.2.1", port: 9901 }] }): void {
    this.command({ type: "start", served });
  }

  stop(): void {
    this.command({ type: "stop" });
  }

  command(command: RegistrarCommand): void {
    this.host.command(command, this.now);
    this.drain();
  }

  /** The events of that type so far. */
  told<Type extends RegistrarEvent["type"]>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  /** Why elements were removed so far. */
  removals(): string[] {
    return this.told("pool-element-removed").map((event) => event.reason);
  }

  drain(): void {
    for (;;) {
      const output = this.host.poll();
      if (output === undefined) return;
      this.perform(output);
    }
  }

  private admit<C extends Client>(client: C): C {
    this.clients.set(client.association, client);
    this.drain();
    return client;
  }

  private perform(output: HostOutput<RegistrarEvent>): void {
    if (output.type === "event") return void this.events.push(output.event);
    if (output.type === "connect") return void this.dials.push(output);
    if (output.type === "pause") return void this.pauses.push(output.association);
    const client = this.clients.get(output.association);
    if (output.type === "write") {
      this.encodings.add(output.bytes);
      return receive(client!, output.bytes);
    }
    if (client !== undefined) client.isClosed = true;
    const dial = this.dials.findIndex((each) => each.association === output.association);
    if (dial >= 0) this.dials.splice(dial, 1);
  }
}

function receive(client: Client, bytes: Uint8Array): void {
  assert(!client.isClosed, "sent after the end");
  for (const split of client.splitter.split(bytes)) {
    assert(split.kind !== "garbage");
    const decoded = client.protocol === "ASAP"
      ? asap.decode(split.bytes)
      : enrp.decode(split.bytes);
    assert(!(decoded instanceof DecodeFailure), JSON.stringify(decoded));
    if (isGreeting(client, decoded.message)) greetBack(client, decoded.message);
    else {
      client.received.push(decoded.message);
      client.onMessage(decoded.message);
    }
  }
}

function isGreeting(client: Client, message: Message): message is Of<"ASAP_ENDPOINT_KEEP_ALIVE"> {
  if (!client.answersGreeting) return false;
  const before = client.received.at(-1);
  const follows = before?.type === "ASAP_REGISTRATION_RESPONSE" && !before.reject;
  return message.type === "ASAP_ENDPOINT_KEEP_ALIVE" && follows && client.greeting === undefined;
}

function greetBack(client: Client, greeting: Of<"ASAP_ENDPOINT_KEEP_ALIVE">): void {
  client.greeting = greeting;
  const { poolHandle, peIdentifier } = client.received.at(-1) as Of<"ASAP_REGISTRATION_RESPONSE">;
  client.world.host.receive(
    client.association,
    asap.encode({ type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", poolHandle, peIdentifier }),
    client.world.now,
  );
}

/** A pool element on 192.0.2.10, whose ASAP endpoint is there as well. */
export function element(
  identifier = 1,
  changes: Partial<PoolElement> & { host?: string; asapPort?: number | null } = {},
): PoolElement {
  const { host = "192.0.2.10", asapPort = null, ...rest } = changes;
  return {
    identifier,
    home: 0,
    registrationLife: 300,
    transport: { protocol: "tcp", port: 80, use: 0, addresses: [host] },
    policy: { name: "round-robin" },
    ...(asapPort === null ? {} : {
      asapTransport: { protocol: "tcp", port: asapPort, use: 0, addresses: [host] },
    }),
    ...rest,
  };
}

/** The codes of error causes. */
export function codes(causes: readonly ErrorCause[] | undefined): number[] {
  return (causes ?? []).map((cause) => cause.code);
}
