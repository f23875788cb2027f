/** `HOST[:PORT]` on the command line. IPv6 stands in brackets, as in a URL. */

/** A host, by name or IP address without brackets, and a TCP port. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** An address as it was written: the port may be missing. */
export interface WrittenAddress {
  readonly host: string;
  readonly port?: number;
}

/** The port of ASAP where none is given. RFC 5352 §8.2. */
export const ASAP_PORT = 3863;
/** The port of ENRP where none is given. RFC 5353 §5.3, docs/tcp-mapping.md §2. */
export const ENRP_PORT = 9901;

const MAX_PORT = 65535;
/** What some resolver takes for an IPv4 address: digits, dots, and hexadecimal parts. */
const LIKE_IPV4 = /^(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?$/i;
const IPV4_PART = /^(0|[1-9][0-9]{0,2})$/;
const HOST_LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i;
const MAX_HOST_LENGTH = 253;

/**
 * Reads `HOST` or `HOST:PORT`.
 *
 * @throws {SyntaxError} if it is neither, or if hosts would read it differently (`010.0.0.1`,
 * `127.1`).
 */
export function parseWrittenAddress(text: string, options: { zeroPort?: boolean } = {}) {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/s.exec(text);
  if (bracketed !== null) {
    return withPort(parseIpv6(bracketed[1]!), bracketed[2], text, options);
  }
  const colon = text.indexOf(":");
  if (colon !== text.lastIndexOf(":")) {
    throw new SyntaxError(`"${text}" is not HOST:PORT; IPv6 stands in brackets, as in [::1]:3863`);
  }
  const host = parseHost(colon < 0 ? text : text.slice(0, colon));
  return withPort(host, colon < 0 ? undefined : text.slice(colon + 1), text, options);
}

/**
 * Reads `HOST:PORT`, where the port is needed.
 *
 * @throws {SyntaxError} if it is something else.
 */
export function parseAddress(text: string, options: { zeroPort?: boolean } = {}): Address {
  const { host, port } = parseWrittenAddress(text, options);
  if (port === undefined) throw new SyntaxError(`"${text}" has no port; write HOST:PORT`);
  return { host, port };
}

/**
 * Reads a port from 1 to 65535, or from 0 where 0 stands for any.
 *
 * @throws {SyntaxError} if it is something else.
 */
export function parsePort(text: string, options: { zeroPort?: boolean } = {}): number {
  const least = options.zeroPort ? 0 : 1;
  const port = /^[0-9]{1,9}$/.test(text) ? Number(text) : NaN;
  if (port >= least && port <= MAX_PORT) return port;
  throw new SyntaxError(
    `"${text}" is not a port: it must be a number from ${least} to ${MAX_PORT}`,
  );
}

/**
 * Reads an IP address, without brackets and without a port.
 *
 * @throws {SyntaxError} if it is something else.
 */
export function parseIp(text: string): string {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** `HOST:PORT`, with brackets around IPv6. */
export function formatAddress({ host, port }: Address): string {
  return `${bracketed(host)}:${port}`;
}

/** A host as it stands in `HOST:PORT` and in URLs. */
export function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Whether only this host reaches a listener of that name. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127\.[0-9.]+|::1)$/i.test(host);
}

function withPort(
  host: string,
  port: string | undefined,
  text: string,
  options: { zeroPort?: boolean },
): WrittenAddress {
  if (port === undefined) return { host };
  try {
    return { host, port: parsePort(port, options) };
  } catch (error) {
    throw new SyntaxError(`"${text}": ${(error as Error).message}`);
  }
}

function parseHost(text: string): string {
  if (text === "") throw new SyntaxError("the host is empty");
  if (LIKE_IPV4.test(text)) return parseIpv4(text);
  const host = toAscii(text);
  const labels = host.replace(/\.$/, "").split(".");
  if (host.length <= MAX_HOST_LENGTH && labels.every((label) => HOST_LABEL.test(label))) {
    return host;
  }
  throw new SyntaxError(`"${text}" is not a host name or IP address`);
}

/** IDNA: the form of a name that the domain name system knows. */
function toAscii(text: string): string {
  if (/^[!-~]*$/.test(text)) return text;
  return /[\s/?#@:%\\]/.test(text) ? "" : URL.parse(`http://${text}/`)?.hostname ?? "";
}

function parseIpv4(text: string): string {
  const parts = text.split(".");
  if (parts.length === 4 && parts.every((part) => IPV4_PART.test(part) && Number(part) <= 255)) {
    return text;
  }
  throw new SyntaxError(
    `"${text}" is not an IPv4 address: it must be four numbers from 0 to 255 without leading zeros`,
  );
}

/** IPv6 in its canonical form, RFC 5952; a zone (`%eth0`) stays as it is. */
function parseIpv6(text: string): string {
  const [address, zone] = text.split(/%(.*)/s) as [string, string?];
  const url = /^[0-9a-f:.]+$/i.test(address) ? URL.parse(`http://[${address}]/`) : null;
  if (url === null || zone === "" || /[^\w.-]/.test(zone ?? "")) {
    throw new SyntaxError(`"${text}" is not an IPv6 address`);
  }
  const canonical = mappedIpv4(url.hostname.slice(1, -1));
  return zone === undefined ? canonical : `${canonical}%${zone}`;
}

/** `::ffff:a.b.c.d` as RFC 5952 §5 writes it; URLs have its last two groups in hexadecimal. */
function mappedIpv4(address: string): string {
  const match = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(address);
  if (match === null) return address;
  const [high, low] = [parseInt(match[1]!, 16), parseInt(match[2]!, 16)];
  return `::ffff:${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}
