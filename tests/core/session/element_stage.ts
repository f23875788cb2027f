/** A session's machine and a user who says what he likes to it, in virtual time. */

import assert from "node:assert/strict";
import {
  DEFAULT_LIMITS,
  type ElementSession,
  type ElementSessionInput,
  type ElementSessionOutput,
  MuxElementSession,
  PlainElementSession,
  SESSION_TIMING,
} from "../../../lib/core/mod.ts";
import {
  asap,
  type AsapMessage,
  controlFrame,
  dataFrames,
  DecodeFailure,
  SESSION_PREFACE,
  SESSION_PREFACE_WITH_COOKIE,
  type SessionPiece,
  SessionSplitter,
} from "../../../lib/wire/mod.ts";

export type Kind = ElementSessionOutput["type"];

/** A message as a frame. */
export function framed(message: AsapMessage): Uint8Array {
  return controlFrame(asap.encode(message));
}

/** A text as frames of data. */
export function said(text: string): Uint8Array {
  return joined(dataFrames(new TextEncoder().encode(text)));
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** What somebody with a cookie begins with. */
export function withCookie(cookie: Uint8Array): Uint8Array {
  return joined([SESSION_PREFACE_WITH_COOKIE, framed({ type: "ASAP_COOKIE_ECHO", cookie })]);
}

/** One session. */
export class Stage {
  now = 1_000;
  readonly session: ElementSession;
  /** All outputs that were not asked for yet. */
  private readonly outputs: ElementSessionOutput[] = [];
  private readonly splitter = new SessionSplitter();

  constructor(kind: "mux" | "plain" = "mux") {
    const options = { timing: SESSION_TIMING, limits: DEFAULT_LIMITS };
    this.session = kind === "mux"
      ? new MuxElementSession(options, this.now)
      : new PlainElementSession(SESSION_TIMING);
  }

  /** A session whose user has come. */
  static begun(): Stage {
    const stage = new Stage();
    stage.receive(SESSION_PREFACE);
    assert.deepEqual(stage.kinds(), ["write", "began"]);
    return stage;
  }

  input(input: ElementSessionInput): this {
    this.session.handle(input, this.now);
    for (let each = this.session.poll(); each !== undefined; each = this.session.poll()) {
      this.outputs.push("bytes" in each ? { ...each, bytes: each.bytes.slice() } : each);
    }
    return this;
  }

  receive(...parts: readonly Uint8Array[]): this {
    for (const bytes of parts) this.input({ type: "received", bytes });
    return this;
  }

  command(command: (ElementSessionInput & { type: "command" })["command"]): this {
    return this.input({ type: "command", command });
  }

  /** Lets time pass, and the deadline with it if there is one until then. */
  pass(ms: number): this {
    const end = this.now + ms;
    for (;;) {
      const deadline = this.session.deadline();
      if (deadline === undefined || deadline > end) break;
      this.now = deadline;
      this.input({ type: "deadline" });
    }
    this.now = end;
    return this;
  }

  /** Takes all outputs. */
  taken(): ElementSessionOutput[] {
    return this.outputs.splice(0);
  }

  /** Takes all outputs, by their kinds. */
  kinds(): Kind[] {
    return this.taken().map(({ type }) => type);
  }

  /** Takes the only output of a kind. */
  only<K extends Kind>(kind: K): Extract<ElementSessionOutput, { readonly type: K }> {
    const found = this.taken().filter(({ type }) => type === kind);
    assert.equal(found.length, 1, `${found.length} outputs of ${kind}`);
    return found[0] as Extract<ElementSessionOutput, { readonly type: K }>;
  }

  /** Takes what was written, as its user sees it. */
  written(): SessionPiece[] {
    const pieces: SessionPiece[] = [];
    for (const output of this.taken()) {
      if (output.type !== "write") continue;
      for (const piece of this.splitter.split(output.bytes)) {
        pieces.push("bytes" in piece ? { ...piece, bytes: piece.bytes.slice() } : piece);
      }
    }
    return pieces;
  }

  /** Takes what was written, as messages of the control channel. */
  messages(): AsapMessage[] {
    return this.written().filter((piece) => piece.kind === "control").map(({ bytes }) => {
      const decoded = asap.decode(bytes);
      assert(!(decoded instanceof DecodeFailure));
      return decoded.message;
    });
  }
}

/** The text of data outputs. */
export function textOf(outputs: readonly ElementSessionOutput[]): string {
  const data = outputs.flatMap((each) => each.type === "data" ? [each.bytes] : []);
  return new TextDecoder().decode(joined(data));
}
