/**
 * What `dhcp check` finds: tables of registrars and of DHCP servers that should say the same. Pure.
 */

import type { Binding, BindingServer } from "../../api.ts";
import { clientOf, isSameClient } from "./client_text.ts";

/** A table, and whose it is. */
export interface NamedTable {
  /** As it is shown: a registrar's identifier or a DHCP server's name. */
  readonly of: string;
  readonly bindings: readonly Binding[];
}

/** The own table of a DHCP server. */
export interface OwnTable extends NamedTable {
  /** Its PE identifier: two that were named alike are two. */
  readonly server: number;
}

/** Something that should not be, or, as a remark, something that may be meant so. */
export interface Finding {
  readonly kind: "duplicate" | "conflict" | "unreplicated" | "server" | "registrar" | "remark";
  /** What it is about: an address, a server, a registrar, a client. */
  readonly about: string;
  readonly detail: string;
}

/** A client and who says that it has a lease. */
interface Having {
  readonly client: Binding;
  readonly whose: string[];
}

/** One address, two clients that both have a lease, according to anybody. */
export function duplicates(tables: readonly NamedTable[]): Finding[] {
  const byAddress = new Map<string, Having[]>();
  for (const { of, bindings } of tables) {
    for (const binding of bindings) {
      if (!isLeased(binding)) continue;
      const all = byAddress.get(binding.address) ?? [];
      byAddress.set(binding.address, all);
      const same = all.find(({ client }) => isSameClient(client, binding));
      if (same === undefined) all.push({ client: binding, whose: [of] });
      else same.whose.push(of);
    }
  }
  const found = [...byAddress].filter(([, all]) => all.length > 1);
  return found.sort(([one], [other]) => compareAddresses(one, other)).map(([about, all]) => ({
    kind: "duplicate",
    about,
    detail: all.map(({ client, whose }) => `${clientOf(client)} at ${whose.join(", ")}`).join("; "),
  }));
}

/** Clients with leases of several addresses in one table: legal, as with a client that moves. */
export function remarks(tables: readonly NamedTable[]): Finding[] {
  const byClient = new Map<string, Set<string>>();
  for (const { bindings } of tables) {
    const own = new Map<string, string[]>();
    for (const binding of bindings.filter(isLeased)) {
      const client = clientOf(binding);
      own.set(client, [...own.get(client) ?? [], binding.address]);
    }
    for (const [client, addresses] of own) {
      if (addresses.length < 2) continue;
      const all = byClient.get(client) ?? new Set();
      byClient.set(client, all);
      for (const each of addresses) all.add(each);
    }
  }
  return [...byClient].map(([about, addresses]) => {
    const detail = `has leases of ${[...addresses].sort(compareAddresses).join(", ")}`;
    return { kind: "remark", about, detail };
  });
}

function isLeased({ state, remaining }: Binding): boolean {
  return state === "BOUND" && remaining > 0;
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
  return [...seen.values()].sort((one, other) => compareAddresses(one.about, other.about));
}

/** What some know and others do not, or otherwise. */
export function unreplicated(tables: readonly NamedTable[]): Finding[] {
  const addresses = new Set(tables.flatMap(({ bindings }) => bindings.map((each) => each.address)));
  const byTable = tables.map(({ of, bindings }) => ({
    of,
    known: new Map(bindings.map((each) => [each.address, each])),
  }));
  const findings: Finding[] = [];
  for (const about of [...addresses].sort(compareAddresses)) {
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

/** Why a DHCP server that is connected has not told its own table. */
export type Silences = ReadonlyMap<number, string>;

/** Servers that do not serve as they should. */
export function serverFindings(
  servers: readonly BindingServer[],
  heard: ReadonlySet<number>,
  silences: Silences = new Map(),
): Finding[] {
  return servers.flatMap(({ identifier, name, flags, freeIn }): Finding[] => {
    const found = (detail: string): Finding[] => [{ kind: "server", about: name, detail }];
    if (flags.includes("down")) {
      const when = freeIn === 0 ? "its share is free" : `its share is free in ${freeIn} s`;
      return found(`down by an operator's word; ${when}`);
    }
    const silence = silences.get(identifier);
    if (!heard.has(identifier) && silence !== undefined) return found(silence);
    if (!heard.has(identifier)) {
      return found("is connected to no registrar; if it is dead, say so with partner-down");
    }
    if (!flags.includes("withheld")) return [];
    return found("gives new clients nothing until all others have agreed; renewals go on");
  });
}

/** What both looks have found: what was on its way is not there the second time. */
export function lasting(first: readonly Finding[], second: readonly Finding[]): Finding[] {
  const keys = new Set(first.map(({ kind, about }) => `${kind} ${about}`));
  return second.filter(({ kind, about }) => keys.has(`${kind} ${about}`));
}

/** Whether anything is wrong; remarks are not. */
export function isClean(findings: readonly Finding[]): boolean {
  return findings.every(({ kind }) => kind === "remark");
}

/** IPv4 addresses as numbers; anything else as text. */
export function compareAddresses(one: string, other: string): number {
  return numberOf(one) - numberOf(other) || (one < other ? -1 : Number(one > other));
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, each) => sum * 256 + Number(each), 0);
}
