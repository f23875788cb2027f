/**
 * Datagrams to the groups of ASAP and ENRP under virtual time: each comes to everybody who listens,
 * late, or not at all; nobody waits for one.
 */

import type { ProtocolName, SocketAddress } from "../core/mod.ts";
import type { Random } from "../handlespace/mod.ts";
import type { Network } from "./network.ts";
import type { Party } from "./socket.ts";

/** One in so many datagrams is lost on its way to one listener. */
const LOSS_ONE_IN = 20;
/** Datagrams that a listener's system holds; further ones are lost, as in a flood. */
const MAX_UNDER_WAY = 200;

/** Takes what comes to a group. */
export type DatagramSink = (
  protocol: ProtocolName,
  bytes: Uint8Array,
  source: SocketAddress,
) => void;

interface Listener {
  readonly party: Party;
  readonly take: DatagramSink;
  underWay: number;
}

/** Both groups, and who listens. */
export class Multicast {
  private readonly network: Network;
  private readonly random: Random;
  private readonly listeners = new Set<Listener>();

  /** @param random Draws for datagrams only: a run without them is the same as before. */
  constructor(network: Network, random: Random) {
    this.network = network;
    this.random = random;
  }

  /** Hears of every datagram until the returned function is called. */
  listen(party: Party, take: DatagramSink): () => void {
    const listener = { party, take, underWay: 0 };
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /**
   * Sends a datagram to a group; the sender's own host hears it, too.
   *
   * @param from The host that sends it, where the source that it names is made up.
   */
  send(
    protocol: ProtocolName,
    bytes: Uint8Array,
    source: SocketAddress,
    from: string = source.host,
  ): void {
    for (const listener of this.listeners) {
      const isLost = this.random.below(LOSS_ONE_IN) === 0;
      if (isLost || listener.underWay >= MAX_UNDER_WAY) continue;
      const { host } = listener.party;
      const leaves = this.network.sendDatagram(from, host, this.random, () => {
        listener.underWay--;
        if (this.listeners.has(listener)) listener.take(protocol, bytes, source);
      });
      if (leaves) listener.underWay++;
    }
  }
}
