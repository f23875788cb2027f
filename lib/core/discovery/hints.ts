/**
 * Addresses that were announced. RFC 5352 §9.2: "A receiver must also be prepared to receive a
 * large number of multicast announcements from attackers"; so there are few for each source, and
 * few in all.
 */

import type { Random } from "../../handlespace/random.ts";
import type { Instant, SocketAddress } from "../machine.ts";
import { keyOf } from "../known_registrars.ts";
import type { DiscoveryOptions } from "./contract.ts";
import { Lives } from "./lives.ts";

/** What became of an address that was heard. */
export type Heard =
  /** It was not known, or its time was over; another one may have given way to it. */
  | { readonly outcome: "new"; readonly evicted: SocketAddress | undefined }
  | { readonly outcome: "known" }
  /** It was heard for the second time, and is more likely to be there. */
  | { readonly outcome: "confirmed" }
  /** Its source has announced too many. */
  | { readonly outcome: "refused" };

interface Hint {
  readonly address: SocketAddress;
  /** Who announced it first. */
  readonly source: string;
}

/** The addresses, by what makes them one. */
export class HintTable {
  private readonly options: DiscoveryOptions;
  private readonly hints = new Map<string, Hint>();
  private readonly lives: Lives<string>;
  private readonly bySource = new Map<string, Set<string>>();

  constructor(options: DiscoveryOptions) {
    this.options = options;
    this.lives = new Lives(options.timing, options.limits.maxHintLifeMs);
  }

  /** How many are remembered, living or not. */
  get size(): number {
    return this.hints.size;
  }

  /** An address was announced. */
  hear(address: SocketAddress, source: string, now: Instant): Heard {
    const key = keyOf(address);
    if (this.lives.has(key)) {
      const wasConfirmed = this.lives.isConfirmed(key);
      if (this.lives.hear(key, now)) return { outcome: "new", evicted: undefined };
      const isConfirmed = !wasConfirmed && this.lives.isConfirmed(key);
      return { outcome: isConfirmed ? "confirmed" : "known" };
    }
    if (!this.makeRoomOf(source)) return { outcome: "refused" };
    const evicted = this.makeRoom();
    this.hints.set(key, { address, source });
    const known = this.bySource.get(source) ?? new Set();
    this.bySource.set(source, known.add(key));
    this.lives.hear(key, now);
    return { outcome: "new", evicted };
  }

  /** Whether an address was heard more than once. */
  isConfirmed(address: SocketAddress): boolean {
    return this.lives.isConfirmed(keyOf(address));
  }

  /** When `takeOutdated` has something to do. */
  next(): Instant | undefined {
    return this.lives.next();
  }

  /** The addresses whose time is over, each once. RFC 5352 §3.6: "deleted". */
  takeOutdated(now: Instant): SocketAddress[] {
    const outdated: SocketAddress[] = [];
    for (;;) {
      const key = this.lives.takeOutdated(now);
      if (key === undefined) break;
      outdated.push(this.hints.get(key)!.address);
    }
    // What the lives have forgotten meanwhile is forgotten here, too.
    if (this.lives.size < this.hints.size) {
      for (const key of this.hints.keys()) if (!this.lives.has(key)) this.forget(key);
    }
    return outdated;
  }

  /** Room among those of one source: one whose time is over gives way, a living one does not. */
  private makeRoomOf(source: string): boolean {
    const known = this.bySource.get(source);
    if (known === undefined || known.size < this.options.limits.maxHintsPerSource) return true;
    for (const key of known) {
      if (this.lives.isLive(key)) continue;
      this.forget(key);
      return true;
    }
    return false;
  }

  /**
   * Room among all: one whose time is over gives way, else one that was heard once, else any, as
   * sources can be made up.
   */
  private makeRoom(): SocketAddress | undefined {
    if (this.hints.size < this.options.limits.maxHints) return undefined;
    const keys = [...this.hints.keys()];
    const outdated = keys.find((key) => !this.lives.isLive(key));
    const heardOnce = keys.filter((key) => !this.lives.isConfirmed(key));
    const key = outdated ?? pick(heardOnce.length > 0 ? heardOnce : keys, this.options.random);
    const { address } = this.hints.get(key)!;
    this.forget(key);
    return outdated === undefined ? address : undefined;
  }

  private forget(key: string): void {
    const { source } = this.hints.get(key)!;
    this.hints.delete(key);
    this.lives.delete(key);
    const known = this.bySource.get(source)!;
    known.delete(key);
    if (known.size === 0) this.bySource.delete(source);
  }
}

function pick<T>(from: readonly T[], random: Random): T {
  return from[random.below(from.length)]!;
}
