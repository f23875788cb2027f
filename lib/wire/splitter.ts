/**
 * Messages from a stream of bytes. docs/tcp-mapping.md: a message's own length, rounded up to four,
 * delimits it; nothing else is added.
 */

import { HEADER_BYTES, MAX_MESSAGE_BYTES } from "./limits.ts";
import { padded } from "./schema.ts";

const NOTHING = new Uint8Array(0);
const SMALLEST_BUFFER = 64;
/** Bytes of garbage that are kept to say what it is. */
const HEAD_BYTES = 256;

/** What a chunk of the stream amounted to. */
export type Split =
  | { readonly kind: "message"; readonly bytes: Uint8Array }
  /**
   * No message begins here: the stream is lost. `head` has the first bytes of what came instead.
   */
  | { readonly kind: "garbage"; readonly detail: string; readonly head: Uint8Array };

/**
 * Collects bytes until whole messages are there. It never holds more than one partial message, nor
 * more than twice the bytes of it that came. After garbage it yields nothing more.
 *
 * @example
 * ```ts
 * import { hex, MessageSplitter, parseHex } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const splitter = new MessageSplitter();
 * assert.deepEqual([...splitter.split(parseHex("0b0000"))], []);
 * assert.equal(splitter.pendingBytes, 3);
 * for (const split of splitter.split(parseHex("08000d0004"))) {
 *   assert(split.kind === "message");
 *   assert.equal(hex(split.bytes), "0b000008000d0004");
 * }
 * ```
 */
export class MessageSplitter {
  private partial: Uint8Array = NOTHING;
  private filled = 0;
  private broken = false;

  /** Bytes of a message that is not whole yet. */
  get pendingBytes(): number {
    return this.filled;
  }

  /**
   * Yields each message that is complete with this chunk. The bytes are a view into the chunk or
   * into this object, valid until the next call. Whoever stops before the end loses the rest of the
   * chunk.
   */
  *split(chunk: Uint8Array): Generator<Split, void> {
    let offset = 0;
    while (!this.broken && offset < chunk.length) {
      if (this.filled > 0) {
        offset += this.fill(chunk, offset);
        const length = this.expected(this.partial, 0, this.filled);
        if (length === undefined) return;
        if (length < HEADER_BYTES || isForeign(this.partial, 0)) {
          return yield this.garbage(this.partial.slice(0, this.filled));
        }
        if (this.filled < length) continue;
        const whole = this.partial.subarray(0, length);
        this.filled = 0;
        this.partial = NOTHING;
        yield { kind: "message", bytes: whole };
        continue;
      }
      const length = this.expected(chunk, offset, chunk.length - offset);
      if (length !== undefined && (length < HEADER_BYTES || isForeign(chunk, offset))) {
        return yield this.garbage(chunk.slice(offset));
      }
      if (length === undefined || length > chunk.length - offset) return this.keep(chunk, offset);
      yield { kind: "message", bytes: chunk.subarray(offset, offset + length) };
      offset += length;
    }
  }

  /** Bytes on the wire of the message that begins at `offset`, if so much is there. */
  private expected(bytes: Uint8Array, offset: number, available: number): number | undefined {
    if (available < HEADER_BYTES) return undefined;
    const length = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
    return length < HEADER_BYTES ? length : padded(length);
  }

  /** Takes what completes the partial message, no more. */
  private fill(chunk: Uint8Array, offset: number): number {
    const wanted = this.filled < HEADER_BYTES
      ? HEADER_BYTES - this.filled
      : this.expected(this.partial, 0, this.filled)! - this.filled;
    const taken = Math.min(wanted, chunk.length - offset);
    this.reserve(this.filled + taken);
    this.partial.set(chunk.subarray(offset, offset + taken), this.filled);
    this.filled += taken;
    return taken;
  }

  /** Keeps the beginning of a message. */
  private keep(chunk: Uint8Array, offset: number): void {
    const length = chunk.length - offset;
    this.reserve(length);
    this.partial.set(chunk.subarray(offset), 0);
    this.filled = length;
  }

  /** Has room for so many bytes of it. */
  private reserve(length: number): void {
    if (this.partial.length >= length) return;
    const size = Math.max(length, this.partial.length * 2, SMALLEST_BUFFER);
    const larger = new Uint8Array(Math.min(size, MAX_MESSAGE_BYTES));
    larger.set(this.partial.subarray(0, this.filled));
    this.partial = larger;
  }

  /** Nothing more is read. */
  private garbage(head: Uint8Array): Split {
    this.broken = true;
    this.filled = 0;
    this.partial = NOTHING;
    return { kind: "garbage", detail: describe(head), head: head.slice(0, HEAD_BYTES) };
  }
}

/** First four bytes of what else is spoken on TCP ports, read as a message would be nonsense. */
const FOREIGN: readonly (readonly [head: string, name: string])[] = [
  ["HTTP", "an HTTP response"],
  ["GET ", "an HTTP request"],
  ["POST", "an HTTP request"],
  ["PUT ", "an HTTP request"],
  ["HEAD", "an HTTP request"],
  ["DELE", "an HTTP request"],
  ["PATC", "an HTTP request"],
  ["OPTI", "an HTTP request"],
  ["CONN", "an HTTP request"],
  ["PRI ", "an HTTP/2 request"],
  ["SSH-", "an SSH greeting"],
  ["\x16\x03", "a TLS handshake"],
];

function foreignName(bytes: Uint8Array, offset: number): string | undefined {
  for (const [head, name] of FOREIGN) {
    let i = 0;
    while (i < head.length && bytes[offset + i] === head.charCodeAt(i)) i++;
    if (i === head.length) return name;
  }
  return undefined;
}

/** No type that begins so is assigned or likely: the lowest of them is 0x16. */
function isForeign(bytes: Uint8Array, offset: number): boolean {
  return bytes[offset]! >= 0x16 && foreignName(bytes, offset) !== undefined;
}

/** Names what came instead of a message, as far as its first bytes tell. */
function describe(head: Uint8Array): string {
  const foreign = foreignName(head, 0);
  if (foreign !== undefined) return `The first bytes are those of ${foreign}`;
  const length = (head[2]! << 8) | head[3]!;
  return `Message Length is ${length}, below 4`;
}
