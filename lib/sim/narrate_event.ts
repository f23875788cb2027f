/** An event in one line, whatever machine tells it, for transcripts. */

import type { SocketAddress } from "../core/mod.ts";
import { type ErrorCause, type Policy, policyName, type PoolElement } from "../wire/mod.ts";
import { narrateCauses, narrateElements } from "./narrate_message.ts";
import type { Names } from "./names.ts";

/** What says nothing to a reader, or is told by the messages beside it. */
const LEFT_OUT: ReadonlySet<string> = new Set(["type", "association", "element", "request"]);

/** Properties that are server identifiers. */
const REGISTRARS: ReadonlySet<string> = new Set(
  ["home", "server", "previous", "peer", "target", "by", "sender"],
);

/** The line for an event: its type, then its properties by name. */
export function narrateEvent(event: { readonly type: string }, names: Names): string {
  const words: string[] = [event.type];
  for (const [key, value] of Object.entries<unknown>({ ...event })) {
    if (LEFT_OUT.has(key) || value === undefined || value === false) continue;
    const text = narrateProperty(key, value, names);
    if (text !== "") words.push(text);
  }
  return words.join(" ");
}

function narrateProperty(key: string, value: unknown, names: Names): string {
  if (value === true) return key;
  if (typeof value === "number") return `${key}=${narrateNumber(key, value, names)}`;
  if (Array.isArray(value)) return narrateList(key, value, names);
  if (typeof value === "string") return `${key}=${value.includes(" ") ? `"${value}"` : value}`;
  if (isAddress(value)) return `${key}=${names.host(value)}`;
  if (key === "policy") return policyName(value as Policy);
  return "";
}

function narrateNumber(key: string, value: number, names: Names): string {
  if (key === "identifier") return names.any(value);
  if (key === "peIdentifier") return names.element(value);
  if (REGISTRARS.has(key)) return names.registrar(value);
  return String(value);
}

function narrateList(key: string, values: readonly unknown[], names: Names): string {
  if (values.length === 0) return "";
  if (key === "causes" || key === "warnings") return narrateCauses(values as ErrorCause[]);
  if (key === "poolElements") return narrateElements(values as PoolElement[], names);
  if (key === "attempts") {
    const attempts = values as { address: SocketAddress; reason: string }[];
    return `[${attempts.map((each) => `${names.host(each.address)} ${each.reason}`).join(", ")}]`;
  }
  return `${key}=${values.length}`;
}

function isAddress(value: unknown): value is SocketAddress {
  return typeof value === "object" && value !== null && "host" in value && "port" in value;
}
