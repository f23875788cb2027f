/**
 * A network in a test: DHCP servers with their agents, one registrar between them, and a clock. The
 * DHCP servers do what dnsmasq does with its leases, and tell it as dnsmasq's hook does.
 */
import {
  type AgentEvent,
  type AgentOptions,
  BindingAgent,
  BindingTable,
  type Change,
  type Client,
  type LeaseEvent,
  told,
} from "../../../lib/bindings/mod.ts";
import { toldServer } from "../../../lib/bindings/mod.ts";
import { INFINITE_LEASE } from "../../../lib/wire/mod.ts";

/** Seconds that the DHCP servers grant. */
export const LEASE = 600;

/** How long dnsmasq waits for an answer from an address before it offers it. */
const PING_MS = 3_000;

interface Lease {
  readonly client: Client;
  readonly expiresAt: number;
}

/** A DHCP server: its leases, and what it has to tell. */
export class FakeDhcpServer {
  readonly leases = new Map<string, Lease>();
  /** What was told and not read: it is on the disk, with when each lease ends. */
  private readonly spool: { readonly event: LeaseEvent; readonly expiresAt: number }[] = [];
  private readonly freeSince = new Map<string, number>();

  constructor(private readonly placeholder: string) {}

  /** Starts with a table. */
  start(table: readonly Change[], now: number): void {
    this.leases.clear();
    this.freeSince.clear();
    for (const change of table) this.add(change, now);
    this.spool.length = 0;
  }

  /** The next of what it has told. */
  next(now: number): LeaseEvent | undefined {
    const told = this.spool.shift();
    return told && { ...told.event, remaining: remainingAt(told.expiresAt, now) };
  }

  /** Each change is a deletion and an addition, without anything in between. */
  apply(changes: readonly Change[], now: number): void {
    for (const change of changes) {
      this.delete(change.address, now);
      this.add(change, now);
    }
  }

  /** A client asks: it gets an address, the one that it has if that is not taken. */
  grant(client: Client, address: string, now: number): boolean {
    const known = this.leases.get(address);
    if (known !== undefined && known.client.hardware !== client.hardware) return false;
    this.leases.set(address, { client, expiresAt: now + LEASE * 1000 });
    this.tell(known === undefined ? "add" : "old", address, now);
    return true;
  }

  /** It offers what is free, and asks for three seconds whether somebody has it nevertheless. */
  isOffered(address: string, now: number): boolean {
    return !this.leases.has(address) && now - (this.freeSince.get(address) ?? 0) >= PING_MS;
  }

  /** A client gives an address back, or the server forgets it. */
  delete(address: string, now: number): void {
    if (!this.leases.has(address)) return;
    this.tell("del", address, now);
    this.leases.delete(address);
    this.freeSince.set(address, now);
  }

  /** Leases run out. */
  prune(now: number): void {
    for (const [address, { expiresAt }] of this.leases) {
      if (expiresAt <= now) this.delete(address, now);
    }
  }

  private add({ address, holding }: Change, now: number): void {
    if (holding.kind === "free") return;
    const lease = holding.kind === "lease"
      ? holding
      : { client: { hardware: this.placeholder }, expiresAt: Infinity };
    this.leases.set(address, lease);
    this.tell("add", address, now);
  }

  private tell(action: LeaseEvent["action"], address: string, now: number): void {
    const { client, expiresAt } = this.leases.get(address)!;
    const event = { action, address, client, remaining: remainingAt(expiresAt, now) };
    this.spool.push({ event, expiresAt });
  }
}

function remainingAt(expiresAt: number, now: number): number {
  return expiresAt === Infinity
    ? INFINITE_LEASE
    : Math.max(0, Math.round((expiresAt - now) / 1000));
}

/** A DHCP server with its agent. */
export class Site {
  agent: BindingAgent;
  readonly dhcp: FakeDhcpServer;
  readonly told: AgentEvent[] = [];
  /** Publications, of which each would be a message. */
  readonly published: string[] = [];
  isConnected = true;
  isAlive = true;
  /** Whether its DHCP server runs. */
  isRunning = false;

  constructor(readonly options: AgentOptions, private readonly lan: Lan) {
    this.dhcp = new FakeDhcpServer(options.placeholder);
    this.agent = new BindingAgent(options, lan.now);
  }

  /** Begins: the registrar's table, if it is reached, then the DHCP server. */
  start(): void {
    this.isAlive = true;
    this.isRunning = false;
    this.dhcp.leases.clear();
    const { now } = this.lan;
    for (let told = this.dhcp.next(now); told; told = this.dhcp.next(now)) {
      this.agent.onLeaseEvent(told, now);
    }
    if (this.isConnected) this.synchronize();
    this.startDhcp();
  }

  /** Starts the DHCP server if it may run, and stops it if it may not. */
  private startDhcp(): void {
    const { agent, lan: { now } } = this;
    if (this.isRunning === agent.mayServe) return;
    this.isRunning = agent.mayServe;
    if (!this.isRunning) {
      this.dhcp.leases.clear();
      return agent.onStopped();
    }
    this.dhcp.start(agent.leases(now), now);
    agent.onRestarted(now);
  }

