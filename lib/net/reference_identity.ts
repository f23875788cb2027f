/** Whether a certificate is for the name that was dialled: RFC 5352 §9.2. */

import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { addressText, type AlternativeNames } from "./certificate_name.ts";
import { sameBytes } from "./parsed_certificate.ts";

/** What a TLS client takes the other side for: a host name as ACE, or an address. */
export type ReferenceIdentity =
  | { readonly type: "dns"; readonly name: string }
  | { readonly type: "address"; readonly text: string; readonly bytes: Uint8Array };

/** A host name's label as UseSTD3ASCIIRules leaves it (RFC 3490 §4.1). */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const NUMBER = /^(\d+|0x[0-9a-f]*)$/;

/** What a host name or address is compared as; `undefined`: it cannot be anybody's name. */
export function referenceIdentity(host: string): ReferenceIdentity | undefined {
  const address = withoutZone(host);
  if (isIP(address) !== 0) {
    return { type: "address", text: address, bytes: addressBytes(address) };
  }
  const name = domainToASCII(host).toLowerCase().replace(/\.$/, "");
  const labels = name.split(".");
  // What looks like an address but is none, 127.1 or 0x7f000001, is nobody's name either.
  if (!labels.every((label) => LABEL.test(label)) || NUMBER.test(labels.at(-1)!)) return undefined;
  return { type: "dns", name };
}

/** Whether one of the names is the reference identity. The common name is never looked at. */
export function matchesReference(reference: ReferenceIdentity, names: AlternativeNames): boolean {
  if (reference.type === "address") {
    return names.addresses.some((address) => sameBytes(address, reference.bytes));
  }
  return names.dns.some((name) => matchesDnsName(reference.name, name));
}

/** The names that it has, for people: first those of the kind that it should have had. */
export function namesInWords(reference: ReferenceIdentity, names: AlternativeNames): string {
  const addresses = names.addresses.map(addressText);
  const [kind, found, others] = reference.type === "address"
    ? ["IP addresses", addresses, names.dns] as const
    : ["DNS names", names.dns, addresses] as const;
  if (found.length > 0) return [...found, ...others].join(", ");
  return `no ${kind}` + (others.length > 0 ? `, only ${others.join(", ")}` : "");
}

/** The reference identity for people. */
export function referenceText(reference: ReferenceIdentity): string {
  return reference.type === "dns" ? reference.name : reference.text;
}

/** A `*` stands for the whole left-most label, and for one label only. */
function matchesDnsName(reference: string, presented: string): boolean {
  const name = presented.toLowerCase().replace(/\.$/, "");
  if (!name.startsWith("*.")) return name === reference;
  const dot = reference.indexOf(".");
  return dot > 0 && reference.slice(dot + 1) === name.slice(2);
}

function withoutZone(host: string): string {
  const zone = host.indexOf("%");
  return zone > 0 && host.includes(":") ? host.slice(0, zone) : host;
}

/** The bytes of an address in network byte order; an IPv4-mapped one is an IPv4 address. */
function addressBytes(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split("."), Number);
  // The URL parser writes IPv6 addresses in one form: hexadecimal groups, one run left out.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = canonical.split("::");
  const left = groupsOf(head);
  const right = groupsOf(tail ?? "");
  const middle = new Array<number>(tail === undefined ? 0 : 8 - left.length - right.length).fill(0);
  const groups = [...left, ...middle, ...right];
  const bytes = Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  return isMapped ? bytes.slice(12) : bytes;
}

function groupsOf(text: string): number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}
