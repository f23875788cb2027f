/** `--announce` and `--discover`: registrars that are found by multicast. RFC 5352 §3.6. */

import {
  ASAP_PORT,
  ENRP_PORT,
  formatAddress,
  parseIp,
  parseWrittenAddress,
  type WrittenAddress,
} from "./address.ts";
import type { AnnounceSettings, DiscoverSettings, MulticastEvent, SocketAddress } from "./api.ts";
import {
  type ClientSecurity,
  clientSecurity,
  type ClientSecurityValues,
  PORTS,
} from "./client_security.ts";
import type { Context } from "./command.ts";
import { parsePositiveDuration } from "./duration.ts";
import type { Log } from "./log.ts";
import { refuseAlone } from "./lone_option.ts";
import { flag, list, type OptionTable, parseInteger, value, type ValuesOf } from "./option.ts";

/** Of registrars and clients: where announcements go. */
export const MULTICAST_OPTIONS = {
  asapGroup: list(
    "--asap-group <IP[:PORT]>",
    "multicast group of registrars' announcements to clients; repeatable",
    parseGroup,
    [],
    { env: "RSERPOOL_ASAP_GROUP", fallbackText: "224.0.1.185:3863 and [ff05::133]:3863" },
  ),
  enrpGroup: list(
    "--enrp-group <IP[:PORT]>",
    "multicast group of registrars' announcements to each other; repeatable",
    parseGroup,
    [],
    { env: "RSERPOOL_ENRP_GROUP", fallbackText: "239.0.0.51:9901 and [ff05::51]:9901" },
  ),
  multicastInterface: list(
    "--multicast-interface <NAME|IP>",
    "network interface of these groups; repeatable",
    parseInterface,
    [],
    { env: "RSERPOOL_MULTICAST_INTERFACE", fallbackText: "all" },
  ),
  t7Enrpoutdate: value(
    "--t7-enrpoutdate <DURATION>",
    "T7-ENRPoutdate: how long an announcement is valid, at least",
    parsePositiveDuration,
    { env: "RSERPOOL_T7_ENRPOUTDATE", fallbackText: "5s" },
  ),
} satisfies OptionTable;

/** Of clients. */
export const DISCOVER_OPTIONS = {
  discover: flag(
    "--discover",
    "find registrars that announce themselves by multicast, besides those of -r if given",
    { env: "RSERPOOL_DISCOVER" },
  ),
} satisfies OptionTable;

/** Of registrars. */
export const ANNOUNCE_OPTIONS = {
  announce: flag(
    "--announce",
    "announce this registrar by multicast to clients and other registrars, and find those so",
  ),
  multicastTtl: value(
    "--multicast-ttl <N>",
    "how many networks an announcement crosses",
    parseInteger(1, 255),
    { fallbackText: "1: only those that this host is on" },
  ),
  t6Serverannounce: value(
    "--t6-serverannounce <DURATION>",
    "T6-Serverannounce: time between two announcements, of whichever registrar",
    parsePositiveDuration,
    { fallbackText: "1s" },
  ),
} satisfies OptionTable;

type MulticastValues = ValuesOf<typeof MULTICAST_OPTIONS>;
type AnnounceValues = ValuesOf<typeof ANNOUNCE_OPTIONS> & MulticastValues;
type DiscoverValues = ValuesOf<typeof DISCOVER_OPTIONS> & MulticastValues & ClientSecurityValues;

/**
 * How a client finds registrars, if it shall.
 *
 * @throws {UsageError} if an option says how, and none that it shall.
 */
export function discoverSettings(
  context: Context,
  options: DiscoverValues,
): { discover: DiscoverSettings } | Record<never, never> {
  if (!options.discover) {
    refuseAlone(context, MULTICAST_OPTIONS, "--discover");
    return {};
  }
  const security = clientSecurity(context, options);
  return { discover: multicastSettings(context.log, options, security) };
}

/**
 * How a registrar announces itself, if it shall.
 *
 * @throws {UsageError} if an option says how, and none that it shall.
 */
export function announceSettings(
  context: Context,
  options: AnnounceValues,
  security: ClientSecurity = "plain",
): { announce: AnnounceSettings } | Record<never, never> {
  if (options.announce) {
    const { multicastTtl: hops, t6Serverannounce } = options;
    const settings = multicastSettings(context.log, options, security);
    if (t6Serverannounce === undefined) return { announce: { ...settings, hops } };
    const timing = { ...settings.timing, t6ServerAnnounceMs: t6Serverannounce };
    return { announce: { ...settings, hops, timing } };
  }
  refuseAlone(context, { ...MULTICAST_OPTIONS, ...ANNOUNCE_OPTIONS }, "--announce");
  return {};
}

function multicastSettings(
  log: Log,
  options: MulticastValues,
  security: ClientSecurity,
): DiscoverSettings {
  const { asapGroup, enrpGroup, multicastInterface, t7Enrpoutdate } = options;
  return {
    asapGroups: groupsOf(asapGroup, ASAP_PORT),
    enrpGroups: groupsOf(enrpGroup, ENRP_PORT),
    interfaces: multicastInterface.length === 0 ? undefined : multicastInterface,
    ...(security === "plain" ? {} : { usualPorts: PORTS[security] }),
    ...(t7Enrpoutdate === undefined ? {} : { timing: { t7EnrpOutdateMs: t7Enrpoutdate } }),
    onEvent: (event) => narrate(event, log),
  };
}

function groupsOf(given: readonly WrittenAddress[], usual: number): SocketAddress[] | undefined {
  return given.length === 0 ? undefined : given.map(({ host, port = usual }) => ({ host, port }));
}

function parseGroup(text: string): WrittenAddress {
  const group = parseWrittenAddress(text);
  if (isMulticast(group.host)) return group;
  throw new SyntaxError(
    `"${text}" has no multicast address: 224.0.0.0 to 239.255.255.255, or ff00::/8 in brackets`,
  );
}

function isMulticast(host: string): boolean {
  if (host.includes(":")) return /^ff[0-9a-f]{2}:[0-9a-f:]*$/.test(host);
  return /^(22[4-9]|23[0-9])\.[0-9.]+$/.test(host);
}

function parseInterface(text: string): string {
  if (text.includes(":") || /^[0-9.]+$/.test(text)) return parseIp(text);
  if (/^[^\s/%]{1,15}$/.test(text)) return text;
  throw new SyntaxError(`"${text}" is neither the name of an interface nor an IP address`);
}

function narrate(event: MulticastEvent, log: Log): void {
  switch (event.type) {
    case "registrar-announced": {
      const { source, protocol } = event;
      const registrar = formatAddress(event.registrar);
      return log.event("info", event.type, { protocol, registrar, source });
    }
    case "registrar-outdated":
      return log.event("info", event.type, { registrar: formatAddress(event.registrar) });
    case "announcements-dropped": {
      const { count, source, why } = event;
      return log.event("info", event.type, { count, source, why });
    }
    case "announcement-failed": {
      const group = formatAddress(event.group);
      return log.event("info", event.type, { group, interface: event.interface, why: event.why });
    }
  }
}
