/**
 * How a registrar announces itself, to pool elements and pool users and to its peers, and finds
 * peers by their announcements. RFC 5352 §3.6.
 */

import { keyOf } from "../known_registrars.ts";
import type { Instant, ProtocolName, SocketAddress } from "../machine.ts";
import { Timers } from "../timers.ts";
import type { Discovery, DiscoveryOptions, DiscoveryOutput } from "./contract.ts";
import { Lives } from "./lives.ts";
import { AnnouncementListener } from "./listener.ts";

/** How much the time between two announcements varies, so that registrars do not speak at once. */
const JITTER = 0.1;

/** What a registrar's machine is told of others that announce themselves. */
export interface PeerHintCommand {
  readonly type: "hint";
  readonly enrp: SocketAddress;
}

/** Announces a registrar on both groups, and listens to both. */
export class RegistrarDiscovery implements Discovery<PeerHintCommand> {
  private readonly identifier: number;
  private readonly options: DiscoveryOptions;
  private readonly listener: AnnouncementListener<PeerHintCommand>;
  /** The registrars that were heard: N in (N+1) × T6-Serverannounce. */
  private readonly others: Lives<number>;
  private readonly timers = new Timers<"T6-Serverannounce" | "hint">();
  private readonly hints = new Map<string, PeerHint>();
  /** Those that were announced once have every other turn. */
  private isTurnOfConfirmed = true;

  constructor(identifier: number, options: DiscoveryOptions, now: Instant) {
    this.identifier = identifier;
    this.options = options;
    this.others = new Lives(options.timing, options.limits.maxHintLifeMs);
    this.listener = new AnnouncementListener(options, {
      learned: (address, isConfirmed) => {
        const times = this.hints.get(keyOf(address))?.times ?? 0;
        this.hints.set(keyOf(address), { address, isConfirmed, times });
      },
      outdated: (address) => void this.hints.delete(keyOf(address)),
    });
    // Those that start at the same moment, as after a power failure, do not speak at once.
    const { t6ServerAnnounceMs } = options.timing;
    this.timers.set("T6-Serverannounce", now + options.random.below(t6ServerAnnounceMs));
  }

  hear(protocol: ProtocolName, bytes: Uint8Array, source: SocketAddress, now: Instant): void {
    const announcement = this.listener.read(protocol, bytes, source, now);
    if (announcement === undefined || announcement.identifier === this.identifier) return;
    this.count(announcement.identifier, now);
    if (protocol !== "ENRP") return;
    this.listener.learn(protocol, announcement, source, now);
    if (this.hints.size > 0 && !this.timers.has("hint")) this.timers.set("hint", now);
  }

  onDeadline(now: Instant): void {
    for (;;) {
      const timer = this.timers.takeDue(now);
      if (timer === undefined) break;
      if (timer === "hint") this.hint(now);
      else this.announce(now);
    }
    while (this.others.takeOutdated(now) !== undefined);
    this.listener.onDeadline(now);
  }

  deadline(): Instant | undefined {
    const all = [this.timers.next(), this.others.next(), this.listener.hints.next()];
    return Math.min(...all.map((each) => each ?? Infinity));
  }

  poll(): DiscoveryOutput<PeerHintCommand> | undefined {
    return this.listener.poll();
  }

  /** RFC 5352 §3.6: "every (N+1)*T6-Serverannounce"; both protocols keep one pace. */
  private announce(now: Instant): void {
    this.listener.announce("ASAP");
    this.listener.announce("ENRP");
    const mean = (this.others.confirmed + 1) * this.options.timing.t6ServerAnnounceMs;
    const factor = 1 - JITTER + 2 * JITTER * this.options.random.fraction();
    this.timers.set("T6-Serverannounce", now + mean * factor);
  }

  /** Only so many are counted: made-up identifiers must not make a registrar fall silent. */
  private count(identifier: number, now: Instant): void {
    const { others, options } = this;
    if (!others.has(identifier) && others.size >= options.limits.maxCountedAnnouncers) return;
    others.hear(identifier, now);
  }

  /**
   * Tells the machine of one address, of those that it was told of least: however many are
   * announced, they are dialled one at a time, and a peer that comes back is heard of again.
   */
  private hint(now: Instant): void {
    const all = [...this.hints.values()];
    if (all.length === 0) return;
    const inTurn = all.filter((each) => each.isConfirmed === this.isTurnOfConfirmed);
    this.isTurnOfConfirmed = !this.isTurnOfConfirmed;
    const candidates = leastTold(inTurn.length > 0 ? inTurn : all);
    const hint = candidates[this.options.random.below(candidates.length)]!;
    hint.times++;
    this.listener.command({ type: "hint", enrp: hint.address });
    this.timers.set("hint", now + this.options.timing.hintCycleMs);
  }
}

/** An address that is announced. */
interface PeerHint {
  readonly address: SocketAddress;
  readonly isConfirmed: boolean;
  /** How often the machine was told of it. */
  times: number;
}

function leastTold(hints: readonly PeerHint[]): readonly PeerHint[] {
  const least = Math.min(...hints.map(({ times }) => times));
  return hints.filter(({ times }) => times === least);
}
