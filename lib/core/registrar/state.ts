/** The state that a registrar's procedures share. */

import { Handlespace, type PoolElementEntry } from "../../handlespace/mod.ts";
import { type EnrpMessage, type Policy, policyTlv, type PoolHandle } from "../../wire/mod.ts";
import type { Association, Instant, Message } from "../machine.ts";
import { Outputs } from "../outputs.ts";
import { RateLimiter } from "../security/rate_limiter.ts";
import { Timers } from "../timers.ts";
import type { Child, Contender, EndpointDial, OpenAssociation } from "./child.ts";
import { BindingPools } from "./bindings/pools.ts";
import { type Arbitration, arbitrationOf, Border } from "./compat.ts";
import type {
  RegistrarEvent,
  RegistrarOptions,
  SecurityRules,
  ServedAddresses,
} from "./contract.ts";
import { RegistrarCounter } from "./counts.ts";
import { DialBudget } from "./dial_budget.ts";
import type { EndpointProbe } from "./endpoint_probe.ts";
import type { Handover } from "./handover.ts";
import { Initialization } from "./initialization.ts";
import { padded } from "./message_size.ts";
import { PeerList } from "./peer.ts";
import type { RegistrarStatistics } from "./statistics.ts";
import { Subscriptions } from "./subscriptions.ts";

/** All that a registrar knows. */
export class RegistrarState {
  readonly options: RegistrarOptions;
  readonly handlespace: Handlespace;
  readonly outputs = new Outputs<RegistrarEvent>();
  /** What it has done since its start. */
  readonly counter = new RegistrarCounter();
  readonly associations = new Map<Association, OpenAssociation>();
  /** How many associations were ever open. */
  opened = 0;
  readonly children = new Map<PoolElementEntry, Child>();

  /** The next keep-alive of each child, or the end of its patience if one is outstanding. */
  readonly keepAlives = new Timers<Child>();
  readonly expiries = new Timers<Child>();
  readonly graces = new Timers<Child>();
  readonly downloads = new Timers<OpenAssociation>();
  readonly subscriptions: Subscriptions;

  /** Dials, under way and open, by their association and by their endpoint. */
  readonly dials = new Map<Association, EndpointDial>();
  readonly dialsByEndpoint = new Map<string, EndpointDial>();
  readonly dialBudget: DialBudget;

  /** Where peers reach it, once it listens. */
  served: ServedAddresses | undefined = undefined;
  /** Whether it serves pool elements and pool users. RFC 5353 §3.2.3, step 5. */
  isServing: boolean;
  /** Whether it hands its elements over, to end. */
  isStopping = false;
  readonly initialization = new Initialization();
  readonly peers = new PeerList();
  /** Bindings of DHCP pools. docs/dhcp.md. */
  readonly bindings = new BindingPools();
  readonly border: Border;
  /** Which identifier wins a takeover. RFC 5353 §3.5.1. */
  readonly arbitration: Arbitration;
  /** When the elements of a registrar that was taken over are told. */
  readonly adoptions = new Timers<Child>();
  readonly handovers = new Timers<"handover">();
  handover: Handover | undefined = undefined;

  /** Who may do what, if not everybody may do everything. */
  rules: SecurityRules | undefined;
  readonly rateLimiter: RateLimiter | undefined;

  /** Questions to elements of other homes, by their association and by the element. */
  readonly probes = new Map<Association, EndpointProbe>();
  readonly probesByEntry = new Map<PoolElementEntry, EndpointProbe>();
  readonly probeTimers = new Timers<Association>();
  /** When elements of other homes were asked last because of a report. */
  readonly reportProbes = new WeakMap<PoolElementEntry, Instant>();

  private readonly sizes = new WeakMap<Policy, number>();

  private readonly clocks: readonly { next(): Instant | undefined }[];

  /** Held requests whose element is lost or gone: to be handled anew, after the present input. */
  readonly released: Contender[] = [];

