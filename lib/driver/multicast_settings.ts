/** What programs say of announcements by multicast, and what holds when they say nothing. */

import type { DiscoveryEvent, DiscoveryTiming, ProtocolName, SocketAddress } from "../core/mod.ts";

/** The groups and interfaces of announcements. */
export interface MulticastSettings {
  /**
   * Groups of ASAP: multicast IP addresses and UDP ports. Default: 224.0.1.185:3863, which IANA
   * assigned (RFC 5352 §8.4), and [ff05::133]:3863, as far as this host has IPv4 and IPv6.
   */
  readonly asapGroups?: readonly SocketAddress[] | undefined;
  /** Groups of ENRP. Default: 239.0.0.51:9901 and [ff05::51]:9901, as rsplib uses them. */
  readonly enrpGroups?: readonly SocketAddress[] | undefined;
  /** Names or IP addresses of the interfaces; default: all that have an address. */
  readonly interfaces?: readonly string[] | undefined;
  /** T6-Serverannounce and T7-ENRPoutdate, where they differ from RFC 5352 §7.1. */
  readonly timing?: Partial<DiscoveryTiming>;
  /**
   * Ports of registrars that announce themselves without an address. Default: 3863 and 9901; with
   * TLS they are 3864 and 9902 (protocol decision 23).
   */
  readonly usualPorts?: Readonly<Record<ProtocolName, number>> | undefined;
  /**
   * Told of registrars that announce themselves, and of announcements that fail. It should not
   * throw: what it throws is written to standard error, once, and all goes on.
   */
  readonly onEvent?: (event: MulticastEvent) => void;
}

/** How a client finds registrars that announce themselves. RFC 5352 §3.6. */
export type DiscoverSettings = MulticastSettings;

/** How a registrar announces itself. RFC 5352 §3.6. */
export interface AnnounceSettings extends MulticastSettings {
  /** TTL of the announcements, 1 to 255. Default 1: the networks that this host is on. */
  readonly hops?: number | undefined;
}

/** What happens with announcements. */
export type MulticastEvent =
  | DiscoveryEvent
  /** Announcements cannot leave over an interface; told once until one leaves again. */
  | {
    readonly type: "announcement-failed";
    readonly group: SocketAddress;
    /** The interface's name. */
    readonly interface: string;
    readonly why: string;
  };

/** RFC 5352 §8.4: FF0X::133; the scope is that of a site. */
export const DEFAULT_ASAP_GROUPS: readonly SocketAddress[] = [
  { host: "224.0.1.185", port: 3863 },
  { host: "ff05::133", port: 3863 },
];

/** No RFC assigns any (protocol decision 23). */
export const DEFAULT_ENRP_GROUPS: readonly SocketAddress[] = [
  { host: "239.0.0.51", port: 9901 },
  { host: "ff05::51", port: 9901 },
];
