/** The presentation language of RFC 8446 §3: numbers in network order, and vectors. */
import { Refusal } from "./failure.ts";

/** Reads one message, or one vector of it; whatever does not fit is a decode_error, §6.2. */
export class VectorReader {
  #offset = 0;

  constructor(readonly bytes: Uint8Array) {}

  get isAtEnd(): boolean {
    return this.#offset === this.bytes.length;
  }

  get offset(): number {
    return this.#offset;
  }

  uint8(): number {
    return this.take(1)[0]!;
  }

  uint16(): number {
    const bytes = this.take(2);
    return bytes[0]! << 8 | bytes[1]!;
  }

  /** The next bytes, without a copy. */
  take(length: number): Uint8Array {
    const end = this.#offset + length;
    if (end > this.bytes.length) throw new Refusal("decode_error", "a message is cut short");
    const taken = this.bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }

  /** A vector whose length is one byte. */
  vector8(min: number, max = 0xff): Uint8Array {
    return this.#vector(this.uint8(), min, max);
  }

  /** A vector whose length is two bytes. */
  vector16(min: number, max = 0xffff): Uint8Array {
    return this.#vector(this.uint16(), min, max);
  }

  /** Nothing may follow what has been read. */
  end(): void {
    if (!this.isAtEnd) throw new Refusal("decode_error", "bytes follow the end of a message");
  }

  #vector(length: number, min: number, max: number): Uint8Array {
    if (length < min || length > max) {
      throw new Refusal("decode_error", `a vector of ${length} bytes where ${min} to ${max} fit`);
    }
    return this.take(length);
  }
}

/** The elements of a vector of 16-bit numbers. */
export function uint16List(vector: Uint8Array): number[] {
  const reader = new VectorReader(vector);
  const numbers: number[] = [];
  while (!reader.isAtEnd) numbers.push(reader.uint16());
  return numbers;
}

/** Compares what is no secret. */
export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** Writes one message. */
export class VectorWriter {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(512);
  #length = 0;

  uint8(value: number): this {
    this.#grow(1);
    this.#bytes[this.#length++] = value;
    return this;
  }

  uint16(value: number): this {
    return this.uint8(value >> 8 & 0xff).uint8(value & 0xff);
  }

  put(bytes: Uint8Array): this {
    this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  /** What `write` writes, after its length in so many bytes. */
  vector(lengthBytes: 1 | 2 | 3, write: () => void): this {
    this.#grow(lengthBytes);
    const start = this.#length += lengthBytes;
    write();
    let length = this.#length - start;
    for (let at = start - 1; at >= start - lengthBytes; at--) {
      this.#bytes[at] = length & 0xff;
      length >>= 8;
    }
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  #grow(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#length + more));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
