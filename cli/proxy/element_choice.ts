/** Which element of a pool a connection goes to. RFC 5356, RFC 3237 §2.6. */

import type { PoolElementValue as PoolElement, PoolUpdate, Random } from "../api.ts";
import type { ProxyProtocol } from "./listen_option.ts";
import { Penalties, type PenaltySettings } from "./penalties.ts";

/** What is in a pool, as a registrar told last. */
export type Answer = Pick<PoolUpdate, "policy" | "poolElements">;

/** Chooses by the pool's policy; the library's `PoolUserSelection`. */
export interface Selection {
  readonly size: number;
  next(random: Random): PoolElement | undefined;
}

/** What a choice is made of. */
export interface ChoiceSettings {
  readonly protocol: ProxyProtocol;
  readonly random: Random;
  readonly penalties: PenaltySettings;
  /** How long an element that had failed is tried by one connection alone. */
  readonly trialMs: number;
  select(answer: Answer): Selection;
}

/** An element that fits. */
export interface ElementPresence {
  readonly element: PoolElement;
  /** How long it is skipped yet; absent: it is not. */
  readonly penaltyMs: number | undefined;
}

/** Why elements of a pool are of no use to a proxy. */
export interface Misfits {
  /** Elements of another transport protocol. */
  readonly otherProtocol: readonly PoolElement[];
  /** Elements that expect a control channel, which clients that know nothing do not speak. */
  readonly withControl: readonly PoolElement[];
}

/** Transport use of elements that take the bytes of the application and nothing else. */
const DATA_ONLY = 0;

/**
 * Chooses elements of one pool for one transport protocol. Elements that have just failed are
 * skipped while there are others; when their penalty is over, one connection tries them first.
 */
export class ElementChoice {
  private readonly settings: ChoiceSettings;
  private readonly penalties: Penalties;
  /** Elements that one connection tries, and until when it does so alone. */
  private readonly trials = new Map<number, number>();
  private answer: Answer = { poolElements: [] };
  private transports = new Map<number, string>();
  private selection: Selection | undefined;
  /** When some element may be chosen again. */
  private revivesAt = Infinity;

  constructor(settings: ChoiceSettings) {
    this.settings = settings;
    this.penalties = new Penalties(settings.penalties);
  }

  /** How many elements there are that fit, whether they can be reached or not. */
  get size(): number {
    return this.answer.poolElements.length;
  }

  /** Takes what is in the pool now; returns what of it does not fit. */
  update({ policy, poolElements }: Answer): Misfits {
    const { protocol } = this.settings;
    const otherProtocol = poolElements.filter(({ transport }) => transport.protocol !== protocol);
    const ofProtocol = poolElements.filter(({ transport }) => transport.protocol === protocol);
    const fitting = ofProtocol.filter((each) => isDataOnly(each));
    const transports = new Map(fitting.map((each) => [each.identifier, placeOf(each)]));
    for (const [identifier, place] of transports) {
      if (this.transports.get(identifier) !== place) this.penalties.clear(identifier);
    }
    this.penalties.keepOnly(transports);
    this.transports = transports;
    this.answer = { policy, poolElements: fitting };
    this.selection = undefined;
    return {
      otherProtocol,
      withControl: ofProtocol.filter((each) => !isDataOnly(each)),
    };
  }

  /**
   * The element for a connection that has tried some in vain; `undefined` if it has tried all.
   * Those with a penalty come last, as they are better than none.
   */
  next(tried: ReadonlySet<number>, now: number): PoolElement | undefined {
    const element = this.untried(tried, now) ?? this.leastBad(tried, now);
    if (element === undefined || !this.penalties.has(element.identifier)) return element;
    if (!this.penalties.stands(element.identifier, now)) this.putOnTrial(element.identifier, now);
    return element;
  }

  /** The elements that fit, and for how long those that failed are skipped. */
  present(now: number): ElementPresence[] {
    return this.answer.poolElements.map((element) => ({
      element,
      penaltyMs: this.penalties.left(element.identifier, now),
    }));
  }

  /** Whether an element is in the pool, where it was. */
  has(element: PoolElement): boolean {
    return this.transports.get(element.identifier) === placeOf(element);
  }

  /** Whether an element has failed, and was not reached since. */
  isSuspect({ identifier }: PoolElement): boolean {
    return this.penalties.has(identifier);
  }

  /** An element could not be reached; returns whether that is news, which is to be reported. */
  failed(element: PoolElement, now: number): boolean {
    // Whoever is no longer in the pool, or has moved, is not meant by a report of its identifier.
    if (!this.has(element)) return false;
    this.trials.delete(element.identifier);
    if (!this.penalties.add(element.identifier, now)) return false;
    this.selection = undefined;
    return true;
  }

  /** An element was reached; returns whether it had failed before. */
  reached(element: PoolElement): boolean {
    if (!this.penalties.has(element.identifier)) return false;
    this.penalties.clear(element.identifier);
    this.trials.delete(element.identifier);
    this.selection = undefined;
    return true;
  }

  /** When an element that is skipped may be tried again. */
  nextRevival(now: number): number | undefined {
    return this.penalties.nextEnd(now);
  }

  private putOnTrial(identifier: number, now: number): void {
    this.trials.set(identifier, now + this.settings.trialMs);
    this.selection = undefined;
  }

  private isSkipped(identifier: number, now: number): boolean {
    if (this.penalties.stands(identifier, now)) return true;
    return (this.trials.get(identifier) ?? -Infinity) > now;
  }

  /** By policy, among those that are not skipped. */
  private untried(tried: ReadonlySet<number>, now: number): PoolElement | undefined {
    const selection = this.currentSelection(now);
    for (let turns = selection.size; turns > 0; turns--) {
      const element = selection.next(this.settings.random);
      if (element === undefined) return undefined;
      if (!tried.has(element.identifier)) return element;
    }
    return this.answer.poolElements.find(({ identifier }) =>
      !tried.has(identifier) && !this.isSkipped(identifier, now)
    );
  }

  private leastBad(tried: ReadonlySet<number>, now: number): PoolElement | undefined {
    return this.answer.poolElements.find(({ identifier }) =>
      !tried.has(identifier) && this.isSkipped(identifier, now)
    );
  }

  /** Made anew when the pool has changed, an element has failed, or a penalty is over. */
  private currentSelection(now: number): Selection {
    if (this.selection !== undefined && now < this.revivesAt) return this.selection;
    const { policy, poolElements } = this.answer;
    const usable = poolElements.filter(({ identifier }) => !this.isSkipped(identifier, now));
    for (const [identifier, until] of this.trials) {
      if (until <= now || !this.transports.has(identifier)) this.trials.delete(identifier);
    }
    this.selection = this.settings.select({ policy, poolElements: usable });
    this.revivesAt = Math.min(this.penalties.nextEnd(now) ?? Infinity, ...this.trials.values());
    return this.selection;
  }
}

function isDataOnly({ transport }: PoolElement): boolean {
  return transport.protocol !== "opaque" && transport.use === DATA_ONLY;
}

function placeOf({ transport }: PoolElement): string {
  if (transport.protocol === "opaque") return "";
  return [transport.port, ...transport.addresses].join(" ");
}
