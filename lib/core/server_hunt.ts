/**
 * The server hunt, as part of a machine: which registrars are dialled when, and what became of
 * each. RFC 5352 §3.6; where it gives no rule, protocol decision 16.
 */

import type { Attempt } from "./attempt.ts";
import { type Candidate, unanswered } from "./candidate.ts";
import { keyOf, KnownRegistrars, type KnownRegistrarsOptions } from "./known_registrars.ts";
import type {
  Association,
  DisconnectReason,
  Instant,
  ProtocolName,
  SocketAddress,
} from "./machine.ts";
import { RecentLosses } from "./recent_losses.ts";
import { Timers } from "./timers.ts";
import type { HuntTiming } from "./timing.ts";

/** RFC 5352 §3.6, SH1: no more than three associations or connections. */
export const MAX_HUNT_ASSOCIATIONS = 3;
/** A registrar that is found and lost in quick succession is sought again within T5, too. */
const MAX_FLAP_DOUBLINGS = 2;

/** How to hunt. */
export interface HuntOptions extends KnownRegistrarsOptions {
  readonly protocol: ProtocolName;
  readonly timing: HuntTiming;
  /** The next one is dialled this long after the one before; absent: three at once. */
  readonly staggerMs?: number | undefined;
  /** Ends the hunt when every registrar has failed and none may announce itself, not never. */
  readonly once?: boolean | undefined;
}

/** Where a hunt dials and what it tells: the machine's outputs, mostly. */
export interface HuntOutlet {
  connect(protocol: ProtocolName, to: SocketAddress, timeoutMs: number): Association;
  close(association: Association): void;
  /** A whole set of registrars failed; `ended` if the hunt is over for that (option `once`). */
  failed(attempts: readonly Attempt[], ended: boolean): void;
  /** One that was tried failed. */
  noted?(attempt: Attempt): void;
}

/** A server hunt: idle, until `start`. */
export class ServerHunt {
  private readonly options: HuntOptions;
  private readonly outlet: HuntOutlet;
  private readonly registrars: KnownRegistrars;
  private readonly timers = new Timers<"T5-Serverhunt" | "pause" | "stagger">();
  private readonly candidates = new Map<Association, Candidate>();
  private readonly failures = new Map<string, Attempt>();
  /** Not yet tried in this round. */
  private queue: SocketAddress[] = [];
  private avoided: SocketAddress | undefined;
  /** Key of an address that is dialled only when no other attempt is under way. */
  private lastResort: string | undefined;
  private hunting = false;
  private t5Ms: number;
  /** Pauses of this hunt so far. */
  private pauses = 0;
  private readonly losses = new RecentLosses();
  /** When a registrar was last found to serve; undefined while what was found is unproven. */
  private provenAt: Instant | undefined = -Infinity;
  /** Associations that the machine holds besides, against the limit of three. */
  held = 0;

  /** @throws {RangeError} if there is no registrar and none may come. */
  constructor(options: HuntOptions, outlet: HuntOutlet) {
    this.options = options;
    this.outlet = outlet;
    this.registrars = new KnownRegistrars(options);
    this.t5Ms = options.timing.t5ServerHuntMs;
  }

  get isHunting(): boolean {
    return this.hunting;
  }

  /** Associations that are open and not yet picked. */
  connected(): Association[] {
    return [...this.candidates.values()].filter((each) => each.connected)
      .map((each) => each.association);
  }

  /** The address of a candidate. */
  addressOf(association: Association): SocketAddress | undefined {
    return this.candidates.get(association)?.address;
  }

  /** RFC 5352 §3.6: an announced address joins the list, and those of a hunt under way. */
  learn(address: SocketAddress, isConfirmed: boolean, now: Instant): void {
    if (!this.registrars.learn(address, isConfirmed, now) || !this.hunting) return;
    const key = keyOf(address);
    if ([...this.candidates.values()].some((each) => keyOf(each.address) === key)) return;
    if (this.candidates.size === 0) this.renewT5();
    this.queue = this.queue.filter((each) => keyOf(each) !== key);
    if (isConfirmed) this.queue.unshift(address);
    else this.queue.push(address);
    if (this.queue.length > 1) return;
    const { staggerMs } = this.options;
    const isFree = staggerMs === undefined && this.connected().length === 0 && this.hasRoom;
    if (isFree || this.candidates.size === 0) this.dialNext(now);
    else if (staggerMs !== undefined) this.timers.set("stagger", now + staggerMs);
  }

  /** T7-ENRPoutdate: an announced address is dialled no more; what is under way goes on. */
  forget(address: SocketAddress): void {
    if (!this.registrars.forget(address)) return;
    const key = keyOf(address);
    this.failures.delete(key);
    this.queue = this.queue.filter((each) => keyOf(each) !== key);
  }

