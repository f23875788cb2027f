/** A pool that a proxy forwards to: kept fresh by a subscription, shared by listeners. */

import { answered } from "../answer.ts";
import type { PoolElementValue as PoolElement, PoolHandle, PoolUpdate } from "../api.ts";
import type { LastingUser } from "../lasting_user.ts";
import type { Log, LogFields } from "../log.ts";
import { reasonOf } from "../failure.ts";
import { pause } from "../pause.ts";
import { ElementChoice, type ElementPresence, type Misfits } from "./element_choice.ts";
import type { ProxyProtocol } from "./listen_option.ts";
import { PENALTIES } from "./penalties.ts";

/** The pause after a registrar has rejected a subscription that another had granted. */
const REJECTED_PAUSE_MS = 5_000;

/** What a pool is made of. */
export interface WatchedPoolSettings {
  readonly poolHandle: PoolHandle;
  readonly lasting: LastingUser;
  readonly log: Log;
  /** How long one address of an element may take to be reached. */
  readonly connectTimeoutMs: number;
  readonly now: () => number;
}

/** A pool, and what is known of its elements. */
export class WatchedPool {
  readonly poolHandle: PoolHandle;
  private readonly settings: WatchedPoolSettings;
  private readonly uses = new Map<ProxyProtocol, PoolUse>();
  private latest: PoolUpdate | undefined;

  constructor(settings: WatchedPoolSettings) {
    this.settings = settings;
    this.poolHandle = settings.poolHandle;
  }

  /** Whether a registrar has told what is in it. */
  get isKnown(): boolean {
    return this.latest !== undefined;
  }

  /** The pool as listeners of one transport protocol use it. */
  use(protocol: ProxyProtocol): PoolUse {
    const known = this.uses.get(protocol);
    if (known !== undefined) return known;
    const use = new PoolUse(protocol, this.settings);
    this.uses.set(protocol, use);
    if (this.latest !== undefined) use.update(this.latest);
    return use;
  }

  /**
   * Follows the pool until the signal aborts. Once there was an answer, nothing ends it.
   *
   * @param onAnswer Told of the first answer.
   * @throws {ExitError} if the first answer is a rejection.
   */
  async follow(signal: AbortSignal, onAnswer: () => void): Promise<void> {
    const { lasting: { user, secured }, log } = this.settings;
    const watch = async () => {
      for await (const update of user.watch(this.poolHandle, { signal })) {
        const isFirst = this.latest === undefined;
        this.latest = update;
        for (const use of this.uses.values()) use.update(update);
        if (isFirst) onAnswer();
      }
    };
    while (!signal.aborted) {
      try {
        await answered(watch(), "ASAP", secured);
      } catch (error) {
        if (signal.aborted) return;
        if (this.latest === undefined) throw error;
        const why = reasonOf(error);
        const { poolHandle } = this;
        const message = `pool "${poolHandle}" goes on with its last known elements: ${why}`;
        log.event("warning", "pool-outdated", { poolHandle }, message);
        await pause(REJECTED_PAUSE_MS, signal);
      }
    }
  }
}

/** The elements of a pool for one transport protocol, and who waits for one. */
export class PoolUse {
  /** The pool handle. */
  readonly name: string;
  private readonly protocol: ProxyProtocol;
  private readonly settings: WatchedPoolSettings;
  private readonly choice: ElementChoice;
  /** Who waits for another element; a promise that all share would remember them for ever. */
  private readonly waiting = new Set<() => void>();
  private readonly told = new Set<string>();
  private isDeserted = false;

  constructor(protocol: ProxyProtocol, settings: WatchedPoolSettings) {
    const { lasting: { api }, connectTimeoutMs } = settings;
    this.protocol = protocol;
    this.settings = settings;
    this.name = settings.poolHandle;
    this.choice = new ElementChoice({
      protocol,
      random: api.systemRandom(),
      penalties: PENALTIES,
      trialMs: connectTimeoutMs,
      select: (answer) => new api.PoolUserSelection(answer),
    });
  }

