/** Whether all tables are equal, as registrars tell each other, and as agents have them. */

import { BindingTable, toldServer } from "../../bindings/mod.ts";
import type { Delivery } from "../cluster.ts";
import { CheckFailed } from "../checkers/check_failed.ts";
import type { DhcpSite } from "./site.ts";

/** Hears what each registrar says that its tables come to. */
export class TableWatch {
  private readonly digests = new Map<string, string>();

  /** A message was read. */
  onDelivery({ from, message }: Delivery): void {
    if (message.type !== "ENRP_PRESENCE" || message.bindingTables === undefined) return;
    for (const { poolHandle, digest, count } of message.bindingTables) {
      this.digests.set(from, `${poolHandle} ${digest} ${count}`);
    }
  }

  /** Forgets what was said up to now. */
  forget(): void {
    this.digests.clear();
  }

  /**
   * All must be equal: the latest words of so many registrars, and the tables of the servers.
   *
   * @throws {CheckFailed} if anything differs.
   */
  check(registrars: number, poolHandle: string, sites: readonly DhcpSite[]): void {
    const texts = new Map(this.digests);
    if (registrars > 1 && texts.size < registrars) {
      fail(`only ${[...texts.keys()].join(" ")} tell what their tables come to`);
    }
    for (const site of sites) {
      const table = tableOf(site);
      texts.set(site.name, `${poolHandle} ${table.digest} ${table.count}`);
    }
    if (new Set(texts.values()).size <= 1) return;
    const told = [...texts].map(([name, text]) => `${name}: ${text}`);
    fail(`tables differ: ${told.join(", ")}${difference(sites)}`);
  }
}

/** All that a server's agent knows. */
export function tableOf({ agent, now }: DhcpSite): BindingTable {
  const table = new BindingTable();
  if (agent === undefined) return table;
  table.merge(agent.servers.map((each) => toldServer(each, now)), [...agent.bindings(now)], now);
  return table;
}

function difference(sites: readonly DhcpSite[]): string {
  const [one, ...others] = sites.map((site) => tableOf(site).bindings);
  for (const other of others) {
    for (const address of new Set([...one!.keys(), ...other.keys()])) {
      const texts = [one!, other].map((table) => {
        const { expiresAt: _, ...rest } = table.get(address) ?? { expiresAt: 0 };
        return JSON.stringify(rest);
      });
      if (texts[0] !== texts[1]) return `; ${address}: ${texts.join(" / ")}`;
    }
  }
  return "";
}

function fail(finding: string): never {
  throw new CheckFailed("dhcp tables", finding);
}
