/** A growing writer in network byte order. It knows no parameter; padding is the schema's affair. */

const INITIAL_BYTES = 512;

/** Bytes being written. */
export class Sink {
  private buffer = new Uint8Array(INITIAL_BYTES);
  private view = new DataView(this.buffer.buffer);
  length = 0;

  u8(value: number): void {
    this.view.setUint8(this.grow(1), value);
  }

  u16(value: number): void {
    this.view.setUint16(this.grow(2), value);
  }

  u32(value: number): void {
    this.view.setUint32(this.grow(4), value);
  }

  i32(value: number): void {
    this.view.setInt32(this.grow(4), value);
  }

  bytes(value: Uint8Array): void {
    this.buffer.set(value, this.grow(value.length));
  }

  /** Zero bytes up to the next multiple of four. */
  align(): void {
    while (this.length % 4 !== 0) this.u8(0);
  }

  /** Overwrites the 16 bits at `offset`: a length that is known only at the end. */
  patchU16(offset: number, value: number): void {
    this.view.setUint16(offset, value);
  }

  /** A copy of all that was written; the sink can be used again after `clear`. */
  take(): Uint8Array {
    return this.buffer.slice(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  private grow(count: number): number {
    const at = this.length;
    const needed = at + count;
    if (needed > this.buffer.length) this.enlarge(needed);
    this.length = needed;
    return at;
  }

  private enlarge(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.buffer.length * 2));
    larger.set(this.buffer);
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }
}
