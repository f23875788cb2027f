/** A registrar's machine at work, whether it serves already or not. */

import {
  DEFAULT_LIMITS,
  DEFAULT_RATES,
  type Limits,
  type Random,
  type Rates,
  REGISTRAR_PROFILES,
  type RegistrarCommand,
  type RegistrarEvent as MachineEvent,
  RegistrarMachine,
  type RegistrarView,
  type SecurityKind,
  type SocketAddress,
  type TimingProfile,
} from "../core/mod.ts";
import { isLoopback, networkOf, parseIpAddress } from "../wire/mod.ts";
import { now } from "./clock.ts";
import { ConnectionGate } from "./connection_gate.ts";
import { Driver } from "./driver.ts";
import type { RegistrarTraffic } from "./driver_traffic.ts";
import type { Discovering } from "./discovery.ts";
import { guarded } from "./event_listener.ts";
import { Refusals } from "./refusals.ts";
import {
  type Listening,
  listeningOf,
  type RegistrarEvent,
  type RegistrarSettings,
} from "./registrar_settings.ts";
import { RegistrarTransports } from "./registrar_transports.ts";
import type { RegistrarSecurity } from "./security.ts";

/** A registrar without its public face. */
export class RegistrarProcess {
  readonly driver: Driver<RegistrarCommand, MachineEvent>;
  private readonly registrar: RegistrarMachine;
  /** Resolved when initialization is over. RFC 5353 §3.2. */
  readonly serving: Promise<void>;
  private readonly stopped: Promise<void>;
  private readonly identifier: number;
  private readonly random: Random;
  private readonly settings: RegistrarSettings;
  private readonly wanted: Listening;
  private readonly transports: RegistrarTransports;
  private readonly gate: ConnectionGate;
  private readonly limits: Limits;
  private announcing: Discovering | undefined;
  private reloading: Promise<void> = Promise.resolve();

  private constructor(
    identifier: number,
    random: Random,
    settings: RegistrarSettings,
    digest: ((identity: string) => string) | undefined,
  ) {
    const { security } = settings;
    this.identifier = identifier;
    this.random = random;
    this.settings = settings;
    this.wanted = listeningOf(settings);
    this.limits = { ...DEFAULT_LIMITS, ...settings.limits };
    this.transports = new RegistrarTransports(settings.transport, settings.inherited);
    this.gate = new ConnectionGate(ratesOf(security));
    const refusals = new Refusals();
    const onEvent = guarded(settings.onEvent);
    const tell = (event: RegistrarEvent | undefined) => {
      if (event !== undefined) onEvent?.(event);
    };
    const [serving, stopped] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    this.serving = serving.promise;
    this.stopped = stopped.promise;
    this.registrar = this.machine(digest);
    this.driver = new Driver({
      machine: this.registrar,
      limits: this.limits,
      transports: this.transports,
      admits: (remote) => {
        const isAdmitted = this.admits(remote.host);
        if (!isAdmitted) tell(refusals.connection(remote, now()));
        return isAdmitted;
      },
      onRefused: (remote, why) => tell(refusals.handshake(remote, why, now())),
      timed: ["ASAP_REGISTRATION", "ASAP_HANDLE_RESOLUTION"],
      onEvent: (event) => {
        tell(event);
        if (event.type === "serving") serving.resolve();
        else if (event.type === "stopped") stopped.resolve();
      },
    });
  }

  /** Makes one that does not listen yet, with all that its security needs loaded. */
  static async create(
    identifier: number,
    random: Random,
    settings: RegistrarSettings,
  ): Promise<RegistrarProcess> {
    const { security } = settings;
    if (security === undefined) {
      return new RegistrarProcess(identifier, random, settings, undefined);
    }
    const { identityDigest } = await import("./identity_digest.ts");
    const process = new RegistrarProcess(identifier, random, settings, identityDigest);
    await process.transports.open(security, ratesOf(security));
    return process;
  }

  /** Listens and begins the initialization. RFC 5353 §3.2. */
  async listen(): Promise<Listening> {
    const { wanted, settings } = this;
    const listening = {
      asap: await this.listenAll("ASAP", wanted.asap),
      enrp: await this.listenAll("ENRP", wanted.enrp),
      asapTls: await this.listenAll("ASAP", wanted.asapTls, "certificate"),
      enrpTls: await this.listenAll("ENRP", wanted.enrpTls, "certificate"),
      asapPsk: await this.listenAll("ASAP", wanted.asapPsk, "psk"),
      enrpPsk: await this.listenAll("ENRP", wanted.enrpPsk, "psk"),
    };
    const { enrp, enrpTls, enrpPsk } = listening;
    // A secured registrar tells nobody where it would only refuse.
    const secured = [enrpTls, enrpPsk].find(isAny) ?? [];
    const served = {
      enrp: settings.security === undefined ? enrp : secured,
      enrpPsk: isAny(enrpPsk) ? enrpPsk : undefined,
      advertisedEnrp: settings.advertiseEnrp,
    };
    this.driver.command({ type: "start", served });
    return listening;
  }