  /** SH1, SH2: begins, or goes on with those not tried since the last success; `avoid` is last. */
  start(now: Instant, avoid?: SocketAddress): void {
    if (this.hunting) return;
    this.hunting = true;
    this.avoided = avoid;
    if (this.provenAt === undefined) return this.next(now);
    const isFlap = now - this.provenAt < this.options.timing.retranMaxMs;
    this.provenAt = undefined;
    if (!isFlap) this.losses.clear();
    const key = avoid === undefined ? "" : keyOf(avoid);
    const repeats = isFlap ? this.losses.note(key) : undefined;
    // A registrar that is found and lost again and again is not dialled at the network's speed.
    if (repeats === undefined) this.beginRound(now);
    else this.armPause(now, Math.min(repeats, MAX_FLAP_DOUBLINGS));
  }

  /** SH3: an association is open. `undefined` if it is not the hunt's. */
  onConnected(association: Association): SocketAddress | undefined {
    const candidate = this.candidates.get(association);
    if (candidate === undefined) return undefined;
    candidate.connected = true;
    this.renewT5();
    return candidate.address;
  }

  /** SH4: an association ended, or a dial failed. `false` if it is not the hunt's. */
  onDisconnected(
    association: Association,
    reason: DisconnectReason,
    detail: string | undefined,
    now: Instant,
  ): boolean {
    const candidate = this.candidates.get(association);
    if (candidate === undefined) return false;
    this.candidates.delete(association);
    this.onFailed(candidate, reason, detail);
    this.next(now);
    return true;
  }

  /** A candidate does not answer rightly: its association is closed, another one is tried. */
  fail(
    association: Association,
    reason: Attempt["reason"],
    detail: string | undefined,
    now: Instant,
  ): void {
    if (!this.candidates.has(association)) return;
    this.drop(association, reason, detail);
    this.next(now);
  }

  /** Remembers what a candidate said instead of an answer, or how far its answer came. */
  remark(association: Association, reason: "silent" | "garbage", detail: string): void {
    const candidate = this.candidates.get(association);
    if (candidate !== undefined) candidate.remark = { reason, detail };
  }

  /** Remembers what became of a registrar beside the hunt. */
  note(address: SocketAddress, reason: Attempt["reason"], detail?: string): void {
    this.failures.set(keyOf(address), { address, reason, detail });
  }

  /** SH6 without an answer yet: dials besides this candidate are given up, to be tried later. */
  narrow(association: Association): void {
    for (const candidate of [...this.candidates.values()]) {
      if (candidate.connected || candidate.association === association) continue;
      this.candidates.delete(candidate.association);
      this.outlet.close(candidate.association);
      this.queue.push(candidate.address);
    }
  }

  /** RFC 5352 §3.7.2: a connected candidate is silent; others are tried in parallel. */
  widen(now: Instant): void {
    if (!this.hunting) return;
    if (this.queue.length === 0) this.fillQueue();
    if (this.queue.length === 0) return;
    // Who is silent keeps its association for ever: the one to avoid must not wait for its end.
    this.lastResort = undefined;
    this.makeRoom();
    this.dial(now);
  }

  /** A candidate goes on answering: the next one is dialled later. */
  postpone(now: Instant): void {
    const { staggerMs } = this.options;
    if (staggerMs === undefined || !this.timers.has("stagger")) return;
    this.timers.set("stagger", now + staggerMs);
  }

  /** SH6: this one is picked; all others are closed and the hunt ends. */
  settle(association: Association): SocketAddress | undefined {
    const picked = this.candidates.get(association);
    if (picked === undefined) return undefined;
    this.candidates.delete(association);
    // Those that were given up for it are tried next, should it not serve after all.
    this.queue.unshift(...[...this.candidates.values()].map((each) => each.address));
    this.end();
    return picked.address;
  }

  /** The picked registrar serves: an answer came. */
  prove(now: Instant): void {
    this.provenAt = now;
    this.pauses = 0;
    this.failures.clear();
  }

  /** Ends the hunt for nothing; the next `start` begins anew. */
  stop(): void {
    this.reset();
    this.failures.clear();
  }

  /** What became of the registrars, in their order; those being tried, as if time were over. */
  attempts(beside?: Attempt): Attempt[] {
    const latest = new Map(this.failures);
    if (beside !== undefined) latest.set(keyOf(beside.address), beside);
    for (const candidate of this.candidates.values()) {
      latest.set(keyOf(candidate.address), unanswered(candidate));
    }
    return this.registrars.all().flatMap((each) => latest.get(keyOf(each)) ?? []);
  }

  deadline(): Instant | undefined {
    return this.timers.next();
  }

  /** Time has passed. */
  onDeadline(now: Instant): void {
    for (;;) {
      const timer = this.timers.takeDue(now);
      if (timer === undefined) return;
      if (timer === "T5-Serverhunt") this.onT5ServerHunt(now);
      else if (timer === "pause") this.beginRound(now);
      else this.widenOnce(now);
    }
  }

