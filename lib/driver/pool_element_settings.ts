/** What a pool element is made of. RFC 5352 §3.1. */

import type {
  Limits,
  PoolElementEvent as MachineEvent,
  PoolElementTiming,
  Random,
  SocketAddress,
  TimingProfile,
} from "../core/mod.ts";
import type { Transport } from "../net/mod.ts";
import {
  type IpAddress,
  type Policy,
  type PoolHandle,
  type Transport as UserTransport,
  USE_DATA_ONLY,
  USE_DATA_PLUS_CONTROL,
} from "../wire/mod.ts";
import type { DiscoverSettings } from "./multicast_settings.ts";
import type { HandshakeRefused } from "./refusals.ts";

/** Where an element's own ASAP endpoint listens. */
export interface AsapEndpointSettings {
  /** Default: the local address of the connection to the registrar. */
  readonly host?: IpAddress;
  /** Default: any free port. */
  readonly port?: number;
}

/** What a pool element tells: what its machine does, and who was refused at its ASAP endpoint. */
export type PoolElementEvent = MachineEvent | HandshakeRefused;

/** What a {@linkcode PoolElement} is made of. */
export interface PoolElementSettings {
  /** ASAP addresses of registrars, at least one unless it discovers. */
  readonly registrars: readonly SocketAddress[];
  /** Finds registrars that announce themselves by multicast, besides those given. */
  readonly discover?: DiscoverSettings | undefined;
  /**
   * Whether they are tried in the given order, or (default) in a random one, so that many elements
   * do not all run to one registrar (protocol decision 16).
   */
  readonly order?: "given" | "random";
  /**
   * The next registrar is tried this many milliseconds after the one before, even while that one is
   * being tried. Absent: three are tried at once.
   */
  readonly staggerMs?: number;
  /** The pool. */
  readonly poolHandle: PoolHandle;
  /** Port of the service, 1 to 65535; 0: that on which {@linkcode PoolElement.serve} listens. */
  readonly port: number;
  /** Addresses of the service. Default: the local address of the connection to the registrar. */
  readonly addresses?: readonly IpAddress[];
  /** Transport protocol of the service. Default `tcp`. */
  readonly protocol?: "tcp" | "udp" | "udp-lite" | "sctp" | "dccp";
  /** Transport Use, RFC 5354 §3.4: 0 or "data" (default), 1 or "data+control". */
  readonly use?: number | "data" | "data+control";
  /** Default round robin. */
  readonly policy?: Policy;
  /** Registration Life in seconds, -1 for infinite. Default 300. */
  readonly registrationLife?: number;
  /** PE Identifier, 1 to 0xffffffff. Default: random, RFC 5352 §3.1. */
  readonly identifier?: number;
  /** The ASAP endpoint at which registrars can dial the element; `false` for none. */
  readonly asap?: AsapEndpointSettings | false;
  /** The defaults of `timing`; `fast` is for elements of fast registrars. Default `rfc`. */
  readonly timingProfile?: TimingProfile;
  /** Timers and thresholds of RFC 5352 §7 that differ from their defaults. */
  readonly timing?: Partial<PoolElementTiming>;
  /** Limits that differ from `DEFAULT_LIMITS`. */
  readonly limits?: Partial<Limits>;
  /**
   * Told of everything that happens, in order. It should not throw: what it throws is written to
   * standard error, once, and all goes on.
   */
  readonly onEvent?: (event: PoolElementEvent) => void;
  /** Where random numbers come from. Default: the system. */
  readonly random?: Random;
  /** How registrars are reached: `pskTransport`, `certificateTransport`; default plain TCP. */
  readonly transport?: Transport;
}

/** @throws {RangeError} if the port is none. */
export function userTransport(settings: PoolElementSettings): UserTransport {
  const { port, protocol = "tcp", addresses = [] } = settings;
  const use = settings.use === "data+control"
    ? USE_DATA_PLUS_CONTROL
    : settings.use === "data" || settings.use === undefined
    ? USE_DATA_ONLY
    : settings.use;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`Cannot register port ${port}: it must be from 1 to 65535`);
  }
  if (protocol === "dccp") return { protocol, port, use, addresses, serviceCode: 0 };
  return { protocol, port, use, addresses };
}
