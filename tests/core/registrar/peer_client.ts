/** Another registrar in a made-up world: what it owns, what it says, what it answers. */
import type { Association, Message, ProtocolName, SocketAddress } from "../../../lib/core/mod.ts";
import type { Party } from "../../../lib/core/security/authorize.ts";
import { Handlespace, seededRandom } from "../../../lib/handlespace/mod.ts";
import {
  ADD_PE,
  DEL_PE,
  type PoolElement,
  type PoolHandle,
  type ServerInformation,
} from "../../../lib/wire/mod.ts";
import { Client, type Of } from "./client.ts";
import type { World } from "./registrar_world.ts";

/** How a peer is other than the default. */
export interface PeerOptions {
  /** Where it is, and says that it is. */
  readonly host?: string;
  /** Its ENRP port. */
  readonly port?: number;
  /** Whether it answers requests for its presence, its list and its own children. */
  readonly attends?: boolean;
  /** The other registrars that it lists. */
  readonly lists?: readonly ServerInformation[];
  /** What it has proved. */
  readonly party?: Party;
}

/** One end of an association between registrars, the other one being the tested registrar's. */
export class PeerClient extends Client {
  /** What it owns and knows. */
  readonly handlespace: Handlespace;
  readonly information: ServerInformation;
  readonly lists: readonly ServerInformation[];
  attends: boolean;

  constructor(
    world: World,
    association: Association,
    protocol: ProtocolName,
    remote: SocketAddress,
    readonly identifier: number,
    { host = remote.host, port = 9901, attends = true, lists = [] }: PeerOptions,
  ) {
    super(world, association, protocol, remote);
    this.handlespace = new Handlespace({ self: identifier, random: seededRandom(identifier) });
    this.information = server(identifier, host, port);
    this.attends = attends;
    this.lists = lists;
  }

  /** Sending and Receiving Server's ID. */
  get between(): { sender: number; receiver: number } {
    return { sender: this.identifier, receiver: this.world.identifier };
  }

  presence(changes: Partial<Of<"ENRP_PRESENCE">> = {}): void {
    this.send({
      type: "ENRP_PRESENCE",
      ...this.between,
      replyRequired: false,
      checksum: this.handlespace.checksum(),
      serverInformation: this.information,
      ...changes,
    });
  }

  /** Owns an element and announces it. */
  add(poolHandle: PoolHandle, poolElement: PoolElement): this {
    return this.owns(poolHandle, poolElement).update(ADD_PE, poolHandle, poolElement);
  }

  /** Owns an element and has not announced it. */
  owns(poolHandle: PoolHandle, poolElement: PoolElement): this {
    this.handlespace.register(poolHandle, poolElement);
    return this;
  }

  /** Owns an element no longer and announces it. */
  delete(poolHandle: PoolHandle, poolElement: PoolElement): this {
    this.handlespace.remove(poolHandle, poolElement.identifier);
    return this.update(DEL_PE, poolHandle, poolElement);
  }

  /** An ENRP_HANDLE_UPDATE, as by the home unless the changes say otherwise. */
  update(
    action: number,
    poolHandle: PoolHandle,
    poolElement: PoolElement,
    changes: Partial<Of<"ENRP_HANDLE_UPDATE">> = {},
  ): this {
    this.send({
      type: "ENRP_HANDLE_UPDATE",
      sender: this.identifier,
      receiver: 0,
      takeoverSuggestion: false,
      action,
      poolHandle,
      poolElement: { ...poolElement, home: this.identifier },
      ...changes,
    });
    return this;
  }

  /** A page of a handle table. */
  page(
    pools: Of<"ENRP_HANDLE_TABLE_RESPONSE">["pools"],
    { moreToSend = false, reject = false } = {},
  ): void {
    const type = "ENRP_HANDLE_TABLE_RESPONSE";
    this.send({ type, ...this.between, moreToSend, reject, pools });
  }

  list(servers: readonly ServerInformation[], reject = false): void {
    this.send({ type: "ENRP_LIST_RESPONSE", ...this.between, reject, servers });
  }

  requestTable(ownChildrenOnly: boolean): Of<"ENRP_HANDLE_TABLE_RESPONSE"> {
    this.send({ type: "ENRP_HANDLE_TABLE_REQUEST", ...this.between, ownChildrenOnly });
    return this.takeOnly("ENRP_HANDLE_TABLE_RESPONSE");
  }

  requestList(): Of<"ENRP_LIST_RESPONSE"> {
    this.send({ type: "ENRP_LIST_REQUEST", ...this.between });
    return this.takeOnly("ENRP_LIST_RESPONSE");
  }

  initTakeover(target: number): void {
    this.send({ type: "ENRP_INIT_TAKEOVER", ...this.between, target });
  }

  acknowledgeTakeover(target: number): void {
    this.send({ type: "ENRP_INIT_TAKEOVER_ACK", ...this.between, target });
  }

  takeOver(target: number): void {
    this.send({ type: "ENRP_TAKEOVER_SERVER", ...this.between, target });
  }

  override onMessage(message: Message): void {
    if (!this.attends) return;
    switch (message.type) {
      case "ENRP_PRESENCE":
        if (message.replyRequired) this.presence();
        break;
      case "ENRP_LIST_REQUEST":
        this.list(this.lists);
        break;
      case "ENRP_HANDLE_TABLE_REQUEST":
        this.page(this.table());
    }
  }

  /** The pools of a table of what it knows. */
  table(): Of<"ENRP_HANDLE_TABLE_RESPONSE">["pools"] {
    return [...this.handlespace.pools()].map(({ poolHandle, elements }) => ({
      poolHandle,
      poolElements: [...elements.values()].map((entry) => entry.poolElement),
    }));
  }
}

/** Where a registrar is. */
export function server(identifier: number, host: string, port = 9901): ServerInformation {
  return { identifier, transport: { protocol: "tcp", port, use: 0, addresses: [host] } };
}
