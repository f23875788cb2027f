/** One direction of a connection: bytes in order, after a while, in pieces cut anywhere. */

import type { Instant } from "../core/mod.ts";
import type { Random } from "../handlespace/random.ts";
import { ByteQueue } from "./byte_queue.ts";
import type { Scheduler, Task } from "./scheduler.ts";

/** After so long without an acknowledgement Linux gives a connection up (tcp_retries2 = 15). */
const RETRANSMISSION_LIMIT_MS = 924_600;
/** The largest piece that travels as one. */
const SEGMENT_BYTES = 64 * 1024;

/** How a direction ended, seen by its reader. */
export type PipeEnd = "closed" | "reset";

/** What a pipe needs of its surroundings. */
export interface PipeParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** How long the next piece travels. */
  readonly latencyMs: () => number;
  /** Whether anything gets through at the moment. */
  readonly isUp: () => boolean;
  /** Bytes that may be under way or unread; the rest waits at the writer. */
  readonly windowBytes: number;
  /** The reader has something to read: bytes or the end. */
  readonly onArrival: () => void;
  /** Some of what was queued is under way. */
  readonly onRoom: () => void;
  /** Something arrived where nobody knows the connection any more. */
  readonly onStray: () => void;
  /** Nothing got through for so long that the writer's system gave up. */
  readonly onGivenUp: () => void;
  /** A whole message was read. */
  readonly onDelivered: (message: Uint8Array, writtenAt: Instant) => void;
  /** A message was written that nobody will read, or not wholly. */
  readonly onLost: (message: Uint8Array, writtenAt: Instant) => void;
}

interface Written {
  readonly bytes: Uint8Array;
  readonly at: Instant;
  /** Bytes written up to and with it. */
  readonly end: number;
}

interface Segment {
  readonly bytes: Uint8Array;
  readonly end?: PipeEnd;
  at: Instant;
}

/** One direction of a connection. */
export class Pipe {
  private readonly parts: PipeParts;
  /** Written, and not yet under way. */
  private readonly unsent = new ByteQueue();
  private transit: Segment[] = [];
  private transitBytes = 0;
  /** Arrived, and not yet read. */
  private readonly unread = new ByteQueue();
  private messages: Written[] = [];
  private written = 0;
  private consumed = 0;
  private finishing: PipeEnd | undefined;
  private finishSent = false;
  private arrivedEnd: PipeEnd | undefined;
  private reader: "reads" | "closed" | "vanished" = "reads";
  private lastAt: Instant = 0;
  private arrival: Task | undefined;
  private stalled: Task | undefined;

  constructor(parts: PipeParts) {
    this.parts = parts;
  }

  /** Bytes that wait at the writer. */
  get queuedBytes(): number {
    return this.unsent.length;
  }

  /** Bytes that wait for the reader. */
  get unreadBytes(): number {
    return this.unread.length;
  }

  /** How it ended, once everything before the end is read. */
  get ended(): PipeEnd | undefined {
    return this.unread.length === 0 ? this.arrivedEnd : undefined;
  }

  /** Nothing travels and nothing ever will. */
  get isDone(): boolean {
    const isOver = this.arrivedEnd !== undefined || (this.reader !== "reads" && this.finishSent);
    return isOver && this.transit.length === 0;
  }

  /** Writes one message, or a part of one that is then watched as if it were whole. */
  write(message: Uint8Array): void {
    const at = this.parts.scheduler.now;
    const isOver = this.finishing !== undefined || this.reader === "closed";
    if (isOver || this.reader === "vanished") this.parts.onLost(message, at);
    if (isOver) return;
    this.unsent.push(message);
    this.written += message.length;
    if (this.reader === "reads") this.messages.push({ bytes: message, at, end: this.written });
    this.pump();
  }

  /** Ends it: in order behind what is queued, or at once. */
  finish(end: PipeEnd): void {
    if (this.finishing !== undefined && !(end === "reset" && !this.finishSent)) return;
    this.finishing = end;
    if (end === "reset") this.unsent.truncate(0);
    this.pump();
  }

  /** Ends it in the middle of what is queued, as a killed process does. */
  finishAnywhere(end: PipeEnd): void {
    this.unsent.truncate(this.parts.random.below(this.unsent.length + 1));
    this.finish(end);
  }

  /** Breaks it in the middle of what is under way; what the writer does not know, it goes on to. */
  cut(isWriterTold: boolean): void {
    if (this.arrivedEnd !== undefined) return;
    let kept = this.parts.random.below(this.transitBytes + 1);
    const transit: Segment[] = [];
    for (const segment of this.transit) {
      if (kept === 0) break;
      const bytes = segment.bytes.subarray(0, kept);
      transit.push({ bytes, at: segment.at });
      kept -= bytes.length;
    }
    this.clearTransit();
    this.transit = transit;
    for (const segment of transit) this.transitBytes += segment.bytes.length;
    this.arm();
    this.unsent.truncate(0);
    if (isWriterTold) this.breakWriter();
    this.send({ bytes: new Uint8Array(0), end: "reset", at: 0 });
  }

