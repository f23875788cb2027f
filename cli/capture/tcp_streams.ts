/** Messages in TCP streams: docs/tcp-mapping.md §2. */

import { formatAddress } from "../address.ts";
import type { Api } from "../api.ts";
import { u16, u32 } from "../bytes.ts";
import type { ProtocolWord } from "../decoding.ts";
import { type Losses, protocolOfPorts } from "./captured_message.ts";
import type { Datagram, Ends } from "./frame.ts";
import { type Delivery, type Segment, TcpHalf } from "./tcp_half.ts";

/** Connections that are remembered at once; of more, the one that was silent longest is not. */
export const MAX_CONNECTIONS = 10_000;

const SYN = 2;
const RST = 4;
const HEADER_BYTES = 20;
const TLS_HANDSHAKE = 0x16;

/** A message that a stream has completed. */
export interface StreamMessage {
  readonly protocol: ProtocolWord;
  readonly bytes: Uint8Array;
}

/** A connection: what is spoken, once that is known, and its two directions. */
interface Connection {
  /** `undefined`: the first message will tell; `"other"`: nothing of ours. */
  protocol: ProtocolWord | "other" | undefined;
  readonly halves: Map<string, Half>;
}

interface Half {
  readonly ends: Ends;
  readonly order: TcpHalf;
  splitter: InstanceType<Api["MessageSplitter"]>;
  /** Whether the next byte is known to begin a message, or to go on with one. */
  isInStep: boolean;
}

/** All connections of a capture. */
export class TcpStreams {
  private readonly api: Api;
  private readonly losses: Losses;
  private readonly connections = new Map<string, Connection>();

  constructor(api: Api, losses: Losses) {
    this.api = api;
    this.losses = losses;
  }

  /** Takes a datagram of TCP and yields the messages that it completes. */
  *take(datagram: Datagram, ends: Ends): Generator<StreamMessage, void> {
    const segment = segmentOf(datagram.bytes);
    if (segment === undefined) return;
    const [from, to] = [formatAddress(ends.from), formatAddress(ends.to)];
    const connection = this.connection(from < to ? `${from} ${to}` : `${to} ${from}`, ends);
    // Who connects may use the ports of an older connection, for something else.
    if (segment.isSyn) connection.protocol = protocolOfPorts(ends);
    if (connection.protocol === "other") return;
    let half = connection.halves.get(from);
    if (half === undefined) connection.halves.set(from, half = this.half(ends));
    for (const delivery of half.order.take(segment)) {
      yield* this.deliver(connection, half, delivery);
    }
  }

  /** What waits for segments that are missing, at the end of the capture. */
  *flush(): Generator<StreamMessage & Ends, void> {
    for (const connection of this.connections.values()) {
      if (connection.protocol === "other") continue;
      for (const half of connection.halves.values()) {
        for (const delivery of half.order.flush()) {
          for (const message of this.deliver(connection, half, delivery)) {
            yield { ...message, ...half.ends };
          }
        }
      }
    }
  }

  private connection(key: string, ends: Ends): Connection {
    const known = this.connections.get(key);
    const connection = known ?? { protocol: protocolOfPorts(ends), halves: new Map() };
    if (known !== undefined) this.connections.delete(key);
    this.connections.set(key, connection);
    if (this.connections.size > MAX_CONNECTIONS) {
      const [oldest] = this.connections.keys();
      this.connections.delete(oldest!);
      this.losses.forgotten++;
    }
    return connection;
  }

  private half(ends: Ends): Half {
    const { MessageSplitter } = this.api;
    return { ends, order: new TcpHalf(), splitter: new MessageSplitter(), isInStep: false };
  }

  private *deliver(
    connection: Connection,
    half: Half,
    delivery: Delivery,
  ): Generator<StreamMessage, void> {
    if (delivery.type !== "bytes") {
      if (delivery.type === "gap") this.losses.gaps++;
      half.splitter = new this.api.MessageSplitter();
      half.isInStep = delivery.type === "reset";
      return;
    }
    const { bytes } = delivery;
    if (isTls(bytes) && half.splitter.pendingBytes === 0) return this.leaveTls(connection);
    if (!half.isInStep && !this.beginsHere(connection, bytes)) {
      this.losses.skippedBytes += bytes.length;
      return;
    }
    half.isInStep = true;
    yield* this.split(connection, half, bytes);
  }

  private *split(
    connection: Connection,
    half: Half,
    bytes: Uint8Array,
  ): Generator<StreamMessage, void> {
    for (const split of half.splitter.split(bytes)) {
      if (split.kind === "garbage") {
        const { protocol } = connection;
        if (protocol !== undefined && protocol !== "other") yield { protocol, bytes: split.head };
        connection.protocol = "other";
        return;
      }
      connection.protocol ??= this.fitting(split.bytes) ?? "other";
      if (connection.protocol === "other") return;
      yield { protocol: connection.protocol, bytes: split.bytes.slice() };
    }
  }

  /** Whether a message begins with these bytes: senders begin a segment with one, as a rule. */
  private beginsHere({ protocol }: Connection, bytes: Uint8Array): boolean {
    const length = u16(bytes, 2);
    if (length < 4) return false;
    const whole = bytes.subarray(0, Math.ceil(length / 4) * 4);
    // What goes on in the next segment is believed by its type.
    if (whole.length < length) return isKnownType(bytes[0]!, protocol);
    if (protocol === undefined) return this.fitting(whole) !== undefined;
    return protocol !== "other" && this.api[protocol].decode(whole).ok;
  }

  /** The protocol of which bytes are a valid message. */
  private fitting(bytes: Uint8Array): ProtocolWord | undefined {
    if (this.api.asap.decode(bytes).ok) return "asap";
    return this.api.enrp.decode(bytes).ok ? "enrp" : undefined;
  }

  private leaveTls(connection: Connection): void {
    if (connection.protocol !== "other") this.losses.tlsConnections++;
    connection.protocol = "other";
  }
}

/** ASAP has the types 1 to 14, and ENRP 1 to 10. RFC 5352 §2.2, RFC 5353 §2. */
function isKnownType(type: number, protocol: ProtocolWord | "other" | undefined): boolean {
  return type >= 1 && type <= (protocol === "enrp" ? 10 : 14);
}

/** A record of a handshake of TLS 1.0 to 1.3. RFC 8446 §5.1. */
function isTls(bytes: Uint8Array): boolean {
  return bytes[0] === TLS_HANDSHAKE && bytes[1] === 3 && bytes[2]! <= 4;
}

function segmentOf(bytes: Uint8Array): Segment | undefined {
  const headerBytes = (bytes[12] ?? 0) >> 4 << 2;
  if (headerBytes < HEADER_BYTES || bytes.length < headerBytes) return undefined;
  const flags = bytes[13]!;
  return {
    sequence: u32(bytes, 4),
    isSyn: (flags & SYN) !== 0,
    isReset: (flags & RST) !== 0,
    bytes: bytes.subarray(headerBytes),
  };
}
