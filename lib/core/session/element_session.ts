/**
 * The element's side of a session with a control channel, without sockets, clock and keys.
 * RFC 5352 §3.8 and §3.9; RFC 5355 §2.16; docs/tcp-mapping.md §15.
 */

import {
  asap,
  type AsapMessage,
  CAUSE,
  controlFrame,
  dataFrames,
  endFrame,
  type ErrorCause,
  SESSION_PREFACE,
  type SessionPiece,
  SessionSplitter,
} from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { Timers } from "../timers.ts";
import { readControl } from "./control_channel.ts";
import type {
  ElementSession,
  ElementSessionCommand,
  ElementSessionInput,
  ElementSessionOptions,
  ElementSessionOutput,
  SessionFault,
} from "./element_contract.ts";

/** What whoever connects by hand, or with the wrong client, is to read. */
const WRONG_CLIENT = "This port speaks RSerPool sessions, data plus control: " +
  'a client begins with "RSerPool", as `rserpool connect POOL` does.\n';

type Pieces = Iterator<SessionPiece, void>;
type Phase = "preface" | "cookie" | "verifying" | "open" | "over";

/** A session of a pool whose Transport Use is 1, data plus control. */
export class MuxElementSession implements ElementSession {
  private readonly outputs: ElementSessionOutput[] = [];
  private readonly timers = new Timers<"preface" | "partial" | "end">();
  private readonly splitter = new SessionSplitter();
  private phase: Phase = "preface";
  /** The rest of a chunk behind a cookie that is being verified. */
  private held: Pieces | undefined;
  private isUserEnded = false;
  private isEnded = false;
  private isClosing = false;
  private hasDiscarded = false;

  constructor(private readonly options: ElementSessionOptions, now: Instant) {
    this.timers.set("preface", now + options.timing.prefaceMs);
  }

  get isListening(): boolean {
    return this.phase !== "verifying" && this.phase !== "over";
  }

  handle(input: ElementSessionInput, now: Instant): void {
    if (this.phase === "over") return;
    switch (input.type) {
      case "received":
        return this.take(this.splitter.split(input.bytes), now);
      case "verified":
        return this.onVerified(input.state, now);
      case "disconnected":
        return this.onDisconnected(input);
      case "unheard":
        return this.timers.delete("partial");
      case "deadline":
        return this.onDeadline(now);
      case "command":
        return this.onCommand(input.command, now);
    }
  }

  poll(): ElementSessionOutput | undefined {
    return this.outputs.shift();
  }

  deadline(): Instant | undefined {
    return this.timers.next();
  }

  private take(pieces: Pieces, now: Instant): void {
    for (;;) {
      const next = pieces.next();
      if (next.done === true) break;
      this.onPiece(next.value, now);
      // A message that is whole makes room for the time of the next.
      if (this.phase === "open") this.timers.delete("partial");
      if (this.phase === "over") return;
      if (this.phase === "verifying") {
        this.held = pieces;
        return;
      }
    }
    if (this.phase !== "open") return;
    if (!this.splitter.isPartial) this.timers.delete("partial");
    else if (!this.timers.has("partial")) {
      this.timers.set("partial", now + this.options.limits.partialMessageMs);
    }
  }

  private onPiece(piece: SessionPiece, now: Instant): void {
    if (piece.kind === "garbage") return this.onGarbage(piece.detail);
    if (piece.kind === "preface") return this.onPreface(piece.hasCookie, now);
    if (this.phase === "cookie") return this.onFirstFrame(piece);
    switch (piece.kind) {
      case "data":
        if (this.isUserEnded) return this.fail("garbage", "data behind the end of the data");
        if (!this.isClosing) this.outputs.push({ type: "data", bytes: piece.bytes });
        return;
      case "end":
        return this.onUserEnd(now);
      case "control":
        return this.onControl(piece.bytes);
    }
  }

  private onGarbage(detail: string): void {
    if (this.phase === "preface") {
      const bytes = Uint8Array.from(WRONG_CLIENT, (each) => each.charCodeAt(0));
      this.outputs.push({ type: "write", bytes });
      return this.finish("close", { reason: "garbage", detail });
    }
    this.fail("garbage", detail);
  }

  private onPreface(hasCookie: boolean, now: Instant): void {
    this.timers.delete("preface");
    this.outputs.push({ type: "write", bytes: SESSION_PREFACE });
    if (!hasCookie) return this.begin(undefined);
    this.phase = "cookie";
    this.timers.set("partial", now + this.options.limits.partialMessageMs);
  }

  /** RFC 5352 §3.8: the cookie is "the first message on the control channel". */
  private onFirstFrame(piece: SessionPiece): void {
    const { limits } = this.options;
    const read = piece.kind === "control" ? readControl(piece.bytes, "element", limits) : undefined;
    if (read?.message?.type !== "ASAP_COOKIE_ECHO") {
      return this.fail("garbage", "another frame than the cookie that was announced");
    }
    const { cookie } = read.message;
    if (cookie.length > limits.maxCookieBytes) return this.refuseCookie("it is too long");
    this.timers.delete("partial");
    this.phase = "verifying";
    // The message is this splitter's; who verifies may keep it.
    this.outputs.push({ type: "verify", cookie: cookie.slice() });
  }

