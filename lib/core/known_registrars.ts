/** The addresses that a server hunt tries: those given, and those that announce themselves. */

import type { Random } from "../handlespace/random.ts";
import type { Instant, SocketAddress } from "./machine.ts";

/** In this time, no more of a kind are tried out of turn than in one round. */
const HINT_WINDOW_MS = 1_000;

/** What {@linkcode KnownRegistrars} is made of. */
export interface KnownRegistrarsOptions {
  /** Tried first, and never forgotten. At least one, unless hints may come. */
  readonly registrars: readonly SocketAddress[];
  /** How many of those that announce themselves one round tries; absent: none is taken. */
  readonly maxHints?: number | undefined;
  /** In which order those given are tried. */
  readonly order: "given" | "random";
  readonly random: Random;
}

/** "Each PU and PE manages a list of transport addresses of ENRP servers." RFC 5352 §3.6. */
export class KnownRegistrars {
  private readonly options: KnownRegistrarsOptions;
  private readonly given: ReadonlyMap<string, SocketAddress>;
  private readonly hints = new Map<string, SocketAddress>();
  /** Keys of the hints that were announced more than once. */
  private readonly confirmed = new Set<string>();
  private windowBegin: Instant = -Infinity;
  /** Tried out of turn in this window, those that were announced more than once apart. */
  private taken = { once: 0, confirmed: 0 };

  /** @throws {RangeError} if there is no registrar and none may come. */
  constructor(options: KnownRegistrarsOptions) {
    this.options = options;
    this.given = new Map(options.registrars.map((each) => [keyOf(each), each]));
    if (this.given.size === 0 && options.maxHints === undefined) {
      throw new RangeError("Cannot hunt: at least one registrar is needed");
    }
  }

  /** Whether registrars may announce themselves. */
  get mayGrow(): boolean {
    return this.options.maxHints !== undefined;
  }

  get isEmpty(): boolean {
    return this.given.size + this.hints.size === 0;
  }

  /** All addresses, those given first. */
  all(): SocketAddress[] {
    return [...this.given.values(), ...this.hints.values()];
  }

  /**
   * An address was announced. `true` if that is news and it may be tried out of turn: a flood of
   * announcements must not become one of dials.
   */
  learn(address: SocketAddress, isConfirmed: boolean, now: Instant): boolean {
    const { maxHints } = this.options;
    const key = keyOf(address);
    if (maxHints === undefined || this.given.has(key)) return false;
    const isNews = !this.hints.has(key) || (isConfirmed && !this.confirmed.has(key));
    if (!isNews) return false;
    this.hints.set(key, address);
    if (isConfirmed) this.confirmed.add(key);
    if (now >= this.windowBegin + HINT_WINDOW_MS) {
      this.windowBegin = now;
      this.taken = { once: 0, confirmed: 0 };
    }
    return this.taken[isConfirmed ? "confirmed" : "once"]++ < maxHints;
  }

  /** An announced address is outdated. `false` if it was not known as such. */
  forget(address: SocketAddress): boolean {
    this.confirmed.delete(keyOf(address));
    return this.hints.delete(keyOf(address));
  }

  /**
   * What a round tries, in its order: those given, then some of the announced, picked at random,
   * first of those that were announced more than once (protocol decision 23).
   *
   * @param busy Keys of those that are being tried.
   * @param avoided Key of the one that comes last.
   */
  round(busy: ReadonlySet<string>, avoided: string | undefined): SocketAddress[] {
    const { order, random, maxHints = 0 } = this.options;
    const given = freeOf(this.given, busy);
    if (order === "random") shuffle(given, random);
    const hints = freeOf(this.hints, busy);
    shuffle(hints, random);
    const rank = (address: SocketAddress) => this.confirmed.has(keyOf(address)) ? 0 : 1;
    hints.sort((a, b) => rank(a) - rank(b));
    const all = [...given, ...hints.slice(0, maxHints)];
    const queue = all.filter((each) => keyOf(each) !== avoided);
    queue.push(...all.filter((each) => keyOf(each) === avoided));
    return queue;
  }
}

/** What makes two addresses the same. */
export function keyOf(address: SocketAddress): string {
  return `${address.host} ${address.port}`;
}

function freeOf(addresses: ReadonlyMap<string, SocketAddress>, busy: ReadonlySet<string>) {
  return [...addresses].filter(([key]) => !busy.has(key)).map(([, address]) => address);
}

function shuffle<T>(values: T[], random: Random): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
}
