/** What all procedures of a pool user share: its home, its hunt, its open questions. */

import type { PoolHandle } from "../../wire/mod.ts";
import { type Attempt, followed } from "../attempt.ts";
import type { Association, DisconnectReason, Instant, SocketAddress } from "../machine.ts";
import { Outputs } from "../outputs.ts";
import { type HuntOutlet, ServerHunt } from "../server_hunt.ts";
import { Timers } from "../timers.ts";
import { ResolutionCache } from "./cache.ts";
import type { PoolUserEvent, PoolUserOptions, ResolutionFailure } from "./contract.ts";
import { letAllAge } from "./freshness.ts";
import { Queries, type Query } from "./queries.ts";
import { type Report, Reports } from "./reports.ts";
import { reopen, Subscriptions } from "./subscriptions.ts";

/** The registrar that is asked. RFC 5352 §1.1: the home ENRP server of a pool user. */
export interface Home {
  readonly association: Association;
  readonly registrar: SocketAddress;
  heardAt: Instant;
  /** It has left a question without an answer, and was not heard since. */
  isSilent?: boolean;
}

/** The state of a pool user. */
export class Session {
  readonly options: PoolUserOptions;
  readonly outputs = new Outputs<PoolUserEvent>();
  readonly hunt: ServerHunt;
  readonly cache: ResolutionCache;
  readonly reports: Reports;
  readonly queries = new Queries();
  readonly subscriptions = new Subscriptions();
  /** T1-ENRPrequest of each question. */
  readonly t1 = new Timers<Query>();
  /** When a home that does not answer is no longer waited for alone. */
  readonly patience = new Timers<Query>();
  /** The callers' deadlines, by request. */
  readonly deadlines = new Timers<number>();
  home: Home | undefined;
  isStopped = false;
  private lastHome: SocketAddress | undefined;

  constructor(options: PoolUserOptions) {
    const { registrars, timing, random, limits, staggerMs, once } = options;
    const maxHints = options.discovers === true ? limits.maxHintsPerRound : undefined;
    this.options = options;
    this.cache = new ResolutionCache(limits.maxCacheEntries, timing.staleCacheValueMs);
    this.reports = new Reports(limits);
    const order = options.order ?? "given";
    const outlet: HuntOutlet = {
      connect: (protocol, to, timeoutMs) => this.outputs.connect(protocol, to, timeoutMs),
      close: (association) => this.close(association),
      failed: (attempts, ended) => this.onHuntFailed(attempts, ended),
    };
    this.hunt = new ServerHunt(
      { protocol: "ASAP", registrars, maxHints, timing, random, order, staggerMs, once },
      followed(outlet, options.tellsAttempts, this.outputs),
    );
  }

  /** T1-ENRPrequest × (1 + MAX-REQUEST-RETRANSMIT): the longest that anything waits. */
  get patienceMs(): number {
    const { t1EnrpRequestMs, maxRequestRetransmit } = this.options.timing;
    return t1EnrpRequestMs * (1 + maxRequestRetransmit);
  }

  /** The open question for so many elements of a pool; a new one is not yet put to anybody. */
  openQuery(poolHandle: PoolHandle, items: number | undefined, now: Instant): Query {
    const open = this.queries.find(poolHandle, items);
    if (open !== undefined) return open;
    const end = now + this.patienceMs;
    const requests = new Set<number>();
    const query = { poolHandle, items, requests, begun: now, end };
    this.queries.add(query);
    this.t1.set(query, Math.min(now + this.options.timing.t1EnrpRequestMs, end));
    return query;
  }

  /** Whether an association is with the home or with a registrar that may become it. */
  isOurs(association: Association): boolean {
    return this.home?.association === association ||
      this.hunt.addressOf(association) !== undefined;
  }

  /** RFC 5352 §3.6; beside a home that is silent, in parallel (§3.7.2). */
  seek(now: Instant): void {
    this.hunt.held = this.home === undefined ? 0 : 1;
    if (this.hunt.isHunting) return;
    this.outputs.event({ type: "hunting" });
    this.hunt.start(now, this.home?.registrar ?? this.lastHome);
  }

