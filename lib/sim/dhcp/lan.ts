/** The network of the clients: who hears whom, how late, and what gets lost. */

import type { Random } from "../../handlespace/mod.ts";
import type { Scheduler } from "../scheduler.ts";

/** How a network of clients behaves. */
export interface LanOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Of 1000 packets, how many are lost. */
  readonly lossPermille: number;
}

/** Packets between clients and DHCP servers, by their names. */
export class Lan {
  /** In which part of the network somebody is, while it is cut. */
  private readonly parts = new Map<string, number>();

  constructor(private readonly options: LanOptions) {}

  /** Cuts the network: these hear each other only. */
  cut(apart: readonly string[]): void {
    this.parts.clear();
    for (const name of apart) this.parts.set(name, 1);
  }

  /** Joins all parts. */
  heal(): void {
    this.parts.clear();
  }

  /** Whether two hear each other. */
  isUp(one: string, other: string): boolean {
    return (this.parts.get(one) ?? 0) === (this.parts.get(other) ?? 0);
  }

  /** Sends a packet, which comes after a while or not at all. */
  send(from: string, to: string, deliver: () => void, delayMs = 0): void {
    const { scheduler, random, lossPermille } = this.options;
    const isLost = lossPermille > 0 && random.below(1000) < lossPermille;
    if (isLost) return;
    scheduler.after(delayMs + 1 + random.below(4), () => {
      if (this.isUp(from, to)) deliver();
    });
  }
}
