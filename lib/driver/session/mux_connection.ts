/** A connection with a control channel, seen as the bytes of its data channel (§15). */

import { type ElementWire, type Limits, readControl, type WirePiece } from "../../core/mod.ts";
import type { Address, Connection, ConnectionEnd, Secured } from "../../net/mod.ts";
import { asap, controlFrame } from "../../wire/mod.ts";
import { now } from "../clock.ts";

/** Bytes queued to an element above which answers that nobody needs are left out. */
const REPLY_LIMIT_BYTES = 256 * 1024;
const NOTHING = new Uint8Array(0);

/** What comes over the control channel is answered if it must be, and ignored. */
export class MuxConnection implements Connection {
  readonly remote: Address;
  readonly local: Address;
  readonly secured: Secured | undefined;
  /** What was wrong with the stream, in words. */
  fault: string | undefined;
  /** Bytes that came behind the preface, or with others. */
  private readonly waiting: Uint8Array[] = [];
  private end: ConnectionEnd | undefined;
  private hasSpoken = false;
  private isWriteEnded = false;
  private partialLeftMs: number;
  private partialTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly inner: Connection,
    private readonly wire: ElementWire,
    private readonly limits: Limits,
  ) {
    this.remote = inner.remote;
    this.local = inner.local;
    this.secured = inner.secured;
    this.partialLeftMs = limits.partialMessageMs;
  }

  get ended(): ConnectionEnd | undefined {
    return this.waiting.length === 0 ? this.end : undefined;
  }

  get isWriteLost(): boolean | undefined {
    return this.inner.isWriteLost;
  }

  get queuedBytes(): number {
    return this.inner.queuedBytes;
  }

  /** Sends the preface; resolved with `true` when that of the other side has come. */
  async greet(): Promise<boolean> {
    for (const bytes of this.wire.greeting(false)) void this.inner.write(bytes);
    while (!this.hasSpoken && this.end === undefined) await this.receive();
    return this.hasSpoken;
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const bytes = this.waiting.shift();
      if (bytes !== undefined) return bytes;
      if (this.end !== undefined) return null;
      await this.receive();
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    if (this.isWriteEnded) return;
    for (const piece of this.wire.data(bytes)) void this.inner.write(piece);
    await this.inner.write(NOTHING);
  }

  async closeWrite(): Promise<void> {
    if (this.isWriteEnded) return;
    this.isWriteEnded = true;
    await this.inner.write(this.wire.end() ?? NOTHING);
  }

  async close(): Promise<void> {
    void this.closeWrite();
    this.finish("closed-here");
    this.waiting.length = 0;
    await this.inner.close();
  }

  abort(): void {
    this.isWriteEnded = true;
    this.finish("closed-here");
    this.waiting.length = 0;
    this.inner.abort();
  }

  private async receive(): Promise<void> {
    const chunk = await this.heard();
    if (this.end !== undefined) return;
    if (chunk === null) {
      return this.finish(this.inner.ended === "timed-out" ? "timed-out" : "reset");
    }
    for (const piece of this.wire.receive(chunk)) this.onPiece(piece);
  }

  /** What is missing is the element's fault only while it is waited for. */
  private async heard(): Promise<Uint8Array | null> {
    const { limits: { partialMessageMs }, wire, hasSpoken } = this;
    if (!wire.isPartial || !hasSpoken) return await this.inner.read();
    const why = `no rest of a message within ${partialMessageMs} ms`;
    const began = now();
    this.partialTimer = setTimeout(() => this.break(why), this.partialLeftMs);
    const chunk = await this.inner.read();
    clearTimeout(this.partialTimer);
    this.partialLeftMs = Math.max(0, this.partialLeftMs - (now() - began));
    return chunk;
  }

  private onPiece(piece: WirePiece): void {
    // What is whole makes room for the time of the next.
    this.partialLeftMs = this.limits.partialMessageMs;
    switch (piece.kind) {
      case "spoken":
        this.hasSpoken = true;
        return;
      case "data":
        this.waiting.push(piece.bytes);
        return;
      case "end":
        return this.finish("closed");
      case "control":
        return this.answer(piece.bytes);
      case "garbage":
        return this.break(piece.detail);
    }
  }

  private answer(bytes: Uint8Array): void {
    const { causes } = readControl(bytes, "user", this.limits);
    if (causes.length === 0 || this.queuedBytes > REPLY_LIMIT_BYTES) return;
    void this.inner.write(controlFrame(asap.encode({ type: "ASAP_ERROR", causes })));
  }

  /** What was read before counts. */
  private break(why: string): void {
    this.fault = why;
    this.finish("reset");
    this.inner.abort();
  }

  private finish(ended: ConnectionEnd): void {
    this.end ??= ended;
    clearTimeout(this.partialTimer);
  }
}
