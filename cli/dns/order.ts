/**
 * Pool elements in the order of the pool's policy, and what SRV says of it. RFC 5356, "Pool User
 * Considerations"; RFC 2782, "Priority" and "Weight".
 */

import type { Policy, PoolElementValue as PoolElement, Random } from "../api.ts";
import type { Selection } from "../proxy/element_choice.ts";

/** What chooses by a policy, the library's `PoolUserSelection`. */
export interface OrderParts {
  select(answer: { policy?: Policy | undefined; poolElements: readonly PoolElement[] }): Removing;
  readonly random: Random;
}

/** A selection of which elements can be taken out. */
export interface Removing extends Selection {
  remove(identifier: number): boolean;
}

const MAX_SRV_WEIGHT = 65_535;
const MAX_LOAD = 0xffff_ffff;

/** What an SRV record says of an element. */
export interface SrvPlace {
  readonly element: PoolElement;
  readonly priority: number;
  readonly weight: number;
}

/** The order among some elements of a pool; each question is answered with the next one. */
export class PolicyOrder {
  private readonly parts: OrderParts;
  private readonly policy: Policy;
  private readonly elements: readonly PoolElement[];
  private readonly selection: Removing;
  private last: number | undefined;

  /** @param before What was there before a change, whose turns are gone on with. */
  constructor(
    parts: OrderParts,
    policy: Policy,
    elements: readonly PoolElement[],
    before?: PolicyOrder,
  ) {
    this.parts = parts;
    this.policy = asDrawn(policy, elements);
    this.elements = elements;
    this.selection = parts.select({ policy: this.policy, poolElements: elements });
    if (before !== undefined && this.policy.name === "round-robin") this.goOn(before.last);
  }

  /** At most so many elements in the order that a client should try them; one turn is taken. */
  next(count: number): PoolElement[] {
    const { parts, elements, policy } = this;
    const first = this.selection.next(parts.random);
    if (first === undefined) return [];
    this.last = first.identifier;
    const at = elements.findIndex(({ identifier }) => identifier === first.identifier);
    const rest = [...elements.slice(at + 1), ...elements.slice(0, at)];
    const order = [first];
    if (isInTurn(policy)) {
      order.push(...rest.filter((each) => !hasNoWeight(each)));
      return order.slice(0, count);
    }
    const others = parts.select({ policy, poolElements: rest });
    while (order.length < count) {
      const element = others.next(parts.random);
      if (element === undefined) break;
      order.push(element);
      others.remove(element.identifier);
    }
    return order;
  }

  /**
   * The same with what SRV says: one priority and weights where a policy spreads, priorities where
   * it has an order, so that clients follow it by RFC 2782.
   */
  nextPlaces(count: number): SrvPlace[] {
    const keyOf = RANKED[this.policy.name];
    if (keyOf === undefined) {
      const order = this.next(count);
      const weights = order.map(({ policy }) => weightOf(policy));
      const scale = Math.min(1, MAX_SRV_WEIGHT / Math.max(1, ...weights));
      return order.map((element, i) => {
        const weight = Math.max(1, Math.round(weights[i]! * scale));
        return { element, priority: 0, weight };
      });
    }
    const keys = new Map(this.elements.map((each) => [each, keyOf(each.policy)]));
    const sorted = this.elements.toSorted((one, two) => keys.get(one)! - keys.get(two)!);
    const ranks = [...new Set(sorted.map((each) => keys.get(each)!))];
    return sorted.slice(0, count).map((element) => {
      return { element, priority: ranks.indexOf(keys.get(element)!), weight: 1 };
    });
  }

  private goOn(last: number | undefined): void {
    if (!this.elements.some(({ identifier }) => identifier === last)) return;
    for (const _ of this.elements) {
      if (this.selection.next(this.parts.random)?.identifier === last) return;
    }
  }
}

/** Policies with an order: lower keys first, equal ones share a priority. */
const RANKED: { readonly [Name in Policy["name"]]?: (policy: Policy) => number } = {
  "priority": (policy) => -("priority" in policy ? policy.priority : 0),
  "least-used": loadOf,
  "0xb0002002": loadOf,
  "least-used-degradation": loadOf,
  "0xb0001003": loadOf,
  "0xb0002003": loadOf,
  "priority-least-used": (policy) => {
    return loadOf(policy) + ("degradation" in policy ? policy.degradation : 0);
  },
};

function loadOf(policy: Policy): number {
  return "load" in policy ? policy.load : 0;
}

/** An answer of DNS has each element once, so that weights can only be kept by drawing. */
function asDrawn(policy: Policy, elements: readonly PoolElement[]): Policy {
  if (policy.name !== "weighted-round-robin") return policy;
  return { name: "weighted-random", weight: elements.length };
}

const DRAWN: ReadonlySet<Policy["name"]> = new Set<Policy["name"]>([
  "random",
  "weighted-random",
  "priority",
  "randomized-least-used",
  "0xb0001001",
  "0xb0001002",
  "0xb0001004",
  "0xb0002001",
]);

function isInTurn({ name }: Policy): boolean {
  return !DRAWN.has(name);
}

function hasNoWeight({ policy }: PoolElement): boolean {
  return "weight" in policy && policy.weight === 0;
}

function weightOf(policy: Policy): number {
  if ("weight" in policy) return policy.weight;
  if (policy.name === "randomized-least-used") return MAX_LOAD - policy.load;
  return 1;
}
