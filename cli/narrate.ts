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
  "peer-refused",
  "peer-suspected",
  "peer-dead",
  "taken-over",
  "refused",
  "owner-conflict",
  "rate-limited",
  "handshake-refused",
  "connections-refused",
  "report-forced",
]);

/** Events that strangers can bring about as often as they like. */
const FLOODS: ReadonlySet<RegistrarEvent["type"]> = new Set([
  "refused",
  "rate-limited",
  "handshake-refused",
  "connections-refused",
  "report-forced",
]);
/** So many of each of those are told a second, and the others counted. */
const FLOOD_LINES = 5;
const FLOOD_MS = 1_000;

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
const UNWANTED_ENDS: ReadonlySet<string> = new Set([
  "garbage",
  "partial-timeout",
  "overflow",
  "security",
  "unauthorized",
  "owner-conflict",
]);

/** Ways in which somebody ends who is entitled no longer. */
const DROPS: ReadonlySet<string> = new Set(["security", "unauthorized"]);

/** Fields that say nothing in a log, or all that another says. */
const LEFT_OUT: ReadonlySet<string> = new Set(["type", "association"]);

/** How many have lost what they had. */
export interface Dropped {
  readonly droppedConnections?: number;
  readonly droppedPoolElements?: number;
}

interface Flood {
  since: number;
  told: number;
  untold: number;
}

/** Writes the events of a registrar. */
export class Narrator {
  private readonly log: Log;
  private readonly api: Api;
  private readonly now: () => number;
  private readonly floods = new Map<RegistrarEvent["type"], Flood>();
  private connections = 0;
  private poolElements = 0;
  private isServing = false;

  /** `now` gives milliseconds of a clock that only goes forward. */
  constructor(log: Log, api: Api, now: () => number) {
    this.log = log;
    this.api = api;
    this.now = now;
  }

  /** Tells an event, or counts it where there are too many like it. */
  tell(event: RegistrarEvent): void {
    this.count(event);
    if (event.type === "serving") this.isServing = true;
    const level = this.keepsFromServing(event) ? "error" : levelOf(event);
    if (!this.log.has(level)) return;
    const untold = FLOODS.has(event.type) ? this.untold(event.type) : 0;
    if (untold === undefined) return;
    const fields = fieldsOf(event, this.api);
    this.log[level](event.type, untold === 0 ? fields : { ...fields, untold });
  }

  /** A registrar that begins waits for as long as this lasts (docs/tcp-mapping.md §14). */
  private keepsFromServing({ type }: RegistrarEvent): boolean {
    return type === "peer-refused" && !this.isServing;
  }

  /** How many connections and pool elements something costs those who are entitled no longer. */
  async countDropped(something: () => Promise<void>): Promise<Dropped> {
    this.connections = this.poolElements = 0;
    await something();
    const { connections, poolElements } = this;
    return {
      ...(connections === 0 ? {} : { droppedConnections: connections }),
      ...(poolElements === 0 ? {} : { droppedPoolElements: poolElements }),
    };
  }

  /** Tells what is not told yet. */
  close(): void {
    for (const [type, { untold }] of this.floods) {
      if (untold > 0) this.log.warning(type, { untold });
    }
    this.floods.clear();
  }

  private count(event: RegistrarEvent): void {
    if (event.type === "association-closed" && DROPS.has(event.reason)) this.connections++;
    if (event.type === "pool-element-removed" && DROPS.has(event.reason)) this.poolElements++;
  }

  /** How many like it were not told before this one; `undefined`: this one is not, either. */
  private untold(type: RegistrarEvent["type"]): number | undefined {
    const now = this.now();
    const flood = this.floods.get(type) ?? { since: now, told: 0, untold: 0 };
    this.floods.set(type, flood);
    if (now - flood.since >= FLOOD_MS) {
      flood.since = now;
      flood.told = 0;
    }
    if (flood.told >= FLOOD_LINES) {
      flood.untold++;
      return undefined;
    }
    flood.told++;
    const { untold } = flood;
    flood.untold = 0;
    return untold;
  }
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
