/** Who is turned away before it is an association, as events that nobody can flood a log with. */

import type { Instant, SocketAddress } from "../core/mod.ts";

/** One address is told of so often at most; what it does meanwhile is counted. */
const TELL_EVERY_MS = 1_000;
/** Addresses that are remembered; beyond that the one that was told the longest ago is not. */
export const MAX_TOLD_ADDRESSES = 1_000;

/**
 * A TLS handshake failed: who the other side is cannot be told. Told once a second for each address
 * at most, for all since.
 */
export interface HandshakeRefused {
  /** The event's name. */
  readonly type: "handshake-refused";
  /** Where the other side is. */
  readonly remote: SocketAddress;
  /** Why the last one failed, in words. */
  readonly why: string;
  /** How many since it was told last. */
  readonly count: number;
}

/** An address makes connections faster than it may (`connectionsPerSecond`). Told as the other. */
export interface ConnectionsRefused {
  /** The event's name. */
  readonly type: "connections-refused";
  /** Where the other side is. */
  readonly remote: SocketAddress;
  /** How many since it was told last. */
  readonly count: number;
}

/** Somebody was turned away before it was an association. */
export type RefusalEvent = HandshakeRefused | ConnectionsRefused;

interface Told {
  readonly at: Instant;
  /** Refusals since then. */
  count: number;
}

/** Refusals by kind and address. */
export class Refusals {
  private readonly told = new Map<string, Told>();

  /** A handshake failed; `undefined`: that is not to be told yet. */
  handshake(remote: SocketAddress, why: string, now: Instant): HandshakeRefused | undefined {
    const count = this.count(`handshake ${remote.host}`, now);
    return count === 0 ? undefined : { type: "handshake-refused", remote, why, count };
  }

  /** There were too many connections; `undefined`: that is not to be told yet. */
  connection(remote: SocketAddress, now: Instant): ConnectionsRefused | undefined {
    const count = this.count(`connection ${remote.host}`, now);
    return count === 0 ? undefined : { type: "connections-refused", remote, count };
  }

  /** How many are to be told now; 0: it is too soon. */
  private count(key: string, now: Instant): number {
    const known = this.told.get(key);
    if (known !== undefined && now - known.at < TELL_EVERY_MS) {
      known.count++;
      return 0;
    }
    this.told.delete(key);
    this.told.set(key, { at: now, count: 0 });
    if (this.told.size > MAX_TOLD_ADDRESSES) this.forgetOldest();
    return 1 + (known?.count ?? 0);
  }

  private forgetOldest(): void {
    for (const key of this.told.keys()) {
      this.told.delete(key);
      return;
    }
  }
}
