/** Elements chosen one after the other from the answers to resolutions. RFC 5352 §6.5.2. */

import { PoolUserSelection, type Random } from "../core/mod.ts";
import type { PoolElement, PoolHandle } from "../wire/mod.ts";
import { UnknownPoolHandle } from "./errors.ts";
import type { Resolution } from "./pool_user_settings.ts";

interface Selected {
  from: readonly PoolElement[];
  readonly policy: string;
  readonly selection: PoolUserSelection;
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
    const selected = { from: poolElements, policy: policy.name, selection };
    this.byPool.delete(poolHandle);
    this.byPool.set(poolHandle, selected);
    if (this.byPool.size <= this.maxPools) return selected;
    for (const oldest of this.byPool.keys()) {
      this.byPool.delete(oldest);
      break;
    }
    return selected;
  }
}

/** Whether all that is there now was there before: the same objects. */
function lost(before: readonly PoolElement[], now: readonly PoolElement[]): boolean {
  if (now.length >= before.length) return false;
  const all = new Set(before);
  return now.every((each) => all.has(each));
}
