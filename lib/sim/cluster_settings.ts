/** How a cluster and its members are made. */

import type {
  Limits,
  PoolElementTiming,
  PoolUserTiming,
  RegistrarTiming,
  RsplibPeers,
  SocketAddress,
} from "../core/mod.ts";
import type { Policy, PoolHandle, Transport } from "../wire/mod.ts";
import type { ClusterSecurity } from "./cluster_security.ts";
import type { Credentials } from "./credentials.ts";
import type { Sabotage } from "./member.ts";

/** How a cluster is made. Times are in milliseconds. */
export interface ClusterOptions {
  readonly seed: number;
  /** The shortest and the longest time that a piece of a stream travels; default 1 and 1. */
  readonly latencyMs?: readonly [least: number, most: number];
  /** The most that one read takes; a read takes any number up to it. Default: all there is. */
  readonly readBytes?: number;
  /** Bytes of a stream that the systems of its writer and its reader hold; default 65536. */
  readonly windowBytes?: number;
  /** How late a timer may fire; default 0. */
  readonly timerLatenessMs?: number;
  readonly registrarTiming?: Partial<RegistrarTiming>;
  readonly elementTiming?: Partial<PoolElementTiming>;
  readonly userTiming?: Partial<PoolUserTiming>;
  readonly limits?: Partial<Limits>;
  /** Lines of the transcript that are kept; 0 and no listener: none is made, which is faster. */
  readonly keepLines?: number;
  readonly sabotage?: Sabotage;
  /** Makes it a secured cluster; default: everybody may do everything. */
  readonly security?: ClusterSecurity;
}

/** What a pool element is made of, where it differs from the usual. */
export interface ElementSettings {
  readonly name?: string;
  readonly poolHandle?: PoolHandle;
  readonly identifier?: number;
  readonly registrars?: readonly SocketAddress[];
  readonly policy?: Policy;
  readonly registrationLife?: number;
  readonly transport?: Transport;
  readonly hasEndpoint?: boolean;
  readonly order?: "given" | "random";
  /** The host of another member; default: one of its own. */
  readonly host?: string;
  /** Whether it finds registrars by multicast, and those given only if they are named. */
  readonly discovers?: boolean;
  /** In a secured cluster, by what it proves who it is; default: what its kind has. */
  readonly credentials?: readonly Credentials[];
}

/** What a registrar is made of, where it differs from the usual. */
export interface RegistrarSettings {
  readonly identifier?: number;
  /** ENRP addresses of its peers; default: it is alone. */
  readonly mentors?: readonly SocketAddress[];
  /** Whether it announces itself by multicast, and finds its peers so. */
  readonly announces?: boolean;
  /** Whom it takes for rsplib registrars; default: nobody. */
  readonly rsplibPeers?: RsplibPeers;
  /** In a secured cluster, by what it proves who it is; default: what its kind has. */
  readonly credentials?: readonly Credentials[];
}

/** What a pool user is made of, where it differs from the usual. */
export interface UserSettings {
  readonly name?: string;
  readonly registrars?: readonly SocketAddress[];
  readonly order?: "given" | "random";
  readonly discovers?: boolean;
  /** In a secured cluster, by what it proves who it is; default: what its kind has. */
  readonly credentials?: readonly Credentials[];
}
