/**
 * Discovery by multicast in the world: datagrams over `net`, the clock, one timer. Loaded when it
 * is asked for, as most never do.
 */

import {
  type AnnouncedAddresses,
  announcementFrom,
  ClientDiscovery,
  DEFAULT_LIMITS,
  type Discovery,
  DISCOVERY_TIMING,
  type HintCommand,
  type Limits,
  type PeerHintCommand,
  type ProtocolName,
  type Random,
  RegistrarDiscovery,
  type SocketAddress,
} from "../core/mod.ts";
import { type Multicast, type MulticastPath, openMulticast } from "../net/mod.ts";
import { now } from "./clock.ts";
import { withGuardedEvents } from "./event_listener.ts";
import {
  type AnnounceSettings,
  DEFAULT_ASAP_GROUPS,
  DEFAULT_ENRP_GROUPS,
  type DiscoverSettings,
  type MulticastSettings,
} from "./multicast_settings.ts";

const DEFAULT_HOPS = 1;
/** How often it is looked whether interfaces have come up or gone. */
const REFRESH_MS = 10_000;

/** Listening, and announcing if so asked, until it is closed. */
export interface Discovering {
  close(): Promise<void>;
}

/** A client that listens. */
export interface ClientDiscovering extends Discovering {
  /** Whether any registrar has announced itself so far. */
  readonly hasHeard: boolean;
}

/** What both kinds of discovery need. */
interface Parts<Command> {
  readonly random: Random;
  readonly limits?: Partial<Limits> | undefined;
  readonly command: (command: Command) => void;
}

/**
 * Finds registrars for a client.
 *
 * @throws {ListenFailed} if no group can be joined, or a given one cannot.
 */
export async function discover(
  protocol: ProtocolName,
  settings: DiscoverSettings,
  parts: Parts<HintCommand>,
): Promise<ClientDiscovering> {
  const discovery = new ClientDiscovery(protocol, optionsOf(settings, parts));
  const runner = new Runner(discovery, settings, parts.command);
  await runner.open(protocol);
  return {
    get hasHeard() {
      return discovery.hasHeard;
    },
    close: () => runner.close(),
  };
}

/** What a registrar announces. */
export interface AnnouncedRegistrar {
  readonly identifier: number;
  readonly asap: AnnouncedAddresses;
  readonly enrp: AnnouncedAddresses;
}

/**
 * Announces a registrar, and finds its peers.
 *
 * @throws {ListenFailed} if of a protocol no group can be joined, or a given one cannot.
 * @throws {SyntaxError} if an advertised host is no IP address.
 */
export async function announce(
  registrar: AnnouncedRegistrar,
  settings: AnnounceSettings,
  parts: Parts<PeerHintCommand>,
): Promise<Discovering> {
  const { identifier, asap, enrp } = registrar;
  // What cannot be encoded is the caller's mistake, to be told before the first announcement.
  announcementFrom("127.0.0.1", "ASAP", identifier, asap);
  announcementFrom("127.0.0.1", "ENRP", identifier, enrp);
  const discovery = new RegistrarDiscovery(
    identifier,
    optionsOf(settings, parts),
    now(),
  );
  const runner = new Runner(discovery, settings, parts.command, registrar);
  try {
    await runner.open("ASAP", settings.hops ?? DEFAULT_HOPS);
    await runner.open("ENRP", settings.hops ?? DEFAULT_HOPS);
  } catch (error) {
    await runner.close();
    throw error;
  }
  return runner;
}

function optionsOf<Command>(settings: MulticastSettings, { random, limits }: Parts<Command>) {
  return {
    timing: { ...DISCOVERY_TIMING, ...settings.timing },
    limits: { ...DEFAULT_LIMITS, ...limits },
    random,
    usualPorts: settings.usualPorts,
  };
}

/** Moves a discovery: what the driver is to a machine. */
class Runner<Command> implements Discovering {
  private readonly discovery: Discovery<Command>;
  private readonly settings: MulticastSettings;
  private readonly command: (command: Command) => void;
  private readonly registrar: AnnouncedRegistrar | undefined;
  private readonly groups = new Map<ProtocolName, Multicast>();
  private readonly failing = new Set<MulticastPath>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private refreshTimer: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;

  constructor(
    discovery: Discovery<Command>,
    settings: MulticastSettings,
    command: (command: Command) => void,
    registrar?: AnnouncedRegistrar,
  ) {
    this.discovery = discovery;
    this.settings = withGuardedEvents(settings);
    this.command = command;
    this.registrar = registrar;
  }

  async open(protocol: ProtocolName, hops?: number): Promise<void> {
    const { asapGroups, enrpGroups, interfaces } = this.settings;
    const given = protocol === "ASAP" ? asapGroups : enrpGroups;
    const multicast = await openMulticast({
      groups: given ?? (protocol === "ASAP" ? DEFAULT_ASAP_GROUPS : DEFAULT_ENRP_GROUPS),
      needs: given === undefined ? "any-group" : "every-group",
      interfaces,
      hops,
      onDatagram: (_group, bytes, source) => this.hear(protocol, bytes, source),
    });
    this.groups.set(protocol, multicast);
    if (this.isClosed) return await multicast.close();
    this.refreshTimer ??= setTimeout(() => void this.refresh(), REFRESH_MS);
    this.settle();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    clearTimeout(this.refreshTimer);
    await Promise.all([...this.groups.values()].map((each) => each.close()));
  }

  private hear(protocol: ProtocolName, bytes: Uint8Array, source: SocketAddress): void {
    if (this.isClosed) return;
    this.discovery.hear(protocol, bytes, source, now());
    this.settle();
  }

  private settle(): void {
    for (;;) {
      const output = this.discovery.poll();
      if (output === undefined) break;
      if (output.type === "command") this.command(output.command);
      else if (output.type === "event") this.settings.onEvent?.(output.event);
      else this.announce(output.protocol);
    }
    this.arm();
  }

  private announce(protocol: ProtocolName): void {
    const multicast = this.groups.get(protocol);
    if (multicast === undefined || this.registrar === undefined) return;
    const { identifier, asap, enrp } = this.registrar;
    const served = protocol === "ASAP" ? asap : enrp;
    for (const path of multicast.paths) {
      const bytes = announcementFrom(path.from, protocol, identifier, served);
      if (bytes !== undefined) void this.send(multicast, path, bytes);
    }
  }

  private async send(multicast: Multicast, path: MulticastPath, bytes: Uint8Array): Promise<void> {
    const why = await multicast.send(path, bytes);
    if (why === undefined) {
      this.failing.delete(path);
      return;
    }
    if (this.isClosed || this.failing.has(path)) return;
    this.failing.add(path);
    const { group, interface: name } = path;
    this.settings.onEvent?.({ type: "announcement-failed", group, interface: name, why });
  }

  private async refresh(): Promise<void> {
    for (const multicast of this.groups.values()) await multicast.refresh();
    const paths = [...this.groups.values()].flatMap((each) => each.paths);
    for (const path of this.failing) if (!paths.includes(path)) this.failing.delete(path);
    if (this.isClosed) return;
    this.refreshTimer = setTimeout(() => void this.refresh(), REFRESH_MS);
  }

  private arm(): void {
    clearTimeout(this.timer);
    const deadline = this.discovery.deadline();
    if (this.isClosed || deadline === undefined || deadline === Infinity) return;
    this.timer = setTimeout(() => {
      this.discovery.onDeadline(now());
      this.settle();
    }, Math.max(0, Math.ceil(deadline - now())));
  }
}
