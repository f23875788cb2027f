/** The options of `dhcp run`, and what they mean together. */

import { REGISTER_OPTIONS } from "../../commands/register_options.ts";
import { PRINT_CONFIG } from "../../configuration/print_option.ts";
import { formatDuration, parseDuration } from "../../duration.ts";
import { UsageError } from "../../exit.ts";
import { HTTP_OPTIONS } from "../../http/options.ts";
import { value, valueOr, type ValuesOf } from "../../option.ts";
import { ELEMENT_TIMERS, timingOption } from "../../timer_options.ts";
import { dbusSocket } from "../dnsmasq/dbus_address.ts";
import { numberOf } from "../dnsmasq/dhcp_range.ts";
import { isAddress } from "../dnsmasq/lease.ts";

/** The draft has 2 to 16 servers. */
const MOST_SHARES = 16;
const SYNC_TIMEOUT_MS = 5_000;
/** RFC 1035 §2.3.4: one label. */
const SERVER_NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;

const { address, policy, lifetime, asap, noAsap } = REGISTER_OPTIONS;

/** The options of `dhcp run`. */
export const DHCP_RUN_OPTIONS = {
  pool: value("--pool <POOL>", "the pool of the DHCP servers; needed", (text) => text),
  range: value(
    "--range <IP-IP>",
    "the addresses that all of them share, as in dnsmasq's dhcp-range; needed",
    parseRange,
  ),
  share: value(
    "--share <K/N>",
    "which part of the free addresses this server gives to new clients; needed",
    parseShare,
  ),
  dbus: value(
    "--dbus <ADDRESS>",
    "system, unix:path=… or unix:abstract=…: change leases while dnsmasq runs",
    parseDbus,
    { fallbackText: "dnsmasq is restarted for changes" },
  ),
  state: value("--state <DIR>", "what must survive a restart is kept there", (text) => text, {
    fallbackText: "$STATE_DIRECTORY, or /var/lib/rserpool/dhcp/POOL",
  }),
  name: value("--name <NAME>", "what people call this server", parseName, {
    fallbackText: "the name of this host",
  }),
  syncTimeout: valueOr(
    "--sync-timeout <DURATION>",
    "how long its start waits for a registrar's table, before it starts from its disk",
    parseDuration,
    SYNC_TIMEOUT_MS,
    { fallbackText: formatDuration(SYNC_TIMEOUT_MS) },
  ),
  address: { ...address, description: "the address with which it is registered in its pool" },
  policy,
  lifetime,
  asap,
  noAsap,
  readyFile: value(
    "--ready-file <FILE>",
    "write a JSON object there once dnsmasq serves",
    (text) => text,
  ),
  ...PRINT_CONFIG,
  ...HTTP_OPTIONS,
  timing: timingOption,
  ...ELEMENT_TIMERS,
};

/** The values of {@linkcode DHCP_RUN_OPTIONS}. */
export type DhcpRunValues = ValuesOf<typeof DHCP_RUN_OPTIONS>;

/** The addresses that the servers share. */
export interface Range {
  readonly first: string;
  readonly last: string;
}

/** Which part of them, from 1. */
export interface Share {
  readonly share: number;
  readonly shares: number;
}

/** What a command line asks for, once its parts fit together. */
export interface DhcpPlan extends Range, Share {
  readonly pool: string;
  readonly name: string;
  /** dnsmasq, and its arguments. */
  readonly command: string;
  readonly arguments: readonly string[];
}

/**
 * What the options and arguments mean together.
 *
 * @param before How many arguments stood before `--`, if it was there.
 * @param hostName The name of this host.
 * @throws {UsageError} if they do not fit together.
 */
export function planDhcp(
  options: Pick<DhcpRunValues, "pool" | "range" | "share" | "name" | "asap" | "noAsap" | "address">,
  args: readonly string[],
  before: number | undefined,
  hostName: () => string,
): DhcpPlan {
  const { pool, range, share, asap, noAsap } = options;
  if (before !== undefined && before > 0) {
    throw new UsageError(`unexpected argument "${args[0]}"; dnsmasq stands behind --`);
  }
  if (before === undefined && args.length > 0) {
    throw new UsageError(`unexpected argument "${args[0]}"; write -- before dnsmasq`);
  }
  const [command, ...rest] = args;
  if (command === undefined) {
    throw new UsageError("dnsmasq is missing: write -- dnsmasq and its arguments at the end");
  }
  if (pool === undefined) throw new UsageError("--pool is missing: the pool of the DHCP servers");
  if (range === undefined) throw new UsageError("--range is missing: the addresses of the pool");
  if (share === undefined) throw new UsageError("--share is missing: this server's part, as 1/2");
  if (noAsap && asap !== undefined) throw new UsageError("--asap and --no-asap exclude each other");
  if (options.address.length > 1) throw new UsageError("--address stands there more than once");
  const name = options.name ?? nameOfHost(hostName());
  return { pool, ...range, ...share, name, command, arguments: rest };
}

function nameOfHost(host: string): string {
  try {
    return parseName(host);
  } catch {
    throw new UsageError(`--name is missing: the name of this host, "${host}", is none`);
  }
}

function parseRange(text: string): Range {
  const [first = "", last = "", ...more] = text.split("-");
  if (more.length === 0 && isAddress(first) && isAddress(last)) {
    if (numberOf(first) <= numberOf(last)) return { first, last };
    throw new SyntaxError(`"${text}" ends before it begins`);
  }
  throw new SyntaxError(`"${text}" is no range; write for example 192.0.2.10-192.0.2.99`);
}

function parseShare(text: string): Share {
  const match = /^([0-9]{1,2})\/([0-9]{1,2})$/.exec(text);
  const [share, shares] = [Number(match?.[1]), Number(match?.[2])];
  if (share >= 1 && share <= shares && shares <= MOST_SHARES) return { share, shares };
  throw new SyntaxError(`"${text}" is no share; write 1/2 for the first of two, up to 16`);
}

function parseName(text: string): string {
  if (SERVER_NAME.test(text)) return text;
  throw new SyntaxError(`"${text}" is no name; it may have letters, digits, "-", "_" and "."`);
}

function parseDbus(text: string): string {
  dbusSocket(text);
  return text;
}
