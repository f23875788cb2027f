/** `--listen [udp:]HOST:PORT=POOL`: where connections or datagrams come in, and who serves them. */

import { type Address, parseAddress } from "../address.ts";

/** What a proxy forwards. */
export type ProxyProtocol = "tcp" | "udp";

/** One listener, as it was written. */
export interface ListenOption {
  readonly protocol: ProxyProtocol;
  readonly address: Address;
  /** The pool handle, as it was written: it is read when the limits of handles are known. */
  readonly pool: string;
}

const UDP = "udp:";
/** What is so written has a port behind the next colon: `tcp` alone is a host name. */
const TCP = /^tcp:(?=[^=]*:)/;

/**
 * Reads a listener. All that stands behind the first `=` is the pool handle.
 *
 * @throws {SyntaxError} if there is no pool, or no HOST:PORT.
 */
export function parseListen(text: string): ListenOption {
  const isUdp = text.startsWith(UDP);
  const rest = isUdp ? text.slice(UDP.length) : text.replace(TCP, "");
  const equals = rest.indexOf("=");
  if (equals < 0) {
    throw new SyntaxError(`"${text}" names no pool; write for example 127.0.0.1:8080=web`);
  }
  const written = rest.slice(0, equals);
  const pool = rest.slice(equals + 1);
  if (pool === "") throw new SyntaxError(`"${text}" names no pool behind "="`);
  if (/^[0-9]*$/.test(written)) {
    const example = `${isUdp ? UDP : ""}127.0.0.1:${written || "8080"}=${pool}`;
    throw new SyntaxError(`"${text}" has no host; write for example ${example}`);
  }
  const address = parseAddress(written, { zeroPort: true });
  return { protocol: isUdp ? "udp" : "tcp", address, pool };
}
