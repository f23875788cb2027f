/**
 * Streams between hosts under virtual time: they take a while, come in pieces, break, stall and are
 * refused. Like TCP, and unlike packets, what comes is in order and whole up to where it breaks.
 */

import type {
  DisconnectReason,
  Instant,
  ProtocolName,
  SecurityKind,
  SocketAddress,
} from "../core/mod.ts";
import type { Random } from "../handlespace/random.ts";
import { shakeHands } from "./credentials.ts";
import { Pipe } from "./pipe.ts";
import type { Scheduler, Task } from "./scheduler.ts";
import { type Party, Socket } from "./socket.ts";

/** The first wait of a system that repeats its attempt to connect; each further one is doubled. */
const CONNECT_RETRY_MS = 1000;
const FIRST_EPHEMERAL_PORT = 32_768;
const EPHEMERAL_PORTS = 28_232;

/** How a network behaves. */
export interface NetworkOptions {
  readonly scheduler: Scheduler;
  /**
   * A random source for one host or connection: what happens elsewhere does not change what it
   * draws, so that a run with a part of the faults is much like the whole one.
   */
  readonly randomFor: (purpose: string) => Random;
  /** The shortest and the longest time that a piece travels, in milliseconds. */
  readonly latencyMs: readonly [least: number, most: number];
  /** Bytes of a stream that its writer's and reader's systems hold. */
  readonly windowBytes: number;
}

/** A message that crossed the network, or did not. */
export interface Crossing {
  readonly from: string;
  readonly to: string;
  readonly protocol: ProtocolName;
  readonly bytes: Uint8Array;
  readonly writtenAt: Instant;
}

/** Hears of every message: when its last byte is read, or when it is clear that none will be. */
export interface Wiretap {
  /** Its last byte was read. */
  delivered(crossing: Crossing): void;
  /** It was not read, or not wholly, and never will be. */
  lost(crossing: Crossing): void;
}

/** Why there is no connection. */
export type DialError = Extract<
  DisconnectReason,
  "refused" | "timed-out" | "unknown-host" | "security"
>;

interface Listening {
  readonly owner: Party;
  readonly protocol: ProtocolName;
  readonly onAccept: (socket: Socket) => void;
}

interface HostState {
  powered: boolean;
  nextPort: number;
  readonly random: Random;
}

interface Connection {
  readonly pipes: readonly [Pipe, Pipe];
  readonly sockets: readonly [Socket, Socket];
}

/** All hosts and what is between them. */
export class Network {
  private readonly options: NetworkOptions;
  private readonly wiretap: Wiretap;
  private readonly listeners = new Map<string, Listening>();
  private readonly hosts = new Map<string, HostState>();
  private readonly blocked = new Set<string>();
  private readonly changes = new Map<string, Instant>();
  private readonly delays = new Map<string, number>();
  private connections = new Set<Connection>();

  constructor(options: NetworkOptions, wiretap: Wiretap) {
    this.options = options;
    this.wiretap = wiretap;
  }

  /** Number of connections of which something is left. */
  get size(): number {
    this.sweep();
    return this.connections.size;
  }

  /** Connections that a host believes in, and whose other end knows nothing of them any more. */
  halfOpen(host: string): number {
    let count = 0;
    for (const { sockets: [one, other] } of this.connections) {
      const [own, peer] = one.owner.host === host ? [one, other] : [other, one];
      if (own.owner.host === host && !own.isClosed && peer.isClosed) count++;
    }
    return count;
  }

  /** Adds a host, with power. */
  addHost(host: string): void {
    if (this.hosts.has(host)) return;
    const random = this.options.randomFor(host);
    this.hosts.set(host, { powered: true, nextPort: 0, random });
  }

  /** Accepts connections at an address until the returned function is called. */
  listen(
    owner: Party,
    protocol: ProtocolName,
    port: number,
    onAccept: (socket: Socket) => void,
  ): () => void {
    const key = addressKey({ host: owner.host, port });
    if (this.listeners.has(key)) throw new RangeError(`Cannot listen on ${key}: it is in use`);
    const listening = { owner, protocol, onAccept };
    this.listeners.set(key, listening);
    return () => {
      if (this.listeners.get(key) === listening) this.listeners.delete(key);
    };
  }

