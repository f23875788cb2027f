/** What programs say of a registrar, and what holds when they say nothing. */

import type {
  Arbitration,
  Limits,
  Random,
  RegistrarEvent as MachineEvent,
  RegistrarTiming,
  RegistrarView,
  RsplibPeers,
  SecurityKind,
  SocketAddress,
  TimingProfile,
} from "../core/mod.ts";
import type { InheritedSocket, Transport } from "../net/mod.ts";
import type { AnnounceSettings } from "./multicast_settings.ts";
import type { RegistrarTraffic } from "./driver_traffic.ts";
import type { RefusalEvent } from "./refusals.ts";
import type { RegistrarSecurity } from "./security.ts";

/** What a registrar tells: what its machine does, and who was turned away before. */
export type RegistrarEvent = MachineEvent | RefusalEvent;

/** What a {@linkcode Registrar} is made of. */
export interface RegistrarSettings {
  /**
   * Where it serves ASAP over plain TCP; port 0 for any. Default `127.0.0.1:3863`. With `security`
   * the default is none, and whoever comes here is refused (protocol decision 30).
   */
  readonly asap?: readonly SocketAddress[] | undefined;
  /** Where it serves ENRP over plain TCP. Default `127.0.0.1:9901`; with `security` as `asap`. */
  readonly enrp?: readonly SocketAddress[] | undefined;
  /** Where it serves ASAP over TLS. Default, with certificates: `127.0.0.1:3864`. */
  readonly asapTls?: readonly SocketAddress[] | undefined;
  /** Where it serves ENRP over TLS. Default, with certificates: `127.0.0.1:9902`. */
  readonly enrpTls?: readonly SocketAddress[] | undefined;
  /**
   * Where it serves ASAP over TLS with pre-shared keys. Default, with keys that it accepts:
   * `127.0.0.1:13864`.
   */
  readonly asapPsk?: readonly SocketAddress[] | undefined;
  /** Where it serves ENRP over TLS with pre-shared keys. Default as above: `127.0.0.1:19902`. */
  readonly enrpPsk?: readonly SocketAddress[] | undefined;
  /** Makes it a secured registrar: who may do what, and how it is proved. Default: it is none. */
  readonly security?: RegistrarSecurity | undefined;
  /**
   * ENRP addresses of registrars to be peers of; hosts may be names. One of them is asked for the
   * handlespace before this one serves (RFC 5353 §3.2); those that cannot be reached are dialled
   * again for ever. Its own address may be among them. Default: none.
   */
  readonly mentors?: readonly SocketAddress[];
  /**
   * Which peers are rsplib registrars behind a relay (docs/tcp-mapping.md): those at these ENRP
   * addresses, or all. It implies `smaller-wins` and the timing profile `fast`. Default: none.
   */
  readonly rsplibPeers?: RsplibPeers | undefined;
  /**
   * Which identifier wins where two registrars want to take over a third, the same in the whole
   * cluster. Default: `larger-wins`, RFC 5353 §3.5.1.
   */
  readonly arbitration?: Arbitration | undefined;
  /** What peers are told instead of `enrp`: behind address translation, in a container. */
  readonly advertiseEnrp?: SocketAddress;
  /** What announcements tell instead of `asap`: an IP address and a port. */
  readonly advertiseAsap?: SocketAddress;
  /** Announces itself by multicast and finds peers so. RFC 5352 §3.6. Default: it does not. */
  readonly announce?: AnnounceSettings | undefined;
  /** Server identifier, 1 to 0xffffffff. Default: random, RFC 5353 §2.1. */
  readonly identifier?: number;
  /**
   * `observed` (default): an element registers the address that its connection comes from
   * (docs/tcp-mapping.md §5). `any`: no check.
   */
  readonly addressCheck?: "observed" | "any";
  /** The defaults of `timing`. Default `rfc`; with `rsplibPeers` `fast`. */
  readonly timingProfile?: TimingProfile;
  /** Timers and thresholds that differ from those of the profile. */
  readonly timing?: Partial<RegistrarTiming>;
  /** Limits that differ from `DEFAULT_LIMITS`. */
  readonly limits?: Partial<Limits>;
  /**
   * Told of everything that happens, in order, and of who was turned away. It should not throw:
   * what it throws is written to standard error, once, and all goes on.
   */
  readonly onEvent?: (event: RegistrarEvent) => void;
  /** Where random numbers come from. Default: the system. */
  readonly random?: Random;
  /** What carries the connections without TLS. Default: TCP. */
  readonly transport?: Transport;
  /**
   * Sockets that the process was started with: where it is to listen at the address of one, that
   * one is used. Default: none.
   */
  readonly inherited?: readonly InheritedSocket[] | undefined;
  /** Gives up a start that waits for its mentors; a registrar that serves does not look at it. */
  readonly signal?: AbortSignal;
  /**
   * Told once, when it listens: a registrar that waits for a mentor that it does not allow serves
   * only when that is mended, and its operator wants to see it meanwhile.
   */
  readonly onListening?: (registrar: ListeningRegistrar) => void;
}

/** A registrar that listens, whether it serves already or not. */
export interface ListeningRegistrar {
  /** As `Registrar.reload` does. */
  readonly reload: (security: RegistrarSecurity) => Promise<void>;
  /** As `Registrar.view` does. */
  readonly view: () => RegistrarView;
  /** As `Registrar.traffic` does. */
  readonly traffic: () => RegistrarTraffic;
}

/** Where a registrar listens, or is to. */
export interface Listening {
  readonly asap: readonly SocketAddress[];
  readonly enrp: readonly SocketAddress[];
  readonly asapTls: readonly SocketAddress[];
  readonly enrpTls: readonly SocketAddress[];
  readonly asapPsk: readonly SocketAddress[];
  readonly enrpPsk: readonly SocketAddress[];
}

const NOWHERE: readonly SocketAddress[] = [];

/**
 * Where a registrar is to listen. RFC 5352 §8.2, RFC 5353 §6.2: IANA has assigned 3863 and 3864 to
 * ASAP, 9901 and 9902 to ENRP; those for pre-shared keys are our own.
 *
 * @throws {RangeError} if there are no credentials for an address.
 */
export function listeningOf(settings: RegistrarSettings): Listening {
  const { security } = settings;
  const isPlain = security === undefined;
  const hasCertificates = security?.certificates !== undefined;
  const hasKeys = (security?.psk?.accepted?.size ?? 0) > 0;
  const listening = {
    asap: settings.asap ?? port(3863, isPlain),
    enrp: settings.enrp ?? port(9901, isPlain),
    asapTls: settings.asapTls ?? port(3864, hasCertificates),
    enrpTls: settings.enrpTls ?? port(9902, hasCertificates),
    asapPsk: settings.asapPsk ?? port(13_864, hasKeys),
    enrpPsk: settings.enrpPsk ?? port(19_902, hasKeys),
  };
  const { asapTls, enrpTls, asapPsk, enrpPsk } = listening;
  if (!hasCertificates) requireNone("certificate", [...asapTls, ...enrpTls]);
  if (!hasKeys) requireNone("psk", [...asapPsk, ...enrpPsk]);
  return listening;
}

function port(port: number, isDefault: boolean): readonly SocketAddress[] {
  return isDefault ? [{ host: "127.0.0.1", port }] : NOWHERE;
}

function requireNone(kind: SecurityKind, [first]: readonly SocketAddress[]): void {
  if (first === undefined) return;
  const what = kind === "certificate" ? "a certificate" : "keys that are accepted";
  throw new RangeError(`Cannot serve port ${first.port} over TLS without ${what}`);
}
