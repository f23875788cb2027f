/** A session at the side of the pool element: machine, connection, and what programs see. */

import {
  type DisconnectReason,
  type ElementSession,
  type ElementSessionInput,
  type ElementSessionOutput,
  type Limits,
  MuxElementSession,
  PlainElementSession,
  type SessionFault,
  type SessionTiming,
} from "../../core/mod.ts";
import type { Address, Connection, Secured } from "../../net/mod.ts";
import type { ErrorCause, PoolHandle } from "../../wire/mod.ts";
import { now } from "../clock.ts";
import { type CookieKeys, maxStateBytes } from "./cookie_key.ts";
import type { BusinessCard, ServedSession } from "./contract.ts";
import { reasonOf } from "./end_reason.ts";
import { requireEncodable } from "./encodable_card.ts";
import { Inbox, keepable, PIECE_BYTES } from "./inbox.ts";
import { readableOf, type SessionStreams } from "./session_streams.ts";
import { unawaited } from "./unawaited.ts";

/** Bytes queued to a user above which nothing more is read from it (its own pace rules it). */
const READ_PAUSE_BYTES = 256 * 1024;
const NOTHING = new Uint8Array(0);

/** The user of a session was lost: its connection ended before its data had ended. */
export class UserLost extends Error {
  /** The name of the class. */
  override readonly name = "UserLost";

  /** Of how the connection ended. */
  constructor(
    /** Where it was. */
    readonly remote: Address,
    readonly reason: DisconnectReason,
    readonly detail?: string | undefined,
  ) {
    super(
      `The user of the session was lost (${reason}${detail === undefined ? "" : `: ${detail}`})`,
    );
  }
}

/** What a session is served with. */
export interface ServedParts {
  readonly poolHandle: PoolHandle;
  /** Whether its pool has a control channel: Transport Use 1. */
  readonly hasControl: boolean;
  readonly limits: Limits;
  readonly timing: SessionTiming;
  readonly cookies: CookieKeys | undefined;
  /** The user is there, and its state is known. */
  readonly onBegan: (session: Served) => void;
  readonly onCard: (session: Served, card: BusinessCard) => void;
  readonly onDiscarded: (session: Served, messageType: string, why: string) => void;
  readonly onErrorReceived: (session: Served, causes: readonly ErrorCause[]) => void;
  /** Nothing follows. A fault without a beginning is one of a connection that was no session. */
  readonly onOver: (session: Served, fault: SessionFault | undefined, hasBegun: boolean) => void;
}

/** One session that is served. */
export class Served implements ServedSession {
  state: Uint8Array | undefined;
  businessCard: BusinessCard | undefined;
  /** What its receivers and senders are told once it has failed. */
  failure: Error | undefined;
  private readonly machine: ElementSession;
  private readonly inbox = new Inbox<Uint8Array>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isEnded = false;
  private isOver = false;
  private hasBegun = false;
  private isReading = false;
  private readonly over = Promise.withResolvers<void>();
  /** The last of what waits to be sent, and how much waits. */
  private chain: Promise<void> = Promise.resolve();
  private waiting = 0;
  private verified: Promise<void> | undefined;
  private closing: Promise<void> = Promise.resolve();
  private readonly streams: SessionStreams = {};

  constructor(private readonly connection: Connection, private readonly parts: ServedParts) {
    const { timing, limits } = parts;
    this.machine = parts.hasControl
      ? new MuxElementSession({ timing, limits }, now())
      : new PlainElementSession(timing);
  }

  get remote(): Address {
    return this.connection.remote;
  }

  /** Where the user has found this element. */
  get local(): Address {
    return this.connection.local;
  }

  get security(): Secured | undefined {
    return this.connection.secured;
  }

  /** Whether there is something to say against its connection. */
  isObjectedTo(objection: (connection: Connection) => string | undefined): boolean {
    return objection(this.connection) !== undefined;
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.streams.readable ??= readableOf(() => this.receive(), () => this.abort());
  }

  get writable(): WritableStream<Uint8Array> {
    return this.streams.writable ??= new WritableStream({
      write: (bytes) => this.send(bytes),
      close: () => this.end(),
      abort: () => this.abort(),
    });
  }

  /** Serves it until it is over. Never rejects. */
  async run(): Promise<void> {
    this.settle();
    while (!this.isOver) {
      this.isReading = true;
      const bytes = await this.connection.read();
      this.isReading = false;
      if (bytes === null) {
        this.step({ type: "disconnected", reason: reasonOf(this.connection) });
        this.noticeLoss();
        break;
      }
      this.step({ type: "received", bytes });
      if (this.verified !== undefined) await this.verified;
      await this.room();
    }
    await this.untilClosed();
  }

  /** Waits until the program and the user have taken most of what waits for them. */
  private async room(): Promise<void> {
    const { inbox, connection, parts: { limits: { maxSessionBytes } } } = this;
    if (inbox.size >= maxSessionBytes) {
      this.noticeLoss();
      this.step({ type: "unheard" });
      await inbox.below(maxSessionBytes);
    }
    while (connection.queuedBytes > READ_PAUSE_BYTES && !this.isOver) {
      this.step({ type: "unheard" });
      await connection.write(NOTHING);
    }
  }

  /** Resolved when its connection has ended; only when it is over. */
  private async untilClosed(): Promise<void> {
    await this.over.promise;
    await this.closing;
  }

  receive(): Promise<Uint8Array | undefined> {
    return this.inbox.take();
  }

  send(bytes: Uint8Array): Promise<void> {
    return unawaited(this.sendNow(bytes));
  }

