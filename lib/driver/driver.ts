/**
 * Runs a machine in the world: its host's bytes over a transport, its deadlines by one timer. Every
 * input is taken at the driver's own pace, and the clock is read once for each.
 */

import {
  type Association,
  type DisconnectReason,
  type Ends,
  Host,
  type HostOutput,
  type Instant,
  type Limits,
  type Machine,
  type MessageType,
  type ProtocolName,
  type SecurityKind,
  type SocketAddress,
} from "../core/mod.ts";
import { type Connection, type ConnectionEnd, DialFailed, type Listener } from "../net/mod.ts";
import { networkOf } from "../wire/mod.ts";
import { now } from "./clock.ts";
import { DriverTraffic, type Traffic } from "./driver_traffic.ts";
import { Pauses } from "./pauses.ts";
import type { Transports } from "./transports.ts";

/** Bytes queued to a reader above which nothing more is read from it (its own pace rules it). */
const READ_PAUSE_BYTES = 256 * 1024;
/** The longest time that one timer can span. */
const MAX_TIMER_MS = 0x7fffffff;
/** A timer that is so late tells of a process that stood still (stopped, swapped, suspended). */
const STANDSTILL_MS = 1_000;
/** After a standstill what lies unread is heard first: time alone must not remove the living. */
const HEARING_MS = 200;

/** What a driver is made of. */
export interface DriverParts<Command, Event> {
  readonly machine: Machine<Command, Event>;
  readonly limits: Limits;
  readonly transports: Transports;
  /** Told of every event of the machine, in order. */
  readonly onEvent: (event: Event) => void;
  /** Awaited before a dialled connection is shown to the machine. */
  readonly beforeConnected?: (connection: Connection) => Promise<void>;
  /** Whether an incoming connection may be one, as far as its address is concerned. */
  readonly admits?: (remote: SocketAddress) => boolean;
  /** Hears of who was turned away before it was a connection, and why, in words. */
  readonly onRefused?: (remote: SocketAddress, why: string) => void;
  /** Of which requests it is measured how long they take. */
  readonly timed?: readonly MessageType[];
}

/** A machine that is connected with the world. */
export class Driver<Command, Event> {
  private readonly parts: DriverParts<Command, Event>;
  private readonly host: Host<Command, Event>;
  private readonly connections = new Map<Association, Connection>();
  private readonly dials = new Map<Association, AbortController>();
  private readonly pauses = new Pauses();
  private readonly counted: DriverTraffic;
  private readonly listeners: Listener[] = [];
  private readonly ending = new Set<Promise<void>>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private armedAt = Infinity;
  private closed = false;

  constructor(parts: DriverParts<Command, Event>) {
    this.parts = parts;
    this.host = new Host(parts.machine, parts.limits);
    this.counted = new DriverTraffic(parts.timed ?? []);
  }

  /** Number of open associations. */
  get associations(): number {
    return this.connections.size;
  }

  /** What has gone over its sockets. */
  traffic(): Traffic {
    const associations = this.connections.size;
    let [queuedBytes, maxQueuedBytes] = [0, 0];
    for (const connection of this.connections.values()) {
      queuedBytes += connection.queuedBytes;
      maxQueuedBytes = Math.max(maxQueuedBytes, connection.queuedBytes);
    }
    const now = { associations, queuedBytes, maxQueuedBytes };
    return this.counted.view(this.host.traffic.view(), now);
  }

  /**
   * Accepts associations at an address, secured so if a kind is named.
   *
   * @returns the address as it turned out, with the port that was chosen for port 0.
   * @throws {ListenFailed} if the address cannot be listened on.
   */
  async listen(
    protocol: ProtocolName,
    address: SocketAddress,
    security?: SecurityKind,
  ): Promise<SocketAddress> {
    const { transports } = this.parts;
    const onRefused = (remote: SocketAddress, why: string) => {
      if (security !== undefined) this.counted.addHandshakeFailed(security);
      this.parts.onRefused?.(remote, why);
    };
    const listener = await transports.toListen(security).listen(address, (connection) => {
      this.accept(protocol, connection);
    }, { tls: transports.tlsUse(protocol, "listen"), networkOf, onRefused });
    if (this.closed) {
      await listener.close();
      throw new DOMException("It was closed meanwhile", "AbortError");
    }
    this.listeners.push(listener);
    return listener.address;
  }

