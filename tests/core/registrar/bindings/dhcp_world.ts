/** DHCP servers, peers and operators at a registrar in a made-up world. */
import type { Binding, BindingServer } from "../../../../lib/wire/mod.ts";
import { bindingOf, serverOf } from "../../../bindings/samples.ts";
import { type Client, element, type Of, PeerClient, type World } from "../registrar_world.ts";

export { bindingOf } from "../../../bindings/samples.ts";

/** The DHCP pool of all tests. */
export const POOL = "dhcp/lan1";

/** The record of the server of a share, as messages carry it. */
export function recordOf(identifier: number, change: Partial<BindingServer> = {}): BindingServer {
  const { freeAt: _, ...others } = serverOf(identifier);
  return { ...others, freeIn: 0, ...change };
}

/** An update by a DHCP server, in words. */
export interface Said {
  readonly servers?: readonly BindingServer[];
  readonly bindings?: readonly Binding[];
  readonly poolHandle?: string;
  readonly request?: number;
}

/** A DHCP server: a registered element, and what it says of bindings. */
export class DhcpClient {
  readonly client: Client;

  constructor(
    readonly world: World,
    readonly identifier: number,
    readonly host = `192.0.2.1${identifier}`,
    readonly poolHandle = POOL,
  ) {
    this.client = world.connect(host);
  }

  registered(): this {
    const transport = { protocol: "udp", port: 67, use: 0, addresses: [this.host] } as const;
    const poolElement = element(this.identifier, { host: this.host, transport });
    this.client.registered(this.poolHandle, poolElement);
    return this;
  }

  update({ servers = [], bindings = [], poolHandle = this.poolHandle, request = 1 }: Said): void {
    const of = { request, poolHandle, peIdentifier: this.identifier };
    this.client.send({ type: "ASAP_BINDING_UPDATE", ...of, servers, bindings });
  }

  /** Says something, and what the registrar answers. */
  says(said: Said): Of<"ASAP_BINDING_REPLY"> {
    this.update(said);
    return this.client.takeOnly("ASAP_BINDING_REPLY");
  }

  /** Its own record, as the first thing that it says. */
  introduced(change: Partial<BindingServer> = {}): this {
    this.says({ servers: [recordOf(this.identifier, change)] });
    return this;
  }

  /** Asks for a page of the table. */
  asks(after = "0.0.0.0", dynamicUpdates = false, request = 7): Of<"ASAP_BINDING_DUMP"> {
    const of = { request, poolHandle: this.poolHandle, peIdentifier: this.identifier };
    this.client.send({ type: "ASAP_BINDING_DUMP_REQUEST", ...of, after, dynamicUpdates });
    return this.client.takeOnly("ASAP_BINDING_DUMP");
  }

  /** Is told what is new from now on. */
  subscribed(): this {
    this.asks("0.0.0.0", true);
    return this;
  }

  /** What it was told. */
  told(): Of<"ASAP_BINDING_UPDATE">[] {
    return this.client.takeAll("ASAP_BINDING_UPDATE");
  }
}

/** A registered DHCP server of that world. */
export function dhcp(world: World, identifier: number): DhcpClient {
  return new DhcpClient(world, identifier).registered();
}

/** A peer that has shown that it speaks of bindings. */
export function speakingPeer(world: World, identifier = 2): PeerClient {
  const peer = world.peer(identifier);
  askPeer(peer, { poolHandle: undefined });
  peer.received.length = 0;
  return peer;
}

/** A request for a table over ENRP. */
export function askPeer(
  client: Client,
  change: Partial<Of<"ENRP_BINDING_DUMP_REQUEST">> = {},
): void {
  const between = client instanceof PeerClient ? client.between : { sender: 0, receiver: 0 };
  client.send({
    type: "ENRP_BINDING_DUMP_REQUEST",
    ...between,
    request: 5,
    server: 0,
    after: "0.0.0.0",
    poolHandle: POOL,
    ...change,
  });
}

/** What a peer's table comes to, in its presence. */
export function announce(peer: PeerClient, digest: string, poolHandle = POOL): void {
  peer.presence({ bindingTables: [{ poolHandle, count: 1, digest }] });
}

/** An operator's word that a server is down, and the answer. */
export function partnerDown(
  operator: Client,
  change: Partial<BindingServer> = {},
  { force = false, poolHandle = POOL } = {},
): Of<"ENRP_BINDING_REPLY"> {
  operator.send({
    type: "ENRP_BINDING_UPDATE",
    sender: 0,
    receiver: 0,
    force,
    request: 9,
    poolHandle,
    servers: [recordOf(0, { name: "dhcp1", share: 1, flags: ["down"], ...change })],
    bindings: [],
  });
  return operator.takeOnly("ENRP_BINDING_REPLY");
}

/** Addresses of bindings. */
export function addressesOf({ bindings }: { readonly bindings: readonly Binding[] }): string[] {
  return bindings.map(({ address }) => address);
}

/** A binding of an address. */
export function at(address: string, change: Partial<Binding> = {}): Binding {
  return bindingOf({ address, ...change });
}
