/**
 * A growing writer in network byte order. It knows no parameter; padding is the schema's affair.
 */

const INITIAL_BYTES = 512;

/** Bytes being written. */
export class Sink {
  private buffer = new Uint8Array(INITIAL_BYTES);
  length = 0;

  u8(value: number): void {
    const at = this.grow(1);
    this.buffer[at] = value;
  }

  u16(value: number): void {
    const at = this.grow(2);
    this.patchU16(at, value);
  }

  u32(value: number): void {
    const at = this.grow(4);
    this.patchU16(at, value >>> 16);
    this.patchU16(at + 2, value);
  }

  bytes(value: Uint8Array): void {
    const at = this.grow(value.length);
    this.buffer.set(value, at);
  }

  /** One byte a character, all of which are known to be ASCII. */
  ascii(text: string): void {
    const at = this.grow(text.length);
    for (let i = 0; i < text.length; i++) this.buffer[at + i] = text.charCodeAt(i);
  }

  /** Zero bytes up to the next multiple of four. */
  align(): void {
    while (this.length % 4 !== 0) this.u8(0);
  }

  /** Overwrites the 16 bits at `offset`: a length that is known only at the end. */
  patchU16(offset: number, value: number): void {
    this.buffer[offset] = value >>> 8;
    this.buffer[offset + 1] = value;
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
    this.length = at + count;
    if (this.length > this.buffer.length) this.enlarge();
    return at;
  }

  private enlarge(): void {
    const larger = new Uint8Array(Math.max(this.length, this.buffer.length * 2));
    larger.set(this.buffer);
    this.buffer = larger;
  }
}
