/** A session at the side of the pool user: its machine, its connections, and what programs see. */

import {
  USER_SESSION_TIMING,
  UserSession,
  type UserSessionFailure,
  type UserSessionInput,
  type UserSessionOutput,
  type UserSessionTiming,
  wireTo,
} from "../../core/mod.ts";
import type { Connection, Secured } from "../../net/mod.ts";
import { ALL_ITEMS, type PoolElement, type PoolHandle } from "../../wire/mod.ts";
import { now } from "../clock.ts";
import type { Resolution } from "../pool_user_settings.ts";
import type { BusinessCard, ConnectOptions, ReceivedData, Session } from "./contract.ts";
import { dialElement } from "./element_address.ts";
import { dialFaultOf, reasonOf } from "./end_reason.ts";
import { requireEncodable } from "./encodable_card.ts";
import { Inbox, keepable, PIECE_BYTES } from "./inbox.ts";
import { announceFailover, connectAnew } from "./user_failover.ts";
import { SessionFailed } from "./session_failed.ts";
import { unawaited } from "./unawaited.ts";
import { readableOf, type SessionStreams } from "./session_streams.ts";
import type { UserSessionParts } from "./user_parts.ts";

/** Bytes queued to an element above which answers that nobody needs are left out. */
export const REPLY_LIMIT_BYTES = 256 * 1024;
/** A resolution ends so long before the session gives up: it says more about why. */
const RESOLVE_MARGIN_MS = 20;
/** The longest time that one timer can span. */
const MAX_TIMER_MS = 0x7fffffff;

interface Link {
  readonly attempt: number;
  readonly connection: Connection;
}

/** One session of a pool user. */
export class PoolSession implements Session {
  businessCard: BusinessCard | undefined;
  security: Secured | undefined;
  /** Resolved when it is on its first element. */
  readonly ready: Promise<void>;
  /** Resolved when nothing follows. */
  readonly over: Promise<void>;
  private readonly machine: UserSession;
  private readonly timing: UserSessionTiming;
  private readonly inbox = new Inbox<ReceivedData>();
  private readonly sends = new Map<number, PromiseWithResolvers<PoolElement | undefined>>();
  private readonly opening = Promise.withResolvers<void>();
  private readonly ending = Promise.withResolvers<void>();
  private element: PoolElement | undefined;
  private known: Resolution | undefined;
  private dial: { readonly attempt: number; readonly abort: AbortController } | undefined;
  private link: Link | undefined;
  private closing: Promise<void> = Promise.resolve();
  private lastSend = 0;
  private isEnded = false;
  private reading: Connection | undefined;
  private failure: { readonly error: unknown } | undefined;
  /** What the program, or the pool user, has said last. */
  private cause: unknown;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly streams: SessionStreams = {};

  constructor(
    private readonly parts: UserSessionParts,
    readonly poolHandle: PoolHandle,
    private readonly options: ConnectOptions,
    first: number | undefined,
  ) {
    const { limits, random } = parts;
    const timing = this.timing = { ...USER_SESSION_TIMING, ...parts.timing };
    const { timeoutMs = timing.connectTimeoutMs, failover = true, to } = options;
    this.ready = this.opening.promise;
    this.over = this.ending.promise;
    this.ready.catch(() => {});
    this.machine = new UserSession({
      poolHandle,
      timing: { ...timing, connectTimeoutMs: timeoutMs },
      limits,
      random,
      failover,
      first,
      requiresFirst: to !== undefined,
      order: options.order,
      businessCard: options.businessCard,
    }, now());
    options.signal?.addEventListener("abort", this.onAbort);
    this.settle();
  }

  get poolElement(): PoolElement {
    return this.element!;
  }

  get readable(): ReadableStream<Uint8Array> {
    const receive = async () => (await this.receive())?.bytes;
    return this.streams.readable ??= readableOf(receive, (reason) => this.abort(reason));
  }

  get writable(): WritableStream<Uint8Array> {
    return this.streams.writable ??= new WritableStream({
      write: async (bytes) => void await this.send(bytes),
      close: () => this.end(),
      abort: (reason) => this.abort(reason),
    });
  }

  receive(): Promise<ReceivedData | undefined> {
    return this.inbox.take();
  }

  send(bytes: Uint8Array): Promise<PoolElement> {
    return unawaited(this.handOver(bytes));
  }

  end(): Promise<void> {
    return unawaited(this.endData());
  }

  private async handOver(bytes: Uint8Array): Promise<PoolElement> {
    if (this.failure !== undefined) throw this.failure.error;
    if (this.isEnded || this.machine.isOver) throw new TypeError("The session's data has ended");
    return (await this.ask((send) => ({ type: "send", send, bytes })))!;
  }

