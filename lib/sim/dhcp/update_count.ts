/** How often what a DHCP server did is told to registrars: once. */

import type { Delivery } from "../cluster.ts";
import { CheckFailed } from "../checkers/check_failed.ts";
import type { DhcpSite } from "./site.ts";

/** Counts the updates by which each renewal is told. */
export class UpdateCount {
  /** Updates of elements, and versions that they made. */
  readonly counts = { updates: 0, versions: 0, repeated: 0 };
  private readonly seen = new Map<string, number>();
  private readonly own: ReadonlyMap<string, number>;

  constructor(sites: readonly DhcpSite[]) {
    this.own = new Map(sites.map(({ name, options }) => [`${name} bindings`, options.agent.self]));
  }

  /** A message was read. */
  onDelivery({ from, message }: Delivery): void {
    const self = this.own.get(from);
    if (self === undefined || message.type !== "ASAP_BINDING_UPDATE") return;
    this.counts.updates++;
    for (const { address, counter, server, state } of message.bindings) {
      if (server !== self || state !== "BOUND") continue;
      const key = `${address} ${counter}`;
      const count = (this.seen.get(key) ?? 0) + 1;
      this.seen.set(key, count);
      if (count === 1) this.counts.versions++;
      else this.counts.repeated++;
    }
  }

  /**
   * In a run without faults nothing is told twice, and a renewal takes one message at most.
   *
   * @throws {CheckFailed} if there were more.
   */
  check(renewals: number): void {
    const { updates, versions, repeated } = this.counts;
    if (repeated > 0) fail(`${repeated} of ${versions} versions were told again`);
    if (versions > renewals) fail(`${versions} versions of ${renewals} grants and renewals`);
    if (updates === 0) fail("nothing was told at all");
  }
}

function fail(finding: string): never {
  throw new CheckFailed("dhcp updates", finding);
}