  /** SH5: the timer's value doubles, the attempts end, a different set is tried. */
  private onT5ServerHunt(now: Instant): void {
    // SH4 may have dialled one just now, in the place of one whose own time has just ended.
    const latest = now - this.t5Ms / 10;
    this.t5Ms = Math.min(2 * this.t5Ms, this.options.timing.retranMaxMs);
    const isOld = ({ connected, dialledAt }: Candidate) => !connected && dialledAt <= latest;
    const pending = [...this.candidates.values()].filter(isOld);
    for (const { association } of pending) this.drop(association, "timed-out", undefined);
    if (this.options.once && !this.registrars.mayGrow) return this.next(now);
    if (pending.length > 0 || this.registrars.isEmpty) this.outlet.failed(this.attempts(), false);
    if (!this.hasRoom) return this.armT5(now);
    if (this.queue.length === 0) this.beginRound(now);
    else this.dial(now);
  }

  private widenOnce(now: Instant): void {
    if (this.queue.length === 0) return;
    this.makeRoom();
    this.dialNext(now);
  }

  private beginRound(now: Instant): void {
    this.fillQueue();
    this.timers.delete("T5-Serverhunt");
    if (this.queue.length === 0) return this.next(now);
    this.dial(now);
  }

  /** All addresses that are not being tried, some of the announced, those to avoid at the end. */
  private fillQueue(): void {
    const busy = new Set([...this.candidates.values()].map((each) => keyOf(each.address)));
    const avoided = this.avoided === undefined ? undefined : keyOf(this.avoided);
    this.queue = this.registrars.round(busy, avoided);
    this.avoided = undefined;
    this.lastResort = avoided;
  }

  /** SH1: as many at once as allowed, or one, if staggered. */
  private dial(now: Instant): void {
    if (this.options.staggerMs !== undefined) return this.dialNext(now);
    while (this.hasRoom && this.queue.length > 0) {
      const isLast = keyOf(this.queue[0]!) === this.lastResort;
      if (isLast && this.candidates.size > 0) {
        return this.connected().length > 0 ? undefined : this.armT5(now);
      }
      this.dialNext(now);
    }
  }

  private dialNext(now: Instant): void {
    const address = this.queue.shift();
    if (address === undefined) return this.next(now);
    const association = this.outlet.connect(this.options.protocol, address, this.t5Ms);
    this.candidates.set(association, {
      association,
      address,
      dialledAt: now,
      connected: false,
      remark: undefined,
    });
    this.timers.delete("pause");
    this.armT5(now);
    if (this.options.staggerMs !== undefined && this.queue.length > 0) {
      this.timers.set("stagger", now + this.options.staggerMs);
    }
  }

  private get hasRoom(): boolean {
    return this.candidates.size + this.held < MAX_HUNT_ASSOCIATIONS;
  }

  /** The candidate that had the longest time gives way. */
  private makeRoom(): void {
    if (this.hasRoom) return;
    const [oldest] = this.candidates.values();
    if (oldest === undefined) return;
    const { reason, detail } = unanswered(oldest);
    this.drop(oldest.association, reason, detail);
  }

  /** SH4: a candidate is gone; a different address is tried. */
  private next(now: Instant): void {
    if (!this.hunting) return;
    if (this.queue.length > 0) return this.dial(now);
    if (this.candidates.size > 0) return this.connected().length > 0 ? undefined : this.armT5(now);
    if (this.options.once && !this.registrars.mayGrow) {
      const attempts = this.attempts();
      this.reset();
      return this.outlet.failed(attempts, true);
    }
    // With nothing to dial, only time passes until a registrar announces itself.
    if (this.registrars.isEmpty) return this.armT5(now);
    this.armPause(now, this.pauses++);
    this.outlet.failed(this.attempts(), false);
  }

  /** SH3. */
  private renewT5(): void {
    this.timers.delete("T5-Serverhunt");
    this.t5Ms = this.options.timing.t5ServerHuntMs;
  }

  private armT5(now: Instant): void {
    if (!this.timers.has("T5-Serverhunt")) this.timers.set("T5-Serverhunt", now + this.t5Ms);
  }

  private armPause(now: Instant, doublings: number): void {
    const { huntPauseMs, retranMaxMs } = this.options.timing;
    const mean = Math.min(huntPauseMs * 2 ** doublings, retranMaxMs);
    const pause = Math.min(mean * (0.5 + this.options.random.fraction()), retranMaxMs);
    this.timers.set("pause", now + pause);
  }

  private drop(
    association: Association,
    reason: Attempt["reason"],
    detail: string | undefined,
  ): void {
    this.onFailed(this.candidates.get(association)!, reason, detail);
    this.candidates.delete(association);
    this.outlet.close(association);
  }

  private onFailed({ address }: Candidate, reason: Attempt["reason"], detail?: string): void {
    this.note(address, reason, detail);
    this.outlet.noted?.({ address, reason, detail });
  }

  private reset(): void {
    this.end();
    this.pauses = 0;
    this.t5Ms = this.options.timing.t5ServerHuntMs;
    this.provenAt = -Infinity;
  }

  private end(): void {
    this.hunting = false;
    for (const timer of ["stagger", "pause", "T5-Serverhunt"] as const) this.timers.delete(timer);
    for (const association of this.candidates.keys()) this.outlet.close(association);
    this.candidates.clear();
  }
}
