/** What must never happen among DHCP clients, whatever fails. docs/dhcp.md §2, §3. */

import { isSameClient } from "../../bindings/mod.ts";
import type { Instant } from "../../core/mod.ts";
import type { Binding, IpAddress } from "../../wire/mod.ts";
import { CheckFailed } from "../checkers/check_failed.ts";
import type { DhcpClient } from "./client.ts";
import type { DhcpReply, DhcpRequest } from "./dnsmasq.ts";
import type { DhcpSite } from "./site.ts";

/**
 * dnsmasq counts in whole seconds, and clocks differ: for so long a client may believe what its
 * server does not any more.
 */
const END_TOLERANCE_MS = 2500;
/** How long a DHCP server may not have been told yet what its agent knows. */
const APPLY_MS = 15_000;

/** Watches all clients, and what they are answered. */
export class DhcpLaw {
  /** Addresses that a test has given twice on purpose. */
  readonly forced = new Set<IpAddress>();
  /** What was granted, renewed and refused. */
  readonly counts = { granted: 0, renewed: 0, refused: 0, expired: 0, kept: 0 };
  /** Since when each server's agent has known a client's lease, by server, client and address. */
  private readonly known = new Map<string, Instant>();

  constructor(private readonly clients: readonly DhcpClient[]) {}

  /** A client believes that it has an address: nobody else may. */
  onBound(client: DhcpClient, now: Instant): void {
    const { address } = client;
    if (address === undefined || this.forced.has(address)) return;
    for (const other of this.clients) {
      if (other === client || other.address !== address) continue;
      if (other.belief!.until <= now + END_TOLERANCE_MS) continue;
      const [one, two] = [other, client].map(({ name, belief }) => `${name} by ${belief!.server}`);
      fail(`${address} is that of ${one}, and now of ${two}, too`);
    }
  }

  /** A client has asked a server for what it believes to be its own. */
  onAnswered(
    site: DhcpSite,
    client: DhcpClient,
    request: DhcpRequest,
    reply: DhcpReply | undefined,
    now: Instant,
  ): void {
    if (reply?.type === "NAK") this.counts.refused++;
    const { type } = request;
    if (type !== "RENEWING" && type !== "REBINDING" && type !== "INIT-REBOOT") return;
    const { address } = request;
    const key = `${site.name} ${client.name} ${address}`;
    const agentKnows = this.hasHeardOf(site, client, address);
    if (!agentKnows) {
      this.known.delete(key);
      return;
    }
    const since = this.known.get(key) ?? now;
    this.known.set(key, since);
    if (now - since < APPLY_MS || this.forced.has(address)) return;
    this.counts.kept++;
    if (reply?.type === "ACK" && reply.address === address) return;
    const answer = reply?.type ?? "nothing";
    fail(`${client.name} asks ${site.name}, which knows of it, for ${address}: ${answer}`);
  }

  /** Looks which leases each server's agent knows; to be called now and then. */
  note(sites: readonly DhcpSite[], now: Instant): void {
    for (const site of sites) {
      const known = new Map<IpAddress, Binding>();
      for (const each of site.agent?.bindings(site.now) ?? []) known.set(each.address, each);
      for (const client of this.clients) {
        const address = client.belief?.address;
        if (address === undefined) continue;
        const key = `${site.name} ${client.name} ${address}`;
        if (!site.isServing || !isOf(known.get(address), client)) this.known.delete(key);
        else if (!this.known.has(key)) this.known.set(key, now);
      }
    }
  }

  private hasHeardOf({ agent, now }: DhcpSite, client: DhcpClient, address: IpAddress): boolean {
    for (const binding of agent?.bindings(now) ?? []) {
      if (binding.address === address) return isOf(binding, client);
    }
    return false;
  }
}

function isOf(binding: Binding | undefined, { identity }: DhcpClient): boolean {
  return binding?.state === "BOUND" && binding.remaining > 0 && isSameClient(binding, identity);
}

function fail(finding: string): never {
  throw new CheckFailed("dhcp", finding);
}
