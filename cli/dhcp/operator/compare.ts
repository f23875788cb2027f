/**
 * What `dhcp check` finds: tables of registrars and of DHCP servers that should say the same. Pure.
 */

import type { Binding, BindingServer } from "../../api.ts";
import { clientOf } from "./client_text.ts";

/** A table, and whose it is. */
export interface NamedTable {
  /** As it is shown: a registrar's identifier or a DHCP server's name. */
  readonly of: string;
  readonly bindings: readonly Binding[];
}

/** Something that should not be. */
export interface Finding {
  readonly kind: "duplicate" | "conflict" | "unreplicated" | "server" | "unreachable";
  /** What it is about: an address, a server, a registrar. */
  readonly about: string;
  readonly detail: string;
}

/** One address, two clients that both have a lease, according to anybody. */
export function duplicates(tables: readonly NamedTable[]): Finding[] {
  const clients = new Map<string, Map<string, string[]>>();
  for (const { of, bindings } of tables) {
    for (const binding of bindings) {
      if (binding.state !== "BOUND" || binding.remaining === 0) continue;
      const having = clients.get(binding.address) ?? new Map<string, string[]>();
      clients.set(binding.address, having);
      const client = clientOf(binding);
      having.set(client, [...having.get(client) ?? [], of]);
    }
  }
  return [...clients].filter(([, having]) => having.size > 1).map(([about, having]) => ({
    kind: "duplicate",
    about,
    detail: [...having].map(([client, whose]) => `${client} at ${whose.join(", ")}`).join("; "),
  }));
}

/** Clients that had to give an address up while their lease ran. */
export function conflicts(lost: readonly Binding[]): Finding[] {
  const seen = new Map<string, Finding>();
  for (const binding of lost) {
    const client = clientOf(binding);
    const detail = `${client} has lost it to another client, and may use it until it renews`;
    const about = binding.address;
    seen.set(`${about} ${client}`, { kind: "conflict", about, detail });
  }
  return [...seen.values()];
}

/** What some know and others do not, or otherwise. */
export function unreplicated(tables: readonly NamedTable[]): Finding[] {
  const addresses = new Set(tables.flatMap(({ bindings }) => bindings.map((each) => each.address)));
  const byTable = tables.map(({ of, bindings }) => ({
    of,
    known: new Map(bindings.map((each) => [each.address, each])),
  }));
  const findings: Finding[] = [];
  for (const about of addresses) {
    const says = new Map<string, string[]>();
    for (const { of, known } of byTable) {
      const said = contentOf(known.get(about));
      says.set(said, [...says.get(said) ?? [], of]);
    }
    if (says.size === 1) continue;
    const detail = [...says].map(([said, whose]) => `${said} at ${whose.join(", ")}`).join("; ");
    findings.push({ kind: "unreplicated", about, detail });
  }
  return findings;
}

/** What must be equal. What all hold and may be forgotten is as if it were forgotten. */
function contentOf(binding: Binding | undefined): string {
  if (binding === undefined || binding.state === "BINDABLE") return "free";
  return `${binding.state} for ${clientOf(binding)} (${binding.counter})`;
}

/** Servers that do not serve as they should. */
export function serverFindings(
  servers: readonly BindingServer[],
  heard: ReadonlySet<number>,
): Finding[] {
  return servers.flatMap(({ identifier, name, flags, freeIn }): Finding[] => {
    if (flags.includes("down")) {
      const when = freeIn === 0 ? "its share is free" : `its share is free in ${freeIn} s`;
      return [{ kind: "server", about: name, detail: `down by an operator's word; ${when}` }];
    }
    if (!heard.has(identifier)) {
      const detail = "does not answer: is it dead? partner-down says so, where it is";
      return [{ kind: "server", about: name, detail }];
    }
    if (!flags.includes("withheld")) return [];
    return [{ kind: "server", about: name, detail: "gives new clients nothing for now" }];
  });
}

/** What both looks have found: what was on its way is not there the second time. */
export function lasting(first: readonly Finding[], second: readonly Finding[]): Finding[] {
  const keys = new Set(first.map(({ kind, about }) => `${kind} ${about}`));
  return second.filter(({ kind, about }) => keys.has(`${kind} ${about}`));
}
