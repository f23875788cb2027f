/** dnsmasq's events from the spool to the agent; acknowledged once what came of them is saved. */

import type { AgentLeaseEvent } from "../../api.ts";
import { reasonOf } from "../../failure.ts";
import type { Spool, SpooledEvent } from "../dnsmasq/spool.ts";
import type { Clock } from "./clock.ts";
import { agentEvent, isUntimely } from "./conversion.ts";
import type { LocalLeases } from "./local_leases.ts";

/** What a feeder needs. */
export interface EventFeederParts {
  readonly spool: Pick<Spool, "take" | "acknowledge" | typeof Symbol.asyncIterator>;
  readonly clock: Clock;
  readonly leases: LocalLeases;
  take(event: AgentLeaseEvent): void;
  /** Resolves once what came of all events is on the disk; `false`: it never will be. */
  save(): Promise<boolean>;
  /** How long ago it was saved before this process, if ever. */
  readonly savedAgoMs: number | undefined;
  /** The disk does not take that events are known. */
  failed(reason: string): void;
  /** A lease ended that still runs: somebody has set the clock. */
  stepped(): void;
}

/** Events that come together are acknowledged together; milliseconds. */
const ACKNOWLEDGE_MS = 200;

/** Feeds an agent. */
export class EventFeeder {
  /** Events so far, by what has happened. */
  readonly counts = new Map<string, number>([["add", 0], ["old", 0], ["del", 0]]);

  private readonly parts: EventFeederParts;
  /** When it was saved last, by the agent's clock. */
  private savedAt: number;
  private offset: number | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: EventFeederParts) {
    this.parts = parts;
    this.savedAt = parts.clock.now() - (parts.savedAgoMs ?? Infinity);
  }

  /** Follows the spool until it is closed. */
  async follow(): Promise<void> {
    for await (const each of this.parts.spool) this.take(each);
  }

  /** Resolves when all that is in the spool is known to the agent. */
  async drain(): Promise<void> {
    for (;;) {
      const events = await this.parts.spool.take();
      if (events.length === 0) return;
      events.forEach((each) => this.take(each));
    }
  }

  /**
   * Acknowledges what the agent knows, once it is saved. Where the disk does not take that, the
   * events come again at the next start, and are no news then.
   */
  async acknowledge(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { offset, parts: { save, spool, failed } } = this;
    if (offset === undefined || !await save()) return;
    try {
      await spool.acknowledge(offset);
    } catch (error) {
      failed(reasonOf(error));
    }
  }

  /** Saves: no event that is not known by now can be older than this. */
  async saving(save: () => Promise<void>): Promise<void> {
    const now = this.parts.clock.now();
    await save();
    this.savedAt = now;
  }

  private take({ offset, event }: SpooledEvent): void {
    const { clock, leases, take, stepped } = this.parts;
    const times = { now: clock.now(), wall: clock.wall() };
    const { address } = event.lease;
    this.offset = offset;
    this.counts.set(event.action, this.counts.get(event.action)! + 1);
    this.timer ??= setTimeout(() => void this.acknowledge(), ACKNOWLEDGE_MS);
    // The lease goes on: dnsmasq is given it anew by who has noticed the step.
    if (isUntimely(event, leases.at(address)?.endsAt, times)) return stepped();
    const known = agentEvent(event, times, times.now - this.savedAt);
    leases.onEvent(known, times.now);
    take(known);
  }
}
