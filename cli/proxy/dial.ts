/** The connection to an element: one place, whatever elements may speak one day. */

import type { PoolElementValue as PoolElement } from "../api.ts";
import { formatAddress } from "../address.ts";
import { formatDuration } from "../duration.ts";
import { reasonOf } from "../failure.ts";
import type { RelayedStream } from "./relay.ts";

/** An element that could not be reached, and why, address by address. */
export class ElementUnreachable extends Error {
  override readonly name = "ElementUnreachable";
  /** Whether this host could not even try: its element is not to blame, and not to be reported. */
  readonly isOwnFault: boolean;

  constructor(message: string, isOwnFault = false) {
    super(message);
    this.isOwnFault = isOwnFault;
  }
}

/** ENOMEM, ENFILE, EMFILE, EADDRNOTAVAIL (no port is left) and ENOBUFS. */
const OWN_FAULTS = /\(os error (12|23|24|99|105)\)/;

/**
 * Connects to the first address of an element that can be reached.
 *
 * @param timeoutMs How long each address may take.
 * @throws {ElementUnreachable} if none can. Nothing is left open.
 */
export async function dialElement(
  { transport }: PoolElement,
  timeoutMs: number,
): Promise<RelayedStream> {
  if (transport.protocol === "opaque") throw new ElementUnreachable("its transport is unknown");
  const { addresses, port } = transport;
  const reasons: string[] = [];
  let isOwnFault = false;
  for (const host of addresses) {
    try {
      return await dial(host, port, timeoutMs);
    } catch (error) {
      isOwnFault ||= OWN_FAULTS.test(String(error));
      reasons.push(`${formatAddress({ host, port })}: ${wordsOf(error, timeoutMs)}`);
    }
  }
  throw new ElementUnreachable(reasons.join("; "), isOwnFault);
}

async function dial(hostname: string, port: number, timeoutMs: number): Promise<RelayedStream> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeoutMs);
  try {
    const connection = await Deno.connect({ hostname, port, signal: limit.signal });
    prepare(connection);
    return connection;
  } finally {
    clearTimeout(timer);
  }
}

/** Sends at once what is there, and notices a peer that has vanished without a word. */
export function prepare(connection: Deno.TcpConn): void {
  try {
    connection.setNoDelay(true);
    connection.setKeepAlive(true);
  } catch { // Lost already; the first read says so.
  }
}

function wordsOf(error: unknown, timeoutMs: number): string {
  const isLate = error instanceof DOMException && error.name === "AbortError";
  return isLate ? `no answer within ${formatDuration(timeoutMs)}` : reasonOf(error);
}
