/**
 * DHCP servers that share their bindings through registrars, and clients: the machines of all of
 * them as they are, under one virtual clock and one seed.
 */

import type { BindingAgent } from "../../bindings/mod.ts";
import { BINDING_ELEMENT_PROFILES, type BindingElementEvent } from "../../core/mod.ts";
import { type Binding, type BindingServer, enrp, type PoolHandle } from "../../wire/mod.ts";
import { CheckFailed } from "../checkers/check_failed.ts";
import { Cluster } from "../cluster.ts";
import type { ClusterBindingElement } from "../cluster_binding_element.ts";
import type { ClusterElement } from "../cluster_element.ts";
import type { ClusterRegistrar } from "../cluster_registrar.ts";
import { Stranger } from "../stranger.ts";
import { TIMINGS } from "../timings.ts";
import { DhcpNet, type DhcpNetOptions } from "./dhcp_net.ts";
import type { DhcpSite } from "./site.ts";
import { TableWatch } from "./table_watch.ts";
import { UpdateCount } from "./update_count.ts";

/** How often and after how long it is looked whether all agree. */
const AGREE_ATTEMPTS = 12;
const AGREE_MS = 2000;

/** The pool of the DHCP servers. */
export const DHCP_POOL: PoolHandle = "dhcp/lan1";

/** How a run is made. */
export interface DhcpClusterOptions
  extends Omit<DhcpNetOptions, "scheduler" | "publish" | "say" | "sabotage"> {
  readonly registrars: number;
  readonly timing: "rfc" | "fast";
  /** Longest time that a piece of a stream travels. */
  readonly latencyMs: number;
  /** Lines of the transcript that are kept. */
  readonly keepLines?: number;
  readonly sabotage?: ((agent: BindingAgent) => BindingAgent) | undefined;
}

/** A DHCP server with its two connections to registrars. */
export interface DhcpMember {
  readonly site: DhcpSite;
  readonly element: ClusterElement;
  readonly bindings: ClusterBindingElement;
}

/** All of it. */
export class DhcpCluster {
  readonly cluster: Cluster;
  readonly net: DhcpNet;
  readonly members: DhcpMember[] = [];
  readonly tables = new TableWatch();
  readonly updates: UpdateCount;
  private strangers = 0;

  constructor(private readonly options: DhcpClusterOptions) {
    const { seed, registrars, timing, latencyMs, keepLines = 0 } = options;
    const { registrar: registrarTiming, element: elementTiming, user: userTiming } =
      TIMINGS[timing];
    this.cluster = new Cluster({
      seed,
      latencyMs: [1, latencyMs],
      keepLines,
      registrarTiming,
      elementTiming,
      userTiming,
    });
    const { cluster } = this;
    const isTold = keepLines > 0;
    const mesh = Array.from({ length: registrars }, (_, at) => ({ name: `R${at + 1}` }));
    cluster.addMesh(mesh);
    this.net = new DhcpNet({
      ...options,
      scheduler: cluster.scheduler,
      publish: (site, servers, bindings) => this.publish(site, servers, bindings),
      say: (text) => {
        if (isTold) cluster.transcript.add(text);
      },
      isTold,
    });
    for (const site of this.net.sites) this.addMember(site);
    this.updates = new UpdateCount(this.net.sites);
    cluster.watch({
      onDelivery: (delivery) => {
        this.tables.onDelivery(delivery);
        this.updates.onDelivery(delivery);
      },
      onEvent: (name, event) => this.onEvent(name, event),
    });
  }

  /** Milliseconds since it began. */
  get now(): number {
    return this.cluster.now;
  }

  /** Lets time pass. */
  advance(ms: number): void {
    this.cluster.advance(ms);
  }

  /** What belongs to a DHCP server. */
  member(site: DhcpSite): DhcpMember {
    return this.members.find((each) => each.site === site)!;
  }

  /**
   * Everybody serves, has its share, and knows the same; what is on its way may arrive meanwhile.
   *
   * @throws {CheckFailed} if that is not so for half a minute.
   */
  agree(): void {
    const { sites } = this.net;
    for (let attempt = 0;; attempt++) {
      try {
        const idle = sites.find(({ isServing, agent }) => !isServing || !agent?.maySpend);
        if (idle !== undefined) throw new CheckFailed("dhcp", `${idle.name} lacks its share`);
        return this.tables.check(this.cluster.registrars.length, DHCP_POOL, sites);
      } catch (error) {
        if (!(error instanceof CheckFailed) || attempt === AGREE_ATTEMPTS) throw error;
      }
      this.advance(AGREE_MS + 137 * attempt);
    }
  }

  /** `dhcp run` begins. */
  start(site: DhcpSite): void {
    const { element, bindings } = this.member(site);
    if (site.agent !== undefined) return;
    this.say(`${site.name} starts`);
    if (!element.isRunning) element.start();
    element.register();
    bindings.start();
    site.start();
  }

