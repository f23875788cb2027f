/** What a driver's sockets have done, counted. */

import {
  Histogram,
  type HistogramView,
  type Instant,
  type MessageTraffic,
  type MessageType,
  type ProtocolName,
  type RegistrarCounts,
  type SecurityKind,
  type TrafficCount,
  WORK_BOUNDS_MS,
} from "../core/mod.ts";
import type { DialFailure } from "../net/mod.ts";

/** How a connection is secured, if it is. */
export type ConnectionSecurity = SecurityKind | "none";

/** Why somebody was turned away before it was an association. */
export type RefusalReason =
  /** Its address makes connections faster, or holds more of them, than it may. */
  | "address"
  /** There are as many associations as there may be. */
  | "full"
  /** What it has proved is not trusted any more. */
  | "security";

/** How a dial ended. */
export type DialResult = "connected" | DialFailure | "failed";

/** So often something of two kinds. */
export interface CountBy<Kind, Result> {
  /** What it was. */
  readonly kind: Kind;
  /** How it was, or how it ended. */
  readonly result: Result;
  /** How often. */
  readonly count: number;
}

/** What has gone over the sockets of a registrar, pool element or pool user since its start. */
export interface Traffic extends MessageTraffic {
  /** Associations that are open. */
  readonly associations: number;
  /** Bytes that wait for readers, of all associations. */
  readonly queuedBytes: number;
  /** The same, of the association with the most. */
  readonly maxQueuedBytes: number;
  /** Connections that were accepted, by what is spoken and how they are secured. */
  readonly connectionsAccepted: readonly CountBy<ProtocolName, ConnectionSecurity>[];
  /** Connections that were turned away. */
  readonly connectionsRefused: ReadonlyMap<RefusalReason, number>;
  /** TLS handshakes of those who came that failed. */
  readonly handshakesFailed: ReadonlyMap<SecurityKind, number>;
  /** Connections that were dialled. */
  readonly dials: readonly CountBy<ProtocolName, DialResult>[];
  /**
   * Milliseconds from the bytes of a request to the bytes of its answer, both in this process.
   * Requests whose bytes came together are answered together.
   */
  readonly workMs: ReadonlyMap<MessageType, HistogramView>;
}

/** What a registrar has done since its start. */
export interface RegistrarTraffic extends Traffic, RegistrarCounts {}

/** What a driver knows besides. */
type Now = Pick<Traffic, "associations" | "queuedBytes" | "maxQueuedBytes">;

interface Timed {
  readonly type: MessageType;
  readonly workMs: Histogram;
  /** How many had come before what is handled now. */
  before: number;
}

/** Counts it. */
export class DriverTraffic {
  private readonly accepted = new Map<string, number>();
  private readonly refused = new Map<RefusalReason, number>();
  private readonly handshakesFailed = new Map<SecurityKind, number>();
  private readonly dials = new Map<string, number>();
  private readonly timed: readonly Timed[];

  /** @param timed Of which requests it is measured how long they take. */
  constructor(timed: readonly MessageType[]) {
    this.timed = timed.map((type) => ({ type, workMs: new Histogram(WORK_BOUNDS_MS), before: 0 }));
  }

  addAccepted(protocol: ProtocolName, security: ConnectionSecurity = "none"): void {
    increase(this.accepted, `${protocol} ${security}`);
  }

  addRefused(reason: RefusalReason): void {
    increase(this.refused, reason);
  }

  addHandshakeFailed(security: SecurityKind): void {
    increase(this.handshakesFailed, security);
  }

  addDial(protocol: ProtocolName, result: DialResult): void {
    increase(this.dials, `${protocol} ${result}`);
  }

  /** Bytes came, and what is in them is about to be handled. */
  beginWork(messages: TrafficCount): void {
    for (const each of this.timed) each.before = messages.received(each.type);
  }

  /** It is: since when, and what the clock says now. */
  endWork(messages: TrafficCount, since: Instant, now: () => Instant): void {
    for (const { type, workMs, before } of this.timed) {
      const requests = messages.received(type) - before;
      if (requests > 0) workMs.observe(now() - since, requests);
    }
  }

  /** What was counted until now. */
  view(messages: MessageTraffic, now: Now): Traffic {
    return {
      ...messages,
      ...now,
      connectionsAccepted: split<ProtocolName, ConnectionSecurity>(this.accepted),
      connectionsRefused: new Map(this.refused),
      handshakesFailed: new Map(this.handshakesFailed),
      dials: split<ProtocolName, DialResult>(this.dials),
      workMs: new Map(this.timed.map(({ type, workMs }) => [type, workMs.view()])),
    };
  }
}

function increase<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function split<Kind extends string, Result extends string>(
  counts: ReadonlyMap<string, number>,
): CountBy<Kind, Result>[] {
  return [...counts].map(([key, count]) => {
    const [kind, result] = key.split(" ") as [Kind, Result];
    return { kind, result, count };
  });
}
