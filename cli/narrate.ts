/** Events of a registrar as lines of the log. */

import { formatAddress } from "./address.ts";
import type { Api, RegistrarEvent } from "./api.ts";
import type { Level, Log, LogFields } from "./log.ts";

/** Events that somebody should look at. */
const WARNINGS: ReadonlySet<RegistrarEvent["type"]> = new Set([
  "registration-rejected",
  "deregistration-rejected",
  "update-rejected",
  "identifier-in-use",
  "update-not-stored",
  "undecodable",
  "error-received",
  "peer-unreachable",
  "peer-suspected",
  "peer-dead",
  "taken-over",
]);

/** Events that tell how a warning of above ended, or why a start or an end takes its time. */
const NOTICES: ReadonlySet<RegistrarEvent["type"]> = new Set([
  "mentor-failed",
  "peer-connected",
  "peer-active",
  "peer-left",
  "takeover-began",
  "takeover-stopped",
  "handing-over",
]);

/** Events that come with every question of a pool user, and with every update of a peer. */
const DETAILS: ReadonlySet<RegistrarEvent["type"]> = new Set([
  "association-opened",
  "download-began",
  "resynchronization-began",
  "pool-element-updated",
  "pool-element-withdrawn",
]);

/** Ways in which an association ends that nobody wants. */
const UNWANTED_ENDS: ReadonlySet<string> = new Set(["garbage", "partial-timeout", "overflow"]);

/** Fields that say nothing in a log, or all that another says. */
const LEFT_OUT: ReadonlySet<string> = new Set(["type", "association"]);

/** Writes one event of a registrar. */
export function narrate(event: RegistrarEvent, log: Log, api: Api): void {
  const level = levelOf(event);
  if (log.has(level)) log[level](event.type, fieldsOf(event, api));
}

function levelOf(event: RegistrarEvent): Level {
  if (event.type === "association-closed") {
    return UNWANTED_ENDS.has(event.reason) ? "warning" : "debug";
  }
  if (event.type === "pool-element-removed") {
    return event.reason === "deregistered" ? "info" : "warning";
  }
  if (WARNINGS.has(event.type)) return "warning";
  if (NOTICES.has(event.type)) return "notice";
  return DETAILS.has(event.type) ? "debug" : "info";
}

function fieldsOf(event: RegistrarEvent, api: Api): LogFields {
  const known = Object.entries<unknown>({ ...event }).filter(([key, value]) => {
    const isNothing = value === undefined || value === false ||
      (Array.isArray(value) && value.length === 0);
    return !isNothing && !LEFT_OUT.has(key);
  });
  return Object.fromEntries(known.map(([key, value]) => [key, fieldOf(key, value, api)]));
}

function fieldOf(key: string, value: unknown, api: Api): unknown {
  switch (key) {
    case "identifier":
    case "sender":
    case "home":
    case "peer":
    case "target":
    case "by":
      return api.formatIdentifier(value as number);
    case "cause":
      return api.causeName(value as number);
    case "causes":
    case "warnings":
      return (value as readonly { code: number }[]).map(({ code }) => api.causeName(code));
    case "remote":
    case "endpoint":
    case "address":
      return formatAddress(value as { host: string; port: number });
    case "element":
      return api.viewTransport(
        (value as { transport: Parameters<Api["viewTransport"]>[0] }).transport,
      );
    default:
      return value;
  }
}
