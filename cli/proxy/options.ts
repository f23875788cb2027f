/** The options of `proxy`, and its limits: each has a name, a number and a test. */

import { PRINT_CONFIG } from "../configuration/print_option.ts";
import { formatDuration, parseDuration, parsePositiveDuration } from "../duration.ts";
import { HTTP_OPTIONS } from "../http/options.ts";
import { flag, list, parseInteger, value, valueOr, type ValuesOf } from "../option.ts";
import { USER_TIMERS } from "../timer_options.ts";
import { parseListen } from "./listen_option.ts";

/** What holds when nothing else is said. */
export const PROXY_LIMITS = {
  /** Connections at once, of all listeners. */
  maxConnections: 4_000,
  /** How long one address of an element may take to be reached. */
  connectTimeoutMs: 2_000,
  /** Elements that are tried for one connection. */
  maxAttempts: 8,
  /** How long a connection waits for an element. */
  waitMs: 5_000,
  /** Bytes that one connection holds in each direction. */
  bufferBytes: 256 * 1024,
  /** Bytes of all buffers that have grown beyond the smallest. */
  maxBufferedBytes: 64 * 1024 * 1024,
  /** Clients of UDP at once, each with a socket. */
  maxUdpFlows: 4_000,
  /** How long a client of UDP keeps its element without a datagram. */
  udpIdleMs: 30_000,
  /** How long connections may go on after SIGTERM. */
  drainMs: 30_000,
} as const;

const LIMITS_GROUP = "Limits:";
const MOST_CONNECTIONS = 1_000_000;
const LEAST_BUFFER_BYTES = 1024;
const MOST_BUFFER_BYTES = 16 * 1024 * 1024;
const MOST_BUFFERED_BYTES = 64 * 1024 * 1024 * 1024;

/** The options. */
export const PROXY_OPTIONS = {
  listen: list(
    "--listen <[udp:]HOST:PORT=POOL>",
    "where clients connect, and the pool that serves them; needed, repeatable; port 0 means any",
    parseListen,
    [],
  ),
  proxyProtocol: flag(
    "--proxy-protocol",
    "tell elements who their client is: PROXY protocol, version 2, on every TCP connection",
  ),
  wait: duration(
    "--wait",
    "how long a connection waits for an element",
    parseDuration,
    PROXY_LIMITS.waitMs,
  ),
  drain: duration(
    "--drain",
    "how long connections may go on after SIGTERM",
    parseDuration,
    PROXY_LIMITS.drainMs,
  ),
  readyFile: value(
    "--ready-file <FILE>",
    "write pid and listeners there as JSON, once it serves and knows its pools",
    (text) => text,
  ),
  connectTimeout: duration(
    "--connect-timeout",
    "how long one address of an element may take to be reached",
    parsePositiveDuration,
    PROXY_LIMITS.connectTimeoutMs,
    LIMITS_GROUP,
  ),
  maxAttempts: number(
    "--max-attempts",
    "elements that are tried for one connection",
    [1, 1_000],
    PROXY_LIMITS.maxAttempts,
  ),
  maxConnections: number(
    "--max-connections",
    "connections at once; others wait to be accepted",
    [1, MOST_CONNECTIONS],
    PROXY_LIMITS.maxConnections,
  ),
  maxConnectionsPerListener: value(
    "--max-connections-per-listener <N>",
    "the same for each listener",
    parseInteger(1, MOST_CONNECTIONS),
    { fallbackText: "that of all", group: LIMITS_GROUP },
  ),
  bufferBytes: number(
    "--buffer-bytes",
    "bytes that a connection holds at most in each direction",
    [LEAST_BUFFER_BYTES, MOST_BUFFER_BYTES],
    PROXY_LIMITS.bufferBytes,
  ),
  maxBufferedBytes: number(
    "--max-buffered-bytes",
    "bytes of all buffers above 4096 bytes; beyond, connections make do with those",
    [0, MOST_BUFFERED_BYTES],
    PROXY_LIMITS.maxBufferedBytes,
  ),
  maxUdpFlows: number(
    "--max-udp-flows",
    "clients of UDP at once; a further one replaces the one that was silent for longest",
    [1, MOST_CONNECTIONS],
    PROXY_LIMITS.maxUdpFlows,
  ),
  udpIdle: duration(
    "--udp-idle",
    "how long a client of UDP keeps its element without a datagram",
    parsePositiveDuration,
    PROXY_LIMITS.udpIdleMs,
    LIMITS_GROUP,
  ),
  ...PRINT_CONFIG,
  ...HTTP_OPTIONS,
  ...USER_TIMERS,
};

/** Their values. */
export type ProxyValues = ValuesOf<typeof PROXY_OPTIONS>;

function duration(
  name: string,
  description: string,
  parse: (text: string) => number,
  fallbackMs: number,
  group?: string,
) {
  const extras = { fallbackText: formatDuration(fallbackMs), ...(group && { group }) };
  return valueOr(`${name} <DURATION>`, description, parse, fallbackMs, extras);
}

function number(
  name: string,
  description: string,
  [least, most]: readonly [number, number],
  fallback: number,
) {
  const extras = { fallbackText: String(fallback), group: LIMITS_GROUP };
  return valueOr(`${name} <N>`, description, parseInteger(least, most), fallback, extras);
}