  private async sendNow(bytes: Uint8Array): Promise<void> {
    await this.inOrder(() => {
      this.requireOpen();
      if (bytes.length > 0) this.step({ type: "command", command: { type: "send", bytes } });
    });
    await this.taken();
  }

  sendState(state: Uint8Array): Promise<void> {
    return unawaited(this.sendCookie(state));
  }

  private async sendCookie(state: Uint8Array): Promise<void> {
    const { cookies, hasControl, limits, poolHandle } = this.parts;
    if (!hasControl) throw new TypeError("A cookie needs a control channel: Transport Use 1");
    if (cookies === undefined) throw new TypeError("A cookie needs a key: `cookies` of `serve`");
    const most = maxStateBytes(limits.maxCookieBytes);
    if (state.length > most) {
      throw new RangeError(`A state of ${state.length} bytes is too long: ${most} at most`);
    }
    const copy = state.slice();
    await this.inOrder(async () => {
      this.requireOpen();
      const cookie = await cookies.sign(copy, poolHandle, this.security);
      this.step({ type: "command", command: { type: "send-cookie", cookie } });
    });
    await this.taken();
  }

  sendBusinessCard({ poolHandle, poolElements }: BusinessCard): void {
    const card = { poolHandle, poolElements };
    requireEncodable(card, this.parts.limits.maxFailoverOrder);
    this.step({ type: "command", command: { type: "send-card", card } });
  }

  end(): Promise<void> {
    return unawaited(this.endData());
  }

  private async endData(): Promise<void> {
    await this.inOrder(() => {
      this.isEnded = true;
      this.step({ type: "command", command: { type: "end" } });
    });
    await this.connection.write(NOTHING);
  }

  close(): Promise<void> {
    return unawaited(this.closeInOrder());
  }

  private async closeInOrder(): Promise<void> {
    await this.inOrder(() => {
      this.isEnded = true;
      this.inbox.drop();
      this.step({ type: "command", command: { type: "close" } });
    });
    await this.untilClosed();
  }

  abort(): void {
    this.isEnded = true;
    // Not an end of the user's data, which its receiver could take for all that was to come.
    if (!this.isOver) this.failure ??= new DOMException("The session was aborted", "AbortError");
    this.step({ type: "command", command: { type: "abort" } });
  }

  /** In the order of the calls: what is sent behind a cookie waits for its signature. */
  private inOrder(step: () => void | Promise<void>): Promise<void> {
    const done = this.waiting === 0 ? step() : this.chain.then(step);
    if (done === undefined) return Promise.resolve();
    this.waiting++;
    const counted = done.finally(() => this.waiting--);
    this.chain = counted.catch(() => {});
    return counted;
  }

  /** Resolved when the system has taken what was sent. */
  private async taken(): Promise<void> {
    const { connection } = this;
    await connection.write(NOTHING);
    this.noticeLoss();
    // Who sends on and on must let the reader have its turn.
    if (connection.isWriteLost) await this.over.promise;
    if (this.failure !== undefined) throw this.failure;
  }

  /** Who is not read any more, or not now, is known to be gone by writing alone. */
  private noticeLoss(): void {
    if (this.isReading || this.connection.isWriteLost !== true) return;
    this.step({ type: "disconnected", reason: "reset" });
  }

  private requireOpen(): void {
    if (this.failure !== undefined) throw this.failure;
    if (this.isOver || this.isEnded) throw new TypeError("The session's data has ended");
  }

  private step(input: ElementSessionInput): void {
    if (this.isOver) return;
    this.machine.handle(input, now());
    this.settle();
  }

  private settle(): void {
    for (let next = this.machine.poll(); next !== undefined; next = this.machine.poll()) {
      this.perform(next);
    }
    clearTimeout(this.timer);
    const deadline = this.isOver ? undefined : this.machine.deadline();
    if (deadline === undefined) return;
    const wait = Math.max(0, Math.ceil(deadline - now()));
    this.timer = setTimeout(() => this.step({ type: "deadline" }), wait);
  }

  private perform(output: ElementSessionOutput): void {
    const { connection, parts, inbox } = this;
    switch (output.type) {
      case "write":
        return void connection.write(output.bytes);
      case "data":
        return inbox.put(keepable(output.bytes), output.bytes.length + PIECE_BYTES);
      case "verify":
        this.verified = this.verify(output.cookie).finally(() => this.verified = undefined);
        return;
      case "began":
        this.state = output.state;
        this.hasBegun = true;
        return parts.onBegan(this);
      case "user-ended":
        return inbox.end();
      case "card":
        this.businessCard = output.card;
        return parts.onCard(this, output.card);
      case "discarded":
        return parts.onDiscarded(this, output.messageType, output.why);
      case "error-received":
        return parts.onErrorReceived(this, output.causes);
      case "end-write":
        return void connection.closeWrite();
      case "close":
        this.closing = connection.close();
        return;
      case "abort":
        return connection.abort();
      case "over":
        return this.onOver(output.fault);
    }
  }

  private async verify(cookie: Uint8Array): Promise<void> {
    const { cookies, poolHandle } = this.parts;
    const holder = { poolHandle, secured: this.security };
    const state = await cookies?.verify(cookie, holder).catch(() => undefined);
    this.step({ type: "verified", state });
  }

  private onOver(fault: SessionFault | undefined): void {
    this.isOver = true;
    if (fault !== undefined) {
      this.failure = new UserLost(this.remote, fault.reason, fault.detail);
    }
    this.inbox.end(this.failure);
    this.over.resolve();
    this.parts.onOver(this, fault, this.hasBegun);
  }
}
