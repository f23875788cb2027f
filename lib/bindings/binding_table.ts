/** The bindings and DHCP servers of one pool, as a registrar or a DHCP server knows them. */

import {
  type Binding,
  type BindingServer,
  type IpAddress,
  MAX_BINDING_SERVERS,
} from "../wire/mod.ts";
import type { AddressRange } from "./address_range.ts";
import { ClientIndex } from "./client_index.ts";
import { Digest } from "./digest.ts";
import { MAX_LOST_BINDINGS, MAX_TAKEN_COUNTER } from "./limits.ts";
import {
  contentOf,
  type Instant,
  isSameClient,
  mergeBindings,
  stored,
  type StoredBinding,
} from "./stored_binding.ts";
import {
  contentOfServer,
  hasFlag,
  isSensible,
  mergeServers,
  rangeOf,
  required,
  type StoredServer,
  storedServer,
} from "./stored_server.ts";

/** What came of merging. */
export interface Merged {
  /** What is other than before. */
  readonly bindings: readonly StoredBinding[];
  /** Likewise of servers. */
  readonly servers: readonly StoredServer[];
  /** What was older than what is known, or the same: what is known instead. */
  readonly newer: readonly StoredBinding[];
  /** Likewise of servers. */
  readonly newerServers: readonly StoredServer[];
  /** Leases that had not ended, and whose address another client has. */
  readonly lost: readonly StoredBinding[];
  /** What has no place here: outside the range, counted too high, or one server too many. */
  readonly refused: readonly IpAddress[];
  /** Likewise of servers. */
  readonly refusedServers: readonly number[];
}

/** The table of one DHCP pool. */
export class BindingTable {
  /** DHCP servers by PE identifier. */
  readonly servers = new Map<number, StoredServer>();
  /** Bindings by address. */
  readonly bindings = new Map<IpAddress, StoredBinding>();
  /** Clients that had to give an address up, until their lease has ended. */
  private lostBindings: StoredBinding[] = [];
  private readonly sum = new Digest();
  private knownRange: AddressRange | undefined;
  /** Addresses by what their clients are known by; made when it is first asked for. */
  private clients: ClientIndex | undefined;

  /** The pool's range, once a server has said it. */
  get range(): AddressRange | undefined {
    return this.knownRange;
  }

  /** Bindings and servers. */
  get count(): number {
    return this.bindings.size + this.servers.size;
  }

  /** Equal tables have equal digests. */
  get digest(): string {
    return this.sum.toString();
  }

  /** The highest counter of any binding. */
  highestCounter(): number {
    let highest = 0;
    for (const { counter } of this.bindings.values()) highest = Math.max(highest, counter);
    return highest;
  }

  /** Takes over what is new in what came; servers first, as they say what the range is. */
  merge(
    servers: readonly BindingServer[],
    bindings: readonly Binding[],
    now: Instant,
  ): Merged {
    const merged = new Merging();
    for (const each of servers) this.mergeServer(storedServer(each, now), merged);
    for (const each of bindings) this.mergeBinding(stored(each, now), merged, now);
    return merged;
  }

  /** Why a server's record cannot be taken beside the others; `undefined` if it can. */
  misfit(server: BindingServer): string | undefined {
    for (const other of this.servers.values()) {
      if (other.identifier === server.identifier || other.flags.includes("down")) continue;
      if (other.first !== server.first || other.last !== server.last) {
        return `its range is ${server.first}-${server.last}, and that of ${other.name} is ` +
          `${other.first}-${other.last}`;
      }
      if (other.shares !== server.shares) {
        return `its share is one of ${server.shares}, and that of ${other.name} one of ` +
          `${other.shares}`;
      }
      if (other.share === server.share) {
        return `its share ${server.share}/${server.shares} is that of ${other.name}`;
      }
    }
    return undefined;
  }

  /** Puts a binding in the place of what is known of its address. */
  put(binding: StoredBinding): void {
    const { address } = binding;
    const known = this.bindings.get(address);
    if (known !== undefined) this.sum.toggle(contentOf(known));
    this.bindings.set(address, binding);
    this.sum.toggle(contentOf(binding));
    if (known !== undefined) this.clients?.remove(known);
    this.clients?.add(binding);
  }

  /** Other bindings of the client that a binding is of: it may have moved. */
  othersOf(binding: StoredBinding): StoredBinding[] {
    if (this.clients === undefined) {
      this.clients = new ClientIndex();
      for (const each of this.bindings.values()) this.clients.add(each);
    }
    const others: StoredBinding[] = [];
    for (const address of this.clients.addressesOf(binding)) {
      const other = this.bindings.get(address)!;
      if (address !== binding.address && isSameClient(other, binding)) others.push(other);
    }
    return others;
  }

  /** Puts a server's record in the place of the one that is known. */
  putServer(server: StoredServer): void {
    const known = this.servers.get(server.identifier);
    if (known !== undefined) this.sum.toggle(contentOfServer(known));
    this.servers.set(server.identifier, server);
    this.sum.toggle(contentOfServer(server));
    const range = rangeOf(this.leading());
    const { knownRange } = this;
    this.knownRange = range;
    if (knownRange?.first === range.first && knownRange.last === range.last) return;
    for (const { address } of this.bindings.values()) {
      if (!range.includes(address)) this.forget(address);
    }
  }

