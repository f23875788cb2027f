/** Who a certificate names: its subject for people, its subjectAltName for programs. RFC 5280. */

import {
  childrenOf,
  contextTag,
  DerCursor,
  type DerElement,
  DerMalformed,
  expectTag,
  oidOf,
  readElement,
  TAG,
} from "./der.ts";

/** The URI by which a certificate has the role of a registrar; protocol decision 28. */
export const REGISTRAR_ROLE = "rserpool:registrar";
/** URIs of this scheme are roles; they name nobody. RFC 3986 §3.1: its case is no matter. */
const ROLE_SCHEME = /^rserpool:/i;
/** RFC 5280 §4.2.1.6: a URI is absolute; what has no scheme could be somebody's DNS name. */
const SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/** The names in subjectAltName, in their order. */
export interface AlternativeNames {
  readonly dns: readonly string[];
  readonly uris: readonly string[];
  /** 4 or 16 bytes each; others name nothing. */
  readonly addresses: readonly Uint8Array[];
}

/** Of a certificate without subjectAltName. */
export const NO_NAMES: AlternativeNames = { dns: [], uris: [], addresses: [] };

const ATTRIBUTES: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};

/**
 * The name by which others know who has shown these: the first URI that is not a role, else the
 * first dNSName, in lower case. Neither kind can have the name of one of the other kind.
 */
export function nameOf({ uris, dns }: AlternativeNames): string | undefined {
  const uri = uris.find((uri) => SCHEME.test(uri) && !ROLE_SCHEME.test(uri));
  return uri ?? dns.find((name) => !name.includes(":"))?.toLowerCase();
}

/** Whether they include the role of a registrar. */
export function isRegistrar({ uris }: AlternativeNames): boolean {
  return uris.includes(REGISTRAR_ROLE);
}

/**
 * Reads the value of a subjectAltName extension (RFC 5280 §4.2.1.6) from its encoding: no text
 * with separators, in which a name could forge another, lies between.
 *
 * @throws {DerMalformed} if it is none, or a name holds what is not a visible ASCII character.
 */
export function parseAlternativeNames(value: Uint8Array): AlternativeNames {
  const dns: string[] = [];
  const uris: string[] = [];
  const addresses: Uint8Array[] = [];
  for (const name of childrenOf(expectTag(readElement(value), TAG.sequence))) {
    if (name.tag === contextTag(2, "primitive")) dns.push(visibleText(name.content));
    else if (name.tag === contextTag(6, "primitive")) uris.push(visibleText(name.content));
    else if (name.tag === contextTag(7, "primitive")) addresses.push(name.content);
  }
  return { dns, uris, addresses };
}

/** A distinguished name for people: `CN=web-1,O=Example`, in the order of its encoding. */
export function distinguishedName(name: DerElement): string {
  const parts: string[] = [];
  for (const set of childrenOf(expectTag(name, TAG.sequence))) {
    for (const attribute of childrenOf(expectTag(set, TAG.set))) {
      const cursor = new DerCursor(attribute);
      const type = oidOf(cursor.take(TAG.oid));
      parts.push(`${ATTRIBUTES[type] ?? type}=${readable(cursor.any())}`);
    }
  }
  return parts.join(",");
}

/** An address for people: `192.0.2.1`, `2001:db8:0:0:0:0:0:1`. */
export function addressText(address: Uint8Array): string {
  if (address.length === 4) return address.join(".");
  if (address.length !== 16) return `${address.length} bytes`;
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) {
    groups.push((address[i]! * 256 + address[i + 1]!).toString(16));
  }
  return groups.join(":");
}

function visibleText(bytes: Uint8Array): string {
  if (bytes.some((byte) => byte <= 0x20 || byte >= 0x7f)) {
    throw new DerMalformed("a name with a character that no name may have");
  }
  return String.fromCharCode(...bytes);
}

function readable({ tag, content }: DerElement): string {
  const text = tag === TAG.bmpString
    ? new TextDecoder("utf-16be").decode(content)
    : new TextDecoder(tag === TAG.teletexString ? "latin1" : "utf-8").decode(content);
  // It is shown on terminals: control characters and separators must not pretend anything.
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?").replace(/[,+"\\<>;=]/g, "\\$&");
}
