/** Elements chosen one after the other from the answers to resolutions. RFC 5352 §6.5.2. */

import { PoolUserSelection, type Random } from "../core/mod.ts";
import type { PoolElement, PoolHandle } from "../wire/mod.ts";
import { UnknownPoolHandle } from "./errors.ts";
import type { Resolution } from "./pool_user_settings.ts";

interface Selected {
  from: readonly PoolElement[];
  readonly policy: string;
  readonly selection: PoolUserSelection;
  /** The element that was chosen last. */
  last: number | undefined;
}

/** Where the choice is in each pool; the pool chosen from longest ago gives way. */
export class Selections {
  private readonly byPool = new Map<PoolHandle, Selected>();
  private readonly maxPools: number;
  private readonly random: Random;

  constructor(maxPools: number, random: Random) {
    this.maxPools = maxPools;
    this.random = random;
  }

  get size(): number {
    return this.byPool.size;
  }

  /**
   * The next element by the rules that RFC 5356 gives to pool users.
   *
   * @throws {UnknownPoolHandle} if there is none that may be chosen.
   */
  next(resolution: Resolution): PoolElement {
    const { poolHandle, poolElements } = resolution;
    let known = this.byPool.get(poolHandle);
    if (known?.from !== poolElements) known = this.renew(known, resolution);
    const chosen = known.selection.next(this.random);
    if (chosen === undefined) throw new UnknownPoolHandle(poolHandle);
    known.last = chosen.identifier;
    return chosen;
  }

  /** An answer that only lost elements is gone on with, from where the choice was. */
  private renew(known: Selected | undefined, resolution: Resolution): Selected {
    const { poolHandle, policy, poolElements } = resolution;
    if (known !== undefined && known.policy === policy.name && lost(known.from, poolElements)) {
      const left = new Set(poolElements);
      for (const each of known.from) if (!left.has(each)) known.selection.remove(each.identifier);
      known.from = poolElements;
      return known;
    }
    const selection = new PoolUserSelection(resolution);
    const last = known?.last;
    if (known !== undefined && isUnturned(known, resolution)) {
      this.goOn(selection, resolution, last);
    }
    const selected = { from: poolElements, policy: policy.name, selection, last };
    this.byPool.delete(poolHandle);
    this.byPool.set(poolHandle, selected);
    if (this.byPool.size <= this.maxPools) return selected;
    for (const oldest of this.byPool.keys()) {
      this.byPool.delete(oldest);
      break;
    }
    return selected;
  }

  /** Takes the turns up to the element that was chosen last, if that is still there. */
  private goOn(
    selection: PoolUserSelection,
    { poolElements }: Resolution,
    last: number | undefined,
  ): void {
    if (!poolElements.some((each) => each.identifier === last)) return;
    for (let i = 0; i < poolElements.length; i++) {
      if (selection.next(this.random)?.identifier === last) return;
    }
  }
}

/**
 * Whether round robin has not gone on at the registrar: updates do not advance it (protocol
 * decision 22), and the first elements would have every turn in a pool that changes often.
 */
function isUnturned(
  { from, policy }: Selected,
  { policy: now, poolElements }: Resolution,
): boolean {
  return policy === "round-robin" && now.name === policy &&
    from[0]?.identifier === poolElements[0]?.identifier;
}

/** Whether all that is there now was there before: the same objects. */
function lost(before: readonly PoolElement[], now: readonly PoolElement[]): boolean {
  if (now.length >= before.length) return false;
  const all = new Set(before);
  return now.every((each) => all.has(each));
}
