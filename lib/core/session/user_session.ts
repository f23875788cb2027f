/**
 * The user's side of a session, without sockets and clock: one stream to a pool that survives its
 * elements. RFC 5351 §4.2; RFC 5352 §3.5, §3.8, §3.9 and §6.5; docs/tcp-mapping.md §15.
 */

import {
  asap,
  type AsapMessage,
  CAUSE,
  controlFrame,
  type ErrorCause,
  type PoolElement,
} from "../../wire/mod.ts";
import type { DisconnectReason, Instant } from "../machine.ts";
import { Timers } from "../timers.ts";
import { type ControlMessage, readControl } from "./control_channel.ts";
import { connectedTo, type CurrentElement } from "./current_element.ts";
import type { Card, SessionFault } from "./element_contract.ts";
import { ElementSearch } from "./element_search.ts";
import { type WirePiece, wireTo } from "./element_wire.ts";
import { Outgoing } from "./outgoing.ts";
import type {
  ElementFailure,
  UserSessionCommand,
  UserSessionFailure,
  UserSessionInput,
  UserSessionOptions,
  UserSessionOutput,
} from "./user_contract.ts";

/** A session. It never throws for anything that an element can send. */
export class UserSession {
  private readonly outputs: UserSessionOutput[] = [];
  private readonly timers = new Timers<"give-up" | "pause" | "preface" | "partial" | "end">();
  private readonly search: ElementSearch;
  private readonly outgoing: Outgoing;
  private phase: "choosing" | "connecting" | "announcing" | "open" | "ended" = "choosing";
  private request = 0;
  private attempt = 0;
  private dialled: PoolElement | undefined;
  private dialMs = 0;
  private announcedAt: Instant = 0;
  private current: CurrentElement | undefined;
  private lost: ElementFailure | undefined;
  private hasOpened = false;
  private cookie: Uint8Array | undefined;
  private card: Card | undefined;
  private isClosing = false;
  private isElementEnded = false;

  constructor(private readonly options: UserSessionOptions, now: Instant) {
    this.search = new ElementSearch(options, now);
    const { maxUnsentBytes } = options.limits;
    this.outgoing = new Outgoing(maxUnsentBytes, (output) => this.outputs.push(output));
    this.card = options.businessCard;
    this.timers.set("give-up", this.search.giveUpAt);
    this.ask(false);
  }

  /** Whether nothing follows. */
  get isOver(): boolean {
    return this.phase === "ended";
  }

  handle(input: UserSessionInput, now: Instant): void {
    if (this.phase === "ended") return;
    if ("attempt" in input && input.attempt !== this.attempt) return;
    if ("request" in input && input.request !== this.request) return;
    switch (input.type) {
      case "resolved":
        this.search.learn(input.pool);
        return this.advance(now);
      case "unresolved":
        if (!this.hasOpened && this.search.failures.length === 0) return this.finish("unresolved");
        return this.advance(now);
      case "connected":
        return this.onConnected(now);
      case "announced":
        return this.onAnnounced(input.greeting, now);
      case "vetoed":
        if (this.phase === "announcing") this.finish("vetoed");
        return;
      case "received":
        return this.onReceived(input.bytes, now);
      case "unheard":
        return this.timers.delete("partial");
      case "disconnected":
        return this.onDisconnected(input, now);
      case "written":
        return this.onWritten(input.send, now);
      case "deadline":
        return this.onDeadline(now);
      case "command":
        return this.onCommand(input.command, now);
    }
  }

  poll(): UserSessionOutput | undefined {
    return this.outputs.shift();
  }

  /** When to call again with a `deadline` input, if nothing else happens before. */
  deadline(): Instant | undefined {
    return this.timers.next();
  }

  private ask(isFresh: boolean): void {
    this.phase = "choosing";
    this.outputs.push({ type: "resolve", request: ++this.request, isFresh });
  }

