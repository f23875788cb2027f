/**
 * What dnsmasq does with its leases, and what its hook tells, as it was measured: its
 * answers, its allocation, the order and the merging of its events, and what D-Bus does to it.
 */

import { AddressRange, addressText, type Client } from "../../bindings/mod.ts";
import { INFINITE_LEASE, type IpAddress } from "../../wire/mod.ts";

/** What a client asks. RFC 2131 §4.3. */
export type DhcpRequest =
  | { readonly type: "DISCOVER"; readonly client: Client; readonly wanted?: IpAddress | undefined }
  | {
    readonly type: "SELECTING";
    readonly client: Client;
    readonly address: IpAddress;
    readonly server: string;
  }
  | {
    readonly type: "RENEWING" | "REBINDING" | "INIT-REBOOT" | "RELEASE";
    readonly client: Client;
    readonly address: IpAddress;
  };

/** What a server answers. */
export type DhcpReply =
  | {
    readonly type: "OFFER" | "ACK";
    readonly server: string;
    readonly address: IpAddress;
    /** Seconds. */
    readonly lease: number;
    /** Whether the address was free: it is then pinged first, which takes a while. */
    readonly isFree: boolean;
  }
  | { readonly type: "NAK"; readonly server: string };

/** What the hook is told of a lease. */
export interface HookEvent {
  readonly action: "add" | "old" | "del";
  readonly address: IpAddress;
  readonly client: Client;
  /** Second of the host's clock at which the lease ends; Infinity: never. */
  readonly expires: number;
}

/** A lease that a server is given at its start, or by D-Bus. */
export interface ImportedLease {
  readonly address: IpAddress;
  readonly client: Client;
  readonly expires: number;
}

interface Lease {
  readonly address: IpAddress;
  client: Client;
  expires: number;
  /** What the hook is to be told of it. */
  news: "add" | "old" | undefined;
}

/** What a server is made of. */
export interface DnsmasqOptions {
  readonly name: string;
  readonly first: IpAddress;
  readonly last: IpAddress;
  /** Seconds that it grants; `INFINITE_LEASE` for ever. */
  readonly lease: number;
  readonly authoritative: boolean;
  /** Events that its pipe to the helper holds; what does not fit is merged. */
  readonly pipeEvents: number;
  /** Milliseconds of the host's clock. */
  readonly now: () => number;
  /** Whether somebody answers a ping; absent: `--no-ping`. */
  readonly pings?: ((address: IpAddress) => boolean) | undefined;
}

/** A DHCP server that knows nothing of others. */
export class Dnsmasq {
  isRunning = false;
  private readonly range: AddressRange;
  private readonly leases = new Map<IpAddress, Lease>();
  private readonly ended: HookEvent[] = [];
  private readonly pipe: HookEvent[] = [];

  constructor(private readonly options: DnsmasqOptions) {
    this.range = new AddressRange(options.first, options.last);
  }

  /** When the next lease ends, on the host's clock. */
  get nextExpiryMs(): number {
    let earliest = Infinity;
    for (const { expires } of this.leases.values()) earliest = Math.min(earliest, expires);
    return earliest * 1000;
  }

  /** Starts with a table, of which all is told again, the first twice. */
  start(table: readonly ImportedLease[]): void {
    this.leases.clear();
    this.isRunning = true;
    for (const { address, client, expires } of table) {
      if (expires <= this.second) this.ended.push({ action: "del", address, client, expires });
      else this.leases.set(address, { address, client, expires, news: "old" });
    }
    const [first] = this.leases.values();
    if (first !== undefined) this.ended.push({ action: "old", ...shown(first) });
    this.pump();
  }

  /** Ends, or is killed: what has happened is told all the same, as the pipe has room for it. */
  stop(): void {
    this.isRunning = false;
    this.pump(Infinity);
    this.leases.clear();
  }

  /** What it answers; `undefined`: nothing. */
  handle(request: DhcpRequest): DhcpReply | undefined {
    this.prune();
    if (request.type === "DISCOVER") return this.discover(request);
    if (request.type === "RELEASE") return this.release(request);
    if (request.type === "SELECTING" && request.server !== this.options.name) return undefined;
    const reply = this.request(request);
    this.pump();
    return reply;
  }

  /** D-Bus `AddDhcpLease`: what is empty does not clear what is there. */
  addLease({ address, client, expires }: ImportedLease): void {
    const known = this.leases.get(address);
    if (known === undefined) {
      this.leases.set(address, { address, client, expires, news: "add" });
      return this.pump();
    }
    const { clientId = known.client.clientId, host = known.client.host } = client;
    known.client = { hardware: client.hardware, clientId, host };
    known.expires = expires;
    known.news ??= "old";
    this.pump();
  }

  /** D-Bus `DeleteDhcpLease`. */
  deleteLease(address: IpAddress): void {
    const known = this.leases.get(address);
    if (known !== undefined) this.end(known);
    this.pump();
  }

