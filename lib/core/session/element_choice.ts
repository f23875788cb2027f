/** Which element of its pool a session tries next. RFC 5352 §3.9, BC2, and §6.5.2; RFC 5356. */

import { PoolUserSelection, type Random } from "../../handlespace/mod.ts";
import type { PoolElement } from "../../wire/mod.ts";
import type { KnownPool } from "./user_contract.ts";

/** The elements of a pool, less those that have failed. */
export class ElementChoice {
  private pool: KnownPool = { poolElements: [] };
  private readonly failed = new Set<number>();

  /**
   * @param first The element to begin with.
   * @param order The failover order of the last business card; its sender may stand in it itself.
   */
  constructor(
    private readonly random: Random,
    private first: number | undefined,
    public order: readonly number[] = [],
  ) {}

  /** Whether the element to begin with is wanted still, and is not known to be in the pool. */
  get lacksFirst(): boolean {
    return this.first !== undefined && this.find(this.first) === undefined;
  }

  /** What is in the pool now. */
  learn(pool: KnownPool): void {
    this.pool = pool;
  }

  /** An element is not tried again until all are forgiven. */
  fail({ identifier }: PoolElement): void {
    this.failed.add(identifier);
    if (identifier === this.first) this.first = undefined;
  }

  /** All may be tried again. */
  forgive(): void {
    this.failed.clear();
  }

  /** An element was found: from now on no element is the one to begin with. */
  settle(): void {
    this.first = undefined;
  }

  /** The next element; `undefined` if none is left. */
  next(): PoolElement | undefined {
    const first = this.first === undefined ? undefined : this.find(this.first);
    if (first !== undefined) return first;
    const untried = this.pool.poolElements.filter((each) => !this.failed.has(each.identifier));
    if (untried.length === 0) return undefined;
    return this.byCard(untried) ?? this.proposed() ?? this.byPolicy(untried);
  }

  private find(identifier: number): PoolElement | undefined {
    return this.pool.poolElements.find((each) => each.identifier === identifier);
  }

  /** RFC 5352 §3.9: "this preferred list will be used to guide the ASAP Endpoint". */
  private byCard(untried: readonly PoolElement[]): PoolElement | undefined {
    for (const identifier of this.order) {
      const element = untried.find((each) => each.identifier === identifier);
      if (element !== undefined) return element;
    }
    return undefined;
  }

  /** The policy goes on where other sessions have left it; what has failed is skipped. */
  private proposed(): PoolElement | undefined {
    for (let left = this.pool.poolElements.length; left > 0; left--) {
      const element = this.pool.propose?.();
      if (element === undefined) return undefined;
      if (!this.failed.has(element.identifier)) return element;
    }
    return undefined;
  }

  private byPolicy(untried: readonly PoolElement[]): PoolElement | undefined {
    const { policy = this.pool.poolElements[0]?.policy } = this.pool;
    return new PoolUserSelection({ policy, poolElements: untried }).next(this.random);
  }
}