  /** The writer has heard that the connection is over: it writes no more. */
  breakWriter(): void {
    this.unsent.truncate(0);
    this.finishing = "reset";
    this.finishSent = true;
  }

  /** The writer and all that is under way are gone without a trace. */
  vanishWriter(): void {
    this.breakWriter();
    this.clearTransit();
  }

  /** The writer's system answers a stray piece with a reset. */
  answerStray(): void {
    if (this.arrivedEnd !== undefined) return;
    this.clearTransit();
    this.send({ bytes: new Uint8Array(0), end: "reset", at: 0 });
  }

  /** The reader's side has closed; what still arrives is thrown away. */
  closeReader(): void {
    if (this.reader === "reads") this.endReading("closed");
  }

  /** The reader's host is gone without a trace. */
  vanishReader(): void {
    this.endReading("vanished");
  }

  /** Asks the other side for a sign of life, as TCP's own keep-alive does. */
  probe(): void {
    if (this.finishing === undefined) this.send({ bytes: new Uint8Array(0), at: 0 });
  }

  /** Takes what has arrived, at most `maxBytes`. */
  read(maxBytes: number): Uint8Array {
    const taken = this.unread.take(maxBytes);
    this.consumed += taken.length;
    while (this.messages[0] !== undefined && this.messages[0].end <= this.consumed) {
      const { bytes, at } = this.messages.shift()!;
      this.parts.onDelivered(bytes, at);
    }
    if (this.ended !== undefined) this.loseMessages();
    const hadQueue = this.unsent.length > 0;
    this.pump();
    if (hadQueue) this.parts.onRoom();
    return taken;
  }

  /** The network lets pieces through again. */
  resume(): void {
    if (this.stalled === undefined) return;
    this.stalled.cancel();
    this.stalled = undefined;
    this.transit[0]!.at = this.parts.scheduler.now + this.parts.latencyMs();
    this.arm();
  }

  private endReading(how: "closed" | "vanished"): void {
    this.reader = how;
    this.unread.truncate(0);
    this.loseMessages();
    if (this.arrivedEnd === undefined) this.pump();
  }

  private loseMessages(): void {
    for (const { bytes, at } of this.messages.splice(0)) this.parts.onLost(bytes, at);
  }

  /** Sends as much as the window has room for, then the end. */
  private pump(): void {
    for (;;) {
      const room = this.parts.windowBytes - this.transitBytes - this.unread.length;
      const count = Math.min(room, SEGMENT_BYTES, this.unsent.length);
      if (count <= 0) break;
      this.send({ bytes: this.unsent.take(count), at: 0 });
    }
    if (this.finishing === undefined || this.finishSent || this.unsent.length > 0) return;
    this.finishSent = true;
    this.send({ bytes: new Uint8Array(0), end: this.finishing, at: 0 });
  }

  private send(segment: Segment): void {
    const { scheduler, latencyMs } = this.parts;
    segment.at = Math.max(this.lastAt, scheduler.now + latencyMs());
    this.lastAt = segment.at;
    this.transit.push(segment);
    this.transitBytes += segment.bytes.length;
    if (this.transit.length === 1) this.arm();
  }

  private arm(): void {
    const first = this.transit[0];
    if (first === undefined) return;
    this.arrival = this.parts.scheduler.at(first.at, () => this.arrive());
  }

  private arrive(): void {
    this.arrival = undefined;
    if (!this.parts.isUp()) return this.stall();
    const segment = this.transit.shift()!;
    this.transitBytes -= segment.bytes.length;
    this.arm();
    const isOver = this.reader === "vanished" || this.arrivedEnd !== undefined;
    if (isOver) return this.parts.onStray();
    if (this.reader === "closed") return this.pump();
    this.unread.push(segment.bytes);
    if (segment.end !== undefined) {
      this.arrivedEnd = segment.end;
      // A reset overtakes what the reader has not read yet, sometimes.
      if (segment.end === "reset" && this.parts.random.below(2) === 0) this.unread.truncate(0);
    }
    if (segment.bytes.length > 0 || segment.end !== undefined) this.parts.onArrival();
  }

  private stall(): void {
    this.stalled = this.parts.scheduler.after(RETRANSMISSION_LIMIT_MS, () => {
      this.parts.onGivenUp();
    });
  }

  private clearTransit(): void {
    this.transit = [];
    this.transitBytes = 0;
    this.arrival?.cancel();
    this.arrival = undefined;
    this.stalled?.cancel();
    this.stalled = undefined;
  }
}