  /** Leases whose time is over end. */
  prune(): void {
    for (const lease of this.leases.values()) if (lease.expires <= this.second) this.end(lease);
    this.pump();
  }

  /** The next event, as the hook is run; one at a time. */
  takeEvent(): HookEvent | undefined {
    const event = this.pipe.shift();
    this.pump();
    return event;
  }

  /** Whether the hook has anything to do. */
  get hasEvent(): boolean {
    return this.pipe.length > 0;
  }

  /** Whose an address is here. */
  holderOf(address: IpAddress): Client | undefined {
    return this.leases.get(address)?.client;
  }

  /** Whether an address could be given to anybody. */
  isFree(address: IpAddress): boolean {
    return !this.leases.has(address);
  }

  /** Addresses of its range that it could give to anybody. */
  freeAddresses(): IpAddress[] {
    return [...this.range.addresses()].filter((address) => this.isRunning && this.isFree(address));
  }

  private get second(): number {
    return Math.floor(this.options.now() / 1000);
  }

  private discover({ client, wanted }: DhcpRequest & { type: "DISCOVER" }): DhcpReply | undefined {
    const { name: server, lease } = this.options;
    const known = this.leaseOf(client);
    const isWantedFree = wanted !== undefined && this.range.includes(wanted) && this.isFree(wanted);
    const address = known?.address ?? (isWantedFree ? wanted : this.allocate(client));
    if (address === undefined) return undefined;
    return { type: "OFFER", server, address, lease, isFree: known === undefined };
  }

  /** By a hash over the hardware address, and from there on the next that is free. */
  private allocate({ hardware }: Client): IpAddress | undefined {
    const { first, size } = this.range;
    let hash = 0;
    for (const byte of hardware.split(":")) {
      hash = (parseInt(byte, 16) + (hash << 6) + (hash << 16) - hash) >>> 0;
    }
    for (let step = 0; step < size; step++) {
      const address = addressText(first + (hash + step) % size);
      if (this.isFree(address) && this.options.pings?.(address) !== true) return address;
    }
    return undefined;
  }

  private request(
    request: Exclude<DhcpRequest, { type: "DISCOVER" | "RELEASE" }>,
  ): DhcpReply | undefined {
    const { client, address, type } = request;
    const { name: server, authoritative } = this.options;
    let lease = this.leaseOf(client);
    if (lease !== undefined && lease.address !== address) {
      if (type !== "SELECTING") return { type: "NAK", server };
      this.end(lease);
      lease = undefined;
    }
    if (lease === undefined) {
      const isTaken = !this.range.includes(address) || !this.isFree(address);
      if (type !== "SELECTING" && !authoritative) return undefined;
      if (isTaken) return { type: "NAK", server };
    }
    return this.grant(client, address, lease);
  }

  private grant(client: Client, address: IpAddress, known: Lease | undefined): DhcpReply {
    const { name: server, lease } = this.options;
    const expires = lease === INFINITE_LEASE ? Infinity : this.second + lease;
    if (known === undefined) {
      this.leases.set(address, { address, client, expires, news: "add" });
    } else if (known.expires !== expires || known.client.clientId !== client.clientId) {
      known.client = { ...client, clientId: client.clientId ?? known.client.clientId };
      known.expires = expires;
      known.news ??= "old";
    }
    return { type: "ACK", server, address, lease, isFree: known === undefined };
  }

  private release({ client, address }: { client: Client; address: IpAddress }): undefined {
    const lease = this.leaseOf(client);
    if (lease?.address === address) this.end(lease);
    this.pump();
    return undefined;
  }

  /** By its identifier, or by its hardware address where a lease has none. */
  private leaseOf(client: Client): Lease | undefined {
    let byHardware: Lease | undefined;
    for (const lease of this.leases.values()) {
      const { clientId, hardware } = lease.client;
      if (clientId !== undefined && clientId === client.clientId) return lease;
      const isComparable = clientId === undefined || client.clientId === undefined;
      if (isComparable && hardware === client.hardware) byHardware ??= lease;
    }
    return byHardware;
  }

  private end(lease: Lease): void {
    this.leases.delete(lease.address);
    this.ended.push({ action: "del", ...shown(lease) });
  }

  /** What fits into the pipe: deletions first, then each lease of which something is new. */
  private pump(room = this.options.pipeEvents): void {
    while (this.pipe.length < room && this.ended.length > 0) this.pipe.push(this.ended.shift()!);
    for (const lease of this.leases.values()) {
      if (this.pipe.length >= room) return;
      if (lease.news === undefined) continue;
      this.pipe.push({ action: lease.news, ...shown(lease) });
      lease.news = undefined;
    }
  }
}

function shown({ address, client, expires }: Lease) {
  return { address, client, expires };
}