  /** Takes a binding away. */
  private forget(address: IpAddress): void {
    const known = this.bindings.get(address);
    if (known === undefined) return;
    this.sum.toggle(contentOf(known));
    this.bindings.delete(address);
    this.clients?.remove(known);
  }

  /** Whose range counts, should they differ: of those that serve, the lowest identifier's. */
  private leading(): StoredServer {
    const all = [...this.servers.values()].sort((one, other) => one.identifier - other.identifier);
    return all.find((each) => !hasFlag(each, "down")) ?? all[0]!;
  }

  /** Bindings in the order of their addresses, from the one behind `after`, at most so many. */
  page(after: IpAddress | undefined, max: number): StoredBinding[] {
    const page: StoredBinding[] = [];
    for (const address of this.range?.addresses(after) ?? []) {
      const binding = this.bindings.get(address);
      if (binding !== undefined) page.push(binding);
      if (page.length === max) break;
    }
    return page;
  }

  /** Clients that had to give an address up and whose lease has not ended. */
  lost(now: Instant): readonly StoredBinding[] {
    this.lostBindings = this.lostBindings.filter(({ expiresAt }) => expiresAt > now);
    return this.lostBindings;
  }

  /** Forgets addresses that all hold and whose time is over; says which. */
  prune(now: Instant): IpAddress[] {
    const needed = required(this.servers.values(), now);
    const pruned: IpAddress[] = [];
    for (const binding of this.bindings.values()) {
      if (!isForgettable(binding, needed, now)) continue;
      this.forget(binding.address);
      pruned.push(binding.address);
    }
    return pruned;
  }

  /** Takes over what is new in a record. */
  private mergeServer(server: StoredServer, merged: Merging): void {
    const { identifier } = server;
    const known = this.servers.get(identifier);
    const isFull = known === undefined && this.servers.size >= MAX_BINDING_SERVERS;
    if (isFull || !isSensible(server)) {
      merged.refusedServers.push(identifier);
      return;
    }
    const later = known === undefined ? server : mergeServers(known, server);
    const isNew = known === undefined || contentOfServer(later) !== contentOfServer(known);
    if (later !== known) this.putServer(later);
    if (isNew) merged.servers.push(later);
    if (later !== server) merged.newerServers.push(later);
  }

  /** Takes over what is new in a binding. */
  private mergeBinding(binding: StoredBinding, merged: Merging, now: Instant): void {
    const { address, counter } = binding;
    const isOutside = this.range === undefined || !this.range.includes(address);
    if (isOutside || counter >= MAX_TAKEN_COUNTER) {
      merged.refused.push(address);
      return;
    }
    const known = this.bindings.get(address);
    // What may be forgotten need not be learned again; one that was freed may return, and is asked.
    const everybody = [...this.servers.keys()];
    if (known === undefined && isForgettable(binding, everybody, now)) return;
    const later = known === undefined ? binding : mergeBindings(known, binding);
    if (known !== undefined) this.noteLost(known, binding, later, merged, now);
    const isNew = known === undefined || contentOf(later) !== contentOf(known);
    if (later !== known) this.put(later);
    if (isNew) merged.bindings.push(later);
    if (contentOf(later) !== contentOf(binding)) merged.newer.push(later);
  }

  /** Two clients with one address: a lease that has not ended is lost. docs/dhcp.md §2.4. */
  private noteLost(
    known: StoredBinding,
    came: StoredBinding,
    later: StoredBinding,
    merged: Merging,
    now: Instant,
  ): void {
    const other = later === known ? came : known;
    if (other.state !== "BOUND" || later.state !== "BOUND" || other.expiresAt <= now) return;
    if (isSameClient(other, later) || later.expiresAt <= now) return;
    if (this.lostBindings.some((each) => contentOf(each) === contentOf(other))) return;
    merged.lost.push(other);
    this.lostBindings.push(other);
    if (this.lostBindings.length > MAX_LOST_BINDINGS) this.lostBindings.shift();
  }
}

/** Collects what comes of merging. */
class Merging implements Merged {
  readonly bindings: StoredBinding[] = [];
  readonly servers: StoredServer[] = [];
  readonly newer: StoredBinding[] = [];
  readonly newerServers: StoredServer[] = [];
  readonly lost: StoredBinding[] = [];
  readonly refused: IpAddress[] = [];
  readonly refusedServers: number[] = [];
}

/** Whether nobody needs to know any more that an address was bound. docs/dhcp.md §2.3. */
function isForgettable(
  { state, expiresAt, acknowledgedBy = [] }: StoredBinding,
  needed: readonly number[],
  now: Instant,
): boolean {
  return state === "BINDABLE" && expiresAt <= now &&
    needed.every((each) => acknowledgedBy.includes(each));
}
