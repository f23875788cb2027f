/** Bytes of a file or a pipe, taken in the sizes that a reader wants. */

import type { ByteStream } from "../world.ts";

/** Bytes that are asked of a source at once. */
const CHUNK_BYTES = 256 * 1024;

/** Reads a source; never holds more than one chunk and what is asked for. */
export class ByteSource {
  private readonly source: ByteStream;
  private readonly onWait: () => void;
  private held: Uint8Array;
  private isOver = false;

  /** `first` was read of it already; `onWait` is called before it is waited for more. */
  constructor(source: ByteStream, first: Uint8Array, onWait: () => void) {
    this.source = source;
    this.held = first;
    this.onWait = onWait;
  }

  /**
   * The next bytes; fewer than that where the source ends. They are valid until the next call.
   */
  async take(count: number): Promise<Uint8Array> {
    while (this.held.length < count && !this.isOver) await this.read(count);
    const taken = this.held.subarray(0, count);
    this.held = this.held.subarray(taken.length);
    return taken;
  }

  /** Leaves bytes out. Returns whether so many were there. */
  async skip(count: number): Promise<boolean> {
    let left = count;
    while (left > 0) {
      const taken = await this.take(Math.min(left, CHUNK_BYTES));
      if (taken.length === 0) return false;
      left -= taken.length;
    }
    return true;
  }

  private async read(wanted: number): Promise<void> {
    this.onWait();
    const { held } = this;
    const buffer = new Uint8Array(Math.max(CHUNK_BYTES, wanted));
    buffer.set(held);
    const count = await this.source.next(buffer.subarray(held.length));
    this.isOver = count === null;
    this.held = buffer.subarray(0, held.length + (count ?? 0));
  }
}
