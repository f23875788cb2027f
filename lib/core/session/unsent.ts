/** What a program has asked to be sent: what waits, and what one connection was given. */

interface Waiting {
  readonly send: number;
  readonly bytes: Uint8Array;
}

/** In order; bytes that were handed to one element are never given to another. RFC 5352 §6.5.5. */
export class Unsent {
  private readonly waiting: Waiting[] = [];
  private readonly handed = new Map<number, number>();
  private handedBytes = 0;

  constructor(private readonly maxHandedBytes: number) {}

  /** Whether something waits for an element. */
  get isWaiting(): boolean {
    return this.waiting.length > 0;
  }

  add(send: number, bytes: Uint8Array): void {
    this.waiting.push({ send, bytes });
  }

  /** What the connection may be given now. */
  next(): Waiting | undefined {
    if (this.handedBytes >= this.maxHandedBytes) return undefined;
    return this.waiting.shift();
  }

  /** The connection was given it, and its system has not taken it yet. */
  hand(send: number, size: number): void {
    this.handed.set(send, size);
    this.handedBytes += size;
  }

  /** The system has taken it; `false` if nobody knows of it. */
  taken(send: number): boolean {
    const size = this.handed.get(send);
    if (size === undefined) return false;
    this.handed.delete(send);
    this.handedBytes -= size;
    return true;
  }

  /** The connection is gone, with what it was given. */
  *lost(): Generator<number, void> {
    const sends = [...this.handed.keys()];
    this.handed.clear();
    this.handedBytes = 0;
    yield* sends;
  }
}