  /** SH6: takes a registrar as the home; the one before is closed. */
  adopt(home: Home): void {
    const previous = this.home;
    letAllAge(this);
    this.home = home;
    if (previous !== undefined) this.close(previous.association);
    this.outputs.event({ type: "home-adopted", registrar: home.registrar });
    for (const report of this.reports.take()) this.sendReport(home.association, report);
  }

  /** RFC 5352 §3.7.1: what was asked is asked again of the next home. */
  loseHome(
    reason: DisconnectReason | "silent",
    detail: string | undefined,
    now: Instant,
  ): void {
    const { registrar, association } = this.home!;
    this.queries.closeAssociation(association);
    letAllAge(this);
    this.home = undefined;
    this.lastHome = registrar;
    this.outputs.event({ type: "home-lost", registrar, reason, detail });
    reopen(this, now);
    if (this.queries.size === 0) return;
    this.hunt.note(registrar, reason, detail);
    this.seek(now);
  }

  /** A registrar whose answer is none is left for another one. */
  distrust(association: Association, detail: string, now: Instant): void {
    if (this.home?.association !== association) {
      return this.hunt.fail(association, "garbage", detail, now);
    }
    this.outputs.close(association);
    this.loseHome("garbage", detail, now);
  }

  /** Ends the hunt, and forgets what became of whom, when nothing is left to hunt for. */
  rest(): void {
    if (this.queries.size > 0 || this.reports.size > 0) return;
    if (this.subscriptions.size > 0 && this.home === undefined) return;
    this.hunt.stop();
  }

  /** What became of every registrar, if time were over now. */
  attempts(): Attempt[] {
    const { home } = this;
    if (home === undefined || !this.queries.owesAny(home.association)) return this.hunt.attempts();
    const silent: Attempt = { address: home.registrar, reason: "silent" };
    const others = this.hunt.attempts().filter((each) => each.address !== home.registrar);
    return [silent, ...others];
  }

  fail(request: number, poolHandle: PoolHandle, failure: ResolutionFailure): void {
    this.outputs.event({ type: "failed", request, poolHandle, ...failure });
  }

  /** All who wait for a question hear why it failed. */
  failQuery(query: Query, failure: ResolutionFailure): void {
    this.remove(query);
    for (const request of query.requests) this.fail(request, query.poolHandle, failure);
  }

  /** Closes a question. */
  remove(query: Query): void {
    this.queries.remove(query);
    this.t1.delete(query);
    this.patience.delete(query);
    for (const request of query.requests) this.deadlines.delete(request);
    const subscription = this.subscriptions.about(query.poolHandle);
    if (query.isWatched && subscription !== undefined) this.subscriptions.idle.add(subscription);
  }

  sendReport(association: Association, report: Report): void {
    const { poolHandle, peIdentifier, isForced } = report;
    const forced = isForced === true ? { forced: true } as const : {};
    const about = { poolHandle, peIdentifier, ...forced };
    this.outputs.send(association, { type: "ASAP_ENDPOINT_UNREACHABLE", ...about });
    this.outputs.event({ type: "unreachable-reported", poolHandle, peIdentifier });
  }

  dropReports(): void {
    for (const { poolHandle, peIdentifier } of this.reports.take()) {
      this.outputs.event({ type: "report-dropped", poolHandle, peIdentifier });
    }
  }

  discard(association: Association, messageType: string, why: string): void {
    this.outputs.event({ type: "discarded", association, messageType, why });
  }

  close(association: Association): void {
    this.queries.closeAssociation(association);
    this.outputs.close(association);
  }

  private onHuntFailed(attempts: readonly Attempt[], ended: boolean): void {
    this.outputs.event({ type: "hunt-failure", attempts });
    // A home that is silent may still answer.
    if (!ended || this.home !== undefined) return;
    for (const query of [...this.queries]) {
      this.failQuery(query, { why: "no-registrar", attempts });
    }
    this.dropReports();
  }
}
