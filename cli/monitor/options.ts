/** The options of `monitor`. */

import { type Address, parseWrittenAddress } from "../address.ts";
import { CSP_PORT } from "../csp/report.ts";
import { formatDuration, parseDuration } from "../duration.ts";
import { flag, list, value, valueOr, type ValuesOf } from "../option.ts";

const DEFAULT_INTERVAL_MS = 2_000;
/** Who asks more often takes what the protocol needs. */
const INTERVAL_MS = { least: 200, most: 3_600_000 };
/** Whoever is on the network can send reports: who wants to hear them says so. */
const DEFAULT_CSP: Address = { host: "127.0.0.1", port: CSP_PORT };

/** The options. */
export const MONITOR_OPTIONS = {
  interval: valueOr(
    "--interval <DURATION>",
    "time between two questions to a registrar",
    parseInterval,
    DEFAULT_INTERVAL_MS,
    { fallbackText: formatDuration(DEFAULT_INTERVAL_MS) },
  ),
  once: flag("--once", "print what there is now, and end"),
  http: list(
    "--http <URL>",
    "the --http of a registrar: its events, rates and state; HOST:PORT or a URL; repeatable",
    parseHttp,
    [],
    { fallbackText: "none" },
  ),
  readyFile: value(
    "--ready-file <FILE>",
    "write the pid there as JSON, once each registrar has answered or failed to",
    (text) => text,
  ),
  csp: value(
    "--csp [HOST:PORT]",
    "listen for the reports of rsplib's components, by its Component Status Protocol",
    parseCsp,
    { fallbackText: "off; without a value 127.0.0.1:2960" },
  ),
};

/** Their values. */
export type MonitorValues = ValuesOf<typeof MONITOR_OPTIONS>;

function parseInterval(text: string): number {
  const interval = parseDuration(text);
  if (interval >= INTERVAL_MS.least && interval <= INTERVAL_MS.most) return interval;
  const [least, most] = Object.values(INTERVAL_MS).map(formatDuration);
  throw new RangeError(`"${text}" is not between ${least} and ${most}`);
}

/** `HOST:PORT` alone is an address, too; what follows the address is left out. */
function parseHttp(text: string): URL {
  const written = text.includes("://") ? text : `http://${text}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.host === "") {
    throw new SyntaxError(`"${text}" is no address such as 127.0.0.1:9102 or https://host:9102`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new SyntaxError("a URL here has no user and no password");
  }
  return new URL(url.origin);
}

function parseCsp(text: string): Address {
  if (text === "") return DEFAULT_CSP;
  const { host, port = CSP_PORT } = parseWrittenAddress(text, { zeroPort: true });
  return { host, port };
}
