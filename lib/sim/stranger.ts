/** Someone on the network who keeps no rule: writes any bytes, or listens and says anything. */

import type { ProtocolName, SocketAddress } from "../core/mod.ts";
import type { Credentials } from "./credentials.ts";
import type { Multicast } from "./multicast.ts";
import type { Network } from "./network.ts";
import { type Party, Socket } from "./socket.ts";
import type { Transcript } from "./transcript.ts";

const DIAL_LIMIT_MS = 10_000;
const SHOUTING_PORT = 40_001;

/** A host without a machine. */
export class Stranger implements Party {
  readonly name: string;
  readonly host: string;
  readonly credentials: readonly Credentials[];
  private readonly network: Network;
  private readonly multicast: Multicast;
  private readonly transcript: Transcript;
  private sockets: Socket[] = [];
  private readsAnything = true;

  constructor(
    network: Network,
    multicast: Multicast,
    transcript: Transcript,
    name: string,
    host: string,
    credentials: readonly Credentials[] = [],
  ) {
    this.credentials = credentials;
    this.network = network;
    this.multicast = multicast;
    this.transcript = transcript;
    this.name = name;
    this.host = host;
    network.addHost(host);
  }

  /** Connects to someone; what is written before it is connected is lost. */
  connect(to: SocketAddress): void {
    this.network.dial(this, to, DIAL_LIMIT_MS, (result) => {
      if (result instanceof Socket) this.own(result);
      else this.transcript.add(`${this.name} -x ${to.host}:${to.port}: ${result}`);
    });
  }

  /** Accepts connections, and greets each with some bytes, or with none. */
  listen(protocol: ProtocolName, port: number, greeting?: Uint8Array): void {
    this.network.listen(this, protocol, port, (socket) => {
      this.own(socket);
      if (greeting !== undefined) socket.write(greeting);
    });
  }

  /** Writes bytes on all its connections. */
  write(bytes: Uint8Array): void {
    for (const socket of this.sockets) socket.write(bytes);
  }

  /** Sends a datagram to a group, as anybody on the network can, from any source. */
  shout(protocol: ProtocolName, bytes: Uint8Array, source: string = this.host): void {
    this.multicast.send(protocol, bytes, { host: source, port: SHOUTING_PORT }, this.host);
  }

  /** Reads what comes, or leaves it where it is. */
  setReading(reads: boolean): void {
    this.readsAnything = reads;
    for (const socket of this.sockets) socket.onReadable();
  }

  /** Ends all its connections. */
  close(): void {
    for (const socket of this.sockets.splice(0)) socket.close();
  }

  private own(socket: Socket): void {
    this.sockets.push(socket);
    socket.onReadable = () => {
      if (!this.readsAnything) return;
      socket.read(Infinity);
      if (socket.ended === undefined) return;
      this.transcript.add(`${this.name} -- ${socket.other.name}: lost, ${socket.ended}`);
      socket.close();
      this.sockets = this.sockets.filter((each) => each !== socket);
    };
  }
}
