/** A run of DHCP servers, clients and registrars through faults, all made of one seed. */

import type { BindingAgent } from "../../bindings/mod.ts";
import { type Random, seededRandom } from "../../handlespace/mod.ts";
import { CheckFailed } from "../checkers/check_failed.ts";
import type { ClusterRegistrar } from "../cluster_registrar.ts";
import { mixSeed } from "../member.ts";
import type { DhcpClient } from "./client.ts";
import { DhcpCluster } from "./dhcp_cluster.ts";
import type { DhcpSite } from "./site.ts";

/** How long all have for their first claims. */
const BEGIN_MS = 15_000;
/** The longest time between two faults. */
const STEP_MS = 20_000;
/** Leases for which all is quiet in the end. */
const QUIET_LEASES = 4;
/** How long new clients have to get an address in the end. */
const ARRIVAL_MS = 40_000;

/** What of a run is given; all else is drawn. */
export interface StormOptions {
  readonly seed: number;
  /** Faults and deeds of clients; default 40. */
  readonly steps?: number | undefined;
  /** Lines of the transcript that are kept; default: none. */
  readonly keepLines?: number | undefined;
  readonly servers?: number | undefined;
  /** Puts another agent in the place of a right one, to see what notices it. */
  readonly sabotage?: ((agent: BindingAgent) => BindingAgent) | undefined;
}

/** What came of a run. */
export interface StormReport {
  readonly seed: number;
  /** What was not as it must be. */
  readonly violation: string | undefined;
  /** The end of the transcript, if any was kept. */
  readonly story: string;
  readonly granted: number;
  readonly renewed: number;
  readonly refused: number;
  readonly kept: number;
  readonly updates: number;
}

/** Plays a run. */
export function playStorm(options: StormOptions): StormReport {
  const storm = new Storm(options);
  const { cluster } = storm;
  let violation: string | undefined;
  try {
    storm.play(options.steps ?? 40);
  } catch (error) {
    if (!(error instanceof CheckFailed)) throw error;
    violation = error.message;
  }
  const { granted, renewed, refused, kept } = cluster.net.law.counts;
  const { updates } = cluster.updates.counts;
  const story = cluster.cluster.transcript.tail();
  return { seed: options.seed, violation, story, granted, renewed, refused, kept, updates };
}

class Storm {
  readonly cluster: DhcpCluster;
  private readonly random: Random;
  private readonly leaseMs: number;
  /** Servers of which an operator has said that they are down. */
  private readonly down = new Set<DhcpSite>();
  private readonly diskless = new Set<DhcpSite>();
  private isDiskLost = false;

  constructor({ seed, keepLines = 0, servers, sabotage }: StormOptions) {
    const random = this.random = seededRandom(mixSeed(seed, "storm"));
    const pick = <T>(...from: readonly T[]) => from[random.below(from.length)]!;
    const lease = pick(120, 120, 300);
    this.leaseMs = lease * 1000;
    this.cluster = new DhcpCluster({
      seed,
      keepLines,
      registrars: pick(1, 2, 3),
      timing: "fast",
      latencyMs: pick(2, 20, 200),
      servers: servers ?? pick(2, 2, 3),
      clients: 8,
      addresses: 15,
      lease,
      lossPermille: pick(0, 20, 100),
      pings: pick(true, false),
      hookMs: pick(5, 50, 1000),
      busMs: pick(2, 20, 300, undefined),
      pipeEvents: pick(1, 3, 300),
      clockErrorPpm: pick(0, 100, 1000),
      sabotage,
    });
  }

  play(steps: number): void {
    const { cluster, cluster: { net } } = this;
    for (const site of net.sites) {
      cluster.start(site);
      cluster.advance(this.random.below(3000));
    }
    cluster.advance(BEGIN_MS);
    for (let step = 0; step < steps; step++) {
      this.step();
      cluster.advance(500 + this.random.below(STEP_MS));
    }
    this.quiet();
    this.check();
  }