  /** How many associations are open with hosts of which something holds. */
  associationsWith(holds: (host: string) => boolean): number {
    let count = 0;
    for (const { remote } of this.connections.values()) {
      if (holds(remote.host)) count++;
    }
    return count;
  }

  /** Hands a command to the machine. */
  command(command: Command): void {
    if (this.closed) return;
    this.host.command(command, now());
    this.settle();
  }

  /** Ends the associations that there is something to say against, and tells the machine. */
  drop(objectionTo: (connection: Connection) => string | undefined): void {
    for (const [association, connection] of [...this.connections]) {
      const objection = objectionTo(connection);
      if (objection === undefined || !this.release(association)) continue;
      this.end(connection);
      this.host.abandon(association, "security", now(), objection);
    }
    this.settle();
  }

  /** Stops accepting; what is open stays. */
  stopListening(): void {
    for (const listener of this.listeners.splice(0)) this.ending.add(listener.close());
  }

  /** Ends everything in order; what is queued leaves first, within the transport's short limit. */
  async close(): Promise<void> {
    this.closed = true;
    this.stopListening();
    clearTimeout(this.timer);
    for (const dial of this.dials.values()) dial.abort();
    for (const [association, connection] of [...this.connections]) {
      this.release(association);
      this.end(connection);
    }
    await Promise.allSettled([...this.ending]);
  }

  private accept(protocol: ProtocolName, connection: Connection): void {
    if (this.closed || !this.isAdmitted(connection)) return connection.abort();
    const association = this.host.accept(protocol, endsOf(connection), now());
    if (association === undefined) {
      this.counted.addRefused("full");
      return connection.abort();
    }
    this.counted.addAccepted(protocol, connection.secured?.kind);
    this.connections.set(association, connection);
    this.settle();
    void this.read(association, connection);
  }

  private isAdmitted(connection: Connection): boolean {
    const { admits, onRefused, transports } = this.parts;
    const isWelcome = admits?.(connection.remote) !== false;
    const objection = isWelcome ? transports.objection?.(connection) : undefined;
    if (isWelcome && objection === undefined) return true;
    this.counted.addRefused(isWelcome ? "security" : "address");
    if (objection !== undefined) onRefused?.(connection.remote, objection);
    return false;
  }

  private async read(association: Association, connection: Connection): Promise<void> {
    let isHeard = false;
    for (;;) {
      const bytes = await connection.read();
      if (bytes === null) break;
      isHeard = true;
      this.take(association, bytes);
      // A peer that sends without reading waits here, instead of filling this process.
      while (connection.queuedBytes > READ_PAUSE_BYTES && connection.ended === undefined) {
        await connection.write(new Uint8Array(0));
      }
      if (this.pauses.has(association)) await this.pauses.over(association);
    }
    if (!this.release(association)) return;
    this.end(connection);
    const detail = isHeard ? undefined : doubtAbout(connection);
    this.host.disconnected(association, disconnectReason(connection.ended), now(), detail);
    this.settle();
  }

  private take(association: Association, bytes: Uint8Array): void {
    const { host, counted } = this;
    const since = now();
    counted.beginWork(host.traffic);
    host.receive(association, bytes, since);
    this.settle();
    counted.endWork(host.traffic, since, now);
  }