  /** `dhcp run` is killed, and dnsmasq left alone. */
  killAgent(site: DhcpSite): void {
    if (site.agent === undefined) return;
    this.say(`${site.name}'s agent is killed`);
    this.disconnect(site);
    site.killAgent();
  }

  /** All of a DHCP server is killed. */
  kill(site: DhcpSite): void {
    if (site.isDead) return;
    this.say(`${site.name} is killed`);
    this.disconnect(site);
    site.kill();
  }

  /** Nothing passes between a DHCP server and some registrars. */
  cutOff(site: DhcpSite, registrars: readonly ClusterRegistrar[]): void {
    this.say(`${site.name} is cut off from ${registrars.map(({ name }) => name).join(" ")}`);
    const { host } = this.member(site).element;
    for (const each of registrars) this.cluster.network.partition(host, each.host);
  }

  /** Nothing passes between some registrars and the others. */
  part(registrars: readonly ClusterRegistrar[]): void {
    this.say(`${registrars.map(({ name }) => name).join(" ")} are parted from the others`);
    for (const one of registrars) {
      for (const other of this.cluster.registrars) {
        if (!registrars.includes(other)) this.cluster.network.partition(one.host, other.host);
      }
    }
  }

  /** Everybody reaches everybody. */
  heal(): void {
    this.say("all links are healed");
    const hosts = [...this.cluster.registrars, ...this.members.map(({ element }) => element)]
      .map(({ host }) => host);
    const pairs = hosts.flatMap((one) => hosts.map((other) => [one, other] as const));
    this.cluster.network.healAll(pairs);
    this.net.lan.heal();
  }

  /** An operator at a registrar says that a DHCP server is dead. */
  partnerDown(site: DhcpSite, registrar: ClusterRegistrar, force = false): void {
    this.say(`an operator at ${registrar.name} says that ${site.name} is down`);
    const { cluster } = this;
    const { network, multicast, transcript, scheduler } = cluster;
    const name = `OP${++this.strangers}`;
    const operator = new Stranger(network, multicast, transcript, name, registrar.host);
    operator.connect(registrar.enrp);
    const bytes = enrp.encode({
      type: "ENRP_BINDING_UPDATE",
      force,
      sender: 0,
      receiver: 0,
      request: 1,
      poolHandle: DHCP_POOL,
      servers: [{ ...NOBODY, name: site.name }],
      bindings: [],
    });
    scheduler.after(1000, () => operator.write(bytes));
    scheduler.after(5000, () => operator.close());
  }

  private addMember(site: DhcpSite): void {
    const { cluster, options } = this;
    const element = cluster.addElement({
      name: site.name,
      poolHandle: DHCP_POOL,
      identifier: site.options.agent.self,
      registrars: cluster.registrars.map((each) => each.asap),
      transport: { protocol: "udp", port: 67, use: 0, addresses: [] },
    });
    const bindings = cluster.addBindingElement(element, {
      timing: BINDING_ELEMENT_PROFILES[options.timing],
      onEvent: (event) => this.onBindings(site, event),
    });
    this.members.push({ site, element, bindings });
  }

  private disconnect(site: DhcpSite): void {
    const { element, bindings } = this.member(site);
    element.kill();
    bindings.kill();
  }

  private publish(
    site: DhcpSite,
    servers: readonly BindingServer[],
    bindings: readonly Binding[],
  ): void {
    const member = this.member(site);
    if (member.bindings.isRunning) member.bindings.publish({ servers, bindings });
  }

  private onBindings(site: DhcpSite, event: BindingElementEvent): void {
    switch (event.type) {
      case "contact":
        return site.onContact();
      case "table-began":
        return site.onTableBegan();
      case "records":
        return site.onRecords(event.servers, event.bindings);
      case "synchronized":
        return site.onSynchronized();
      case "rejected":
        if (event.fatal) this.say(`${site.name} does not fit`);
        return;
    }
  }

  /** A registration is what a registrar waits for before it takes bindings. */
  private onEvent(name: string, { type }: { readonly type: string }): void {
    if (type !== "registered") return;
    const member = this.members.find(({ element }) => element.name === name);
    if (member?.bindings.isRunning) member.bindings.retry();
  }

  private say(text: string): void {
    this.cluster.transcript.add(`== ${text}`);
  }
}

/** Only a name counts of what an operator names. */
const NOBODY: BindingServer = {
  identifier: 0,
  name: "",
  version: 0,
  claim: 0,
  first: "0.0.0.0",
  last: "0.0.0.0",
  share: 1,
  shares: 1,
  lease: 1,
  freeIn: 0,
  flags: ["down"],
  acknowledgements: [],
};
