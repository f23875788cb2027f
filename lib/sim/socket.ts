/** One end of a made-up TCP connection, as a process sees it. */

import type { DisconnectReason, ProtocolName, SecurityKind, SocketAddress } from "../core/mod.ts";
import type { Credentials, Seen } from "./credentials.ts";
import type { Pipe, PipeEnd } from "./pipe.ts";
import type { Scheduler, Task } from "./scheduler.ts";

/** As in lib/net: what is queued at a close may take so long to leave. */
const CLOSE_LIMIT_MS = 1000;
/** Linux' default of TCP_KEEPIDLE. */
const KEEP_ALIVE_IDLE_MS = 7_200_000;

/** Who has a socket. */
export interface Party {
  /** The process, as transcripts name it. */
  readonly name: string;
  /** Its host: an IP address. */
  readonly host: string;
  /** What it secures its connections with; of several, the first is the usual one. */
  readonly credentials?: readonly Credentials[] | undefined;
}

/** What a socket is made of. */
export interface SocketParts {
  readonly owner: Party;
  readonly other: Party;
  readonly protocol: ProtocolName;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly incoming: Pipe;
  readonly outgoing: Pipe;
  readonly scheduler: Scheduler;
  /** Who the other side has proved to be. */
  readonly seen: Seen;
}

/** One end of a connection. */
export class Socket {
  readonly owner: Party;
  readonly other: Party;
  readonly protocol: ProtocolName;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly security: SecurityKind | undefined;
  readonly identity: string | undefined;
  readonly isRegistrar: boolean | undefined;
  /** Called when there is something to read: bytes or the end. */
  onReadable: () => void = () => {};
  /** Called when something of what was queued is under way. */
  onWritable: () => void = () => {};
  private readonly incoming: Pipe;
  private readonly outgoing: Pipe;
  private readonly scheduler: Scheduler;
  private closedHere = false;
  private gaveUp = false;
  private closing: Task | undefined;
  private probing: Task | undefined;
  private lastHeardAt: number;

  constructor(parts: SocketParts) {
    this.owner = parts.owner;
    this.other = parts.other;
    this.protocol = parts.protocol;
    this.local = parts.local;
    this.remote = parts.remote;
    this.security = parts.seen.security;
    this.identity = parts.seen.identity;
    this.isRegistrar = parts.seen.isRegistrar;
    this.incoming = parts.incoming;
    this.outgoing = parts.outgoing;
    this.scheduler = parts.scheduler;
    this.lastHeardAt = parts.scheduler.now;
    this.watchIdleness();
  }

  /** Bytes given to `write` that are not under way. */
  get queuedBytes(): number {
    return this.outgoing.queuedBytes;
  }

  /** Bytes that have arrived and are not read. */
  get unreadBytes(): number {
    return this.incoming.unreadBytes;
  }

  /** How the other side or the network ended it, once everything before is read. */
  get ended(): Extract<DisconnectReason, PipeEnd | "timed-out"> | undefined {
    return this.gaveUp ? "timed-out" : this.incoming.ended;
  }

  /** Whether this side has closed it. */
  get isClosed(): boolean {
    return this.closedHere;
  }

  /** Writes one message. */
  write(message: Uint8Array): void {
    this.outgoing.write(message);
  }

  /** Takes what has arrived, at most `maxBytes`. */
  read(maxBytes: number): Uint8Array {
    return this.incoming.read(maxBytes);
  }

  /** Ends it in order; what is queued leaves first, within a limit. */
  close(): void {
    if (this.release()) this.outgoing.finish("closed");
    if (this.outgoing.queuedBytes === 0) return;
    this.closing = this.scheduler.after(CLOSE_LIMIT_MS, () => {
      if (this.outgoing.queuedBytes > 0) this.outgoing.finish("reset");
    });
  }

  /** Ends it at once; what is queued is lost. */
  abort(): void {
    if (this.release()) this.outgoing.finish("reset");
  }

  /** The process was killed: its system ends it, in the middle of what is queued. */
  kill(): void {
    // Linux resets a connection that is closed with something unread.
    const end = this.incoming.unreadBytes > 0 ? "reset" : "closed";
    if (this.release()) this.outgoing.finishAnywhere(end);
  }

  /** The host has lost its power: nobody is told. */
  vanish(): void {
    if (!this.closedHere) this.stopTasks();
    this.closing?.cancel();
    this.closedHere = true;
    this.incoming.vanishReader();
    this.outgoing.vanishWriter();
  }

  /** The writing side hears nothing for too long. */
  giveUp(): void {
    if (this.closedHere) return;
    this.gaveUp = true;
    this.outgoing.vanishWriter();
    this.incoming.vanishReader();
    this.onReadable();
  }

  /** Something has arrived. */
  arrived(): void {
    this.lastHeardAt = this.scheduler.now;
    if (this.incoming.ended === "reset") this.outgoing.breakWriter();
    if (!this.closedHere) this.onReadable();
  }

  /** Something came for a connection that this host no longer knows. */
  answerStray(): void {
    this.outgoing.answerStray();
  }

  private release(): boolean {
    if (this.closedHere) return false;
    this.closedHere = true;
    this.stopTasks();
    // What is written on a connection that has been reset is answered with another reset.
    if (this.ended === "reset") this.incoming.vanishReader();
    else this.incoming.closeReader();
    return true;
  }

  private stopTasks(): void {
    this.probing?.cancel();
    this.onReadable = () => {};
    this.onWritable = () => {};
  }

  private watchIdleness(): void {
    const at = this.lastHeardAt + KEEP_ALIVE_IDLE_MS;
    this.probing = this.scheduler.at(at, () => {
      if (this.ended !== undefined) return;
      if (this.scheduler.now - this.lastHeardAt >= KEEP_ALIVE_IDLE_MS) {
        this.outgoing.probe();
        this.lastHeardAt = this.scheduler.now;
      }
      this.watchIdleness();
    });
  }
}