  /** What the registrar shows of itself now. */
  view(): RegistrarView {
    return this.registrar.view(now());
  }

  /** What it has done since its start. */
  traffic(): RegistrarTraffic {
    return { ...this.driver.traffic(), ...this.registrar.counts() };
  }

  /** Announces it, if so asked: once it serves, as those who hear of it come at once. */
  async announce(listening: Listening): Promise<void> {
    const { announce: settings, advertiseAsap, advertiseEnrp, limits, security } = this.settings;
    if (settings === undefined) return;
    const { asap, enrp, asapTls, enrpTls, asapPsk, enrpPsk } = listening;
    const { announce } = await import("./discovery.ts");
    const isSecured = security !== undefined;
    const served = {
      asap: isSecured ? [asapTls, asapPsk].find(isAny) ?? [] : asap,
      enrp: isSecured ? [enrpTls, enrpPsk].find(isAny) ?? [] : enrp,
    };
    const registrar = {
      identifier: this.identifier,
      asap: { listening: served.asap, advertised: advertiseAsap },
      enrp: { listening: served.enrp, advertised: advertiseEnrp },
    };
    const command = (command: RegistrarCommand) => this.driver.command(command);
    this.announcing = await announce(registrar, settings, { random: this.random, limits, command });
  }

  /** Trusts and allows others from now on; one reload at a time. */
  reload(security: RegistrarSecurity): Promise<void> {
    const reloading = this.reloading.then(() => this.reloadNow(security));
    this.reloading = reloading.catch(() => {});
    return reloading;
  }

  /** Protocol decision 7: peers have a moment to take the elements over. */
  async end(): Promise<void> {
    await this.announcing?.close();
    this.driver.stopListening();
    this.driver.command({ type: "stop" });
    await this.stopped;
    await this.driver.close();
  }

  private async reloadNow(security: RegistrarSecurity): Promise<void> {
    const { permissions, allowInsecureResolution } = security;
    const rates = ratesOf(security);
    await this.transports.replace(security);
    this.gate.change(rates);
    this.driver.command({
      type: "permissions",
      rules: { permissions, allowInsecureResolution },
      rates,
    });
    this.driver.drop((connection) => this.transports.objectionNow(connection));
  }

  private machine(digest: ((identity: string) => string) | undefined): RegistrarMachine {
    const { settings, wanted, settings: { security } } = this;
    const asap = [...wanted.asap, ...wanted.asapTls, ...wanted.asapPsk];
    return new RegistrarMachine({
      identifier: this.identifier,
      random: this.random,
      limits: this.limits,
      timing: { ...REGISTRAR_PROFILES[profileOf(settings)], ...settings.timing },
      addressCheck: settings.addressCheck ?? "observed",
      interfaceAddresses,
      loopbackOnly: asap.every((address) => isLoopbackHost(address.host)),
      mentors: settings.mentors,
      rsplibPeers: settings.rsplibPeers,
      arbitration: settings.arbitration,
      security: security && digest && {
        permissions: security.permissions,
        allowInsecureResolution: security.allowInsecureResolution,
        digest,
      },
      rates: security && ratesOf(security),
    });
  }

  /** Who is on this host anyway can do worse to a registrar that trusts everybody. */
  private admits(host: string): boolean {
    if (this.settings.security === undefined && isLoopback(host)) return true;
    return this.hasRoomFor(host) && this.gate.admits(host, now());
  }

  /** Rates do not keep anybody from holding what it has got. */
  private hasRoomFor(host: string): boolean {
    const { maxAssociationsPerAddress: most } = this.limits;
    // As long as there are no more in all, nobody need be counted.
    if (this.driver.associations < most) return true;
    const network = networkOf(host);
    return this.driver.associationsWith((other) => networkOf(other) === network) < most;
  }

  private async listenAll(
    protocol: "ASAP" | "ENRP",
    addresses: readonly SocketAddress[],
    security?: SecurityKind,
  ): Promise<SocketAddress[]> {
    const listening: SocketAddress[] = [];
    for (const address of addresses) {
      listening.push(await this.driver.listen(protocol, address, security));
    }
    return listening;
  }
}

function ratesOf(security: RegistrarSecurity | undefined): Rates {
  return { ...DEFAULT_RATES, ...security?.rates };
}

function isAny(addresses: readonly SocketAddress[]): boolean {
  return addresses.length > 0;
}

/** rsplib takes a peer for dead that it has not heard for five seconds. */
function profileOf({ timingProfile, rsplibPeers }: RegistrarSettings): TimingProfile {
  return timingProfile ?? ((rsplibPeers?.length ?? 0) > 0 ? "fast" : "rfc");
}

function interfaceAddresses(): string[] {
  return Deno.networkInterfaces().map((each) => each.address);
}

/** Whether a listener's host is reachable from this host only. Names but `localhost` may be any. */
function isLoopbackHost(host: string): boolean {
  if (host === "localhost") return true;
  try {
    parseIpAddress(host);
  } catch {
    return false;
  }
  return isLoopback(host);
}
