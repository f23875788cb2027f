/**
 * Data and control on one TCP connection between a pool user and a pool element. RFC 5355 §2.16;
 * docs/tcp-mapping.md §15.
 */

import { MAX_MESSAGE_BYTES } from "./limits.ts";

/** What either side sends first: "RSerPool", the version, flags, two bytes of nothing. */
export const SESSION_PREFACE: Uint8Array<ArrayBuffer> = preface(0x00);
/** What a user sends first that has a cookie: its first frame is an ASAP_COOKIE_ECHO. */
export const SESSION_PREFACE_WITH_COOKIE: Uint8Array<ArrayBuffer> = preface(0x01);

/** RFC 5352 §5: messages of the data channel must not carry the identifier of ASAP. */
export const DATA_PPID = 0;
/** The payload protocol identifier that is registered for ASAP: the control channel. */
export const CONTROL_PPID = 11;
/** Bytes in front of the payload of a frame: PPID and length, four bytes each. */
export const FRAME_HEADER_BYTES = 8;
/** The longest payload of a frame. */
export const MAX_FRAME_PAYLOAD_BYTES = 65_536;

/** How many bytes of the preface must be right whatever the version. */
const NAME_BYTES = 8;
/** Where the flags stand in a preface, and the only one. */
const FLAGS_OFFSET = 9;
const COOKIE_FLAG = 0x01;
const NOTHING = new Uint8Array(0);

/** What of a session's stream has come. */
export type SessionPiece =
  /**
   * The other side speaks this mapping: always the first piece. It says whether an ASAP_COOKIE_ECHO
   * will be the first frame: an element that speaks first need not wait for what will not come.
   */
  | { readonly kind: "preface"; readonly hasCookie: boolean }
  /** Bytes of the data channel; a frame's may come in pieces. */
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  /** The other side will send no more data. */
  | { readonly kind: "end" }
  /** One message of the control channel, whole. */
  | { readonly kind: "control"; readonly bytes: Uint8Array }
  /** The stream is lost; nothing comes after it. */
  | { readonly kind: "garbage"; readonly detail: string };

function preface(flags: number): Uint8Array<ArrayBuffer> {
  const name = [0x52, 0x53, 0x65, 0x72, 0x50, 0x6f, 0x6f, 0x6c]; // RSerPool
  return Uint8Array.of(...name, 0x01, flags, 0x00, 0x00);
}

/** The header of a frame. */
export function frameHeader(ppid: number, length: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, ppid);
  view.setUint32(4, length);
  return header;
}

/** Bytes of the data channel as frames, in pieces to be written one after the other. */
export function dataFrames(bytes: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += MAX_FRAME_PAYLOAD_BYTES) {
    const payload = bytes.subarray(at, at + MAX_FRAME_PAYLOAD_BYTES);
    pieces.push(frameHeader(DATA_PPID, payload.length), payload);
  }
  return pieces;
}

/** The frame that ends the data of one direction. */
export function endFrame(): Uint8Array<ArrayBuffer> {
  return frameHeader(DATA_PPID, 0);
}

/** A message of ASAP as a frame of the control channel. */
export function controlFrame(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(FRAME_HEADER_BYTES + message.length);
  frame.set(frameHeader(CONTROL_PPID, message.length));
  frame.set(message, FRAME_HEADER_BYTES);
  return frame;
}

/**
 * Takes a session's stream apart. It holds at most one message of the control channel, and no data.
 *
 * @example
 * ```ts
 * import { dataFrames, SESSION_PREFACE, SessionSplitter } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const splitter = new SessionSplitter();
 * assert.deepEqual([...splitter.split(SESSION_PREFACE)], [{ kind: "preface", hasCookie: false }]);
 * const [header, payload] = dataFrames(Uint8Array.of(1, 2, 3));
 * assert.deepEqual([...splitter.split(header!)], []);
 * assert.deepEqual([...splitter.split(payload!)], [{ kind: "data", bytes: payload }]);
 * ```
 */
