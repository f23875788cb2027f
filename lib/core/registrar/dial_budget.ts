/**
 * How many dials one address must bear: whoever registers says where the registrar is to dial, so
 * the registrar is made no tool against others (protocol decision 19).
 */

import type { IpAddress } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import { Timers } from "../timers.ts";
import type { Child } from "./child.ts";

const WINDOW_MS = 1000;

interface Target {
  /** Dials in the present window. */
  dials: number;
  /** Whose turn comes in a later window, in order. */
  readonly waiting: Set<Child>;
}

/** Dials by address and second; those beyond the limit wait in order. */
export class DialBudget {
  /** When the present window of each address ends. */
  readonly windows = new Timers<IpAddress>();
  private readonly limit: number;
  private readonly targets = new Map<IpAddress, Target>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether an address may be dialled now; if so, it is counted. */
  take(address: IpAddress, now: Instant): boolean {
    const target = this.targetOf(address, now);
    if (target.dials >= this.limit) return false;
    target.dials++;
    return true;
  }

  /** Lets a child wait for its turn at an address that may not be dialled now. */
  wait(address: IpAddress, child: Child, now: Instant): void {
    child.dialQueue = this.targetOf(address, now).waiting;
    child.dialQueue.add(child);
  }

  /** The window of an address has ended; returns those whose turn it is. */
  renew(address: IpAddress, now: Instant): Child[] {
    const target = this.targets.get(address)!;
    if (target.waiting.size === 0) {
      this.targets.delete(address);
      return [];
    }
    target.dials = 0;
    this.windows.set(address, now + WINDOW_MS);
    const turn: Child[] = [];
    for (const child of target.waiting) {
      if (turn.length >= this.limit) break;
      target.waiting.delete(child);
      child.dialQueue = undefined;
      turn.push(child);
    }
    return turn;
  }

  private targetOf(address: IpAddress, now: Instant): Target {
    let target = this.targets.get(address);
    if (target === undefined) {
      target = { dials: 0, waiting: new Set() };
      this.targets.set(address, target);
      this.windows.set(address, now + WINDOW_MS);
    }
    return target;
  }
}
