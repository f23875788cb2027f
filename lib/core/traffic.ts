/** What has gone over a host's links, counted. */

import type { Message, ProtocolName } from "./machine.ts";

/** The type of a message of either protocol. */
export type MessageType = Message["type"];

/** One number for each protocol. */
export type ByProtocol = Readonly<Record<ProtocolName, number>>;

/** What has come and gone since the start. */
export interface MessageTraffic {
  /** Messages that came, by type. */
  readonly messagesReceived: ReadonlyMap<MessageType, number>;
  /** Messages that were sent, by type. */
  readonly messagesSent: ReadonlyMap<MessageType, number>;
  /** Bytes that came, those that were no message included. */
  readonly bytesReceived: ByProtocol;
  /** Bytes that were sent, or are queued. */
  readonly bytesSent: ByProtocol;
  /** Times that what came was no message. RFC 5354 §3 and §4. */
  readonly undecodable: ByProtocol;
}

/** Counts it. */
export class TrafficCount {
  private readonly messagesReceived = new Map<MessageType, number>();
  private readonly messagesSent = new Map<MessageType, number>();
  private readonly bytesReceived = { ASAP: 0, ENRP: 0 };
  private readonly bytesSent = { ASAP: 0, ENRP: 0 };
  private readonly undecodable = { ASAP: 0, ENRP: 0 };

  /** How many messages of a type have come. */
  received(type: MessageType): number {
    return this.messagesReceived.get(type) ?? 0;
  }

  /** Bytes came, of whatever. */
  addBytesReceived(protocol: ProtocolName, bytes: number): void {
    this.bytesReceived[protocol] += bytes;
  }

  /** A message came. */
  addReceived(type: MessageType): void {
    this.messagesReceived.set(type, this.received(type) + 1);
  }

  /** What came was none. */
  addUndecodable(protocol: ProtocolName): void {
    this.undecodable[protocol]++;
  }

  /** A message is sent. */
  addSent(protocol: ProtocolName, type: MessageType, bytes: number): void {
    this.messagesSent.set(type, (this.messagesSent.get(type) ?? 0) + 1);
    this.bytesSent[protocol] += bytes;
  }

  /** What was counted until now; it does not change any more. */
  view(): MessageTraffic {
    return {
      messagesReceived: new Map(this.messagesReceived),
      messagesSent: new Map(this.messagesSent),
      bytesReceived: { ...this.bytesReceived },
      bytesSent: { ...this.bytesSent },
      undecodable: { ...this.undecodable },
    };
  }
}