  private advance(now: Instant): void {
    // An answer that comes twice, or late, means nothing.
    this.request++;
    this.phase = "choosing";
    const next = this.search.next();
    if (next.step === "dial") this.dial(next.element, now);
    else if (next.step === "ask") this.ask(true);
    else if (next.step === "rest") this.timers.set("pause", now + next.forMs);
    else this.finish("no-element");
  }

  private dial(element: PoolElement, now: Instant): void {
    const leftMs = Math.max(1, this.search.giveUpAt - now);
    const timeoutMs = this.dialMs = Math.min(this.options.timing.elementDialMs, leftMs);
    this.phase = "connecting";
    this.dialled = element;
    this.outputs.push({ type: "dial", attempt: ++this.attempt, element, timeoutMs });
  }

  private onConnected(now: Instant): void {
    if (this.phase !== "connecting") return;
    if (!this.hasOpened) return this.start([], now);
    this.timers.delete("give-up");
    this.phase = "announcing";
    this.announcedAt = now;
    const { attempt, lost: from, dialled: to } = this;
    const hasCookie = this.cookie !== undefined && wireTo(to!.transport).hasControl;
    this.outputs.push({ type: "announce", attempt, from: from!, to: to!, hasCookie });
  }

  private onAnnounced(greeting: readonly Uint8Array[], now: Instant): void {
    if (this.phase !== "announcing") return;
    // As long as the program thinks, no search takes its time.
    this.search.giveUpAt += now - this.announcedAt;
    this.start(greeting, now);
  }

  /** RFC 5352 §3.8: the cookie is "the first message on the control channel". */
  private start(greeting: readonly Uint8Array[], now: Instant): void {
    const element = this.dialled!;
    const wire = wireTo(element.transport);
    const cookie = wire.hasControl ? this.cookie : undefined;
    this.phase = "open";
    this.current = connectedTo(element, wire, this.attempt, now);
    this.current.isCookieOpen = cookie !== undefined;
    this.outputs.push({ type: "start", attempt: this.attempt });
    for (const bytes of wire.greeting(cookie !== undefined)) this.write(bytes);
    if (cookie !== undefined) this.sendControl({ type: "ASAP_COOKIE_ECHO", cookie });
    if (this.card !== undefined) this.sendControl({ type: "ASAP_BUSINESS_CARD", ...this.card });
    for (const bytes of greeting) for (const piece of wire.data(bytes)) this.write(piece);
    if (wire.hasControl) this.timers.set("preface", now + this.options.timing.prefaceMs);
    if (this.hasOpened || !wire.hasControl) this.onOpened();
    this.flush(now);
  }

  private onOpened(): void {
    this.hasOpened = true;
    this.search.settle();
    this.timers.delete("give-up");
    const { attempt, current } = this;
    this.outputs.push({ type: "opened", attempt, element: current!.element });
  }

  private onReceived(bytes: Uint8Array, now: Instant): void {
    const { current } = this;
    if (current === undefined) return;
    for (const piece of current.wire.receive(bytes)) {
      this.onPiece(piece, current, now);
      if (this.current !== current) return;
      // What is whole makes room for the time of the next.
      this.timers.delete("partial");
    }
    if (!current.wire.isPartial || !current.hasSpoken) this.timers.delete("partial");
    else if (!this.timers.has("partial")) {
      this.timers.set("partial", now + this.options.limits.partialMessageMs);
    }
  }

  private onPiece(piece: WirePiece, current: CurrentElement, now: Instant): void {
    switch (piece.kind) {
      case "spoken":
        current.hasSpoken = true;
        this.timers.delete("preface");
        if (!this.hasOpened) this.onOpened();
        return;
      case "data": {
        current.isCookieOpen = false;
        const { bytes } = piece;
        if (!this.isClosing) this.outputs.push({ type: "data", bytes, element: current.element });
        return;
      }
      case "end":
        return this.onElementEnd();
      case "control":
        return this.onControl(piece.bytes, current);
      case "garbage":
        return this.lose("garbage", piece.detail, now);
    }
  }

