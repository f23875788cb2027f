/** Events of a registrar as lines of the log. */

import { formatAddress } from "./address.ts";
import type { Api, Attempt, Policy, PoolElementValue, RegistrarEvent } from "./api.ts";
import { usualLevel } from "./events/catalogue.ts";
import type { Level, Log, LogFields } from "./log.ts";

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
const LEFT_OUT: ReadonlySet<string> = new Set(["type", "association", "request"]);

/** How many have lost what they had. */
export interface Dropped {
  readonly droppedConnections?: number;
  readonly droppedPoolElements?: number;
}

/** Writes the events of a registrar. */
export class Narrator {
  private readonly log: Log;
  private readonly api: Api;
  private connections = 0;
  private poolElements = 0;
  private isServing = false;

  constructor(log: Log, api: Api) {
    this.log = log;
    this.api = api;
  }

  /** Tells an event. */
  tell(event: RegistrarEvent): void {
    this.count(event);
    if (event.type === "serving") this.isServing = true;
    const level = this.keepsFromServing(event) ? "error" : levelOf(event);
    this.log.event(level, event.type, () => eventFields(event, this.api));
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

  private count(event: RegistrarEvent): void {
    if (event.type === "association-closed" && DROPS.has(event.reason)) this.connections++;
    if (event.type === "pool-element-removed" && DROPS.has(event.reason)) this.poolElements++;
  }
}

function levelOf(event: RegistrarEvent): Level {
  if (event.type === "association-closed") {
    return UNWANTED_ENDS.has(event.reason) ? "warning" : "debug";
  }
  if (event.type === "pool-element-removed") {
    return event.reason === "deregistered" ? "info" : "warning";
  }
  return usualLevel(event.type);
}

/** What an event of the library says, as it is written everywhere. */
export function eventFields(event: { readonly type: string }, api: Api): LogFields {
  const known = Object.entries<unknown>({ ...event }).filter(([key, value]) => {
    const isNothing = value === undefined || value === false ||
      (Array.isArray(value) && value.length === 0);
    return !isNothing && !LEFT_OUT.has(key);
  });
  return Object.fromEntries(known.map(([key, value]) => [key, fieldOf(key, value, api)]));
}

function fieldOf(key: string, value: unknown, api: Api): unknown {
  switch (key) {
    case "home":
      // Of a keep-alive it says whether it came from the home.
      return typeof value === "number" ? api.formatIdentifier(value) : value;
    case "poolElements":
      return (value as readonly PoolElementValue[]).map(({ identifier }) =>
        api.formatIdentifier(identifier)
      );
    case "policy":
      return api.policyName(value as Policy);
    case "error":
      return String(value);
    case "identifier":
    case "sender":
    case "peer":
    case "target":
    case "by":
    case "server":
    case "winnerServer":
    case "previous":
    case "peIdentifier":
      return api.formatIdentifier(value as number);
    case "cause":
      return api.causeName(value as number);
    case "causes":
    case "warnings":
      return (value as readonly { code: number }[]).map(({ code }) => api.causeName(code));
    case "remote":
    case "endpoint":
    case "address":
    case "registrar":
    case "group":
      return formatAddress(value as { host: string; port: number });
    case "attempts":
      return (value as readonly Attempt[]).map((attempt) => api.describeAttempt(attempt));
    case "element":
      return api.viewTransport(
        (value as { transport: Parameters<Api["viewTransport"]>[0] }).transport,
      );
    default:
      return value;
  }
}
