/** What a program sends: what waits for an element, and what one connection was given. */

import type { PoolElement } from "../../wire/mod.ts";
import type { ElementWire } from "./element_wire.ts";
import type { UserSessionOutput } from "./user_contract.ts";

interface Waiting {
  readonly send: number;
  readonly bytes: Uint8Array;
}

/** The connection that is written to. */
export interface Taker {
  readonly attempt: number;
  readonly element: PoolElement;
  readonly wire: ElementWire;
}

/** In order. Bytes that were handed to one element are never given to another. RFC 5352 §6.5.5. */
export class Outgoing {
  /** Whether the connection was given the end of the data. */
  isEndSent = false;
  private readonly waiting: Waiting[] = [];
  private readonly handed = new Map<number, number>();
  private handedBytes = 0;
  /** The number of the command that has ended the data. */
  private end: number | undefined;
  private isEndTold = false;

  constructor(
    private readonly maxHandedBytes: number,
    private readonly tell: (output: UserSessionOutput) => void,
  ) {}

  /** Whether bytes wait for an element. */
  get isWaiting(): boolean {
    return this.waiting.length > 0;
  }

  /** Whether all bytes were taken by the system; of the end nobody waits for that. */
  get isTaken(): boolean {
    return !this.isWaiting && [...this.handed.keys()].every((send) => send === this.end);
  }

  /** Whether the end of the data was given to the connection, and an element has taken one. */
  get isOver(): boolean {
    return this.isEndSent && this.isEndTold;
  }

  /** Behind the end nothing is sent. */
  add(send: number, bytes: Uint8Array): void {
    if (this.end === undefined) this.waiting.push({ send, bytes });
  }

  endWith(send: number): void {
    this.end ??= send;
  }

  /** Gives the connection what waits, as far as it may hold it, and then the end. */
  flush({ attempt, element, wire }: Taker): void {
    while (this.waiting.length > 0 && this.handedBytes < this.maxHandedBytes) {
      const { send, bytes } = this.waiting.shift()!;
      const pieces = wire.data(bytes);
      if (pieces.length === 0) this.tellHanded(send, element);
      else this.write(attempt, pieces, send);
    }
    if (this.end === undefined || this.isWaiting || this.isEndSent) return;
    this.isEndSent = true;
    const frame = wire.end();
    if (frame !== undefined) return this.write(attempt, [frame], this.end);
    this.handed.set(this.end, 0);
    this.tell({ type: "end-write", attempt, send: this.end });
  }

  /** The system has taken it. */
  written(send: number, element: PoolElement): void {
    const size = this.handed.get(send);
    if (size === undefined) return;
    this.handed.delete(send);
    this.handedBytes -= size;
    this.tellHanded(send, element);
  }

  /** The connection is gone, with all that it was given; the next one is told the end anew. */
  lost(element: PoolElement): void {
    for (const send of this.handed.keys()) this.tellHanded(send, element);
    this.handed.clear();
    this.handedBytes = 0;
    this.isEndSent = false;
  }

  private write(attempt: number, pieces: readonly Uint8Array[], send: number): void {
    let size = 0;
    pieces.forEach((bytes, at) => {
      size += bytes.length;
      const isLast = at === pieces.length - 1;
      this.tell({ type: "write", attempt, bytes, send: isLast ? send : undefined });
    });
    this.handed.set(send, size);
    this.handedBytes += size;
  }

  /** An end is told once, though each element after a failover is given one. */
  private tellHanded(send: number, element: PoolElement): void {
    if (send === this.end && this.isEndTold) return;
    if (send === this.end) this.isEndTold = true;
    this.tell({ type: "handed", send, element });
  }
}
