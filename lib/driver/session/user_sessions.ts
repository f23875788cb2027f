/** All sessions of one pool user. RFC 5352 §6.5.5. */

import { ALL_ITEMS, type PoolElement, type PoolHandle } from "../../wire/mod.ts";
import type { ConnectOptions, Session } from "./contract.ts";
import { requireEncodable } from "./encodable_card.ts";
import type { UserSessionParts } from "./user_parts.ts";
import { PoolSession } from "./user_session.ts";

/** Elements that are dialled at once when all are. */
export const MAX_DIALS_AT_ONCE = 64;

/**
 * Sessions with all elements of a pool, each without failover. ASAP_SEND_TO_ALL, RFC 5352 §6.5.5.
 *
 * @example
 * ```ts
 * import { PoolElement, PoolUser, Registrar } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const anyPort = [{ host: "127.0.0.1", port: 0 }];
 * await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort });
 * const registrars = registrar.asap;
 * const settings = { registrars, poolHandle: "caches", port: 0 };
 * await using self = new PoolElement(settings);
 * await using other = new PoolElement(settings);
 * for (const element of [self, other]) {
 *   await element.serve(async (session) => void await session.receive());
 *   await element.register();
 * }
 *
 * await using user = new PoolUser({ registrars });
 * const { sessions, failures } = await user.connectAll("caches", { self: self.identifier });
 * assert.deepEqual(sessions.map(({ poolElement }) => poolElement.identifier), [other.identifier]);
 * assert.deepEqual(failures, []);
 * for (const session of sessions) {
 *   await session.send(new TextEncoder().encode("forget all"));
 *   await session.close();
 * }
 * ```
 */
export interface ConnectAllOptions extends Omit<ConnectOptions, "failover" | "to" | "toLast"> {
  /** The PE identifier of this side, if it is an element of the pool: it is left out. */
  readonly self?: number | undefined;
  /** ASAP_SEND_TO_SELF: it is not left out. */
  readonly toSelf?: boolean | undefined;
}

/** What came of it. */
export interface AllSessions {
  /** One with each element that could be connected to. */
  readonly sessions: readonly Session[];
  /** Why the others could not: {@linkcode SessionFailed}. */
  readonly failures: readonly Error[];
}

interface Kept {
  count: number;
  readonly subscription: Disposable | undefined;
}

/** The sessions, and what they share: which element was last, and fresh answers. */
export class UserSessions {
  private readonly open = new Set<PoolSession>();
  private readonly last = new Map<PoolHandle, number>();
  private readonly kept = new Map<PoolHandle, Kept>();
  private isClosed = false;

  constructor(private readonly parts: UserSessionParts) {}

  /** Number of sessions. */
  get size(): number {
    return this.open.size;
  }

  async connect(poolHandle: PoolHandle, options: ConnectOptions): Promise<Session> {
    const { to, toLast } = options;
    const first = to ?? (toLast === true ? this.last.get(poolHandle) : undefined);
    return await this.begin(poolHandle, options, first, this.parts);
  }

  async connectAll(poolHandle: PoolHandle, options: ConnectAllOptions): Promise<AllSessions> {
    const { self, toSelf = false, timeoutMs, signal, ...others } = options;
    const asked = { items: ALL_ITEMS, timeoutMs, signal };
    const resolution = await this.parts.resolve(poolHandle, asked);
    const left = resolution.poolElements.filter((each) => toSelf || each.identifier !== self);
    const sessions: Session[] = [];
    const failures: Error[] = [];
    const one = async (element: PoolElement) => {
      const { identifier: to } = element;
      const known = { ...resolution, poolElements: [element] };
      const parts = { ...this.parts, cached: () => known, choose: () => element };
      const pinned = { ...others, timeoutMs, signal, to, failover: false };
      try {
        sessions.push(await this.begin(poolHandle, pinned, to, parts));
      } catch (error) {
        failures.push(error as Error);
      }
    };
    const dialler = async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) await one(next);
    };
    await Promise.all(Array.from({ length: MAX_DIALS_AT_ONCE }, dialler));
    return { sessions, failures };
  }

  /** Ends all at once: who resolves their pool is gone. */
  close(): void {
    this.isClosed = true;
    for (const session of [...this.open]) session.abort(closed());
  }

  private async begin(
    poolHandle: PoolHandle,
    options: ConnectOptions,
    first: number | undefined,
    parts: UserSessionParts,
  ): Promise<Session> {
    if (this.isClosed) throw closed();
    options.signal?.throwIfAborted();
    if (options.businessCard !== undefined) {
      requireEncodable(options.businessCard, parts.limits.maxFailoverOrder);
    }
    const session = new PoolSession(parts, poolHandle, options, first);
    this.open.add(session);
    void session.over.then(() => this.open.delete(session));
    await session.ready;
    this.keep(session, options.failover !== false);
    return session;
  }

  /** From now on its pool's answer is fresh, so that a failover asks nobody before it dials. */
  private keep(session: PoolSession, hasFailover: boolean): void {
    const { poolHandle } = session;
    if (hasFailover) this.acquire(poolHandle);
    void session.over.then(() => {
      this.remember(poolHandle, session.poolElement.identifier);
      if (hasFailover) this.release(poolHandle);
    });
    this.remember(poolHandle, session.poolElement.identifier);
  }

  private acquire(poolHandle: PoolHandle): void {
    const known = this.kept.get(poolHandle);
    if (known !== undefined) {
      known.count++;
      return;
    }
    let subscription: Disposable | undefined;
    try {
      subscription = this.parts.keepFresh(poolHandle);
    } catch { // Too many pools are watched: a failover may have to ask.
    }
    this.kept.set(poolHandle, { count: 1, subscription });
  }

  private release(poolHandle: PoolHandle): void {
    const known = this.kept.get(poolHandle);
    if (known === undefined || --known.count > 0) return;
    this.kept.delete(poolHandle);
    known.subscription?.[Symbol.dispose]();
  }

  private remember(poolHandle: PoolHandle, identifier: number): void {
    this.last.delete(poolHandle);
    this.last.set(poolHandle, identifier);
    if (this.last.size <= this.parts.limits.maxCacheEntries) return;
    for (const oldest of this.last.keys()) {
      this.last.delete(oldest);
      break;
    }
  }
}

function closed(): DOMException {
  return new DOMException("The pool user was closed", "AbortError");
}