  private onVerified(state: Uint8Array | undefined, now: Instant): void {
    if (this.phase !== "verifying") return;
    if (state === undefined) return this.refuseCookie("it is not accepted");
    this.begin(state);
    const { held } = this;
    this.held = undefined;
    if (held !== undefined) this.take(held, now);
  }

  /** RFC 5355 §2.16: nobody's state is believed that this pool has not given. */
  private refuseCookie(why: string): void {
    this.sendError({
      code: CAUSE.rejectedDueToSecurityConsiderations,
      information: new Uint8Array(0),
    });
    this.finish("close", { reason: "security", detail: `its cookie is refused: ${why}` });
  }

  private begin(state: Uint8Array | undefined): void {
    this.phase = "open";
    this.outputs.push({ type: "began", state });
  }

  private onUserEnd(now: Instant): void {
    if (this.isUserEnded) return this.fail("garbage", "data ended twice");
    this.isUserEnded = true;
    this.outputs.push({ type: "user-ended" });
    this.awaitClose(now);
  }

  private onControl(bytes: Uint8Array): void {
    const { message, discarded, causes } = readControl(bytes, "element", this.options.limits);
    if (discarded !== undefined) this.discard(discarded.messageType, discarded.why);
    this.sendError(...causes);
    if (message?.type === "ASAP_BUSINESS_CARD") {
      const { poolHandle, poolElements } = message;
      this.outputs.push({ type: "card", card: { poolHandle, poolElements } });
    } else if (message?.type === "ASAP_ERROR") {
      this.outputs.push({ type: "error-received", causes: message.causes });
    } else if (message?.type === "ASAP_COOKIE_ECHO") {
      this.refuseCookie("it was not announced, or is not the first frame");
    }
  }

  private onDisconnected({ reason, detail }: SessionFault): void {
    // Only a user that has ended its data, and has got all of this side's, may leave.
    const isInOrder = reason === "closed" && this.isUserEnded && this.isEnded;
    if (isInOrder || this.isClosing) return this.finish("close");
    const early = this.isUserEnded ? "before all was sent" : "without the end of its data";
    this.finish("abort", { reason, detail: detail ?? (reason === "closed" ? early : undefined) });
  }

  private onDeadline(now: Instant): void {
    const timer = this.timers.takeDue(now);
    if (timer === undefined) return;
    if (timer === "end") return this.finish("close");
    const { timing, limits } = this.options;
    const [what, ms] = timer === "preface"
      ? ["preface", timing.prefaceMs]
      : [this.phase === "cookie" ? "cookie" : "rest of a message", limits.partialMessageMs];
    this.fail("partial-timeout", `no ${what} within ${ms} ms`);
  }

  private onCommand(command: ElementSessionCommand, now: Instant): void {
    if (command.type === "abort") return this.finish("abort");
    if (this.phase !== "open") return;
    switch (command.type) {
      case "send":
        if (this.isEnded) return;
        for (const bytes of dataFrames(command.bytes)) this.outputs.push({ type: "write", bytes });
        return;
      case "send-cookie":
        return this.sendControl({ type: "ASAP_COOKIE", cookie: command.cookie });
      case "send-card":
        return this.sendControl({ type: "ASAP_BUSINESS_CARD", ...command.card });
      case "end":
        return this.end(now);
      case "close":
        this.isClosing = true;
        return this.end(now);
    }
  }

  private end(now: Instant): void {
    if (!this.isEnded) {
      this.isEnded = true;
      this.outputs.push({ type: "write", bytes: endFrame() });
    }
    this.awaitClose(now);
  }

  /** The user closes when both have ended; one that does not is not waited for long. */
  private awaitClose(now: Instant): void {
    const isDone = this.isClosing || (this.isEnded && this.isUserEnded);
    if (!isDone || this.timers.has("end")) return;
    this.timers.set("end", now + this.options.timing.sessionEndMs);
  }

  private discard(messageType: string, why: string): void {
    if (this.hasDiscarded) return;
    this.hasDiscarded = true;
    this.outputs.push({ type: "discarded", messageType, why });
  }

  private sendError(...causes: readonly ErrorCause[]): void {
    if (causes.length > 0) this.sendControl({ type: "ASAP_ERROR", causes });
  }

  private sendControl(message: AsapMessage): void {
    this.outputs.push({ type: "write", bytes: controlFrame(asap.encode(message)) });
  }

  private fail(reason: SessionFault["reason"], detail: string): void {
    this.finish("close", { reason, detail });
  }

  private finish(how: "close" | "abort", fault?: SessionFault): void {
    this.phase = "over";
    this.held = undefined;
    for (const timer of [...this.timers.keys()]) this.timers.delete(timer);
    this.outputs.push({ type: how }, { type: "over", fault });
  }
}
