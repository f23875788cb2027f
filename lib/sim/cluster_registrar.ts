/** A registrar of a cluster. */

import {
  announcementFrom,
  type Discovery,
  DISCOVERY_TIMING,
  type ProtocolName,
  type Rates,
  REGISTRAR_TIMING,
  type RegistrarCommand,
  RegistrarDiscovery,
  type RegistrarEvent,
  RegistrarMachine,
  type RegistrarStatistics,
  type RegistrarTiming,
  type RsplibPeers,
  type SecurityRules,
  type SocketAddress,
} from "../core/mod.ts";
import type { Random } from "../handlespace/mod.ts";
import { type ClusterSecurity, securityOptions, USUAL_RULES } from "./cluster_security.ts";
import type { Credentials } from "./credentials.ts";
import { type Commons, Member } from "./member.ts";
import type { Program } from "./process.ts";

const ASAP_PORT = 3863;
const ENRP_PORT = 9901;

/** What a registrar of a cluster is made of. */
export interface ClusterRegistrarSettings {
  readonly identifier: number;
  readonly timing: Partial<RegistrarTiming>;
  /** ENRP addresses of those that it is told of. */
  readonly mentors: readonly SocketAddress[];
  /** Whether it announces itself, and finds its peers so. */
  readonly announces?: boolean | undefined;
  /** Whom it takes for rsplib registrars. */
  readonly rsplibPeers?: RsplibPeers | undefined;
  /** By what it proves who it is; several: it can do so by each. */
  readonly credentials?: readonly Credentials[] | undefined;
}

/** A registrar, or what has replaced it, with what a cluster's owner can do to it. */
export class ClusterRegistrar extends Member<RegistrarCommand, RegistrarEvent> {
  readonly asap: SocketAddress;
  readonly enrp: SocketAddress;
  readonly timing: RegistrarTiming;
  /** ENRP addresses of those that it is told of; none: it is alone. */
  readonly mentors: readonly SocketAddress[];
  private readonly announces: boolean;
  private readonly rsplibPeers: RsplibPeers | undefined;
  private machine: RegistrarMachine | undefined;
  private currentIdentifier: number;
  private ending = false;
  /** Who may do what here; of use in a secured cluster. */
  private rules: SecurityRules;

  constructor(
    commons: Commons,
    name: string,
    host: string,
    settings: ClusterRegistrarSettings,
  ) {
    super(commons, name, host, settings.credentials);
    const { identifier, timing, mentors, announces = false, rsplibPeers } = settings;
    this.rules = commons.security?.rules ?? USUAL_RULES;
    this.currentIdentifier = identifier;
    this.mentors = mentors;
    this.announces = announces;
    this.rsplibPeers = rsplibPeers;
    this.asap = { host, port: ASAP_PORT };
    this.enrp = enrpAddress(host);
    this.timing = { ...REGISTRAR_TIMING, ...timing };
    commons.names.nameRegistrar(identifier, name);
  }

  /** Whether it is told of others, or finds them by itself. */
  get hasPeers(): boolean {
    return this.mentors.length > 0 || this.announces;
  }

  /** Its server identifier in its present or its next life. */
  get identifier(): number {
    return this.currentIdentifier;
  }

  /** Gives it another server identifier for its next start. RFC 5353 §2.1: a random one. */
  renew(identifier: number): void {
    if (this.process.state !== "stopped") throw new RangeError(`${this.name} runs`);
    this.currentIdentifier = identifier;
    this.commons.names.nameRegistrar(identifier, this.name);
  }

  /** Whether it was asked to end, and hands its elements over. */
  get isEnding(): boolean {
    return this.ending && this.process.state !== "stopped";
  }

  /** Starts it, anew or for the first time; it listens at once. */
  override start(): void {
    this.ending = false;
    super.start();
    this.process.command({ type: "start", served: { enrp: [this.enrp] } });
  }

  /** Somebody may be at an address, as an announcement says. */
  hint(enrp: SocketAddress): void {
    this.process.command({ type: "hint", enrp });
  }

  /** Others may do something from now on, as after a reload. */
  permit(rules: SecurityRules): void {
    this.rules = rules;
    if (this.process.state === "stopped") return;
    this.process.command({ type: "permissions", rules, ...rated(this.commons.security) });
  }

  /** Sizes of its tables and timers; `undefined` while it does not run. */
  statistics(): RegistrarStatistics | undefined {
    return this.process.state === "stopped" ? undefined : this.machine?.statistics();
  }

  /** Ends it in order, once its elements are handed over. */
  stop(): void {
    if (this.process.state !== "running" || this.ending) return;
    this.ending = true;
    this.noteChange();
    this.process.command({ type: "stop" });
  }

  /** Its process ends when its machine has. */
  protected override onEvent(event: RegistrarEvent): void {
    if (event.type === "stopped") this.end();
  }

  /** How it finds peers, if it does so by multicast. */
  protected override discovery(random: Random): Discovery<RegistrarCommand> | undefined {
    if (!this.announces) return undefined;
    const { limits } = this.commons;
    const options = { timing: DISCOVERY_TIMING, limits, random };
    return new RegistrarDiscovery(this.identifier, options, this.now);
  }

  /** What it announces to a group. */
  protected override announcement(protocol: ProtocolName): Uint8Array | undefined {
    if (this.isEnding) return undefined;
    const listening = [protocol === "ASAP" ? this.asap : this.enrp];
    return announcementFrom(this.host, protocol, this.identifier, { listening });
  }

  /** A machine for each life. */
  protected program(random: Random): Program<RegistrarCommand, RegistrarEvent> {
    const { identifier, timing, mentors, rsplibPeers } = this;
    const { limits, security } = this.commons;
    this.machine = new RegistrarMachine({
      identifier,
      random,
      limits,
      timing,
      mentors,
      rsplibPeers,
      addressCheck: "observed",
      interfaceAddresses: () => [this.host],
      loopbackOnly: false,
      security: security && securityOptions(this.rules),
      ...rated(security),
    });
    const listen = [
      { protocol: "ASAP" as const, port: ASAP_PORT },
      { protocol: "ENRP" as const, port: ENRP_PORT },
    ];
    const machine = this.commons.sabotage.registrar?.(this.machine) ?? this.machine;
    return { machine, limits, listen };
  }
}

function rated(security: ClusterSecurity | undefined): { readonly rates?: Rates } {
  return security?.rates === undefined ? {} : { rates: security.rates };
}

/** Where the registrar of a host listens for its peers. */
export function enrpAddress(host: string): SocketAddress {
  return { host, port: ENRP_PORT };
}
