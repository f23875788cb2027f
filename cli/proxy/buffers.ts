/** The buffers of connections: small while little flows, larger for bulk, and bounded together. */

/** How large buffers may be. */
export interface BufferSettings {
  /** Bytes that one connection holds at most in each direction. */
  readonly maxBytes: number;
  /** Bytes of all buffers that have grown; beyond, a connection makes do with the smallest one. */
  readonly maxGrownBytes: number;
}

/** An idle connection holds two of these. */
export const SMALLEST_BUFFER_BYTES = 4 * 1024;
/** A buffer that was filled at once is followed by one so much larger. */
const GROWTH = 4;

/** Hands out buffers, and takes back what has grown. */
export class Buffers {
  private readonly settings: BufferSettings;
  /** Buffers that are not used, by their length. */
  private readonly idle = new Map<number, Uint8Array<ArrayBuffer>[]>();
  private grown = 0;

  constructor(settings: BufferSettings) {
    this.settings = settings;
  }

  /** Bytes of buffers that have grown, those that wait for their next use included. */
  get grownBytes(): number {
    return this.grown;
  }

  /** The first buffer of one direction of a connection. */
  first(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(Math.min(SMALLEST_BUFFER_BYTES, this.settings.maxBytes));
  }

  /** The buffer for the next read, after one has brought `count` bytes into this one. */
  next(buffer: Uint8Array<ArrayBuffer>, count: number): Uint8Array<ArrayBuffer> {
    if (count === buffer.length) return this.larger(buffer);
    if (count >= buffer.length / GROWTH || !hasGrown(buffer)) return buffer;
    const smaller = this.take(Math.max(buffer.length / GROWTH, SMALLEST_BUFFER_BYTES));
    if (smaller === undefined) return buffer;
    this.giveBack(buffer);
    return smaller;
  }

  /** A buffer is used no longer. */
  giveBack(buffer: Uint8Array<ArrayBuffer>): void {
    if (!hasGrown(buffer)) return;
    const same = this.idle.get(buffer.length);
    if (same === undefined) this.idle.set(buffer.length, [buffer]);
    else same.push(buffer);
  }

  private larger(buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const length = Math.min(buffer.length * GROWTH, this.settings.maxBytes);
    const larger = length > buffer.length ? this.take(length) : undefined;
    if (larger === undefined) return buffer;
    this.giveBack(buffer);
    return larger;
  }

  private take(length: number): Uint8Array<ArrayBuffer> | undefined {
    if (length <= SMALLEST_BUFFER_BYTES) return this.first();
    const known = this.idle.get(length)?.pop();
    if (known !== undefined) return known;
    if (!this.makeRoom(length)) return undefined;
    this.grown += length;
    return new Uint8Array(length);
  }

  /** Drops idle buffers of other lengths, as far as this one needs their place. */
  private makeRoom(length: number): boolean {
    const { maxGrownBytes } = this.settings;
    for (const same of this.idle.values()) {
      while (same.length > 0 && this.grown + length > maxGrownBytes) {
        this.grown -= same.pop()!.length;
      }
    }
    return this.grown + length <= maxGrownBytes;
  }
}

function hasGrown(buffer: Uint8Array): boolean {
  return buffer.length > SMALLEST_BUFFER_BYTES;
}