export class SessionSplitter {
  private state: "preface" | "header" | "data" | "control" | "skipped" | "broken" = "preface";
  /** What is being collected, of which `filled` bytes have come. */
  private partial = new Uint8Array(SESSION_PREFACE.length);
  private filled = 0;
  /** Bytes of the payload that have not come yet; of what is collected, its length says so. */
  private left = 0;

  /**
   * Whether part of a preface, of a frame's header or of a message has come and its rest has not.
   * The payload of a frame of data may take its time.
   */
  get isPartial(): boolean {
    return this.filled > 0 || this.state === "control";
  }

  /**
   * Yields what a chunk brings, in order. Bytes are views into the chunk or into this object, valid
   * until the next call. Whoever stops before the end loses the rest of the chunk.
   */
  *split(chunk: Uint8Array): Generator<SessionPiece, void> {
    let offset = 0;
    while (offset < chunk.length && this.state !== "broken") {
      if (this.state === "data" || this.state === "skipped") {
        const bytes = chunk.subarray(offset, offset + this.left);
        const isData = this.state === "data";
        offset += bytes.length;
        this.left -= bytes.length;
        if (this.left === 0) this.collect("header", FRAME_HEADER_BYTES);
        if (isData) yield { kind: "data", bytes };
        continue;
      }
      const bytes = chunk.subarray(offset, offset + this.partial.length - this.filled);
      this.partial.set(bytes, this.filled);
      this.filled += bytes.length;
      offset += bytes.length;
      const piece = this.state === "preface" ? this.onPreface() : this.onFilled();
      if (piece !== undefined) yield piece;
    }
  }

  /** So many bytes must be there before it goes on. */
  private collect(state: "header" | "control", length: number): void {
    this.state = state;
    this.partial = new Uint8Array(length);
    this.filled = 0;
  }

  /** A wrong byte is told at once: whoever speaks something else may wait for an answer to it. */
  private onPreface(): SessionPiece | undefined {
    for (let at = 0; at < Math.min(this.filled, NAME_BYTES); at++) {
      if (this.partial[at] !== SESSION_PREFACE[at]) return this.garbage("it begins otherwise");
    }
    const version = this.partial[NAME_BYTES]!;
    if (this.filled > NAME_BYTES && version !== SESSION_PREFACE[NAME_BYTES]) {
      return this.garbage(`its version is ${version}, and not 1`);
    }
    if (this.filled < this.partial.length) return undefined;
    const hasCookie = (this.partial[FLAGS_OFFSET]! & COOKIE_FLAG) !== 0;
    this.collect("header", FRAME_HEADER_BYTES);
    return { kind: "preface", hasCookie };
  }

  /** A header or a message is there as a whole, or not yet. */
  private onFilled(): SessionPiece | undefined {
    if (this.filled < this.partial.length) return undefined;
    if (this.state === "header") return this.onHeader();
    const bytes = this.partial;
    this.collect("header", FRAME_HEADER_BYTES);
    return { kind: "control", bytes };
  }

  /** A frame begins. */
  private onHeader(): SessionPiece | undefined {
    const view = new DataView(this.partial.buffer);
    const ppid = view.getUint32(0);
    const length = view.getUint32(4);
    if (length > MAX_FRAME_PAYLOAD_BYTES) {
      return this.garbage(`a frame of ${length} bytes, of ${MAX_FRAME_PAYLOAD_BYTES} at most`);
    }
    if (ppid === CONTROL_PPID) return this.onControlHeader(length);
    this.filled = 0;
    if (length === 0) return ppid === DATA_PPID ? { kind: "end" } : undefined;
    this.state = ppid === DATA_PPID ? "data" : "skipped";
    this.left = length;
    return undefined;
  }

  /** A frame of the control channel begins. */
  private onControlHeader(length: number): SessionPiece | undefined {
    if (length > MAX_MESSAGE_BYTES) {
      return this.garbage(`a message of ${length} bytes, of ${MAX_MESSAGE_BYTES} at most`);
    }
    if (length === 0) return this.garbage("a frame of the control channel without a message");
    this.collect("control", length);
    return undefined;
  }

  /** Nothing more is read. */
  private garbage(detail: string): SessionPiece {
    this.state = "broken";
    this.partial = NOTHING;
    this.filled = 0;
    return { kind: "garbage", detail };
  }
}
