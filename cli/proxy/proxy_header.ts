/**
 * The PROXY protocol, version 2: tells a server who its client is, before the client's first byte.
 * As specified by haproxy, doc/proxy-protocol.txt §2.2.
 */

/** An IP address without brackets, and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Who connects: a client, or the proxy on its own behalf. */
export type ProxiedConnection =
  | { readonly command: "proxy"; readonly source: Endpoint; readonly destination: Endpoint }
  | { readonly command: "local" };

const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const VERSION_2 = 0x20;
const COMMANDS = { local: 0x00, proxy: 0x01 } as const;
/** Address family and transport protocol in one byte. */
const UNSPECIFIED = 0x00;
const TCP_OVER_IPV4 = 0x11;
const TCP_OVER_IPV6 = 0x21;

/**
 * The header of a TCP connection.
 *
 * @throws {SyntaxError} if a host is no IP address.
 */
export function encodeProxyHeader(connection: ProxiedConnection): Uint8Array<ArrayBuffer> {
  const { command } = connection;
  if (command === "local") return header(command, UNSPECIFIED, []);
  const { source, destination } = connection;
  let hosts = [source, destination].map(({ host }) => withoutMapping(ipBytes(host)));
  const isIpv4 = hosts.every(({ length }) => length === 4);
  if (!isIpv4) hosts = hosts.map(mapped);
  const ports = [source, destination].flatMap(({ port }) => [port >> 8, port & 0xff]);
  return header(command, isIpv4 ? TCP_OVER_IPV4 : TCP_OVER_IPV6, [...hosts.flat(), ...ports]);
}

function header(
  command: ProxiedConnection["command"],
  family: number,
  addresses: readonly number[],
): Uint8Array<ArrayBuffer> {
  const { length } = addresses;
  return Uint8Array.from([
    ...SIGNATURE,
    VERSION_2 | COMMANDS[command],
    family,
    length >> 8,
    length & 0xff,
    ...addresses,
  ]);
}

const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** What a listener on `::` calls ::ffff:192.0.2.1 is a client over IPv4. */
function withoutMapping(bytes: number[]): number[] {
  const isMapped = bytes.length === 16 && MAPPED_PREFIX.every((byte, i) => bytes[i] === byte);
  return isMapped ? bytes.slice(MAPPED_PREFIX.length) : bytes;
}

function mapped(bytes: number[]): number[] {
  return bytes.length === 16 ? bytes : [...MAPPED_PREFIX, ...bytes];
}

/** The bytes of an IP address; the zone of IPv6 means nothing to others. */
function ipBytes(host: string): number[] {
  if (/^[0-9]{1,3}(\.[0-9]{1,3}){3}$/.test(host)) return host.split(".").map(Number);
  const address = URL.parse(`http://[${host.replace(/%.*$/s, "")}]/`)?.hostname.slice(1, -1);
  if (address === undefined) throw new SyntaxError(`"${host}" is not an IP address`);
  const [head, tail] = address.split("::").map((part) => part === "" ? [] : part.split(":")) as [
    string[],
    string[]?,
  ];
  const zeros = tail === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array<string>(zeros).fill("0"), ...(tail ?? [])];
  return groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]);
}
