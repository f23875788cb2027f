/** What a DHCP server's side of shared bindings is made of. docs/dhcp.md §5.6. */

import type {
  BindingElementEvent,
  BindingElementTiming,
  BindingRecords,
  Limits,
  Random,
  SocketAddress,
  TimingProfile,
} from "../core/mod.ts";
import type { Transport } from "../net/mod.ts";
import type { IpAddress, PoolHandle } from "../wire/mod.ts";
import type { DiscoverSettings } from "./multicast_settings.ts";

/** A page of a DHCP server's own table. */
export interface BindingPage extends BindingRecords {
  /** Whether there is more behind it. */
  readonly moreToSend: boolean;
}

/** What a {@linkcode BindingElement} is made of. */
export interface BindingElementSettings {
  /** ASAP addresses of registrars, at least one unless it discovers. */
  readonly registrars: readonly SocketAddress[];
  /** Finds registrars that announce themselves by multicast, besides those given. */
  readonly discover?: DiscoverSettings | undefined;
  /** As for a pool element: default `random`. */
  readonly order?: "given" | "random" | undefined;
  /** As for a pool element. */
  readonly staggerMs?: number | undefined;
  /** The pool of the DHCP servers. */
  readonly poolHandle: PoolHandle;
  /** PE identifier by which this DHCP server is registered in that pool. */
  readonly identifier: number;
  /** The defaults of `timing`; `fast` is for elements of fast registrars. Default `rfc`. */
  readonly timingProfile?: TimingProfile | undefined;
  /** Timers that differ from their defaults. */
  readonly timing?: Partial<BindingElementTiming> | undefined;
  /** Limits that differ from `DEFAULT_LIMITS`. */
  readonly limits?: Partial<Limits> | undefined;
  /**
   * Told of everything that happens, in order. What it publishes meanwhile is taken when it has
   * returned. It should not throw: what it throws is written to standard error, once, and all goes
   * on.
   */
  readonly onEvent?: ((event: BindingElementEvent) => void) | undefined;
  /**
   * What this DHCP server has itself, behind an address, in order: for those who compare tables.
   * Servers belong to the page behind 0.0.0.0. All that is left may be given: the page is cut to
   * what fits. Absent: whoever asks is refused.
   */
  readonly ownTable?: ((after: IpAddress) => BindingPage) | undefined;
  /** Where random numbers come from. Default: the system. */
  readonly random?: Random | undefined;
  /** How registrars are reached: `pskTransport`, `certificateTransport`; default plain TCP. */
  readonly transport?: Transport | undefined;
}
