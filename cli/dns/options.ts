/** The options of `dns`. */

import { PRINT_CONFIG } from "../configuration/print_option.ts";
import { parseAddress } from "../address.ts";
import { formatDuration, parseDuration, parsePositiveDuration } from "../duration.ts";
import { HTTP_OPTIONS } from "../http/options.ts";
import { list, parseInteger, value, valueOr, type ValuesOf } from "../option.ts";
import { USER_TIMERS } from "../timer_options.ts";
import { DNS_LIMITS } from "./limits.ts";

/** What holds when nothing else is said. */
export const DNS_DEFAULTS = {
  listen: { host: "127.0.0.1", port: 8600 },
  zone: ["pool", "internal"],
  ttlMs: 1_000,
  staleMs: 30_000,
} as const;

const MAX_TTL_MS = 3_600_000;
/** A zone's name leaves room for the longest name of an element in it. */
const MAX_ZONE_LENGTH = 150;
const ZONE_LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;
const MAX_POOLS = 900;

/** The options. */
export const DNS_OPTIONS = {
  listen: list(
    "--listen <HOST:PORT>",
    "where queries come in, over UDP and TCP; repeatable; port 0 means any",
    (text) => parseAddress(text, { zeroPort: true }),
    [DNS_DEFAULTS.listen],
    { fallbackText: "127.0.0.1:8600" },
  ),
  zone: valueOr(
    "--zone <NAME>",
    "the zone below which pools have their names",
    parseZone,
    DNS_DEFAULTS.zone as readonly string[],
    { fallbackText: "pool.internal" },
  ),
  ttl: valueOr(
    "--ttl <DURATION>",
    "how long resolvers may keep an answer; whole seconds, 0s for not at all",
    parseTtl,
    DNS_DEFAULTS.ttlMs,
    { fallbackText: formatDuration(DNS_DEFAULTS.ttlMs) },
  ),
  stale: valueOr(
    "--stale <DURATION>",
    "how long what was known is answered while no registrar answers; SERVFAIL after that",
    parsePositiveDuration,
    DNS_DEFAULTS.staleMs,
    { fallbackText: formatDuration(DNS_DEFAULTS.staleMs) },
  ),
  maxPools: valueOr(
    "--max-pools <N>",
    "pools that are kept fresh at once",
    parseInteger(1, MAX_POOLS),
    DNS_LIMITS.maxPools,
    { fallbackText: String(DNS_LIMITS.maxPools) },
  ),
  name: value(
    "--name <POOL>",
    "print the name of a pool in the zone, and end",
    (text) => text,
  ),
  readyFile: value(
    "--ready-file <FILE>",
    "write pid, listen and zone there as JSON, once it serves",
    (text) => text,
  ),
  ...PRINT_CONFIG,
  ...HTTP_OPTIONS,
  ...USER_TIMERS,
};

/** Their values. */
export type DnsValues = ValuesOf<typeof DNS_OPTIONS>;

/**
 * The labels of a zone.
 *
 * @throws {SyntaxError} if it is not a name of hosts.
 */
export function parseZone(text: string): readonly string[] {
  const name = text.toLowerCase().replace(/\.$/, "");
  const labels = name.split(".");
  if (name === "") {
    throw new SyntaxError(`"${text}" names no zone; write for example pool.internal`);
  }
  const wrong = labels.find((label) => !ZONE_LABEL.test(label));
  if (wrong !== undefined) {
    throw new SyntaxError(`"${text}" is no name of a zone, because of its label "${wrong}"`);
  }
  if (name.length <= MAX_ZONE_LENGTH) return labels;
  throw new SyntaxError(
    `the zone has ${name.length} characters, and ${MAX_ZONE_LENGTH} is the most`,
  );
}

function parseTtl(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds % 1000 === 0 && milliseconds <= MAX_TTL_MS) return milliseconds;
  throw new SyntaxError(`"${text}" is not whole seconds from 0s to ${formatDuration(MAX_TTL_MS)}`);
}
