/** How a pool element is reached: the only place of the command line where one is dialled. */

import { bracketed, formatAddress } from "../address.ts";
import type { Api, Connection, PoolElementValue, SocketAddress } from "../api.ts";
import { reasonOf } from "../failure.ts";

/** What stands before the reason in the words of a dial that failed. */
const DIAL_FAILED = /^cannot connect to \S+: /;

/** An element that this command does not speak with: nothing is wrong with it. */
export class NotSpoken extends Error {
  override readonly name = "NotSpoken";
}

/** An element to which no connection could be made. */
export class NotReached extends Error {
  override readonly name = "NotReached";
}

/** What dialling needs of the library. */
type Dialling = Pick<Api, "openElement" | "tcpTransport">;

/**
 * A connection that carries what the application of a pool element sends and takes, and nothing
 * of a control channel.
 *
 * @throws {NotSpoken} if there is no such thing as a connection to it.
 * @throws {NotReached} if it cannot be connected to in time, or does not speak as its pool does.
 */
export async function dialElement(
  api: Dialling,
  element: PoolElementValue,
  timeoutMs: number,
): Promise<Connection> {
  requireTcp(element);
  const transport = api.tcpTransport();
  return await reached(api.openElement(element, { timeoutMs, transport }));
}

/**
 * A connection to an element, whatever is spoken there.
 *
 * @throws {NotSpoken} if there is no such thing as a connection to it.
 * @throws {NotReached} if it cannot be connected to in time.
 */
export async function reachElement(
  api: Dialling,
  element: PoolElementValue,
  timeoutMs: number,
): Promise<Connection> {
  const address = requireTcp(element);
  return await reached(api.tcpTransport().dial(address, { timeoutMs }));
}

/** Its address, of which a TCP Transport has one. RFC 5354 §3.5. */
function requireTcp({ transport }: PoolElementValue): SocketAddress {
  if (transport.protocol !== "tcp") {
    throw new NotSpoken(`it is reached by ${transport.protocol}, not by tcp`);
  }
  return { host: transport.addresses[0]!, port: transport.port };
}

async function reached(dialled: Promise<Connection>): Promise<Connection> {
  try {
    return await dialled;
  } catch (error) {
    throw new NotReached(reasonOf(error).replace(DIAL_FAILED, ""), { cause: error });
  }
}

/** Where an element is, for people. */
export function placeOf({ transport }: PoolElementValue): string {
  if (transport.protocol === "opaque") return "an opaque transport";
  const { addresses, port } = transport;
  if (addresses.length === 1) return formatAddress({ host: addresses[0]!, port });
  return `${addresses.map(bracketed).join(" and ")}, port ${port}`;
}
