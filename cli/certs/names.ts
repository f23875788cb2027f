/**
 * Names in certificates: the one by which its owner is known, and where a registrar can be reached.
 * Whatever has two readings, and whatever could be taken for a role, is refused.
 */

import { parseIp, parseWrittenAddress } from "../address.ts";

/** The URI in a certificate that makes its owner a registrar. docs/protocol-decisions.md 28. */
export const REGISTRAR_ROLE = "rserpool:registrar";
/** URIs of this scheme are roles, never names. */
const ROLE_SCHEME = /^rserpool:/i;

/** Longest name: it is a file's name, too, which may have 255 bytes with what stands behind it. */
export const MAX_CERTIFICATE_NAME = 200;
/** RFC 5280 appendix A, ub-common-name. */
export const MAX_COMMON_NAME = 64;

/** Files of the authority itself have this name. */
const AUTHORITY = "ca";

/** How a subjectAltName says it. */
export interface SubjectName {
  readonly type: "dns" | "url" | "ip";
  readonly value: string;
}

/**
 * The name of an owner: a DNS name in lower case, or a URI.
 *
 * @throws {SyntaxError} if it is neither.
 */
export function parseCertificateName(text: string): SubjectName {
  const name = text.includes(":") && !isIpv6(text) ? parseUri(text) : parseDnsName(text);
  if (fileNameOf(name.value).length <= MAX_CERTIFICATE_NAME) return name;
  throw new SyntaxError(`this name is longer than ${MAX_CERTIFICATE_NAME} characters: "${text}"`);
}

/**
 * Where a registrar can be reached: an IP address or a host name.
 *
 * @throws {SyntaxError} if it is neither, or has a port.
 */
export function parseReachable(text: string): SubjectName {
  const bare = /^\[(.*)\]$/s.exec(text)?.[1] ?? text;
  if (bare.includes("%")) throw new SyntaxError(`"${text}" has a zone, which no other host knows`);
  if (isIpv6(bare)) return { type: "ip", value: parseIp(bare) };
  const { host, port } = parseWrittenAddress(text);
  if (port !== undefined) {
    throw new SyntaxError(`"${text}" has a port; a certificate has IP addresses and host names`);
  }
  if (/^[0-9.]+$/.test(host)) return { type: "ip", value: host };
  return { type: "dns", value: parseHostName(host, text) };
}

/** The names of a list without those that are there already. */
export function withoutTwins(names: readonly SubjectName[]): SubjectName[] {
  return names.filter(({ type, value }, index) =>
    names.findIndex((each) => each.type === type && each.value === value) === index
  );
}

/** A name as a file's name: DNS names as they are, in URIs what is no letter or digit as %XX. */
export function fileNameOf(name: string): string {
  const encoder = new TextEncoder();
  return name.replace(
    /[^A-Za-z0-9._-]/g,
    (character) =>
      [...encoder.encode(character)].map((byte) =>
        `%${byte.toString(16).toUpperCase().padStart(2, "0")}`
      ).join(""),
  );
}

/**
 * The name of an authority, for people.
 *
 * @throws {SyntaxError} if it is empty, too long, or has characters that cannot be seen.
 */
export function parseAuthorityName(text: string): string {
  const length = [...text].length;
  if (length < 1 || length > MAX_COMMON_NAME) {
    throw new SyntaxError(`the name has ${length} characters; it must have 1 to 64`);
  }
  if (/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) {
    throw new SyntaxError("the name has a control character or an invisible one");
  }
  return text;
}

function isIpv6(text: string): boolean {
  return /^\[?[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*\]?$/i.test(text);
}

function parseUri(text: string): SubjectName {
  if (/^[^:]*:[0-9]*$/.test(text)) {
    throw new SyntaxError(`"${text}" looks like HOST:PORT; a name has no port`);
  }
  if (ROLE_SCHEME.test(text)) {
    throw new SyntaxError(`"${text}" cannot be a name: rserpool: is kept for roles`);
  }
  const isWellFormed = /^[a-z][a-z0-9+.-]*:[!-~]+$/i.test(text) && !/["<>\\^`{|}*]/.test(text);
  if (isWellFormed && URL.canParse(text)) return { type: "url", value: text };
  throw new SyntaxError(`"${text}" is not a URI`);
}

function parseDnsName(text: string): SubjectName {
  if (text === "") throw new SyntaxError("the name is empty");
  if (text.includes("*")) {
    throw new SyntaxError(`"${text}" would stand for many; a certificate names one owner`);
  }
  if (isIpv6(text) || /^[0-9]+(\.[0-9]+)*$/.test(text)) {
    throw new SyntaxError(
      `"${text}" is no DNS name or URI; an IP address of a registrar goes to --address`,
    );
  }
  const name = parseHostName(text, text);
  if (name !== AUTHORITY) return { type: "dns", value: name };
  throw new SyntaxError(`"${text}" is the authority's own name`);
}

function parseHostName(text: string, written: string): string {
  let host: string;
  try {
    host = parseWrittenAddress(text).host.replace(/\.$/, "").toLowerCase();
  } catch {
    throw new SyntaxError(`"${written}" is no DNS name or URI`);
  }
  // What ends in digits, some resolver takes for an IPv4 address.
  if (!/(^|\.)[0-9]+$/.test(host)) return host;
  throw new SyntaxError(`"${written}" is no DNS name: its last label is a number`);
}
