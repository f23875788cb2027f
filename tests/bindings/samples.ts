/** Servers and bindings of a small pool. */

import type { StoredServer } from "../../lib/bindings/mod.ts";
import type { Binding } from "../../lib/wire/mod.ts";

/** First address of the pool. */
export const FIRST = "10.0.0.1";
/** Last address of the pool. */
export const LAST = "10.0.0.12";

/** The server of a share of three; its identifier is that of the share. */
export function serverOf(identifier: number, change: Partial<StoredServer> = {}): StoredServer {
  return {
    identifier,
    version: 1,
    claim: 1,
    first: FIRST,
    last: LAST,
    share: (identifier - 1) % 3 + 1,
    shares: 3,
    lease: 600,
    freeAt: 0,
    flags: [],
    name: `dhcp${identifier}`,
    acknowledgements: [],
    ...change,
  };
}

/** A binding that lasts. */
export function bindingOf(change: Partial<Binding> = {}): Binding {
  return {
    address: FIRST,
    state: "BOUND",
    transaction: "SELECTING",
    counter: 1,
    server: 1,
    lease: 600,
    remaining: 600,
    hardware: "52:54:00:00:00:01",
    ...change,
  };
}