  private step(): void {
    const { cluster: { net }, random } = this;
    const site = this.pick(net.sites);
    const client = this.pick(net.clients);
    const deeds: readonly (readonly [weight: number, deed: () => void])[] = [
      [6, () => this.deed(client)],
      [2, () => this.toggle(site)],
      [1, () => site.agent !== undefined && site.killServer()],
      [1, () => this.cluster.killAgent(site)],
      [2, () => this.toggleRegistrar()],
      [2, () => this.cutOff(site)],
      [1, () => this.part()],
      [2, () => this.cutLan()],
      [2, () => this.cluster.heal()],
      [1, () => this.declareDown(site)],
      [1, () => this.loseDisk(site)],
    ];
    let draw = random.below(deeds.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, deed] of deeds) if ((draw -= weight) < 0) return void deed();
  }

  private deed(client: DhcpClient): void {
    const draw = this.random.below(10);
    if (draw < 6) client.come();
    else if (draw < 8) client.fallSilent();
    else if (draw < 9) client.release();
    else client.forget();
  }

  private toggle(site: DhcpSite): void {
    if (site.agent !== undefined) return this.cluster.kill(site);
    if (!this.down.has(site) && !this.diskless.has(site)) return this.cluster.start(site);
    // Who was declared dead, or knows nothing any more, returns where it hears what is so.
    this.healAll();
    this.cluster.advance(BEGIN_MS);
    this.down.delete(site);
    this.diskless.delete(site);
    this.cluster.start(site);
  }

  private toggleRegistrar(): void {
    const { registrars } = this.cluster.cluster;
    const registrar = this.pick(registrars);
    if (!registrar.isRunning) return this.restart(registrar);
    // What a server had given that has lost its disk must be known to somebody.
    const isLast = registrars.every((each) => each === registrar || !each.isRunning);
    if (isLast && this.isDiskLost) return;
    registrar.kill();
  }

  private restart(registrar: ClusterRegistrar): void {
    if (registrar.isRunning) return;
    registrar.renew(this.random.below(0xffffffff) + 1);
    registrar.start();
  }

  private cutOff(site: DhcpSite): void {
    const { registrars } = this.cluster.cluster;
    const some = this.random.below(2) === 0 ? registrars : [this.pick(registrars)];
    this.cluster.cutOff(site, some);
  }

  private part(): void {
    const { registrars } = this.cluster.cluster;
    this.cluster.part(registrars.filter(() => this.random.below(2) === 0));
  }

  private cutLan(): void {
    const { sites, clients, lan } = this.cluster.net;
    lan.cut(
      [...sites, ...clients].map(({ name }) => name).filter(() => this.random.below(2) === 0),
    );
  }

  private declareDown(site: DhcpSite): void {
    const registrar = this.pick(this.cluster.cluster.registrars);
    if (!site.isDead || !registrar.isRunning || this.down.has(site)) return;
    this.down.add(site);
    this.cluster.partnerDown(site, registrar);
  }

  /** Its host is another one from now on, under the same name and identifier. */
  private loseDisk(site: DhcpSite): void {
    if (site.agent === undefined || this.down.has(site)) return;
    // What nobody else had been told is lost with it.
    this.healAll();
    this.cluster.advance(BEGIN_MS);
    this.isDiskLost = true;
    const { isPublished } = this.cluster.member(site).bindings;
    this.cluster.kill(site);
    if (!isPublished) return;
    this.diskless.add(site);
    site.loseDisk();
  }

  private healAll(): void {
    this.cluster.heal();
    for (const registrar of this.cluster.cluster.registrars) this.restart(registrar);
  }

  /** Everybody is there, and all links are whole. */
  private quiet(): void {
    const { cluster } = this;
    this.healAll();
    cluster.advance(BEGIN_MS);
    for (const site of cluster.net.sites) cluster.start(site);
    cluster.advance(QUIET_LEASES * this.leaseMs);
    cluster.tables.forget();
    cluster.advance(BEGIN_MS);
  }

  private check(): void {
    const { cluster, cluster: { net } } = this;
    const { sites } = net;
    this.settled();
    const newcomers = [1, 2, 3].map(() => net.addClient());
    const free = sites.filter(({ dnsmasq }) => dnsmasq.freeAddresses().length > 0).length;
    for (const each of newcomers) each.come();
    cluster.advance(ARRIVAL_MS);
    const without = newcomers.filter(({ address }) => address === undefined);
    if (free === sites.length && without.length > 0) {
      fail(`${without.map(({ name }) => name).join(" ")} get no address, and there are free ones`);
    }
    this.settled();
  }

  /** All know the same, and each free address is one server's. */
  private settled(): void {
    this.cluster.agree();
    this.exclusive();
  }

  private exclusive(): void {
    const owners = new Map<string, string>();
    for (const { name, dnsmasq } of this.cluster.net.sites) {
      for (const address of dnsmasq.freeAddresses()) {
        if (owners.has(address)) fail(`${address} is free at ${owners.get(address)} and ${name}`);
        owners.set(address, name);
      }
    }
  }

  private pick<T>(from: readonly T[]): T {
    return from[this.random.below(from.length)]!;
  }
}

function fail(finding: string): never {
  throw new CheckFailed("dhcp", finding);
}
