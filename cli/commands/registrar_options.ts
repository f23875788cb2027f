/** The options of `registrar`, and what they mean together. */

import { PRINT_CONFIG } from "../configuration/print_option.ts";
import {
  ASAP_PORT,
  ENRP_PORT,
  formatAddress,
  parseIp,
  parseWrittenAddress,
  type WrittenAddress,
} from "../address.ts";
import type { RegistrarTiming, SocketAddress, TimingProfile } from "../api.ts";
import { CSP_SERVER_OPTIONS } from "../csp/options.ts";
import { ANNOUNCE_OPTIONS } from "../discovery_options.ts";
import { formatDuration } from "../duration.ts";
import { UsageError } from "../exit.ts";
import { HTTP_OPTIONS } from "../http/options.ts";
import { parseIdentifier } from "../identifier.ts";
import { choice, list, type Option, value, type ValuesOf } from "../option.ts";
import { givenTimers, threshold, timer, timingOption } from "../timer_options.ts";
import { COMPAT_OPTIONS, hasRsplib, rsplibAddresses } from "./registrar_compat.ts";
import { LOOPBACK, parseListener, SECURED_OPTIONS } from "./registrar_listeners.ts";

/** The timers and thresholds. */
const TIMERS = {
  peerHeartbeatCycle: timer(
    "peerHeartbeatCycleMs",
    "--peer-heartbeat-cycle",
    "PEER-HEARTBEAT-CYCLE: time between two presences to peers",
    30_000,
    2_400,
  ),
  maxTimeLastHeard: timer(
    "maxTimeLastHeardMs",
    "--max-time-last-heard",
    "MAX-TIME-LAST-HEARD: silence after which a peer is asked whether it lives",
    61_000,
    5_000,
  ),
  maxTimeNoResponse: timer(
    "maxTimeNoResponseMs",
    "--max-time-no-response",
    "MAX-TIME-NO-RESPONSE: how long a peer may take to respond",
    5_000,
  ),
  auditCycle: timer(
    "auditCycleMs",
    "--audit-cycle",
    "time between two audits of what a peer owns, whatever its checksum says",
    3_600_000,
  ),
  peerRedialMax: timer(
    "peerRedialMaxMs",
    "--peer-redial-max",
    "longest pause between two dials of a peer that cannot be reached",
    60_000,
    5_000,
  ),
  handoverTimeout: timer(
    "handoverMs",
    "--handover-timeout",
    "how long the end waits for peers to take the elements over",
    5_000,
  ),
  maxBadPeReport: threshold(
    "maxBadPeReport",
    "--max-bad-pe-report",
    "MAX-BAD-PE-REPORT: more reporters than this remove an element",
    0,
    3,
  ),
  keepAliveCycle: timer(
    "keepAliveCycleMs",
    "--keep-alive-cycle",
    "mean time between two keep-alives to an element",
    30_000,
    5_000,
  ),
  keepAliveTimeout: timer(
    "keepAliveTimeoutMs",
    "--keep-alive-timeout",
    "how long an element may take to acknowledge one",
    5_000,
  ),
  elementGrace: timer(
    "elementGraceMs",
    "--element-grace",
    "how long an element that lost its connection and has no ASAP endpoint is kept",
    15_000,
  ),
  endpointDialTimeout: timer(
    "endpointDialMs",
    "--endpoint-dial-timeout",
    "how long a dial of an element's ASAP endpoint may take",
    5_000,
  ),
  updateInterval: timer(
    "updateIntervalMs",
    "--update-interval",
    "least time between two updates of a pool to those who watch it",
    50,
  ),
};

