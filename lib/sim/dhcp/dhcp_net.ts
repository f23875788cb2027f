/** DHCP servers, clients and the network between them, with the law that holds among them. */

import type { AgentEvent, BindingAgent, Client } from "../../bindings/mod.ts";
import { type Random, seededRandom } from "../../handlespace/mod.ts";
import type { Binding, BindingServer, IpAddress } from "../../wire/mod.ts";
import { mixSeed } from "../member.ts";
import type { Scheduler } from "../scheduler.ts";
import { DhcpClient } from "./client.ts";
import type { DhcpReply, DhcpRequest } from "./dnsmasq.ts";
import { Lan } from "./lan.ts";
import { DhcpLaw } from "./law.ts";
import { DhcpSite } from "./site.ts";

/** Longest time for which dnsmasq waits for an answer to its ping. */
const PING_MS = 3000;
/** How often is looked what agents know. */
const NOTE_MS = 2000;

/** How the servers and clients of a run are. */
export interface DhcpNetOptions {
  readonly seed: number;
  readonly scheduler: Scheduler;
  readonly servers: number;
  /** Shares; default: as many as there are servers. */
  readonly shares?: number | undefined;
  readonly clients: number;
  readonly addresses: number;
  /** Seconds. */
  readonly lease: number;
  /** Of 1000 packets among clients and servers, how many are lost. */
  readonly lossPermille: number;
  /** Whether servers ping an address before they offer it. */
  readonly pings: boolean;
  readonly hookMs: number;
  /** Absent: without D-Bus. */
  readonly busMs?: number | undefined;
  readonly pipeEvents: number;
  /** How far clocks go wrong, in millionths. */
  readonly clockErrorPpm: number;
  readonly sabotage?: ((agent: BindingAgent) => BindingAgent) | undefined;
  /** A server has something for the registrars. */
  readonly publish: (
    site: DhcpSite,
    servers: readonly BindingServer[],
    bindings: readonly Binding[],
  ) => void;
  /** What happens, for whoever reads it. */
  readonly say: (text: string) => void;
  /** Whether anybody reads it. */
  readonly isTold?: boolean | undefined;
}

/** One network of clients. */
export class DhcpNet {
  readonly sites: DhcpSite[] = [];
  readonly clients: DhcpClient[] = [];
  readonly lan: Lan;
  readonly law: DhcpLaw;
  private readonly random: Random;

  constructor(readonly options: DhcpNetOptions) {
    const { seed, scheduler, lossPermille, servers, clients } = options;
    this.random = seededRandom(mixSeed(seed, "dhcp"));
    const random = seededRandom(mixSeed(seed, "lan"));
    this.lan = new Lan({ scheduler, random, lossPermille });
    this.law = new DhcpLaw(this.clients);
    for (let share = 1; share <= servers; share++) this.addSite(share);
    for (let number = 1; number <= clients; number++) this.addClient();
    this.noteNow();
  }

  /** One more client, which is switched off. */
  addClient(): DhcpClient {
    const { options: { scheduler }, random } = this;
    const number = this.clients.length + 1;
    const byte = number.toString(16).padStart(2, "0");
    const identity: Client = {
      hardware: `52:54:00:00:00:${byte}`,
      // Most have an identifier, some are known by their hardware address alone.
      ...(random.below(4) > 0 && { clientId: `ff:00:${byte}` }),
    };
    const name = `C${number}`;
    const client = new DhcpClient(name, identity, {
      scheduler,
      random: seededRandom(mixSeed(this.options.seed, name)),
      send: (from, request, server) => this.send(from, request, server),
      onBound: (each, before) => {
        const { counts } = this.law;
        if (before?.address === each.address) counts.renewed++;
        else counts.granted++;
        this.options.say(`${each.name} has ${each.address} of ${each.belief!.server}`);
        this.law.onBound(each, scheduler.now);
      },
      onUnbound: (each, before, why) => {
        if (why === "expired") this.law.counts.expired++;
        this.options.say(`${each.name} has ${before.address} no more: ${why}`);
      },
    }, this.clockRate());
    this.clients.push(client);
    return client;
  }

  /** A server, by its name. */
  site(name: string): DhcpSite {
    return this.sites.find((each) => each.name === name)!;
  }

  private addSite(share: number): void {
    const { options, random } = this;
    const { addresses, servers, shares = servers, lease, pings, scheduler, say } = options;
    const name = `dhcp${share}`;
    this.sites.push(
      new DhcpSite({
        ...options,
        agent: {
          self: 0x1000 + share,
          name,
          first: "10.0.0.1",
          last: `10.0.0.${addresses}`,
          share,
          shares,
          lease,
          authoritative: false,
          placeholder: `02:00:00:00:0${share}:aa`,
        },
        scheduler,
        random,
        clockRate: this.clockRate(),
        pings: pings ? (address) => this.isUsed(name, address) : undefined,
        onEvent: (site, event) => say(`${site.name}: ${told(event)}`),
        say: options.isTold ? say : undefined,
      }),
    );
  }

  private clockRate(): number {
    const { clockErrorPpm } = this.options;
    if (clockErrorPpm === 0) return 1;
    return 1 + (this.random.below(2 * clockErrorPpm + 1) - clockErrorPpm) / 1_000_000;
  }

  /** Whether a server hears somebody who uses an address. */
  private isUsed(server: string, address: IpAddress): boolean {
    return this.clients.some((client) =>
      client.state === "bound" && client.address === address && this.lan.isUp(client.name, server)
    );
  }

  private send(client: DhcpClient, request: DhcpRequest, server: string | undefined): void {
    for (const site of this.sites) {
      if (server !== undefined && site.name !== server) continue;
      this.lan.send(client.name, site.name, () => this.arrive(site, client, request));
    }
  }

  private arrive(site: DhcpSite, client: DhcpClient, request: DhcpRequest): void {
    const { options: { say, scheduler, pings }, random } = this;
    if (!site.isServing) return;
    const reply = site.dnsmasq.handle(request);
    const what = "address" in request ? ` ${request.address}` : "";
    if (request.type !== "SELECTING" || request.server === site.name) {
      say(`${client.name} -> ${site.name}: ${request.type}${what}: ${answer(reply)}`);
    }
    site.onServer();
    this.law.onAnswered(site, client, request, reply, scheduler.now);
    if (reply === undefined) return;
    const isPinged = pings && reply.type === "OFFER" && reply.isFree;
    const delayMs = isPinged ? random.below(PING_MS) : 0;
    this.lan.send(site.name, client.name, () => client.receive(reply), delayMs);
  }

  private noteNow(): void {
    const { scheduler } = this.options;
    this.law.note(this.sites, scheduler.now);
    scheduler.after(NOTE_MS, () => this.noteNow());
  }
}

function answer(reply: DhcpReply | undefined): string {
  if (reply === undefined) return "nothing";
  return reply.type === "NAK" ? "NAK" : `${reply.type} ${reply.address}`;
}

function told({ type, ...others }: AgentEvent): string {
  return `${type} ${JSON.stringify(others)}`;
}
