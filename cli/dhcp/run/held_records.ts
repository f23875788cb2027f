/** What no registrar may hear yet, however long it takes until one is found. */

import type { Binding, BindingRecords, BindingServer } from "../../api.ts";

/** Of each server and each address the newest. */
export class HeldRecords {
  private readonly servers = new Map<number, BindingServer>();
  private readonly bindings = new Map<string, Binding>();

  get isEmpty(): boolean {
    return this.servers.size + this.bindings.size === 0;
  }

  add({ servers, bindings }: BindingRecords): void {
    for (const each of servers) this.servers.set(each.identifier, each);
    for (const each of bindings) this.bindings.set(each.address, each);
  }

  /**
   * All of it, and what remains of leases by now.
   *
   * @param known What the agent has: what is newer there is told when it is on the disk.
   */
  asOf(known: Iterable<Binding>): BindingRecords {
    const bindings = new Map(this.bindings);
    for (const { address, counter, state, remaining } of known) {
      const held = bindings.get(address);
      if (held === undefined || held.counter !== counter || held.state !== state) continue;
      bindings.set(address, { ...held, remaining: Math.min(held.remaining, remaining) });
    }
    return { servers: [...this.servers.values()], bindings: [...bindings.values()] };
  }
}
