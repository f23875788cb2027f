/**
 * Datagrams to and from multicast groups, on the interfaces of this host. Knows no message. No name
 * is looked up.
 *
 * `node:dgram` needs no flag, where Deno's own UDP is unstable; it is loaded when first needed, as
 * it slows a start.
 */

import type { Socket } from "node:dgram";
import { type Address, formatAddress, ListenFailed } from "./transport.ts";

/** Where and how groups are joined. */
export interface MulticastOptions {
  /** Multicast IP addresses and UDP ports. */
  readonly groups: readonly Address[];
  /** Whether each of the groups must be joined somewhere, or any of them is enough. */
  readonly needs: "every-group" | "any-group";
  /** Names or IP addresses of the interfaces; default: all that have an address. */
  readonly interfaces?: readonly string[] | undefined;
  /** TTL of datagrams that are sent, 1 to 255; 1: the interface's network. Absent: none is sent. */
  readonly hops?: number | undefined;
  /** Hears of each datagram, the own ones included. `bytes` are the receiver's to keep. */
  readonly onDatagram: (group: Address, bytes: Uint8Array, source: Address) => void;
}

/** A group on an interface. */
export interface MulticastPath {
  readonly group: Address;
  /** The interface's name. */
  readonly interface: string;
  /** This host's address there, from which datagrams are sent. */
  readonly from: string;
}

/** Groups that were joined. */
export interface Multicast {
  /** The groups on each interface. */
  readonly paths: readonly MulticastPath[];
  /** Sends a datagram. Resolved with why it could not leave, if it could not; never rejects. */
  send(path: MulticastPath, bytes: Uint8Array): Promise<string | undefined>;
  /** Joins on interfaces that have come up, and leaves those that are gone. Never rejects. */
  refresh(): Promise<void>;
  /** Leaves all groups. */
  close(): Promise<void>;
}

/**
 * Joins groups.
 *
 * @throws {ListenFailed} if that is not possible. Nothing is left open.
 */
export async function openMulticast(options: MulticastOptions): Promise<Multicast> {
  const { createSocket } = await import("node:dgram");
  const sockets = new MulticastSockets(options, createSocket);
  try {
    await sockets.open();
  } catch (error) {
    await sockets.close();
    throw error;
  }
  return sockets;
}

/** Whether an address is one of a group: 224/4 or ff00::/8. */
export function isMulticastAddress(host: string): boolean {
  if (host.includes(":")) return /^ff[0-9a-f]{2}:/i.test(host);
  const first = /^(\d{1,3})(?:\.\d{1,3}){3}$/.exec(host)?.[1];
  return first !== undefined && Number(first) >= 224 && Number(first) < 240;
}

interface Interface {
  readonly name: string;
  readonly address: string;
  readonly family: "IPv4" | "IPv6";
}

interface Path extends MulticastPath {
  readonly key: string;
  readonly sender: Socket | undefined;
}

type CreateSocket = typeof import("node:dgram").createSocket;

class MulticastSockets implements Multicast {
  readonly #options: MulticastOptions;
  readonly #createSocket: CreateSocket;
  readonly #receivers = new Map<string, Socket>();
  readonly #paths = new Map<string, Path>();
  #isClosed = false;

  constructor(options: MulticastOptions, createSocket: CreateSocket) {
    this.#options = options;
    this.#createSocket = createSocket;
  }

