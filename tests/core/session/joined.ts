/** Both sides of a session, joined by pipes that are cut, in virtual time. */

import assert from "node:assert/strict";
import { DEFAULT_LIMITS, type ElementSession, MuxElementSession } from "../../../lib/core/mod.ts";
import { PlainElementSession, SESSION_TIMING, UserSession } from "../../../lib/core/mod.ts";
import { USER_SESSION_TIMING, type UserSessionOutput } from "../../../lib/core/mod.ts";
import { type Random, seededRandom } from "../../../lib/handlespace/mod.ts";
import { bytesOf, element, textOf } from "./user_play.ts";

/** The pool: elements 1 to 4. */
const ELEMENTS = [1, 2, 3, 4] as const;

/** One connection, with what is on its way. */
interface Link {
  readonly attempt: number;
  readonly identifier: number;
  readonly session: ElementSession;
  readonly toUser: Uint8Array[];
  readonly toElement: Uint8Array[];
  /** What the element has sent and heard, as texts. */
  sent: string;
  heard: string;
  state: string | undefined;
  phase: "begun" | "unread" | "open";
  /** Sends of which the system has taken all. */
  readonly taken: number[];
  hasBegun: boolean;
  isElementOver: boolean;
  isUserGone: boolean;
  /** Written in order: after what is on its way there is an end of the stream. */
  userFin: boolean;
  elementFin: "closed" | "reset" | undefined;
  /** The end of the stream was told already. */
  isFinRead: boolean;
  isFinHeard: boolean;
}

/** All of it. Each promise that is broken throws. */
export class Joined {
  now = 0;
  readonly alive = new Set<number>(ELEMENTS);
  over: (UserSessionOutput & { type: "over" }) | undefined;
  opened = 0;
  failovers = 0;
  private readonly random: Random;
  private readonly user: UserSession;
  private readonly links: Link[] = [];
  private dial: { readonly attempt: number; readonly identifier: number } | undefined;
  private announcing: number | undefined;
  /** What the user was told by elements, of each attempt. */
  private readonly received = new Map<number, string>();
  private readonly issued = new Set<string>();
  private readonly sent: string[] = [];
  private readonly handed = new Map<number, number>();
  private readonly reports = new Map<number, number>();
  private readonly tries = new Map<number, number>();
  private sends = 0;
  private hasEnded = false;

  constructor(seed: number, private readonly use: 0 | 1) {
    this.random = seededRandom(seed);
    this.user = new UserSession({
      poolHandle: "web",
      timing: USER_SESSION_TIMING,
      limits: DEFAULT_LIMITS,
      random: this.random,
      failover: true,
    }, 0);
    this.settle();
  }

  private pick(below: number): number {
    return Math.floor(this.random.fraction() * below);
  }

  /** Something happens. */
  step(): void {
    const drawn = this.pick(100);
    if (drawn < 45) this.move();
    else if (drawn < 55) this.onDial();
    else if (drawn < 62) this.say();
    else if (drawn < 74) this.elementSays();
    else if (drawn < 78) this.pass(this.pick(50));
    else if (drawn < 80) this.pass(this.pick(4_000));
    else if (drawn < 83) this.cut();
    else if (drawn < 85) this.toggle();
    else if (drawn < 95) this.answerAnnounce();
    else if (drawn === 95 && this.pick(8) === 0) this.end("end");
    else if (drawn === 96 && this.pick(30) === 0) this.end("close");
    this.check();
  }

  /** All live, all moves: whatever was, the session ends in order, or has failed. */
  finish(): void {
    for (const each of ELEMENTS) this.alive.add(each);
    for (let turn = 0; turn < 400 && this.over === undefined; turn++) {
      if (turn === 200) this.end("close");
      for (let moved = 0; moved < 20; moved++) this.move();
      this.onDial();
      this.answerAnnounce();
      this.pass(turn % 10 === 0 ? 1_000 : 10);
      this.check();
    }
    assert(this.over !== undefined, "the session never ends");
    assert.equal(this.user.deadline(), undefined);
    for (const link of this.links) {
      assert(link.isUserGone, "a connection is left");
      this.loseElement(link);
      this.settleElement(link);
      assert(link.isElementOver);
      assert.equal(link.session.deadline(), undefined, "an element's timer is left");
    }
  }