  private async dial(output: HostOutput<Event> & { type: "connect" }): Promise<void> {
    const { association, protocol, to, timeoutMs, security } = output;
    const { transports } = this.parts;
    const abort = new AbortController();
    this.dials.set(association, abort);
    let connection: Connection;
    try {
      const tls = transports.tlsUse(protocol, "dial");
      const options = { timeoutMs, signal: abort.signal, tls };
      connection = await transports.toDial(protocol, to, security).dial(to, options);
      await this.prepare(to, connection);
      this.dials.delete(association);
      this.counted.addDial(protocol, "connected");
    } catch (error) {
      this.dials.delete(association);
      if (this.closed) return;
      const reason = error instanceof DialFailed ? error.reason : "failed";
      this.counted.addDial(protocol, reason);
      const detail = error instanceof DialFailed && error.detail !== undefined
        ? error.detail
        : messageOf(error);
      this.host.disconnected(association, reason, now(), detail);
      return this.settle();
    }
    // Outside of the above: a fault of the machine is no dial that failed.
    this.dialled(association, connection);
  }

  private async prepare(to: SocketAddress, connection: Connection): Promise<void> {
    try {
      const objection = this.parts.transports.objection?.(connection);
      if (objection !== undefined) throw new DialFailed(to, "security", undefined, objection);
      await this.parts.beforeConnected?.(connection);
    } catch (error) {
      connection.abort();
      throw error;
    }
  }

  private dialled(association: Association, connection: Connection): void {
    if (this.closed) return connection.abort();
    this.connections.set(association, connection);
    if (!this.host.connected(association, endsOf(connection), now())) {
      this.release(association);
      return connection.abort();
    }
    this.settle();
    void this.read(association, connection);
  }

  /** Does all that was asked for, then arms the timer for the next deadline. */
  private settle(): void {
    for (;;) {
      const output = this.host.poll();
      if (output === undefined) break;
      this.perform(output);
    }
    this.arm();
  }

  private perform(output: HostOutput<Event>): void {
    if (output.type === "write") return this.write(output.association, output.bytes);
    if (output.type === "event") return this.parts.onEvent(output.event);
    if (output.type === "connect") {
      if (!this.closed) void this.dial(output);
      return;
    }
    const { association } = output;
    const connection = this.connections.get(association);
    if (output.type === "pause") {
      if (connection !== undefined) this.pauses.begin(association, output.forMs);
      return;
    }
    this.dials.get(association)?.abort();
    if (this.release(association)) this.end(connection!);
  }

  /** It is the machine's no more. `false` if it was not. */
  private release(association: Association): boolean {
    this.pauses.end(association);
    return this.connections.delete(association);
  }

  private write(association: Association, bytes: Uint8Array): void {
    const connection = this.connections.get(association);
    if (connection === undefined) return;
    void connection.write(bytes);
    if (connection.queuedBytes <= this.parts.limits.maxQueuedBytes) return;
    this.release(association);
    connection.abort();
    this.host.abandon(association, "overflow", now());
  }

  private end(connection: Connection): void {
    const ended = connection.close();
    this.ending.add(ended);
    void ended.finally(() => this.ending.delete(ended));
  }

  /** One timer for all deadlines; a later one is noticed when the earlier fires. */
  private arm(): void {
    const deadline = this.host.deadline();
    if (this.closed || deadline === undefined || deadline >= this.armedAt) return;
    clearTimeout(this.timer);
    this.armedAt = deadline;
    const wait = Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(deadline - now())));
    this.timer = setTimeout(() => this.onTimer(deadline), wait);
  }

  private onTimer(deadline: Instant): void {
    if (now() - deadline > STANDSTILL_MS) {
      this.timer = setTimeout(() => this.tick(), HEARING_MS);
      return;
    }
    this.tick();
  }

  private tick(): void {
    this.armedAt = Infinity;
    this.host.tick(now());
    this.settle();
  }
}

/** What the machine is told of a connection. */
function endsOf({ remote, local, secured }: Connection): Ends {
  if (secured === undefined) return { remote, local };
  const { kind, name, isRegistrar } = secured;
  return { remote, local, security: kind, identity: name, isRegistrar };
}

/** RFC 8446 §4.4.4: the client's certificate is looked at when the client is done already. */
function doubtAbout({ secured }: Connection): string | undefined {
  if (secured?.kind !== "certificate") return undefined;
  return "before it said anything: it may not trust the certificate of this side";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function disconnectReason(ended: ConnectionEnd | undefined): DisconnectReason {
  if (ended === "reset" || ended === "timed-out") return ended;
  return "closed";
}
