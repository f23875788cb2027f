/**
 * The relay of docs/tcp-mapping.md §11: each message goes unchanged between TCP and SCTP, the
 * latter as `sctp_over_udp.c` has it.
 */

import { Buffer } from "node:buffer";
import { createSocket, type Socket as Datagrams } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { MessageSplitter } from "../../../mod.ts";

const ENRP_PORT = 9901;
/** Payload protocol identifier of ENRP. RFC 5353 §5.2. */
const ENRP_PPID = Buffer.from([0, 0, 0, 12]);

/** A message that it has carried. */
export interface Carried {
  readonly rsplib: string;
  readonly isFromRsplib: boolean;
  /** Message Type. */
  readonly type: number;
}

/** Is a registrar over SCTP, and rsplib registrars over TCP, each at its own address. */
export class Relay implements AsyncDisposable {
  readonly carried: Carried[] = [];
  private readonly datagrams: Datagrams = createSocket("udp4");
  private readonly servers: ReturnType<typeof createServer>[] = [];
  private readonly connections = new Map<string, Socket>();
  private readonly watchers = new Set<() => void>();

  private constructor(private readonly registrar: string) {}

  static async start(registrar: string, rsplibs: readonly string[]): Promise<Relay> {
    const relay = new Relay(registrar);
    relay.datagrams.on("message", (datagram, { address }) => {
      relay.note(address, true, datagram.subarray(4));
      relay.connectionWith(address).write(datagram.subarray(4));
    });
    relay.datagrams.bind(ENRP_PORT, registrar);
    await once(relay.datagrams, "listening");
    for (const rsplib of rsplibs) {
      const server = createServer((connection) => relay.carry(connection, rsplib));
      relay.servers.push(server);
      await once(server.listen(ENRP_PORT, rsplib), "listening");
    }
    return relay;
  }

  /** How many messages of a type have come from an rsplib registrar, or from any. */
  count(type: number, from?: string): number {
    return this.carried.filter((each) => {
      return each.type === type && each.isFromRsplib && (from ?? each.rsplib) === each.rsplib;
    }).length;
  }

  /** Resolves when what it has carried is as wanted. */
  async until(isSo: () => boolean): Promise<void> {
    if (isSo()) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const watcher = () => isSo() && resolve();
    this.watchers.add(watcher);
    await promise;
    this.watchers.delete(watcher);
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.servers) server.close();
    for (const connection of this.connections.values()) connection.destroy();
    this.datagrams.close();
    return Promise.resolve();
  }

  private connectionWith(rsplib: string): Socket {
    const open = this.connections.get(rsplib);
    if (open !== undefined) return open;
    const to = { host: this.registrar, port: ENRP_PORT, localAddress: rsplib };
    return this.carry(connect(to), rsplib);
  }

  private carry(connection: Socket, rsplib: string): Socket {
    this.connections.set(rsplib, connection);
    const splitter = new MessageSplitter();
    connection.on("data", (chunk: Uint8Array) => {
      for (const split of splitter.split(chunk)) {
        if (split.kind === "garbage") return connection.destroy();
        this.note(rsplib, false, split.bytes);
        const datagram = Buffer.concat([ENRP_PPID, split.bytes]);
        this.datagrams.send(datagram, ENRP_PORT, rsplib);
      }
    });
    connection.on("error", () => {});
    connection.on("close", () => {
      if (this.connections.get(rsplib) === connection) this.connections.delete(rsplib);
    });
    return connection;
  }

  private note(rsplib: string, isFromRsplib: boolean, message: Uint8Array): void {
    this.carried.push({ rsplib, isFromRsplib, type: message[0]! });
    for (const watcher of this.watchers) watcher();
  }
}
