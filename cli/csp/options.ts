/** `registrar --csp-server`: to whom it reports, and how often. */

import { type Address, parseWrittenAddress } from "../address.ts";
import { formatDuration, parseDuration } from "../duration.ts";
import { list, valueOr, type ValuesOf } from "../option.ts";
import { CSP_PORT } from "./report.ts";

const group = "Component Status Protocol:";
const DEFAULT_INTERVAL_MS = 1_000;
/** What a monitor can still show, and what the 32 bits of a report can say. */
const INTERVAL_MS = { least: 100, most: 3_600_000 };

/** The options of a component that reports. */
export const CSP_SERVER_OPTIONS = {
  cspServer: list(
    "--csp-server <HOST[:PORT]>",
    "report the own status there by UDP, as rsplib does; for monitor --csp; repeatable",
    parseMonitor,
    [],
    { fallbackText: "nowhere", group },
  ),
  cspInterval: valueOr(
    "--csp-interval <DURATION>",
    "time between two reports",
    parseInterval,
    DEFAULT_INTERVAL_MS,
    { fallbackText: formatDuration(DEFAULT_INTERVAL_MS), group },
  ),
};

/** The values of {@linkcode CSP_SERVER_OPTIONS}. */
export type CspServerValues = ValuesOf<typeof CSP_SERVER_OPTIONS>;

function parseMonitor(text: string): Address {
  const { host, port = CSP_PORT } = parseWrittenAddress(text);
  return { host, port };
}

function parseInterval(text: string): number {
  const interval = parseDuration(text);
  if (interval >= INTERVAL_MS.least && interval <= INTERVAL_MS.most) return interval;
  const [least, most] = Object.values(INTERVAL_MS).map(formatDuration);
  throw new RangeError(`"${text}" is not between ${least} and ${most}`);
}
