/** All pools that a registrar knows. RFC 5352 §3.1, RFC 5353 §3.6. */

import { CAUSE, type PoolElement, type PoolHandle } from "../wire/mod.ts";
import { isInvalidPolicy, type RegistrationCause } from "./attributes.ts";
import { checksumOf } from "./checksum.ts";
import { areEqual } from "./equality.ts";
import { Owners } from "./owners.ts";
import { type Entry, Pool, type PoolElementEntry, type PoolView } from "./pool.ts";
import type { Random } from "./random.ts";

/** How much a handlespace takes in. A registration beyond is rejected for lack of resources. */
export interface HandlespaceLimits {
  readonly maxPools: number;
  readonly maxElements: number;
  readonly maxElementsPerPool: number;
}

/** What a {@link Handlespace} is made with. */
export interface HandlespaceOptions {
  /** The identifier of the registrar whose handlespace it is: what it registers, it owns. */
  readonly self: number;
  /** For the policies that draw at random, and to keep trees shallow. */
  readonly random: Random;
  /** Without a limit where none is given. */
  readonly limits?: Partial<HandlespaceLimits>;
  /**
   * Told of a pool in which anything changed that pool users can see: who is in it, who is handed
   * out, what is registered and at whose home. Called when the change is complete, once or more.
   */
  readonly onChange?: ((poolHandle: PoolHandle) => void) | undefined;
}

/** What became of a registration. RFC 5352 §3.1, rules 1 to 5. */
export type RegistrationOutcome =
  | {
    readonly granted: true;
    readonly entry: PoolElementEntry;
    /** Whether the pool element was a member of the pool already. */
    readonly reRegistered: boolean;
    /** Whether there is anything to tell: `false` if all, home included, is as it was. */
    readonly changed: boolean;
  }
  | {
    readonly granted: false;
    /** Why; at least one. */
    readonly causes: readonly RegistrationCause[];
  };

const LACK_OF_RESOURCES: RegistrationOutcome = {
  granted: false,
  causes: [{ code: CAUSE.lackOfResources }],
};

/**
 * Pools with their pool elements, who owns them, and the order in which they are handed out. Pure
 * data: it knows no time and no association, and is told what to do by the registrar's procedures.
 *
 * Registering, removing and selecting cost O(log n) or less in the number of a pool's elements,
 * selecting for each element selected. Iterators are live, in the order of registration: they go on
 * whatever is added or removed meanwhile.
 *
 * @example
 * ```ts
 * import { Handlespace, seededRandom } from "./mod.ts";
 * import assert from "node:assert/strict";
 *
 * const handlespace = new Handlespace({ self: 0xc0ffee, random: seededRandom(1) });
 * for (const [identifier, address] of [[1, "192.0.2.1"], [2, "192.0.2.2"]] as const) {
 *   handlespace.register("web", {
 *     identifier,
 *     home: 0,
 *     registrationLife: 300,
 *     transport: { protocol: "tcp", port: 80, use: 0, addresses: [address] },
 *     policy: { name: "round-robin" },
 *   });
 * }
 * assert.deepEqual(handlespace.select("web", 1).map((entry) => entry.identifier), [1]);
 * assert.deepEqual(handlespace.select("web", 1).map((entry) => entry.identifier), [2]);
 * ```
 */
export class Handlespace {
  /** The identifier of the registrar whose handlespace this is. */
  readonly self: number;

  readonly #random: Random;
  readonly #limits: Partial<HandlespaceLimits>;
  readonly #onChange: (poolHandle: PoolHandle) => void;
  readonly #pools = new Map<PoolHandle, Pool>();
  readonly #owners = new Owners<Entry>();
  #poolElementCount = 0;

  constructor(options: HandlespaceOptions) {
    this.self = options.self;
    this.#random = options.random;
    this.#limits = options.limits ?? {};
    this.#onChange = options.onChange ?? (() => {});
  }

  /** How many pools there are; none of them is empty. */
  get poolCount(): number {
    return this.#pools.size;
  }

  /** How many pool elements there are in all pools. */
  get poolElementCount(): number {
    return this.#poolElementCount;
  }

  /**
   * Registers a pool element at this registrar, which owns it from then on; the first creates the
   * pool. A re-registration makes it selectable again. RFC 5352 §3.1, rules 1 to 5.
   *
   * Without effect if rejected: for a Policy Type that RFC 5356 §7.1 calls invalid, for attributes
   * that are not the pool's, or at a limit.
   */
  register(poolHandle: PoolHandle, poolElement: PoolElement): RegistrationOutcome {
    if (isInvalidPolicy(poolElement.policy)) {
      return {
        granted: false,
        causes: [{ code: CAUSE.invalidValues, policy: poolElement.policy }],
      };
    }
    const pool = this.#pools.get(poolHandle);
    const causes = pool?.inconsistencies(poolElement) ?? [];
    if (causes.length > 0) return { granted: false, causes };
    const owned = poolElement.home === this.self
      ? poolElement
      : { ...poolElement, home: this.self };
    const outcome = this.#store(pool, poolHandle, owned);
    if (outcome.granted && !outcome.entry.selectable) {
      this.setSelectable(poolHandle, poolElement.identifier, true);
    }
    return outcome;
  }

  /**
   * Takes over what another registrar says of a pool element, its home included, whatever the
   * pool's attributes are: those of the pool element with the lowest identifier become the pool's,
   * and what differs is listed but not handed out (protocol decision 8). Rejected only at a limit.
   */
  merge(poolHandle: PoolHandle, poolElement: PoolElement): RegistrationOutcome {
    return this.#store(this.#pools.get(poolHandle), poolHandle, poolElement);
  }

