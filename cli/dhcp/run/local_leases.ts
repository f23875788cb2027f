/** What dnsmasq has, as its table and its events have said: when its leases end. */

import type { AgentLeaseEvent, BindingChange } from "../../api.ts";

/** A lease of dnsmasq. */
export interface LocalLease {
  readonly hardware: string;
  readonly clientId?: string | undefined;
  /** Milliseconds of the agent's clock. */
  readonly endsAt: number;
}

/** All leases of dnsmasq, by their address. */
export class LocalLeases {
  private readonly leases = new Map<string, LocalLease>();

  /** @param placeholder - Hardware address of leases that are nobody's: they are none. */
  constructor(private readonly placeholder: string) {}

  get size(): number {
    return this.leases.size;
  }

  at(address: string): LocalLease | undefined {
    return this.leases.get(address);
  }

  /** dnsmasq starts with these. */
  start(changes: readonly BindingChange[]): void {
    this.leases.clear();
    for (const { address, holding } of changes) {
      if (holding.kind !== "lease") continue;
      const { client: { hardware, clientId }, expiresAt } = holding;
      this.leases.set(address, { hardware, clientId, endsAt: expiresAt });
    }
  }

  /** It has done something. */
  onEvent({ action, address, client, remaining }: AgentLeaseEvent, now: number): void {
    const { hardware, clientId } = client;
    if (action === "del" || hardware === this.placeholder) {
      return void this.leases.delete(address);
    }
    this.leases.set(address, { hardware, clientId, endsAt: now + remaining * 1000 });
  }
}
