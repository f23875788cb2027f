/** Where a pool element is dialled. */

import type { Address } from "../../net/mod.ts";
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