  /** How many elements there are, reachable or not. */
  get size(): number {
    return this.choice.size;
  }

  /** Takes what is in the pool now. Whoever waits looks again. */
  update(update: PoolUpdate): void {
    this.tellMisfits(this.choice.update(update));
    const count = this.choice.size;
    const { name: poolHandle, protocol } = this;
    const message = `pool "${poolHandle}" has ${count} ${protocol} elements`;
    const fields = { poolHandle, protocol, elements: count };
    this.settings.log.event("debug", "pool-updated", fields, message);
    this.wake();
  }

  /** The element that is to be tried next, or none now. */
  next(tried: ReadonlySet<number>): PoolElement | undefined {
    return this.choice.next(tried, this.settings.now());
  }

  /** Its elements, and for how long those that failed are skipped. */
  present(): ElementPresence[] {
    return this.choice.present(this.settings.now());
  }

  /** Whether an element is in the pool, where it was. */
  has(element: PoolElement): boolean {
    return this.choice.has(element);
  }

  /** An element was reached. */
  reached(element: PoolElement): void {
    this.isDeserted = false;
    if (!this.choice.reached(element)) return;
    const message = `${this.describe(element)} can be reached again`;
    this.settings.log.event("notice", "element-reachable", this.fieldsOf(element), message);
    this.wake();
  }

  /** An element could not be reached: it is skipped for a while, and reported once. */
  failed(element: PoolElement, why: string): void {
    const { lasting: { user }, log, poolHandle, now } = this.settings;
    const isFirst = !this.choice.isSuspect(element);
    if (!this.choice.failed(element, now())) return;
    const message = `${this.describe(element)} cannot be reached: ${why}`;
    const level = isFirst ? "warning" : "info";
    log.event(level, "element-unreachable", this.fieldsOf(element), message);
    user.reportUnreachable(poolHandle, element.identifier);
  }

  /** Nobody could be reached for a client: told once, until somebody can be. */
  deserted(why: string): void {
    if (this.isDeserted) return;
    this.isDeserted = true;
    const message = `no element of pool "${this.name}" for a client: ${why}`;
    this.settings.log.event("warning", "pool-deserted", { poolHandle: this.name }, message);
  }

  /** Resolved when there may be another element to try, at the latest after some milliseconds. */
  async waitForChange(longestMs: number): Promise<void> {
    const now = this.settings.now();
    const revival = (this.choice.nextRevival(now) ?? Infinity) - now;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.add(resolve);
    // A timer that fires a fraction early would find the penalty still standing.
    const timer = setTimeout(resolve, Math.ceil(Math.min(longestMs, revival)) + 1);
    await promise;
    clearTimeout(timer);
    this.waiting.delete(resolve);
  }

  private describe({ identifier }: PoolElement): string {
    const { lasting: { api } } = this.settings;
    return `pool element ${api.formatIdentifier(identifier)} of "${this.name}"`;
  }

  private fieldsOf({ identifier }: PoolElement): LogFields {
    const { lasting: { api } } = this.settings;
    return { poolHandle: this.name, identifier: api.formatIdentifier(identifier) };
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
  }

  private tellMisfits({ otherProtocol, withControl }: Misfits): void {
    if (otherProtocol.length > 0) {
      const protocols = new Set(otherProtocol.map(({ transport }) => transport.protocol));
      const all = [...protocols].sort().join(", ");
      this.tellOnce(`elements of pool "${this.name}" that speak ${all} and not ${this.protocol}`);
    }
    if (withControl.length > 0) {
      this.tellOnce(
        `elements of pool "${this.name}" with transport use data+control: its clients speak the ` +
          `session protocol of RSerPool themselves`,
      );
    }
  }

  private tellOnce(whom: string): void {
    if (this.told.has(whom)) return;
    this.told.add(whom);
    const message = `does not forward to ${whom}`;
    this.settings.log.event("warning", "element-unsuitable", { poolHandle: this.name }, message);
  }
}
