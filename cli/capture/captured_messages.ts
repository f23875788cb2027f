/** All messages of a capture, over TCP, SCTP and UDP. */

import type { Api } from "../api.ts";
import type { ProtocolWord } from "../decoding.ts";
import type { Packet } from "./capture_file.ts";
import { type CapturedMessage, type Losses, protocolOfPorts } from "./captured_message.ts";
import { endsOf, readFrame } from "./frame.ts";
import { SctpAssociations } from "./sctp.ts";
import { TcpStreams } from "./tcp_streams.ts";

/** Finds messages in packets. */
export class CapturedMessages {
  private readonly api: Api;
  private readonly losses: Losses;
  private readonly wanted: ProtocolWord | undefined;
  private readonly tcp: TcpStreams;
  private readonly sctp = new SctpAssociations();
  private last: Pick<Packet, "number" | "timeNs"> = { number: 0, timeNs: undefined };

  /** `wanted`: the only protocol whose messages are told, if one is. */
  constructor(api: Api, losses: Losses, wanted: ProtocolWord | undefined) {
    this.api = api;
    this.losses = losses;
    this.wanted = wanted;
    this.tcp = new TcpStreams(api, losses);
  }

  /** Takes a packet and yields the messages that it completes. */
  *take(packet: Packet): Generator<CapturedMessage, void> {
    const { number, timeNs, linkType } = packet;
    this.last = { number, timeNs };
    const datagram = readFrame(this.api, linkType, packet.bytes);
    if (datagram === "fragment") this.losses.fragments++;
    else if (datagram === "unknown-link") this.losses.unknownLinks++;
    if (datagram === undefined || typeof datagram === "string") return;
    const ends = endsOf(datagram);
    if (ends === undefined) return;
    if (packet.isCut) this.losses.cutPackets++;
    const { protocol: transport } = datagram;
    const found = transport === "tcp"
      ? this.tcp.take(datagram, ends)
      : transport === "sctp"
      ? this.sctp.take(datagram, ends)
      : ofUdp(datagram.bytes, protocolOfPorts(ends));
    for (const { protocol, bytes } of found) {
      if (this.wanted !== undefined && this.wanted !== protocol) continue;
      yield { packet: number, timeNs, transport, ...ends, protocol, bytes };
    }
  }

  /** What waits for packets that have not come. */
  *flush(): Generator<CapturedMessage, void> {
    const { number: packet, timeNs } = this.last;
    for (const message of this.tcp.flush()) {
      if (this.wanted !== undefined && this.wanted !== message.protocol) continue;
      yield { packet, timeNs, transport: "tcp", ...message };
    }
  }
}

/** Announcements: one message a datagram. RFC 5352 §2.2.15, RFC 5353 §3.2.1. */
function ofUdp(
  bytes: Uint8Array,
  protocol: ProtocolWord | undefined,
): { protocol: ProtocolWord; bytes: Uint8Array }[] {
  if (protocol === undefined || bytes.length <= 8) return [];
  return [{ protocol, bytes: bytes.slice(8) }];
}