  private onControl(bytes: Uint8Array, current: CurrentElement): void {
    const { message, discarded, causes } = readControl(bytes, "user", this.options.limits);
    if (discarded !== undefined && !current.hasDiscarded) {
      current.hasDiscarded = true;
      this.outputs.push({ type: "discarded", ...discarded });
    }
    if (message !== undefined) this.onMessage(message, current);
    if (causes.length === 0 || this.current !== current) return;
    const reply = controlFrame(asap.encode({ type: "ASAP_ERROR", causes }));
    this.outputs.push({ type: "reply", attempt: this.attempt, bytes: reply });
  }

  private onMessage(message: ControlMessage, current: CurrentElement): void {
    if (message.type === "ASAP_ERROR") return this.onError(message.causes, current);
    current.isCookieOpen = false;
    if (message.type === "ASAP_COOKIE") {
      // RFC 5352 §3.8: "discards an older cookie".
      this.cookie = message.cookie.slice();
      return;
    }
    if (message.type !== "ASAP_BUSINESS_CARD") return;
    const { poolHandle, poolElements } = message;
    if (poolHandle !== this.options.poolHandle) return;
    this.search.order = poolElements.map(({ identifier }) => identifier);
    this.outputs.push({ type: "card", card: { poolHandle, poolElements } });
  }

  /** Nobody else is offered a cookie that an element of the pool has refused (§15). */
  private onError(causes: readonly ErrorCause[], current: CurrentElement): void {
    this.outputs.push({ type: "error-received", causes });
    const isRefused = causes.some(({ code }) => code === CAUSE.rejectedDueToSecurityConsiderations);
    if (!current.isCookieOpen || !isRefused) return;
    this.cookie = undefined;
    const { element } = current;
    const failure = { element, reason: "security", detail: "it has refused the cookie" } as const;
    this.finish("cookie-refused", failure);
  }

  private onElementEnd(): void {
    if (this.isElementEnded) return;
    this.isElementEnded = true;
    this.outputs.push({ type: "element-ended" });
    this.finishIfDone();
  }

  private onDisconnected({ reason, detail }: SessionFault, now: Instant): void {
    const { current } = this;
    // Without a control channel the end of the stream is the end of the data.
    if (current?.wire.hasControl === false && reason === "closed") return this.onElementEnd();
    if (current !== undefined) return this.lose(reason, detail, now);
    if (this.phase !== "connecting") return;
    const failure = { element: this.dialled!, reason, detail };
    // Who was not given the whole time says no more than who was given none.
    const isHurried = this.dialMs < this.options.timing.elementDialMs;
    if (reason === "timed-out" && isHurried) this.search.note(failure);
    else this.note(failure);
    this.advance(now);
  }

  /** The element that the session is on is lost to it. */
  private lose(reason: DisconnectReason, detail: string | undefined, now: Instant): void {
    const { outgoing, options: { timing, failover } } = this;
    const { element, wire, since, hasSpoken } = this.current!;
    const isEndSent = outgoing.isEndSent;
    this.outputs.push({ type: "hang-up", attempt: this.attempt, how: "abort" });
    this.current = undefined;
    for (const timer of ["preface", "partial", "end"] as const) this.timers.delete(timer);
    outgoing.lost(element);
    const failure = { element, reason, detail };
    if (this.isElementEnded) return this.finish(isEndSent ? undefined : "element-lost", failure);
    if (this.hasOpened) {
      const isProven = (hasSpoken || !wire.hasControl) && now - since >= timing.provenMs;
      if (isProven) this.search.beginRound();
      if (isProven || this.lost === undefined) {
        this.search.giveUpAt = now + timing.failoverTimeoutMs;
      }
      this.timers.set("give-up", this.search.giveUpAt);
    }
    this.lost = failure;
    this.note(failure);
    if (this.isClosing && !outgoing.isWaiting) return this.finish(undefined);
    if (!failover && this.hasOpened) return this.finish("element-lost");
    this.ask(false);
  }

