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

/** What a host lacks itself; EADDRNOTAVAIL: no port is left. */
const OWN_FAULTS: ReadonlyMap<string, number> = new Map([
  ["ENOMEM", 12],
  ["ENFILE", 23],
  ["EMFILE", 24],
  ["EADDRNOTAVAIL", 99],
  ["ENOBUFS", 105],
]);

/** Whether an error of a socket is about this host and not about the other one. */
export function isOwnFault(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  if (OWN_FAULTS.has(String(code))) return true;
  const number = /\(os error ([0-9]+)\)/.exec(message ?? "")?.[1];
  return number !== undefined && [...OWN_FAULTS.values()].includes(Number(number));
}

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
  let isOwn = false;
  for (const host of addresses) {
    try {
      return await dial(host, port, timeoutMs);
    } catch (error) {
      isOwn ||= isOwnFault(error);
      reasons.push(`${formatAddress({ host, port })}: ${wordsOf(error, timeoutMs)}`);
    }
  }
  throw new ElementUnreachable(reasons.join("; "), isOwn);
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
