/** A failover as the program is told of it. RFC 5355 §2.9; docs/tcp-mapping.md §15.8. */

import type { Connection, Secured } from "../../net/mod.ts";
import type { PoolElement } from "../../wire/mod.ts";
import type { ConnectOptions, Failover } from "./contract.ts";
import { dialElement, type ElementDial } from "./element_address.ts";

/**
 * Runs the program's handler.
 *
 * @returns what it wants to be sent before all else.
 * @throws what the handler throws: it does not trust the next element.
 */
export async function announceFailover(
  onFailover: NonNullable<ConnectOptions["onFailover"]>,
  facts: Omit<Failover, "send">,
): Promise<Uint8Array[]> {
  const greeting: Uint8Array[] = [];
  let isDone = false;
  const send = (bytes: Uint8Array) => {
    if (isDone) throw new TypeError("The handler of this failover is done");
    greeting.push(bytes);
  };
  try {
    await onFailover({ ...facts, send });
  } finally {
    isDone = true;
  }
  return greeting;
}

/**
 * An element does not wait for a preface as long as a handler may take: it is connected anew, and
 * must have proved to be the same that the program was told of.
 *
 * @returns the connection that is used from now on; if there is none the one before, which is lost.
 */
export async function connectAnew(
  before: Connection,
  element: PoolElement,
  dial: ElementDial,
): Promise<Connection> {
  before.abort();
  let connection: Connection;
  try {
    connection = await dialElement(element, dial);
  } catch { // Whoever reads of the one before notices it.
    return before;
  }
  if (isSame(connection.secured, before.secured) && dial.signal?.aborted !== true) {
    return connection;
  }
  connection.abort();
  return before;
}

function isSame(one: Secured | undefined, other: Secured | undefined): boolean {
  return one?.kind === other?.kind && one?.name === other?.name &&
    one?.isRegistrar === other?.isRegistrar;
}