  private note(failure: ElementFailure): void {
    if (!this.search.note(failure)) return;
    this.outputs.push({ type: "report", identifier: failure.element.identifier });
  }

  private onWritten(send: number, now: Instant): void {
    if (this.current === undefined) return;
    this.outgoing.written(send, this.current.element);
    this.flush(now);
    this.finishIfDone();
  }

  private flush(now: Instant): void {
    if (this.current === undefined) return;
    this.outgoing.flush(this.current);
    if (!this.isClosing) return;
    // What is taken makes room for the time of the rest.
    const { sessionEndMs, failoverTimeoutMs } = this.options.timing;
    this.timers.set("end", now + (this.outgoing.isTaken ? sessionEndMs : failoverTimeoutMs));
  }

  private write(bytes: Uint8Array): void {
    this.outputs.push({ type: "write", attempt: this.attempt, bytes });
  }

  private sendControl(message: AsapMessage): void {
    if (this.current?.wire.hasControl !== true) return;
    this.write(controlFrame(asap.encode(message)));
  }

  private onDeadline(now: Instant): void {
    const timer = this.timers.takeDue(now);
    if (timer === "give-up") return this.giveUp();
    if (timer === "pause") {
      this.search.retry();
      return this.ask(true);
    }
    if (timer === "end") return this.onEndTime();
    if (timer === undefined || this.current === undefined) return;
    const { timing, limits } = this.options;
    const [what, ms] = timer === "preface"
      ? ["preface", timing.prefaceMs]
      : ["rest of a message", limits.partialMessageMs];
    this.lose("partial-timeout", `no ${what} within ${ms} ms`, now);
  }

  /** Nobody is told that an element has what it has not read. */
  private onEndTime(): void {
    if (this.outgoing.isTaken) return this.finish(undefined);
    const detail = `nothing within ${this.options.timing.failoverTimeoutMs} ms`;
    this.finish("element-lost", { element: this.dialled!, reason: "overflow", detail });
  }

  private giveUp(): void {
    if (this.phase === "connecting" || this.phase === "open") {
      // It had no time to fail: that is no word against it, and is not reported.
      this.search.note({ element: this.dialled!, reason: "timed-out" });
    }
    this.finish(this.search.isUntrusted ? "not-trusted" : "no-element");
  }

  private onCommand(command: UserSessionCommand, now: Instant): void {
    switch (command.type) {
      case "send":
        this.outgoing.add(command.send, command.bytes);
        return this.flush(now);
      case "send-card":
        this.card = command.card;
        return this.sendControl({ type: "ASAP_BUSINESS_CARD", ...command.card });
      case "end":
        this.outgoing.endWith(command.send);
        return this.flush(now);
      case "close":
        return this.close(command.send, now);
      case "abort":
        return this.finish("aborted");
    }
  }

  private close(send: number, now: Instant): void {
    this.isClosing = true;
    this.outgoing.endWith(send);
    if (this.current === undefined && !this.outgoing.isWaiting) return this.finish(undefined);
    this.flush(now);
  }

  /** Both directions have ended: the user is who closes the connection. */
  private finishIfDone(): void {
    if (this.isElementEnded && this.outgoing.isOver) this.finish(undefined);
  }

  private finish(failure: UserSessionFailure | undefined, last?: ElementFailure): void {
    const isDialling = this.phase === "connecting" || this.phase === "announcing";
    if (isDialling || this.current !== undefined) {
      const how = failure === undefined && !isDialling ? "close" : "abort";
      this.outputs.push({ type: "hang-up", attempt: this.attempt, how });
    }
    this.phase = "ended";
    this.current = undefined;
    for (const timer of [...this.timers.keys()]) this.timers.delete(timer);
    const attempts = last === undefined ? this.search.failures : [...this.search.failures, last];
    this.outputs.push({ type: "over", failure, attempts });
  }
}