  get paths(): readonly MulticastPath[] {
    return [...this.#paths.values()];
  }

  async open(): Promise<void> {
    const { groups, interfaces = [], needs } = this.#options;
    for (const group of groups) {
      if (!isMulticastAddress(group.host)) throw failure(group, "it is no multicast address");
    }
    const present = interfacesOf(this.#options.interfaces);
    for (const wanted of interfaces) {
      if (present.some(({ name, address }) => name === wanted || address === wanted)) continue;
      throw failure(groups[0]!, `there is no interface "${wanted}" with an address`);
    }
    const failed = new Map<Address, string>();
    for (const group of groups) {
      const why = await this.#joinAll(group, present);
      if (why !== undefined) failed.set(group, why);
    }
    const isEnough = needs === "any-group" ? failed.size < groups.length : failed.size === 0;
    if (isEnough) return;
    const [[group, why]] = failed as Iterable<[Address, string]> as [[Address, string]];
    throw failure(group, why);
  }

  async refresh(): Promise<void> {
    const present = interfacesOf(this.#options.interfaces);
    const addresses = new Set(present.map(({ address }) => address));
    for (const path of this.#paths.values()) {
      if (addresses.has(path.from)) continue;
      this.#paths.delete(path.key);
      if (path.sender !== undefined) await closed(path.sender);
    }
    for (const group of this.#options.groups) {
      if (!this.#isClosed) await this.#joinAll(group, present);
    }
  }

  send(path: MulticastPath, bytes: Uint8Array): Promise<string | undefined> {
    const { sender } = path as Path;
    if (sender === undefined) return Promise.resolve("only listens");
    return new Promise((resolve) => {
      try {
        sender.send(bytes, path.group.port, path.group.host, (error) => {
          resolve(error === null ? undefined : wordsOf(error));
        });
      } catch (error) { // Its interface is gone, and its socket with it.
        resolve(wordsOf(error));
      }
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const sockets = [...this.#receivers.values()];
    for (const { sender } of this.#paths.values()) if (sender !== undefined) sockets.push(sender);
    this.#receivers.clear();
    this.#paths.clear();
    await Promise.all(sockets.map(closed));
  }

  /** Joins a group wherever it can be; why it is joined nowhere, if it is not. */
  async #joinAll(group: Address, present: readonly Interface[]): Promise<string | undefined> {
    const family = familyOf(group);
    let why = `no interface has an ${family} address`;
    let isJoined = false;
    for (const each of present) {
      if (each.family !== family) continue;
      try {
        await this.#join(group, each);
        isJoined = true;
      } catch (error) {
        why = `${each.name}: ${wordsOf(error)}`;
      }
    }
    return isJoined ? undefined : why;
  }

  async #join(group: Address, at: Interface): Promise<void> {
    const key = `${formatAddress(group)} ${at.address}`;
    if (this.#paths.has(key)) return;
    const zoned = at.family === "IPv4" ? at.address : `::%${at.name}`;
    joinUnlessJoined(await this.#receiverOf(group, at), group.host, zoned);
    const sender = await this.#senderAt(at, zoned);
    this.#paths.set(key, { key, group, interface: at.name, from: at.address, sender });
    if (this.#isClosed) await this.close();
  }

  /** Bound to the interface's address, which is then what receivers see as the source. */
  async #senderAt(at: Interface, zoned: string): Promise<Socket | undefined> {
    const { hops } = this.#options;
    if (hops === undefined) return undefined;
    const sender = await this.#bind(at.family, at.address, 0);
    try {
      sender.setMulticastInterface(zoned);
      // Others on this host are to hear it, too.
      sender.setMulticastLoopback(true);
      sender.setMulticastTTL(hops);
      return sender;
    } catch (error) {
      await closed(sender);
      throw error;
    }
  }

  /**
   * The socket that hears a group: bound to the group's address, so that no datagram reaches it
   * that was sent to this host alone, from anywhere.
   */
  async #receiverOf(group: Address, at: Interface): Promise<Socket> {
    const host = isOfOneLink(group) ? `${group.host}%${at.name}` : group.host;
    const key = `${host} ${group.port}`;
    const known = this.#receivers.get(key);
    if (known !== undefined) return known;
    const socket = await this.#bind(familyOf(group), host, group.port);
    socket.on("message", (bytes, { address, port }) => {
      if (this.#isClosed) return;
      this.#options.onDatagram(group, new Uint8Array(bytes), { host: address, port });
    });
    this.#receivers.set(key, socket);
    return socket;
  }

  #bind(family: "IPv4" | "IPv6", host: string, port: number): Promise<Socket> {
    const type = family === "IPv4" ? "udp4" : "udp6";
    // Several processes of one host hear one group.
    const socket = this.#createSocket({ type, reuseAddr: true, ipv6Only: family === "IPv6" });
    return new Promise((resolve, reject) => {
      socket.once("error", (error) => {
        reject(error);
        void closed(socket);
      });
      socket.bind({ address: host, port }, () => {
        socket.removeAllListeners("error");
        // A datagram that fails later is as good as lost, which any may be.
        socket.on("error", () => {});
        resolve(socket);
      });
    });
  }
}

/** The interfaces that are wanted, each with one address of a family. */
function interfacesOf(wanted: readonly string[] | undefined): Interface[] {
  const found = new Map<string, Interface>();
  for (const { name, address, family } of Deno.networkInterfaces()) {
    if (wanted !== undefined && !wanted.includes(name) && !wanted.includes(address)) continue;
    // A link-local source could not be dialled by who hears it without naming an interface.
    if (family === "IPv6" && /^fe[89ab]/i.test(address)) continue;
    const isNamed = wanted?.includes(address) === true;
    const key = isNamed ? address : `${name} ${family}`;
    if (!found.has(key)) found.set(key, { name, address, family });
  }
  return [...found.values()];
}

function familyOf({ host }: Address): "IPv4" | "IPv6" {
  return host.includes(":") ? "IPv6" : "IPv4";
}

/** Scopes 1 and 2 of IPv6, RFC 4291 §2.7: such an address means nothing without an interface. */
function isOfOneLink({ host }: Address): boolean {
  return /^ff[0-9a-f][12]:/i.test(host);
}

/** Two addresses of one interface are one membership of IPv6. */
function joinUnlessJoined(socket: Socket, group: string, at: string): void {
  const joined = memberships.get(socket) ?? new Set();
  memberships.set(socket, joined);
  if (joined.has(at)) return;
  socket.addMembership(group, at);
  joined.add(at);
}

const memberships = new WeakMap<Socket, Set<string>>();

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    try {
      socket.close(() => resolve());
    } catch { // Closed before.
      resolve();
    }
  });
}

function failure(group: Address, why: string): ListenFailed {
  return new ListenFailed(group, "failed", { cause: new Error(why) });
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
