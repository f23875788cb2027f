/** Selection among the pool elements of one answer, as pool users do it. */

import type { Policy, PoolElement } from "../../wire/mod.ts";
import type { Random } from "../random.ts";
import { poolUserRuleFor } from "./policy_table.ts";

/** What a pool user needs of an `ASAP_HANDLE_RESOLUTION_RESPONSE`. RFC 5352 §2.2.6. */
export interface PoolUserAnswer {
  /** The pool's overall policy; without it that of the first pool element counts. */
  readonly policy?: Policy | undefined;
  /** In the registrar's order. */
  readonly poolElements: readonly PoolElement[];
}

/**
 * One answer of a registrar, from which a pool user selects until the answer is out of date. RFC
 * 5356, "Pool User Considerations" of each policy.
 *
 * @example
 * ```ts
 * import { PoolUserSelection, seededRandom } from "../mod.ts";
 * import assert from "node:assert/strict";
 *
 * const selection = new PoolUserSelection({ policy: { name: "round-robin" }, poolElements: [] });
 * assert.equal(selection.next(seededRandom(1)), undefined);
 * ```
 */
export class PoolUserSelection {
  readonly #policy: Policy;
  readonly #elements: PoolElement[];
  #turn = 0;

  /** Begins at the first element of an answer. */
  constructor(answer: PoolUserAnswer) {
    this.#policy = answer.policy ?? answer.poolElements[0]?.policy ?? { name: "round-robin" };
    // RFC 5356 §3.2: weight 0 is not capable of providing any service, whoever lists it.
    this.#elements = answer.poolElements.filter((each) => !hasNoWeight(each.policy));
  }

  /** How many pool elements may still be selected. */
  get size(): number {
    return this.#elements.length;
  }

  /** Selects by the pool's policy; `undefined` if no pool element is left. */
  next(random: Random): PoolElement | undefined {
    if (this.#elements.length === 0) return undefined;
    const index = poolUserRuleFor(this.#policy)(this.#elements, this.#turn, random);
    this.#turn = index + 1;
    return this.#elements[index];
  }

  /** Takes out a pool element, as when it could not be reached. Returns whether it was there. */
  remove(identifier: number): boolean {
    const index = this.#elements.findIndex((each) => each.identifier === identifier);
    if (index < 0) return false;
    this.#elements.splice(index, 1);
    if (index < this.#turn) this.#turn--;
    return true;
  }
}

function hasNoWeight(policy: Policy): boolean {
  return "weight" in policy && policy.weight === 0;
}