  /**
   * Tries to connect.
   *
   * @param security How it is to be secured; default: as it usually is by who dials.
   * @param onEnd Told once: the socket, or why there is none; not after a cancel.
   */
  dial(
    owner: Party,
    to: SocketAddress,
    timeoutMs: number,
    onEnd: (result: Socket | DialError) => void,
    security?: SecurityKind,
  ): Task {
    const { scheduler } = this.options;
    const latency = () => this.latency(owner.host, to.host, this.hosts.get(owner.host)!.random);
    let attempt: Task | undefined;
    const end = (result: Socket | DialError) => {
      attempt?.cancel();
      timeout.cancel();
      onEnd(result);
    };
    const timeout = scheduler.after(timeoutMs, () => end("timed-out"));
    const tryAgain = (waitMs: number) => {
      attempt = scheduler.after(latency(), () => {
        // The answer must come back, too.
        if (!this.isUp(owner.host, to.host) || !this.isUp(to.host, owner.host)) {
          attempt = scheduler.after(waitMs, () => tryAgain(2 * waitMs));
          return;
        }
        const listening = this.listeners.get(addressKey(to));
        attempt = scheduler.after(latency(), () => {
          end(listening === undefined ? "refused" : this.connect(owner, to, listening, security));
        });
      });
    };
    if (this.hosts.has(to.host) || isAddress(to.host)) tryAgain(CONNECT_RETRY_MS);
    else attempt = scheduler.after(1, () => end("unknown-host"));
    return {
      cancel: () => {
        attempt?.cancel();
        timeout.cancel();
      },
    };
  }

  /**
   * Sends a datagram. `false` if it does not even leave; else it comes once, and where a stream
   * would wait, it comes all the same or never.
   */
  sendDatagram(from: string, to: string, random: Random, deliver: () => void): boolean {
    if (!this.isUp(from, to)) return false;
    this.options.scheduler.after(this.latency(from, to, random), deliver);
    return true;
  }

  /** Lets nothing through from one host to another; what is under way waits. */
  block(from: string, to: string): void {
    this.blocked.add(linkKey(from, to));
    this.noteChange(from, to);
  }

  /** Lets everything through again. */
  unblock(from: string, to: string): void {
    if (!this.blocked.delete(linkKey(from, to))) return;
    this.noteChange(from, to);
    this.resume();
  }

  /** Everything to and from a host travels so much longer; 0: as long as usual. */
  delay(host: string, ms: number): void {
    if (ms === 0) this.delays.delete(host);
    else this.delays.set(host, ms);
    this.noteChange(host, host);
  }

  /**
   * When something between two hosts was blocked, unblocked, delayed or cut last; -Infinity if
   * never, Infinity as long as it is.
   */
  changedAt(a: string, b: string): Instant {
    const { delays, blocked } = this;
    if (delays.has(a) || delays.has(b)) return Infinity;
    if (blocked.has(linkKey(a, b)) || blocked.has(linkKey(b, a))) return Infinity;
    const pairs = [[a, b], [b, a], [a, a], [b, b]] as const;
    return Math.max(...pairs.map((pair) => this.changes.get(linkKey(...pair)) ?? -Infinity));
  }

  /** Lets nothing through in either direction. */
  partition(a: string, b: string): void {
    this.block(a, b);
    this.block(b, a);
  }

  /** Ends a partition. */
  heal(a: string, b: string): void {
    this.unblock(a, b);
    this.unblock(b, a);
  }

  /** Ends many partitions at once. */
  healAll(pairs: readonly (readonly [string, string])[]): void {
    for (const [a, b] of pairs) {
      for (const [from, to] of [[a, b], [b, a]] as const) {
        if (this.blocked.delete(linkKey(from, to))) this.noteChange(from, to);
      }
    }
    this.resume();
  }

  /** A host loses its power: its connections are gone and nobody hears of it. */
  powerOff(host: string): void {
    this.hosts.get(host)!.powered = false;
    for (const { sockets } of this.connections) {
      for (const socket of sockets) if (socket.owner.host === host) socket.vanish();
    }
  }

  /** A host has power again; it knows nothing of its old connections. */
  powerOn(host: string): void {
    const state = this.hosts.get(host)!;
    if (state.powered) return;
    state.powered = true;
    this.resume();
  }