  sendBusinessCard(card: BusinessCard): void {
    requireEncodable(card, this.parts.limits.maxFailoverOrder);
    this.step({ type: "command", command: { type: "send-card", card } });
  }

  private async endData(): Promise<void> {
    if (this.failure !== undefined) throw this.failure.error;
    if (this.isEnded) return;
    this.isEnded = true;
    await this.ask((send) => ({ type: "end", send }));
  }

  async close(): Promise<void> {
    this.isEnded = true;
    this.inbox.drop();
    // Whoever closes does not care how.
    void this.ask((send) => ({ type: "close", send })).catch(() => {});
    await this.over;
    await this.closing;
  }

  abort(reason?: unknown): void {
    this.cause = reason ?? new DOMException("The session was aborted", "AbortError");
    this.isEnded = true;
    this.step({ type: "command", command: { type: "abort" } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private readonly onAbort = () => this.abort(this.options.signal!.reason);

  private ask(
    command: (send: number) => (UserSessionInput & { readonly type: "command" })["command"],
  ): Promise<PoolElement | undefined> {
    if (this.machine.isOver) return Promise.resolve(undefined);
    const send = ++this.lastSend;
    const sent = Promise.withResolvers<PoolElement | undefined>();
    this.sends.set(send, sent);
    this.step({ type: "command", command: command(send) });
    return sent.promise;
  }

  private step(input: UserSessionInput): void {
    if (this.machine.isOver) return;
    this.machine.handle(input, now());
    this.settle();
  }

  private settle(): void {
    for (let next = this.machine.poll(); next !== undefined; next = this.machine.poll()) {
      this.perform(next);
    }
    clearTimeout(this.timer);
    const deadline = this.machine.deadline();
    if (deadline === undefined) return;
    const waitMs = Math.min(MAX_TIMER_MS, Math.max(0, Math.ceil(deadline - now())));
    this.timer = setTimeout(() => this.step({ type: "deadline" }), waitMs);
  }

  private perform(output: UserSessionOutput): void {
    switch (output.type) {
      case "resolve":
        return this.resolve(output);
      case "dial":
        return void this.connect(output);
      case "hang-up":
        return this.hangUp(output);
      case "report":
        return this.parts.report(this.poolHandle, output.identifier);
      case "announce":
        return void this.announce(output);
      case "start":
        return void this.read(this.link!);
      case "write":
      case "reply":
      case "end-write":
        return this.write(output);
      case "over":
        return this.onOver(output);
      default:
        return this.tell(output);
    }
  }

  private tell(output: UserSessionOutput): void {
    switch (output.type) {
      case "opened":
        this.element = output.element;
        this.security = this.link!.connection.secured;
        return this.opening.resolve();
      case "handed":
        this.sends.get(output.send)?.resolve(output.element);
        this.sends.delete(output.send);
        return;
      case "data":
        return this.inbox.put(
          { bytes: keepable(output.bytes), poolElement: output.element },
          output.bytes.length + PIECE_BYTES,
        );
      case "element-ended":
        return this.inbox.end();
      case "card":
        return this.onCard(output.card);
    }
  }

  private onCard(card: BusinessCard): void {
    this.businessCard = card;
    try {
      this.options.onBusinessCard?.(card);
    } catch (error) {
      this.abort(error);
    }
  }

  /** What is known is used at once, even if it is stale: whom it names in vain is tried in vain. */
  private resolve({ request, isFresh }: UserSessionOutput & { type: "resolve" }): void {
    const { parts, poolHandle, machine } = this;
    const known = isFresh ? undefined : parts.cached(poolHandle) ?? this.known;
    if (known !== undefined) return this.onResolved(request, known);
    const leftMs = (machine.deadline() ?? now()) - now();
    const timeoutMs = Math.max(1, leftMs - RESOLVE_MARGIN_MS);
    const asked = isFresh
      ? parts.refresh(poolHandle, { items: ALL_ITEMS, timeoutMs })
      : parts.resolve(poolHandle, { timeoutMs });
    asked.then((resolution) => this.onResolved(request, resolution), (error) => {
      if (machine.isOver) return;
      this.cause = error;
      this.step({ type: "unresolved", request });
    });
  }

  private onResolved(request: number, resolution: Resolution): void {
    this.known = resolution;
    const { policy, poolElements } = resolution;
    const propose = () => {
      try {
        return this.parts.choose(resolution);
      } catch { // None of them may be chosen.
        return undefined;
      }
    };
    this.step({ type: "resolved", request, pool: { policy, poolElements, propose } });
  }

  private async connect(output: UserSessionOutput & { type: "dial" }): Promise<void> {
    const { attempt, element, timeoutMs } = output;
    const abort = new AbortController();
    this.dial = { attempt, abort };
    let connection: Connection;
    try {
      connection = await dialElement(element, { ...this.options, timeoutMs, signal: abort.signal });
    } catch (error) {
      return this.step({ type: "disconnected", attempt, ...dialFaultOf(error) });
    }
    if (abort.signal.aborted) return connection.abort();
    this.link = { attempt, connection };
    this.step({ type: "connected", attempt });
  }

  private hangUp({ attempt, how }: UserSessionOutput & { type: "hang-up" }): void {
    if (this.dial?.attempt === attempt) this.dial.abort.abort();
    if (this.link?.attempt !== attempt) return;
    const { connection } = this.link;
    if (how === "close") this.closing = connection.close();
    else connection.abort();
  }

  private async announce(output: UserSessionOutput & { type: "announce" }): Promise<void> {
    const { attempt, from, to, hasCookie } = output;
    const { options: { onFailover }, poolHandle, link } = this;
    if (onFailover === undefined) return this.step({ type: "announced", attempt, greeting: [] });
    const since = now();
    let greeting: Uint8Array[];
    try {
      greeting = await announceFailover(onFailover, {
        poolHandle,
        from: from.element,
        to,
        reason: from.reason,
        detail: from.detail,
        securityLost: this.security,
        security: link!.connection.secured,
        hasCookie,
      });
    } catch (error) {
      this.cause = error;
      return this.step({ type: "vetoed", attempt });
    }
    const isLate = wireTo(to.transport).hasControl && now() - since >= this.timing.prefaceMs / 2;
    if (isLate && !this.machine.isOver) await this.renew(link!, to);
    this.step({ type: "announced", attempt, greeting });
  }

  private async renew({ attempt, connection }: Link, to: PoolElement): Promise<void> {
    const abort = new AbortController();
    this.dial = { attempt, abort };
    const { elementDialMs: timeoutMs } = this.timing;
    const dial = { ...this.options, timeoutMs, signal: abort.signal };
    this.link = { attempt, connection: await connectAnew(connection, to, dial) };
  }

  private async read({ attempt, connection }: Link): Promise<void> {
    while (this.link?.attempt === attempt && !this.machine.isOver) {
      this.reading = connection;
      const bytes = await connection.read();
      if (this.reading === connection) this.reading = undefined;
      if (bytes === null) {
        this.step({ type: "disconnected", attempt, reason: reasonOf(connection) });
        this.noticeLoss(attempt, connection);
        break;
      }
      this.step({ type: "received", attempt, bytes });
      const { maxSessionBytes } = this.parts.limits;
      if (this.inbox.size >= maxSessionBytes) {
        this.step({ type: "unheard", attempt });
        this.noticeLoss(attempt, connection);
      }
      await this.inbox.below(maxSessionBytes);
    }
  }

  private write(
    output: UserSessionOutput & { readonly type: "write" | "reply" | "end-write" },
  ): void {
    const { attempt } = output;
    const { connection } = this.link!;
    if (output.type === "reply") {
      if (connection.queuedBytes <= REPLY_LIMIT_BYTES) void connection.write(output.bytes);
      return;
    }
    const taken = output.type === "write"
      ? connection.write(output.bytes)
      : connection.closeWrite();
    const { send } = output;
    void taken.then(() => {
      // Who sends on and on must let the reader have its turn.
      if (connection.isWriteLost) return this.noticeLoss(attempt, connection);
      if (send !== undefined) this.step({ type: "written", attempt, send });
    });
  }

  /** Who is not read any more, or not now, is known to be gone by writing alone. */
  private noticeLoss(attempt: number, connection: Connection): void {
    if (this.reading === connection || connection.isWriteLost !== true) return;
    this.step({ type: "disconnected", attempt, reason: "reset" });
  }

  private onOver({ failure, attempts }: UserSessionOutput & { type: "over" }): void {
    this.options.signal?.removeEventListener("abort", this.onAbort);
    if (failure !== undefined) {
      const error = this.errorOf(failure, attempts);
      this.failure = { error };
      this.inbox.end(error as Error);
      this.opening.reject(error);
    } else this.inbox.end();
    for (const sent of this.sends.values()) {
      if (this.failure === undefined) sent.resolve(this.element);
      else sent.reject(this.failure.error);
    }
    this.sends.clear();
    this.ending.resolve();
  }

  private errorOf(failure: UserSessionFailure, attempts: SessionFailed["attempts"]): unknown {
    const { cause, poolHandle } = this;
    if (failure === "unresolved" || failure === "vetoed" || failure === "aborted") return cause;
    return new SessionFailed(poolHandle, failure, attempts, cause === undefined ? {} : { cause });
  }
}
