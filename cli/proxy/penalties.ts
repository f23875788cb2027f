/** Elements that could not be reached are skipped for a while, each time for longer. */

/** How long, and how many are remembered. */
export interface PenaltySettings {
  /** The first penalty; each that follows without a success between doubles it. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** Penalties that are remembered; a further one replaces the oldest. */
  readonly maxPenalties: number;
}

/** What holds when nothing else is said. */
export const PENALTIES: PenaltySettings = {
  firstMs: 500,
  longestMs: 10_000,
  maxPenalties: 10_000,
};

interface Penalty {
  readonly lengthMs: number;
  readonly until: number;
}

/** The penalties of the elements of one pool, by their identifiers. */
export class Penalties {
  private readonly settings: PenaltySettings;
  private readonly byElement = new Map<number, Penalty>();

  constructor(settings: PenaltySettings) {
    this.settings = settings;
  }

  /** How many are remembered, those that are over included. */
  get size(): number {
    return this.byElement.size;
  }

  /** When the next of those that stand ends. */
  nextEnd(now: number): number | undefined {
    let next: number | undefined;
    for (const { until } of this.byElement.values()) {
      if (until > now && (next === undefined || until < next)) next = until;
    }
    return next;
  }

  /**
   * An element could not be reached.
   *
   * @returns whether that is a further failure: not while a penalty stands, which the connections
   * that were tried at the same moment would only repeat.
   */
  add(identifier: number, now: number): boolean {
    const { firstMs, longestMs, maxPenalties } = this.settings;
    const known = this.byElement.get(identifier);
    if (known !== undefined && known.until > now) return false;
    const lengthMs = known === undefined ? firstMs : Math.min(2 * known.lengthMs, longestMs);
    this.byElement.delete(identifier);
    if (this.byElement.size >= maxPenalties) {
      for (const oldest of this.byElement.keys()) {
        this.byElement.delete(oldest);
        break;
      }
    }
    this.byElement.set(identifier, { lengthMs, until: now + lengthMs });
    return true;
  }

  /** Whether an element is to be skipped. */
  stands(identifier: number, now: number): boolean {
    const known = this.byElement.get(identifier);
    return known !== undefined && known.until > now;
  }

  /** How long an element is to be skipped yet, if it is. */
  left(identifier: number, now: number): number | undefined {
    const known = this.byElement.get(identifier);
    return known !== undefined && known.until > now ? known.until - now : undefined;
  }

  /** Whether an element has had one and was not reached since. */
  has(identifier: number): boolean {
    return this.byElement.has(identifier);
  }

  /** An element was reached, or is another one now. Returns whether it had a penalty. */
  clear(identifier: number): boolean {
    return this.byElement.delete(identifier);
  }

  /** Forgets all elements but these. */
  keepOnly(identifiers: { has(identifier: number): boolean }): void {
    for (const identifier of this.byElement.keys()) {
      if (!identifiers.has(identifier)) this.byElement.delete(identifier);
    }
  }
}
