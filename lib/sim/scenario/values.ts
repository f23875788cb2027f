/** Values as scenario files write them. */

import {
  parseHex,
  parsePoolHandle,
  POLICIES,
  type Policy,
  type Transport,
} from "../../wire/mod.ts";

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `30s`, `1ms`, `2m`, `1h` in milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+)(ms|s|m|h)$/.exec(text);
  if (match === null) throw new SyntaxError(`"${text}" is no duration`);
  return Number(match[1]) * UNITS_MS[match[2]!]!;
}

/** `300s` or `infinite` in seconds. */
export function parseLife(text: string): number {
  return text === "infinite" ? -1 : Math.sign(text.startsWith("-") ? -1 : 1) *
    parseDuration(text.replace(/^-/, "")) / 1000;
}

/** `round-robin`, `weighted-round-robin:weight=3`; loads and degradations are fractions. */
export function parsePolicy(text: string): Policy {
  const [name, values] = text.split(":");
  const definition = POLICIES.find((each) => each.name === name);
  if (definition === undefined) throw new SyntaxError(`"${name}" is no policy`);
  const policy: Record<string, string | number> = { name: name! };
  for (const key of Object.keys(definition.fields)) {
    const match = new RegExp(`(?:^|,)${key}=([0-9.]+)`).exec(values ?? "");
    if (match === null) throw new SyntaxError(`${name} needs ${key}`);
    const number = Number(match[1]);
    const isFraction = key === "load" || key === "degradation";
    policy[key] = isFraction ? Math.round(number * 0xffffffff) : number;
  }
  return policy as unknown as Policy;
}

/** A user transport from its parts; without an address, the element's own is meant. */
export function parseTransport(
  protocol: string,
  port: number,
  use: string,
  address: string | undefined,
): Transport {
  if (protocol !== "tcp" && protocol !== "udp" && protocol !== "sctp") {
    throw new SyntaxError(`"${protocol}" is no protocol that scenarios know`);
  }
  const uses: Record<string, number> = { "data": 0, "data+control": 1 };
  const addresses = address === undefined ? [] : [address];
  return { protocol, port, use: uses[use]!, addresses } as Transport;
}

/** A pool handle; `x*33` is one of 33 bytes. */
export function parseHandle(text: string): string {
  const match = /^(.)\*(\d+)$/.exec(text);
  return parsePoolHandle(match === null ? text : match[1]!.repeat(Number(match[2])));
}

/** `hex:00ff`, or a text in which `\n` and `_` stand for a line's end and a space. */
export function parseBytes(text: string): Uint8Array {
  if (text.startsWith("hex:")) return parseHex(text.slice(4));
  const written = text.replaceAll("\\n", "\r\n").replaceAll("_", " ");
  return Uint8Array.from(written, (character) => character.charCodeAt(0));
}