  /** All of it is gone at once, but for the disk. */
  kill(): void {
    this.isAlive = false;
  }

  /** Begins again with what was on the disk, or without. */
  restart({ isDiskLost = false } = {}): void {
    const { options, disk: saved } = this;
    this.agent = new BindingAgent(isDiskLost ? options : { ...options, saved }, this.lan.now);
    this.start();
  }

  private saved = undefined as ReturnType<BindingAgent["snapshot"]> | undefined;
  private savedAt = 0;

  save(): void {
    this.saved = this.agent.snapshot(this.lan.now);
    this.savedAt = this.lan.now;
  }

  get disk() {
    return this.saved && { ...this.saved, savedAgoMs: this.lan.now - this.savedAt };
  }

  /** The registrar's whole table, as after a new association. */
  synchronize(): void {
    const { agent, lan: { registrar, now } } = this;
    agent.onTableBegan();
    agent.onRecords(
      [...registrar.servers.values()].map((each) => toldServer(each, now)),
      registrar.page(undefined, Infinity).map((each) => told(each, now)),
      now,
    );
    agent.onSynchronized(now);
  }

  /** Takes what waits; `false` if nothing did. */
  step(): boolean {
    const { agent, dhcp, lan } = this;
    const event = dhcp.next(lan.now);
    if (event !== undefined) agent.onLeaseEvent(event, lan.now);
    this.startDhcp();
    const output = agent.poll(lan.now);
    if (output === undefined) return event !== undefined;
    if (output.type === "event") this.told.push(output.event);
    else if (output.type === "apply") dhcp.apply(output.changes, lan.now);
    else {
      for (const { address, state } of output.bindings) this.published.push(`${address} ${state}`);
      if (this.isConnected) lan.publish(this, output.servers, output.bindings);
    }
    return true;
  }
}

/** All of them. */
export class Lan {
  now = 1_000_000;
  readonly registrar = new BindingTable();
  readonly sites: Site[] = [];

  constructor(shares: number, size = 12, lease = LEASE) {
    for (let share = 1; share <= shares; share++) {
      this.sites.push(new Site(optionsOf(share, shares, size, lease), this));
    }
  }

  /** Everybody starts, one after the other. */
  start(): void {
    for (const site of this.sites) {
      site.start();
      this.settle();
    }
  }

  /** What a registrar does: it merges, and passes on what is new. */
  publish(
    from: Site,
    servers: Parameters<BindingTable["merge"]>[0],
    bindings: Parameters<
      BindingTable["merge"]
    >[1],
  ): void {
    const merged = this.registrar.merge(servers, bindings, this.now);
    const newServers = merged.servers.map((each) => toldServer(each, this.now));
    const newBindings = merged.bindings.map((each) => told(each, this.now));
    if (newServers.length + newBindings.length === 0) return;
    for (const site of this.sites) {
      if (site === from || !site.isConnected || !site.isAlive) continue;
      site.agent.onRecords(newServers, newBindings, this.now);
    }
  }

  /** Until nobody has anything to do. */
  settle(): void {
    for (let step = 0; step < 100_000; step++) {
      const moved = this.sites.filter((site) => site.isAlive && site.step());
      const due = this.sites.some((each) => each.isAlive && each.isRunning !== each.agent.mayServe);
      if (moved.length === 0 && !due) {
        for (const site of this.sites) if (site.isAlive) site.save();
        return;
      }
    }
    throw new Error("they never come to rest");
  }

  /** Some do some of what they have to do. */
  stir(goesOn: () => boolean): void {
    while (goesOn()) {
      for (const site of this.sites) if (site.isAlive && goesOn()) site.step();
    }
    for (const site of this.sites) if (site.isAlive) site.save();
  }

  /** Time passes; who is connected hears the registrar now and then. */
  pass(seconds: number): void {
    const end = this.now + seconds * 1000;
    while (this.now < end) {
      this.now = Math.min(end, this.now + 5_000);
      this.registrar.prune(this.now);
      for (const site of this.sites.filter((each) => each.isAlive)) {
        site.dhcp.prune(this.now);
        if (site.isConnected) site.agent.onContact(this.now);
        const deadline = site.agent.deadline();
        if (deadline !== undefined && deadline <= this.now) site.agent.onDeadline(this.now);
      }
      this.settle();
    }
  }
}

/** A server of the pool 10.0.0.1 to 10.0.0.`size`. */
export function optionsOf(
  share: number,
  shares: number,
  size = 12,
  lease = LEASE,
): AgentOptions {
  return {
    self: share * 0x1111,
    name: `dhcp${share}`,
    first: "10.0.0.1",
    last: `10.0.0.${size}`,
    share,
    shares,
    lease,
    authoritative: false,
    placeholder: `02:00:00:00:0${share}:aa`,
  };
}