  /** Removes a pool element, and its pool with the last one. Returns it if it was there. */
  remove(poolHandle: PoolHandle, identifier: number): PoolElementEntry | undefined {
    const entry = this.#entry(poolHandle, identifier);
    if (entry === undefined) return undefined;
    entry.pool.remove(entry);
    this.#owners.remove(entry.home, entry, entry.sum);
    this.#poolElementCount--;
    if (entry.pool.elements.size === 0) this.#pools.delete(poolHandle);
    this.#onChange(poolHandle);
    return entry;
  }

  /** A pool element, if it is registered. */
  get(poolHandle: PoolHandle, identifier: number): PoolElementEntry | undefined {
    return this.#entry(poolHandle, identifier);
  }

  /** A pool, if it exists. */
  pool(poolHandle: PoolHandle): PoolView | undefined {
    return this.#pools.get(poolHandle);
  }

  /**
   * The pool elements for one handle resolution, in the order of the pool's policy, none of them
   * twice; none if the pool does not exist or nothing in it can be selected. RFC 5356.
   *
   * @param items At most so many; an integer from 0, or `Infinity` for all.
   */
  select(poolHandle: PoolHandle, items: number): readonly PoolElementEntry[] {
    return this.#pools.get(poolHandle)?.select(items) ?? [];
  }

  /**
   * What {@linkcode Handlespace.select} would return now, without counting as a selection: neither
   * round robin nor a degradation counter advances (protocol decision 22).
   *
   * @param items At most so many; an integer from 0, or `Infinity` for all.
   */
  list(poolHandle: PoolHandle, items: number): readonly PoolElementEntry[] {
    return this.#pools.get(poolHandle)?.list(items) ?? [];
  }

  /** Says whether a pool element may be handed out. It stays listed. */
  setSelectable(poolHandle: PoolHandle, identifier: number, selectable: boolean): void {
    const entry = this.#entry(poolHandle, identifier);
    if (entry === undefined || entry.selectable === selectable) return;
    entry.pool.setSelectable(entry, selectable);
    this.#onChange(poolHandle);
  }

  /** Gives a pool element to another registrar. Returns whether it was another's before. */
  changeHome(poolHandle: PoolHandle, identifier: number, home: number): boolean {
    const entry = this.#entry(poolHandle, identifier);
    if (entry === undefined || entry.home === home) return false;
    this.#owners.remove(entry.home, entry, entry.sum);
    entry.poolElement = { ...entry.poolElement, home };
    this.#owners.add(home, entry, entry.sum);
    this.#onChange(poolHandle);
    return true;
  }

  /** All pools. */
  pools(): IterableIterator<PoolView> {
    return this.#pools.values();
  }

  /** All pool elements, pool by pool. */
  *poolElements(): IterableIterator<PoolElementEntry> {
    for (const pool of this.#pools.values()) yield* pool.elements.values();
  }

  /** The pool elements that a registrar owns, in the order in which it came to own them. */
  ownedBy(home: number): IterableIterator<PoolElementEntry> {
    return this.#owners.entries(home);
  }

  /** How many pool elements a registrar owns. */
  countOwnedBy(home: number): number {
    return this.#owners.count(home);
  }

  /** The identifiers of the registrars that own anything. */
  homes(): IterableIterator<number> {
    return this.#owners.homes();
  }

  /** The PE checksum of a registrar, by default this one: a 16-bit number. RFC 5353 §3.6.2. */
  checksum(home: number = this.self): number {
    return this.#owners.checksum(home);
  }

  /** The same, of those elements only that count. */
  checksumWhere(home: number, counts: (entry: PoolElementEntry) => boolean): number {
    let sum = 0;
    for (const entry of this.#owners.entries(home)) if (counts(entry)) sum += entry.sum;
    return checksumOf(sum);
  }

  #entry(poolHandle: PoolHandle, identifier: number): Entry | undefined {
    return this.#pools.get(poolHandle)?.elements.get(identifier);
  }

  #store(
    pool: Pool | undefined,
    poolHandle: PoolHandle,
    poolElement: PoolElement,
  ): RegistrationOutcome {
    const entry = pool?.elements.get(poolElement.identifier);
    if (entry !== undefined) return this.#replace(entry, poolElement);
    if (this.#isFull(pool)) return LACK_OF_RESOURCES;
    const added = (pool ?? this.#createPool(poolHandle, poolElement)).add(poolElement);
    this.#owners.add(added.home, added, added.sum);
    this.#poolElementCount++;
    this.#onChange(poolHandle);
    return { granted: true, entry: added, reRegistered: false, changed: true };
  }

  #replace(entry: Entry, poolElement: PoolElement): RegistrationOutcome {
    const changed = !areEqual(entry.poolElement, poolElement);
    if (poolElement.home !== entry.home) {
      this.#owners.remove(entry.home, entry, entry.sum);
      this.#owners.add(poolElement.home, entry, entry.sum);
    }
    // Told to the pool even if nothing changed, as degradation counters start again (RFC 5356
    // §5.2.2).
    entry.pool.update(entry, changed ? poolElement : entry.poolElement);
    if (changed) this.#onChange(entry.poolHandle);
    return { granted: true, entry, reRegistered: true, changed };
  }

  #isFull(pool: Pool | undefined): boolean {
    const { maxPools, maxElements, maxElementsPerPool } = this.#limits;
    if (this.#poolElementCount >= (maxElements ?? Infinity)) return true;
    if (pool === undefined) return this.#pools.size >= (maxPools ?? Infinity);
    return pool.elements.size >= (maxElementsPerPool ?? Infinity);
  }

  #createPool(poolHandle: PoolHandle, first: PoolElement): Pool {
    const pool = new Pool(poolHandle, first, this.#random);
    this.#pools.set(poolHandle, pool);
    return pool;
  }
}