  constructor(options: RegistrarOptions) {
    const { identifier, random, limits } = options;
    this.options = options;
    this.subscriptions = new Subscriptions(limits);
    const onChange = (poolHandle: PoolHandle) => this.subscriptions.note(poolHandle);
    this.handlespace = new Handlespace({ self: identifier, random, limits, onChange });
    this.dialBudget = new DialBudget(limits.maxDialsPerTarget);
    this.border = new Border(options.rsplibPeers);
    this.arbitration = arbitrationOf(options.rsplibPeers, options.arbitration);
    this.isServing = (options.mentors ?? []).length === 0;
    this.rules = options.security;
    this.rateLimiter = options.rates && new RateLimiter(options.rates, limits);
    this.clocks = [
      this.keepAlives,
      this.expiries,
      this.graces,
      this.downloads,
      this.dialBudget.windows,
      this.subscriptions.held,
      this.adoptions,
      this.handovers,
      this.probeTimers,
      this.initialization.timers,
      ...this.bindings.clocks,
      ...this.peers.clocks,
    ];
  }

  /** Bytes of a policy's parameter, padded: asked for at every resolution. */
  policyBytes(policy: Policy): number {
    let bytes = this.sizes.get(policy);
    if (bytes === undefined) {
      bytes = padded(policyTlv(policy).length);
      this.sizes.set(policy, bytes);
    }
    return bytes;
  }

  send(open: OpenAssociation, message: Message): void {
    const said = this.border.say(open, message);
    if (said !== undefined) this.outputs.send(open.association, said);
  }

  /** RFC 5353 §1.1: a "group-cast", one message to all peers; made only if there are any. */
  broadcast(make: () => EnrpMessage): void {
    let message: EnrpMessage | undefined;
    // Those who speak alike in a row, so that each form of it is encoded once.
    const others: OpenAssociation[] = [];
    for (const { open } of this.peers.connected()) {
      if (open!.dialect === undefined) this.send(open!, message ??= make());
      else others.push(open!);
    }
    for (const open of others) this.send(open, message ??= make());
  }

  tell(event: RegistrarEvent): void {
    this.counter.note(event, this.options.identifier);
    this.outputs.event(event);
  }

  /** The pool element of that name, if this registrar owns one. */
  child(poolHandle: PoolHandle, identifier: number): Child | undefined {
    const entry = this.handlespace.get(poolHandle, identifier);
    return entry && this.children.get(entry);
  }

  /** Sizes of all tables and timers. */
  statistics(): RegistrarStatistics {
    let contenders = 0;
    for (const child of this.children.values()) {
      if (child.contender !== undefined) contenders++;
    }
    return {
      pools: this.handlespace.poolCount,
      poolElements: this.handlespace.poolElementCount,
      children: this.children.size,
      associations: this.associations.size,
      keepAliveTimers: this.keepAlives.size,
      expiryTimers: this.expiries.size,
      graceTimers: this.graces.size,
      downloads: this.downloads.size,
      dials: this.dials.size,
      dialledEndpoints: this.dialsByEndpoint.size,
      dialWindows: this.dialBudget.windows.size,
      contenders,
      peers: this.peers.peers.size,
      peerAddresses: this.peers.addresses.size,
      takeovers: this.peers.takeovers.size,
      resynchronizations: this.peers.tables.size,
      adoptions: this.adoptions.size,
      probes: this.probes.size,
      subscriptions: this.subscriptions.size,
      heldUpdates: this.subscriptions.held.size,
      bindingPools: this.bindings.pools.size,
      bindings: this.bindings.bindings,
      bindingSubscriptions: this.bindings.subscriptions,
      bindingDownloads: this.bindings.downloads.size,
      bindingRelays: this.bindings.relays.size,
    };
  }

  /** The earliest of all deadlines. */
  deadline(): Instant | undefined {
    let earliest: Instant | undefined;
    for (const timers of this.clocks) {
      const next = timers.next();
      if (next !== undefined && (earliest === undefined || next < earliest)) earliest = next;
    }
    return earliest;
  }
}