  /**
   * Breaks the connections between two hosts in the middle of what is under way.
   *
   * @param onlyAt Only this host hears of it: the other one does at its next attempt to write.
   * @returns how many there were.
   */
  cut(a: string, b: string, onlyAt?: string): number {
    this.sweep();
    let count = 0;
    for (const { sockets: [one, other], pipes } of this.connections) {
      const joins = (one.owner.host === a && other.owner.host === b) ||
        (one.owner.host === b && other.owner.host === a);
      if (!joins) continue;
      // The first pipe is read by the one that accepted, the second by the one that dialled.
      if (onlyAt !== one.owner.host) pipes[0].cut(onlyAt === undefined);
      if (onlyAt !== other.owner.host) pipes[1].cut(onlyAt === undefined);
      count++;
    }
    this.noteChange(a, b);
    return count;
  }

  private noteChange(from: string, to: string): void {
    this.changes.set(linkKey(from, to), this.options.scheduler.now);
  }

  private connect(
    owner: Party,
    to: SocketAddress,
    listening: Listening,
    wanted: SecurityKind | undefined,
  ): Socket | DialError {
    // The listener may have closed while the answer was under way.
    if (this.listeners.get(addressKey(to)) !== listening) return "refused";
    const from = { host: owner.host, port: this.ephemeralPort(owner.host) };
    const { owner: other, protocol } = listening;
    const handshake = shakeHands({ dialler: owner, listener: other, protocol, wanted });
    if (handshake === undefined) return "security";
    const { scheduler } = this.options;
    const random = this.options.randomFor(`${from.host}:${from.port} ${addressKey(to)}`);
    const shared = { protocol, random };
    const out = this.pipe(owner, other, shared, () => accepted, () => dialled);
    const back = this.pipe(other, owner, shared, () => dialled, () => accepted);
    const sides = { protocol, scheduler };
    const dialled: Socket = new Socket({
      ...sides,
      ...{ owner, other, local: from, remote: to, incoming: back, outgoing: out },
      seen: handshake.byDialler,
    });
    const accepted: Socket = new Socket({
      ...sides,
      ...{ owner: other, other: owner, local: to, remote: from, incoming: out, outgoing: back },
      seen: handshake.byListener,
    });
    this.connections.add({ pipes: [out, back], sockets: [dialled, accepted] });
    if (this.connections.size % 1024 === 0) this.sweep();
    listening.onAccept(accepted);
    return dialled;
  }

  private pipe(
    from: Party,
    to: Party,
    { protocol, random }: { readonly protocol: ProtocolName; readonly random: Random },
    reader: () => Socket,
    writer: () => Socket,
  ): Pipe {
    const { scheduler, windowBytes } = this.options;
    const ends = { from: from.name, to: to.name, protocol };
    const pipe: Pipe = new Pipe({
      scheduler,
      random,
      windowBytes,
      latencyMs: () => this.latency(from.host, to.host, random),
      isUp: () => this.isUp(from.host, to.host),
      onArrival: () => reader().arrived(),
      onRoom: () => writer().onWritable(),
      onStray: () => reader().answerStray(),
      onGivenUp: () => writer().giveUp(),
      onDelivered: (bytes, writtenAt) => this.wiretap.delivered({ ...ends, bytes, writtenAt }),
      onLost: (bytes, writtenAt) => this.wiretap.lost({ ...ends, bytes, writtenAt }),
    });
    return pipe;
  }

  private isUp(from: string, to: string): boolean {
    const isPowered = (host: string) => this.hosts.get(host)?.powered === true;
    return isPowered(from) && isPowered(to) && !this.blocked.has(linkKey(from, to));
  }

  private latency(a: string, b: string, random: Random): number {
    const { latencyMs: [least, most] } = this.options;
    const usual = least === most ? least : least + random.below(most - least + 1);
    if (this.delays.size === 0) return usual;
    return usual + (this.delays.get(a) ?? 0) + (this.delays.get(b) ?? 0);
  }

  private ephemeralPort(host: string): number {
    const state = this.hosts.get(host)!;
    return FIRST_EPHEMERAL_PORT + state.nextPort++ % EPHEMERAL_PORTS;
  }

  private resume(): void {
    for (const { pipes } of this.connections) {
      for (const pipe of pipes) pipe.resume();
    }
  }

  private sweep(): void {
    for (const connection of this.connections) {
      if (connection.pipes.every((pipe) => pipe.isDone)) this.connections.delete(connection);
    }
  }
}

function addressKey(address: SocketAddress): string {
  return `${address.host} ${address.port}`;
}

function linkKey(from: string, to: string): string {
  return `${from} ${to}`;
}

function isAddress(host: string): boolean {
  return host.includes(":") || /^[0-9.]+$/.test(host);
}
