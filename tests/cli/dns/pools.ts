/** Pools for tests of `dns`, without a registrar: a pool user that knows what it is told. */
import type { PoolElementValue as PoolElement, Resolution } from "../../../cli/api.ts";
import { DnsCounts } from "../../../cli/dns/counts.ts";
import { DNS_LIMITS, type DnsLimits } from "../../../cli/dns/limits.ts";
import { type AskedUser, PoolViews } from "../../../cli/dns/pool_views.ts";
import { Responder } from "../../../cli/dns/responder.ts";
import { Zone } from "../../../cli/dns/zone.ts";
import * as api from "../../../mod.ts";

/** An element; what is not said is usual. */
export function element(
  identifier: number,
  { addresses = [`192.0.2.${identifier}`], protocol = "tcp", use = 0, policy, port = 80 }: {
    readonly addresses?: readonly string[];
    readonly protocol?: "tcp" | "udp" | "sctp" | "udp-lite";
    readonly use?: number;
    readonly policy?: api.Policy;
    readonly port?: number;
  } = {},
): PoolElement {
  return {
    identifier,
    home: 1,
    registrationLife: 300,
    transport: { protocol, port, use, addresses },
    policy: policy ?? { name: "round-robin" },
  } as PoolElement;
}

/** A pool user whose registrar can be taken away. */
export class FakeUser implements AskedUser {
  readonly pools = new Map<string, Resolution>();
  readonly cache = new Map<string, Resolution>();
  readonly fresh = new Set<string>();
  asked = 0;
  /** How long the last one that asked would wait. */
  timeoutMs: number | undefined;
  isAway = false;
  /** A pool of which the registrar tells nobody. */
  refused: string | undefined;
  /** What holds up answers. */
  gate: Promise<void> | undefined;

  put(poolHandle: string, poolElements: readonly PoolElement[], policy?: api.Policy): void {
    const overall = policy ?? poolElements[0]?.policy ?? { name: "round-robin" as const };
    const resolution = { poolHandle, policy: overall, poolElements };
    this.pools.set(poolHandle, resolution);
    if (this.cache.has(poolHandle)) this.cache.set(poolHandle, resolution);
  }

  cached(poolHandle: string): Resolution | undefined {
    return this.cache.get(poolHandle);
  }

  async resolve(
    poolHandle: string,
    { timeoutMs }: { readonly timeoutMs?: number | undefined } = {},
  ): Promise<Resolution> {
    this.asked++;
    this.timeoutMs = timeoutMs;
    await this.gate;
    if (poolHandle === this.refused) throw new api.ResolutionRejected(poolHandle, []);
    if (this.isAway) throw new api.RegistrarUnreachable([], "");
    const resolution = this.pools.get(poolHandle);
    if (resolution === undefined) throw new api.UnknownPoolHandle(poolHandle);
    this.cache.set(poolHandle, resolution);
    return resolution;
  }

  keepFresh(poolHandle: string): Disposable {
    this.fresh.add(poolHandle);
    return { [Symbol.dispose]: () => void this.fresh.delete(poolHandle) };
  }
}

/** All of `dns` but its sockets. */
export interface House {
  readonly user: FakeUser;
  readonly views: PoolViews;
  readonly responder: Responder;
  readonly errors: string[];
  readonly counts: DnsCounts;
  now: number;
}

/** Puts it together. */
export function openHouse(limits: Partial<DnsLimits> = {}): House {
  const user = new FakeUser();
  const errors: string[] = [];
  const views = new PoolViews({
    user,
    limits: { ...DNS_LIMITS, ...limits },
    now: () => house.now,
    random: api.seededRandom(1),
    select: (answer) => new api.PoolUserSelection(answer),
    isUnknown: (error) => error instanceof api.UnknownPoolHandle,
    isRefused: (error) => error instanceof api.ResolutionRejected,
    failed: () => {},
  });
  const zone = new Zone({
    zone: ["pool", "internal"],
    addresses: ["127.0.0.1", "::1"],
    ttl: 1,
    codec: api,
  });
  const log = {
    event: (_level: string, name: string, fields: unknown) => {
      errors.push(`${name} ${JSON.stringify(fields)}`);
    },
  };
  const counts = new DnsCounts(api, () => house.now);
  const house: House = {
    user,
    views,
    responder: new Responder({ zone, views, log, counts }),
    counts,
    errors,
    now: 0,
  };
  return house;
}
