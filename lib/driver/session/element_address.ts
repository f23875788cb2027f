/** Where a pool element is dialled. */

import { type Address, type Connection, tcpTransport, type Transport } from "../../net/mod.ts";
import type { PoolElement } from "../../wire/mod.ts";

/**
 * The address of an element that is reached by TCP: a TCP Transport has one (RFC 5354 §3.5).
 *
 * @throws {TypeError} if the element is reached otherwise.
 */
export function addressOf({ transport }: PoolElement): Address {
  if (transport.protocol !== "tcp") {
    throw new TypeError(`The element is reached by ${transport.protocol}, not by tcp`);
  }
  return { host: transport.addresses[0]!, port: transport.port };
}

/** How an element is dialled. */
export interface ElementDial {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Default plain TCP. */
  readonly transport?: Transport | undefined;
}

/**
 * A connection to an element, of which nothing was sent yet (docs/tcp-mapping.md §15.9).
 *
 * @throws {DialFailed} if there is none.
 * @throws {TypeError} if the element is reached otherwise.
 */
export async function dialElement(
  element: PoolElement,
  { timeoutMs, signal, transport = tcpTransport() }: ElementDial,
): Promise<Connection> {
  return await transport.dial(addressOf(element), {
    timeoutMs,
    ...(signal && { signal }),
    tls: { role: "client", protocol: "rserpool" },
  });
}
