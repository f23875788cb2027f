/** One direction of a TCP connection, put in order. RFC 9293 §3.4. */

/** A segment as it was captured. */
export interface Segment {
  readonly sequence: number;
  readonly isSyn: boolean;
  readonly isReset: boolean;
  readonly bytes: Uint8Array;
}

/** What of a stream comes next: bytes, or that some of it are missing. */
export type Delivery =
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  | { readonly type: "gap" }
  /** A connection begins, or ends without an order. */
  | { readonly type: "reset" };

/** Bytes and segments that wait for one that is missing. */
export const MAX_WAITING_BYTES = 1 << 20;
export const MAX_WAITING_SEGMENTS = 1_000;

/** Orders segments, and leaves out what came twice. */
export class TcpHalf {
  /** The sequence number that comes next; absent before the first segment. */
  private next: number | undefined;
  private readonly waiting = new Map<number, Uint8Array>();
  private waitingBytes = 0;

  /** Takes a segment. The bytes are valid until the next call. */
  *take({ sequence, isSyn, isReset, bytes }: Segment): Generator<Delivery, void> {
    if (isSyn || isReset) {
      this.forget();
      yield { type: "reset" };
      if (isReset) return;
      this.next = (sequence + 1) >>> 0;
    }
    // A capture that begins in the middle.
    this.next ??= sequence;
    if (bytes.length === 0) return;
    yield* this.place(isSyn ? this.next : sequence, bytes);
    if (this.isFull) yield* this.skip();
  }

  /** What waits is delivered, whatever is missing. */
  *flush(): Generator<Delivery, void> {
    while (this.waiting.size > 0) yield* this.skip();
  }

  private *place(sequence: number, bytes: Uint8Array): Generator<Delivery, void> {
    const ahead = (sequence - this.next!) | 0;
    if (ahead > 0) return this.keep(sequence, bytes);
    yield* this.deliver(bytes.subarray(-ahead));
    for (;;) {
      const waiting = this.takeDue();
      if (waiting === undefined) return;
      yield* this.deliver(waiting);
    }
  }

  private *deliver(bytes: Uint8Array): Generator<Delivery, void> {
    if (bytes.length === 0) return;
    this.next = (this.next! + bytes.length) >>> 0;
    yield { type: "bytes", bytes };
  }

  /** A copy, as the packet is valid until the next one. */
  private keep(sequence: number, bytes: Uint8Array): void {
    const known = this.waiting.get(sequence);
    if (known !== undefined && known.length >= bytes.length) return;
    this.waitingBytes += bytes.length - (known?.length ?? 0);
    this.waiting.set(sequence, bytes.slice());
  }

  /** What waits no longer, without what came already. */
  private takeDue(): Uint8Array | undefined {
    for (const [sequence, bytes] of this.waiting) {
      const ahead = (sequence - this.next!) | 0;
      if (ahead > 0) continue;
      this.drop(sequence, bytes);
      return bytes.subarray(-ahead);
    }
    return undefined;
  }

  private get isFull(): boolean {
    return this.waitingBytes > MAX_WAITING_BYTES || this.waiting.size > MAX_WAITING_SEGMENTS;
  }

  /** Goes on at the next segment that is there. */
  private *skip(): Generator<Delivery, void> {
    let nearest = Infinity;
    for (const sequence of this.waiting.keys()) {
      nearest = Math.min(nearest, (sequence - this.next!) | 0);
    }
    const sequence = (this.next! + nearest) >>> 0;
    const bytes = this.waiting.get(sequence)!;
    this.drop(sequence, bytes);
    this.next = sequence;
    yield { type: "gap" };
    yield* this.place(sequence, bytes);
  }

  private drop(sequence: number, bytes: Uint8Array): void {
    this.waiting.delete(sequence);
    this.waitingBytes -= bytes.length;
  }

  private forget(): void {
    this.next = undefined;
    this.waiting.clear();
    this.waitingBytes = 0;
  }
}