/** The options of `registrar`. */
export const REGISTRAR_OPTIONS = {
  asap: list(
    "--asap <HOST:PORT>",
    "where pool elements and pool users are served; port 0 means any; repeatable",
    parseListener,
    [{ host: LOOPBACK }],
    { fallbackText: `${LOOPBACK}:${ASAP_PORT}` },
  ),
  enrp: list(
    "--enrp <HOST:PORT>",
    "where other registrars and observers are served; port 0 means any; repeatable",
    parseListener,
    [{ host: LOOPBACK }],
    { fallbackText: `${LOOPBACK}:${ENRP_PORT}` },
  ),
  ...SECURED_OPTIONS,
  peer: list(
    "--peer <HOST[:PORT]>",
    "the ENRP address of another registrar; repeatable; its own is left out",
    (text) => parseWrittenAddress(text),
    [],
    { fallbackText: "none" },
  ),
  advertiseAsap: value(
    "--advertise-asap <IP[:PORT]>",
    "what announcements tell instead of --asap",
    parseAdvertised,
  ),
  advertiseEnrp: value(
    "--advertise-enrp <IP[:PORT]>",
    "what peers are told instead of --enrp: behind address translation, in a container",
    parseAdvertised,
  ),
  ...ANNOUNCE_OPTIONS,
  id: value("--id <ID>", "the identifier of this registrar", parseIdentifier, {
    fallbackText: "random",
  }),
  addressCheck: choice(
    "--address-check <WHICH>",
    "whether an element's addresses must be the one that its connection came from",
    ["observed", "any"],
    "observed",
  ),
  readyFile: value(
    "--ready-file <FILE>",
    "write a JSON object there once it serves",
    (text) => text,
  ),
  ...HTTP_OPTIONS,
  ...CSP_SERVER_OPTIONS,
  ...PRINT_CONFIG,
  ...COMPAT_OPTIONS,
  timing: {
    ...timingOption,
    fallbackText: "rfc, with --compat rsplib fast",
    fallback: () => undefined,
  } as Option<TimingProfile | undefined>,
  ...TIMERS,
};

/** The values of {@linkcode REGISTRAR_OPTIONS}. */
export type RegistrarValues = ValuesOf<typeof REGISTRAR_OPTIONS>;

/** What the library is told of time. */
export interface RegistrarTimes {
  readonly timingProfile: TimingProfile;
  /** What was given, by whatever source: it overrides the profile. */
  readonly timing: Partial<RegistrarTiming>;
}

/**
 * The profile, and the single values that override it.
 *
 * @throws {UsageError} if they make no sense together.
 */
export function timesOf(
  options: RegistrarValues,
  profiles: Readonly<Record<TimingProfile, RegistrarTiming>>,
): RegistrarTimes {
  const timing = givenTimers(TIMERS, options);
  // rsplib takes a peer for dead that it has not heard for five seconds.
  const timingProfile = options.timing ?? (hasRsplib(options) ? "fast" : "rfc");
  requireSense({ ...profiles[timingProfile], ...timing });
  return { timingProfile, timing };
}

/** RFC 5353 §4.2: a peer that is well must be heard before it is asked whether it lives. */
function requireSense({ peerHeartbeatCycleMs, maxTimeLastHeardMs }: RegistrarTiming): void {
  if (maxTimeLastHeardMs > peerHeartbeatCycleMs) return;
  const [heard, cycle] = [maxTimeLastHeardMs, peerHeartbeatCycleMs].map(formatDuration);
  throw new UsageError(
    `--max-time-last-heard ${heard} must be longer than --peer-heartbeat-cycle ${cycle}, ` +
      "as a peer that is well says so only once in that time",
  );
}

/** The addresses of `--peer` and `--compat`, each once; who writes no port means the usual one. */
export function peersOf(
  options: RegistrarValues,
  usualPort: (host: string) => number = () => ENRP_PORT,
): SocketAddress[] {
  const written = [...options.peer, ...rsplibAddresses(options)];
  const peers = written.map(({ host, port = usualPort(host) }) => ({ host, port }));
  return [...new Map(peers.map((peer) => [formatAddress(peer), peer])).values()];
}

/** Addresses with the usual port where none was written. */
export function withPort(addresses: readonly WrittenAddress[], usual: number): SocketAddress[] {
  return addresses.map(({ host, port = usual }) => ({ host, port }));
}

/** What others are told must be an IP address, as messages carry no names. RFC 5354 §3.1, §3.2. */
function parseAdvertised(text: string): WrittenAddress {
  const address = parseWrittenAddress(text);
  if (isAddressOfOne(address.host)) return address;
  throw new SyntaxError(`"${text}" has no IP address at which others can reach one registrar`);
}

function isAddressOfOne(host: string): boolean {
  try {
    return !/%|^(0\.0\.0\.0|::|22[4-9]\..*|23[0-9]\..*|255\.255\.255\.255|ff.*)$/.test(
      parseIp(host),
    );
  } catch {
    return false;
  }
}