  pass(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const sessions = [this.user, ...this.links.map(({ session }) => session)];
      const due = sessions.filter((each) => (each.deadline() ?? Infinity) <= until)
        .sort((a, b) => a.deadline()! - b.deadline()!)[0];
      if (due === undefined) break;
      this.now = Math.max(this.now, due.deadline()!);
      due.handle({ type: "deadline" }, this.now);
      this.settle();
    }
    this.now = until;
  }

  private end(type: "end" | "close"): void {
    this.hasEnded = true;
    const send = ++this.sends;
    this.user.handle({ type: "command", command: { type, send } }, this.now);
    this.settle();
  }

  private say(): void {
    if (this.hasEnded || this.over) return;
    const send = ++this.sends;
    const text = `<${send}>`;
    this.sent.push(text);
    const bytes = bytesOf(text);
    this.user.handle({ type: "command", command: { type: "send", send, bytes } }, this.now);
    this.settle();
  }

  private elementSays(): void {
    const link = this.links.at(-1);
    if (link === undefined || !link.hasBegun || link.isElementOver) return;
    const { session } = link;
    const drawn = this.pick(20);
    const command = (it: Parameters<ElementSession["handle"]>[0] & { type: "command" }) => {
      session.handle(it, this.now);
      this.settleElement(link);
    };
    if (drawn < 10) {
      const text = `[${link.attempt}.${link.sent.length}]`;
      link.sent += text;
      command({ type: "command", command: { type: "send", bytes: bytesOf(text) } });
    } else if (drawn < 16 && this.use === 1) {
      const cookie = `cookie ${this.issued.size}`;
      this.issued.add(cookie);
      command({ type: "command", command: { type: "send-cookie", cookie: bytesOf(cookie) } });
    } else if (drawn < 18) {
      const card = { poolHandle: "web", poolElements: [element(1 + this.pick(4), this.use)] };
      command({ type: "command", command: { type: "send-card", card } });
    } else if (drawn === 18 && this.pick(10) === 0) {
      command({ type: "command", command: { type: this.pick(2) === 0 ? "end" : "close" } });
    } else if (drawn === 19) command({ type: "command", command: { type: "abort" } });
    this.settle();
  }

  /** A piece of what is on its way arrives. */
  private move(): void {
    const link = this.links.at(-1);
    if (link === undefined) return;
    if (this.pick(2) === 0) this.moveToUser(link);
    else this.moveToElement(link);
    this.settle();
  }

  private moveToUser(link: Link): void {
    if (link.isUserGone || link.phase !== "open") return;
    const bytes = this.part(link.toUser);
    const { attempt } = link;
    if (bytes !== undefined) this.user.handle({ type: "received", attempt, bytes }, this.now);
    else if (link.elementFin && !link.isFinRead) {
      link.isFinRead = true;
      this.user.handle({ type: "disconnected", attempt, reason: link.elementFin }, this.now);
    }
  }

  private moveToElement(link: Link): void {
    const send = link.taken.shift();
    if (send !== undefined && !link.isUserGone) {
      this.user.handle({ type: "written", attempt: link.attempt, send }, this.now);
    }
    if (link.isElementOver || !link.session.isListening) return;
    const bytes = this.part(link.toElement);
    if (bytes !== undefined) link.session.handle({ type: "received", bytes }, this.now);
    else if (link.userFin && !link.isFinHeard) {
      link.isFinHeard = true;
      link.session.handle({ type: "disconnected", reason: "closed" }, this.now);
    }
    this.settleElement(link);
  }

  private part(queue: Uint8Array[]): Uint8Array | undefined {
    const first = queue[0];
    if (first === undefined) return undefined;
    const size = this.pick(3) === 0 ? 1 + this.pick(first.length) : first.length;
    if (size >= first.length) queue.shift();
    else queue[0] = first.subarray(size);
    return first.slice(0, size);
  }

  private onDial(): void {
    const { dial } = this;
    if (dial === undefined) return;
    this.dial = undefined;
    const { attempt, identifier } = dial;
    if (!this.alive.has(identifier)) {
      this.user.handle({ type: "disconnected", attempt, reason: "refused" }, this.now);
      return this.settle();
    }
    const options = { timing: SESSION_TIMING, limits: DEFAULT_LIMITS };
    const session = this.use === 1
      ? new MuxElementSession(options, this.now)
      : new PlainElementSession(SESSION_TIMING);
    const link: Link = {
      attempt,
      identifier,
      session,
      toUser: [],
      toElement: [],
      sent: "",
      heard: "",
      state: undefined,
      phase: "begun",
      taken: [],
      hasBegun: false,
      isElementOver: false,
      isUserGone: false,
      userFin: false,
      elementFin: undefined,
      isFinRead: false,
      isFinHeard: false,
    };
    this.links.push(link);
    this.user.handle({ type: "connected", attempt }, this.now);
    this.settleElement(link);
    this.settle();
  }

  private answerAnnounce(): void {
    const attempt = this.announcing;
    if (attempt === undefined) return;
    assert.deepEqual(this.links.at(-1)!.toElement, [], "bytes before the program knows");
    this.announcing = undefined;
    const greeting = this.pick(2) === 0 ? [] : [bytesOf("<hello>")];
    this.user.handle({ type: "announced", attempt, greeting }, this.now);
    this.settle();
  }

  /** The connection is lost, with what is on its way, or a part of it. */
  private cut(): void {
    const link = this.links.at(-1);
    if (link === undefined || link.isElementOver || this.pick(4) > 0) return;
    this.loseElement(link);
    link.toUser.length = this.pick(link.toUser.length + 1);
    link.elementFin = this.lostHow();
    this.settleElement(link);
  }

  /** TCP closes the connections of a killed process in order; only a control channel tells. */
  private lostHow(): "closed" | "reset" {
    return this.use === 1 && this.pick(2) === 0 ? "closed" : "reset";
  }

  private loseElement(link: Link): void {
    if (!link.isElementOver) {
      link.session.handle({ type: "disconnected", reason: "reset" }, this.now);
    }
  }

  private toggle(): void {
    const identifier = 1 + this.pick(4);
    if (this.alive.delete(identifier)) {
      for (const link of this.links) {
        if (link.identifier !== identifier) continue;
        this.loseElement(link);
        link.elementFin ??= this.lostHow();
        this.settleElement(link);
      }
    } else this.alive.add(identifier);
  }

  private settleElement(link: Link): void {
    for (let next = link.session.poll(); next !== undefined; next = link.session.poll()) {
      assert(!link.isElementOver, `${next.type} behind the end`);
      if (next.type === "write" && !link.isUserGone) link.toUser.push(next.bytes.slice());
      else if (next.type === "data") link.heard += textOf(next.bytes);
      else if (next.type === "began") {
        assert(!link.hasBegun);
        link.hasBegun = true;
      } else if (next.type === "verify") {
        const text = textOf(next.cookie);
        assert(this.issued.has(text), `${text} was never given`);
        const state = next.cookie;
        link.state = text;
        link.session.handle({ type: "verified", state }, this.now);
      } else if (next.type === "end-write" || next.type === "close" || next.type === "abort") {
        link.elementFin ??= next.type === "abort" ? "reset" : "closed";
      } else if (next.type === "over") link.isElementOver = true;
    }
  }

  private settle(): void {
    for (let next = this.user.poll(); next !== undefined; next = this.user.poll()) {
      assert(this.over === undefined, `${next.type} behind the end`);
      this.perform(next);
    }
    for (const link of this.links) this.settleElement(link);
  }

  private perform(output: UserSessionOutput): void {
    switch (output.type) {
      case "resolve": {
        const pool = { poolElements: ELEMENTS.map((each) => element(each, this.use)) };
        return this.user.handle({ type: "resolved", request: output.request, pool }, this.now);
      }
      case "dial": {
        const { attempt, element: { identifier } } = output;
        this.dial = { attempt, identifier };
        this.tries.set(identifier, (this.tries.get(identifier) ?? 0) + 1);
        return;
      }
      case "report": {
        const count = (this.reports.get(output.identifier) ?? 0) + 1;
        this.reports.set(output.identifier, count);
        assert(count <= this.tries.get(output.identifier)!, "more reports than tries");
        return;
      }
      case "announce":
        this.failovers++;
        this.announcing = output.attempt;
        return;
      default:
        return this.performOn(output);
    }
  }

  private performOn(output: UserSessionOutput): void {
    const link = this.links.at(-1);
    switch (output.type) {
      case "hang-up":
        this.dial = undefined;
        this.announcing = undefined;
        if (link?.attempt !== output.attempt) return;
        link.isUserGone = true;
        link.userFin = true;
        if (output.how === "abort") this.loseElement(link);
        return;
      case "start":
        link!.phase = "open";
        return;
      case "opened":
        this.opened++;
        return;
      case "write":
      case "reply":
        assert(link!.phase === "open", "bytes before the start");
        assert.equal(output.attempt, link!.attempt);
        link!.toElement.push(output.bytes.slice());
        if ("send" in output && output.send !== undefined) link!.taken.push(output.send);
        return;
      case "end-write":
        link!.userFin = true;
        link!.taken.push(output.send);
        return;
      case "handed":
        assert(!this.handed.has(output.send), `send ${output.send} was handed on twice`);
        this.handed.set(output.send, output.element.identifier);
        return;
      case "data": {
        assert.equal(output.element.identifier, link!.identifier);
        const before = this.received.get(link!.attempt) ?? "";
        this.received.set(link!.attempt, before + textOf(output.bytes));
        return;
      }
      case "over":
        this.over = output;
        return;
    }
  }

  private check(): void {
    for (const link of this.links.slice(-2)) {
      const received = this.received.get(link.attempt) ?? "";
      assert(link.sent.startsWith(received), "what came is not what was sent");
    }
    // What all elements have heard is in order, and nothing of it twice.
    const heard = this.links.flatMap((each) => each.heard.match(/<\d+>/g) ?? []);
    let at = -1;
    for (const each of heard) {
      const found = this.sent.indexOf(each, at + 1);
      assert(found > at, `${each} was heard twice, or out of order`);
      at = found;
    }
  }

  /** Whether a session of an element began with a state, and how many did. */
  get withState(): number {
    return this.links.filter(({ state }) => state !== undefined).length;
  }
}
