/** A session of a pool user under virtual time; the test is pool, elements and program. */

import { DEFAULT_LIMITS } from "../../../lib/core/limits.ts";
import type {
  KnownPool,
  UserSessionCommand,
  UserSessionInput,
  UserSessionOptions,
  UserSessionOutput,
} from "../../../lib/core/session/user_contract.ts";
import { UserSession } from "../../../lib/core/session/user_session.ts";
import { USER_SESSION_TIMING } from "../../../lib/core/timing.ts";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import {
  asap,
  type AsapMessage,
  controlFrame,
  dataFrames,
  endFrame,
  type PoolElement,
  SESSION_PREFACE,
  SessionSplitter,
} from "../../../lib/wire/mod.ts";

export const TIMING = USER_SESSION_TIMING;

/** A pool element at 192.0.2.N. */
export function element(identifier: number, use = 1): PoolElement {
  return {
    identifier,
    home: 1,
    registrationLife: 300,
    transport: { protocol: "tcp", port: 80, use, addresses: [`192.0.2.${identifier}`] },
    policy: { name: "round-robin" },
  };
}

export function poolOf(use: number, ...identifiers: readonly number[]): KnownPool {
  return { poolElements: identifiers.map((each) => element(each, use)) };
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (each) => each.charCodeAt(0));
}

export function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

export function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((each) => [...each]));
}

/** What an element says. */
export const SAYS = {
  preface: SESSION_PREFACE,
  end: endFrame(),
  data: (text: string) => joined(...dataFrames(bytesOf(text))),
  message: (message: AsapMessage) => controlFrame(asap.encode(message)),
  cookie: (text: string) =>
    controlFrame(asap.encode({ type: "ASAP_COOKIE", cookie: bytesOf(text) })),
  card: (poolHandle: string, ...identifiers: readonly number[]) =>
    controlFrame(asap.encode({
      type: "ASAP_BUSINESS_CARD",
      poolHandle,
      poolElements: identifiers.map((each) => element(each)),
    })),
  error: (code: number) =>
    controlFrame(asap.encode({
      type: "ASAP_ERROR",
      causes: [{ code, information: new Uint8Array() }],
    })),
};

type Of<T extends UserSessionOutput["type"]> = UserSessionOutput & { readonly type: T };

export class UserPlay {
  now = 0;
  readonly session: UserSession;
  /** All that was asked for and told, in order. */
  readonly log: UserSessionOutput[] = [];
  /** What is in the pool; who resolves is answered at once, or not at all if it is `undefined`. */
  pool: KnownPool | undefined;
  private lastSend = 0;

  constructor(pool: KnownPool | undefined, options: Partial<UserSessionOptions> = {}) {
    this.pool = pool;
    this.session = new UserSession({
      poolHandle: "web",
      timing: TIMING,
      limits: DEFAULT_LIMITS,
      random: seededRandom(1),
      failover: true,
      ...options,
    }, this.now);
    this.settle();
  }

  /** Number of the dial, or connection, that is the last. */
  get attempt(): number {
    return this.all("dial").length;
  }

  /** Identifiers of the elements that were dialled, in order. */
  get dialled(): number[] {
    return this.all("dial").map((each) => each.element.identifier);
  }

  get reported(): number[] {
    return this.all("report").map(({ identifier }) => identifier);
  }

  get over(): Of<"over"> | undefined {
    return this.all("over")[0];
  }

  /** What the program has received: `1:text`, with the element in front. */
  get received(): string[] {
    return this.all("data").map(({ bytes, element }) => `${element.identifier}:${textOf(bytes)}`);
  }

  all<T extends UserSessionOutput["type"]>(type: T): Of<T>[] {
    return this.log.filter((each): each is Of<T> => each.type === type);
  }

  handle(input: UserSessionInput): this {
    this.session.handle(input, this.now);
    this.settle();
    return this;
  }

  connected(): this {
    return this.handle({ type: "connected", attempt: this.attempt });
  }

  lost(reason: "refused" | "closed" | "reset" | "timed-out" | "security" = "closed"): this {
    return this.handle({ type: "disconnected", attempt: this.attempt, reason });
  }

  says(...pieces: readonly Uint8Array[]): this {
    return this.handle({ type: "received", attempt: this.attempt, bytes: joined(...pieces) });
  }

  announced(...greeting: readonly string[]): this {
    return this.handle({
      type: "announced",
      attempt: this.attempt,
      greeting: greeting.map(bytesOf),
    });
  }

  command(command: UserSessionCommand): this {
    return this.handle({ type: "command", command });
  }

  /** Sends; what was sent is taken by the system at once. */
  send(text: string): number {
    const send = ++this.lastSend;
    this.command({ type: "send", send, bytes: bytesOf(text) });
    return send;
  }

  end(type: "end" | "close" = "end"): number {
    const send = ++this.lastSend;
    this.command({ type, send });
    return send;
  }

  /** The system has taken all that this attempt was given. */
  takenAll(): this {
    const sends = this.log.flatMap((each) =>
      (each.type === "write" || each.type === "end-write") && each.attempt === this.attempt &&
        each.send !== undefined
        ? [each.send]
        : []
    );
    for (const send of sends) this.handle({ type: "written", attempt: this.attempt, send });
    return this;
  }

  handedTo(send: number): number | undefined {
    return this.all("handed").find((each) => each.send === send)?.element.identifier;
  }

  /** Time passes, with all deadlines in it. */
  pass(ms: number): this {
    const until = this.now + ms;
    for (;;) {
      const at = this.session.deadline();
      if (at === undefined || at > until) break;
      this.now = Math.max(this.now, at);
      this.handle({ type: "deadline" });
    }
    this.now = until;
    return this;
  }

  /** On an element that has said its preface, if it has a control channel. */
  open(): this {
    this.connected();
    const to = this.all("dial").at(-1)!.element.transport;
    return to.protocol !== "opaque" && to.use === 1 ? this.says(SAYS.preface) : this;
  }

  /** The bytes that were written to the element of an attempt. */
  written(attempt = this.attempt): Uint8Array {
    return joined(
      ...this.log.flatMap((each) =>
        (each.type === "write" || each.type === "reply") && each.attempt === attempt
          ? [each.bytes]
          : []
      ),
    );
  }

  /** What the element of an attempt reads: `data:…`, `end`, messages by their type. */
  heard(attempt = this.attempt): string[] {
    const heard: string[] = [];
    for (const piece of new SessionSplitter().split(this.written(attempt))) {
      if (piece.kind === "data") heard.push(`data:${textOf(piece.bytes)}`);
      else if (piece.kind === "control") heard.push(typeOf(piece.bytes));
      else if (piece.kind === "preface") heard.push(piece.hasCookie ? "preface+cookie" : "preface");
      else heard.push(piece.kind);
    }
    return heard;
  }

  private settle(): void {
    for (let next = this.session.poll(); next !== undefined; next = this.session.poll()) {
      this.log.push(next);
      const { pool } = this;
      if (next.type !== "resolve" || pool === undefined) continue;
      this.session.handle({ type: "resolved", request: next.request, pool }, this.now);
    }
  }
}

function typeOf(bytes: Uint8Array): string {
  const decoded = asap.decode(bytes);
  if (!decoded.ok) return "no message";
  const { message } = decoded;
  if (message.type === "ASAP_COOKIE_ECHO") return `echo:${textOf(message.cookie)}`;
  if (message.type === "ASAP_BUSINESS_CARD") return `card:${message.poolHandle}`;
  if (message.type === "ASAP_ERROR") return `error:${message.causes.map(({ code }) => code)}`;
  return message.type;
}
