/** What an agent knows and remembers; its procedures share it. */

import {
  type Binding,
  type BindingServer,
  INFINITE_LEASE,
  type IpAddress,
} from "../../wire/mod.ts";
import { AddressRange } from "../address_range.ts";
import { BindingTable } from "../binding_table.ts";
import { MAX_TAKEN_COUNTER } from "../limits.ts";
import { type Instant, type StoredBinding, told } from "../stored_binding.ts";
import { ownerOfShare, required, type StoredServer, toldServer } from "../stored_server.ts";
import type { AgentEvent, AgentOptions, AgentOutput, Change, Holding } from "./contract.ts";
import { FREE } from "./holding.ts";

/** All that an agent knows. */
export class AgentState {
  readonly range: AddressRange;
  readonly table = new BindingTable();
  /** What the DHCP server has, as far as it has said; what is not here is free. */
  readonly holdings = new Map<IpAddress, Holding>();
  /** What it was told to have and has not confirmed. */
  readonly pending = new Map<IpAddress, Holding>();
  /** What it was given for its start; absent: it does not start. */
  given: Map<IpAddress, Holding> | undefined = undefined;
  /** Whether it runs: else nothing is given to anybody, and nothing can be applied. */
  isServing = false;
  /** The highest counter that was ever seen. */
  clock = 0;
  /** When a registrar was last heard. */
  contactAt: Instant | undefined = undefined;
  /** Whether a registrar's whole table has come since the start, so that all servers are known. */
  isSynchronized = false;
  confirmedClaim = 0;
  /** Whether it was down by an operator's word, and others may not know yet that it is back. */
  isReturning = false;
  /** What a registrar has shown of its table since that began to come. */
  shown: Set<IpAddress> | undefined = undefined;
  isOwnRecordShown = false;
  sweepAt: Instant = Infinity;

  private readonly pendingSince = new Map<IpAddress, Instant>();
  private readonly events: AgentEvent[] = [];
  private readonly changes = new Map<IpAddress, Holding>();
  private isUrgent = false;
  private readonly unpublished = new Set<IpAddress>();
  private isOwnRecordUnpublished = false;
  /** Of other servers: what registrars may have forgotten. */
  private readonly unpublishedServers = new Set<number>();
  private owners: readonly (number | undefined)[] = [];
  private needed: readonly number[] = [];

  constructor(readonly options: AgentOptions) {
    this.range = new AddressRange(options.first, options.last);
  }

  /** This server's own record. */
  get own(): StoredServer {
    return this.table.servers.get(this.options.self)!;
  }

  /** Longest lease of any server of the pool, in milliseconds. */
  get longestLeaseMs(): number {
    let longest = 0;
    for (const { lease } of this.table.servers.values()) longest = Math.max(longest, lease);
    return longest === INFINITE_LEASE ? Infinity : longest * 1000;
  }

  /** Whose word is needed before an address changes hands. */
  get required(): readonly number[] {
    return this.needed;
  }

  holding(address: IpAddress): Holding {
    return this.holdings.get(address) ?? FREE;
  }

  hold(address: IpAddress, holding: Holding): void {
    if (holding.kind === "free") this.holdings.delete(address);
    else this.holdings.set(address, holding);
  }

  /** Who may give an address to a new client. */
  ownerOf(address: IpAddress): number | undefined {
    return this.owners[this.range.shareOf(address, this.options.shares) - 1];
  }

  /** To be called whenever a record of a server is another one, or time may have freed a share. */
  recountServers(now: Instant): void {
    const servers = [...this.table.servers.values()];
    servers.sort((one, other) => one.identifier - other.identifier);
    const { shares } = this.options;
    this.owners = Array.from({ length: shares }, (_, at) => ownerOfShare(at + 1, servers, now));
    this.needed = required(servers, now);
  }

  /** A counter of somebody else's; what is above all that may be taken was never counted. */
  see(counter: number): void {
    if (counter < MAX_TAKEN_COUNTER) this.clock = Math.max(this.clock, counter);
  }

  /** A binding that came about here. */
  write(binding: StoredBinding): void {
    this.table.put(binding);
    this.clock = Math.max(this.clock, binding.counter);
    this.unpublished.add(binding.address);
  }

  /** This server's own record, changed. */
  writeOwn(change: Partial<StoredServer>): void {
    const { own } = this;
    this.table.putServer({ ...own, ...change, version: own.version + 1 });
    this.isOwnRecordUnpublished = true;
  }

  /** To be told to a registrar again. */
  publishAgain(address: IpAddress): void {
    this.unpublished.add(address);
  }

  /** What is known of another server is passed on to a registrar that does not know it. */
  passOn({ identifier }: StoredServer): void {
    if (identifier !== this.options.self) this.unpublishedServers.add(identifier);
  }

  publishOwnAgain(): void {
    this.isOwnRecordUnpublished = true;
  }

  change(address: IpAddress, holding: Holding, urgent: boolean, now: Instant): void {
    this.pending.set(address, holding);
    this.pendingSince.set(address, now);
    this.changes.set(address, holding);
    this.isUrgent ||= urgent;
  }

  /** What it has not confirmed since then, if at all. */
  pendingBefore(instant: Instant): IpAddress[] {
    return [...this.pending.keys()].filter((each) => this.pendingSince.get(each)! <= instant);
  }

  /** What was to be changed some time must be changed soon: an address is free meanwhile. */
  escalate(): void {
    this.isUrgent = true;
  }

  /** Nothing is to be changed that was not yet: the DHCP server begins anew. */
  forgetChanges(): void {
    this.pending.clear();
    this.changes.clear();
    this.isUrgent = false;
  }

  tell(event: AgentEvent): void {
    this.events.push(event);
  }

  /** The next output: events first, then what the DHCP server is to do, then what is published. */
  poll(now: Instant): AgentOutput | undefined {
    const event = this.events.shift();
    if (event !== undefined) return { type: "event", event };
    return this.takeChanges() ?? this.takePublication(now);
  }

  private takeChanges(): AgentOutput | undefined {
    if (this.changes.size === 0 && !this.isUrgent) return undefined;
    const changes: Change[] = [];
    for (const [address, holding] of this.changes) changes.push({ address, holding });
    const urgent = this.isUrgent;
    this.changes.clear();
    this.isUrgent = false;
    return { type: "apply", changes, urgent };
  }

  private takePublication(now: Instant): AgentOutput | undefined {
    const { unpublishedServers } = this;
    const isNothing = this.unpublished.size + unpublishedServers.size === 0;
    if (isNothing && !this.isOwnRecordUnpublished) return undefined;
    const bindings: Binding[] = [];
    for (const address of this.unpublished) {
      const binding = this.table.bindings.get(address);
      if (binding !== undefined) bindings.push(told(binding, now));
    }
    const servers: BindingServer[] = this.isOwnRecordUnpublished ? [toldServer(this.own, now)] : [];
    for (const identifier of unpublishedServers) {
      servers.push(toldServer(this.table.servers.get(identifier)!, now));
    }
    unpublishedServers.clear();
    this.unpublished.clear();
    this.isOwnRecordUnpublished = false;
    return { type: "publish", servers, bindings };
  }
}
