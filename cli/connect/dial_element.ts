/** How a pool element is reached: the only place of the command line where one is dialled. */

import { bracketed, formatAddress } from "../address.ts";
import type { Api, Connection, PoolElementValue } from "../api.ts";
import { reasonOf } from "../failure.ts";

/** Transport Use of an element whose connections carry data alone. RFC 5354 §3.4. */
const USE_DATA_ONLY = 0;

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
type Dialling = Pick<Api, "tcpTransport" | "transportUseName">;

/**
 * A connection that carries what the application of a pool element sends and takes.
 *
 * @throws {NotSpoken} if its connections carry something else, or are none.
 * @throws {NotReached} if it cannot be connected to in time.
 */
export async function dialElement(
  api: Dialling,
  element: PoolElementValue,
  timeoutMs: number,
): Promise<Connection> {
  const { transport } = element;
  if (transport.protocol === "tcp" && transport.use !== USE_DATA_ONLY) {
    const use = api.transportUseName(transport.use);
    throw new NotSpoken(`its transport use is ${use}, and only data is spoken here`);
  }
  return await reachElement(api, element, timeoutMs);
}

/**
 * A connection to an element, whatever is spoken there.
 *
 * @throws {NotSpoken} if there is no such thing as a connection to it.
 * @throws {NotReached} if it cannot be connected to in time.
 */
export async function reachElement(
  api: Dialling,
  { transport }: PoolElementValue,
  timeoutMs: number,
): Promise<Connection> {
  if (transport.protocol !== "tcp") {
    throw new NotSpoken(`it is reached by ${transport.protocol}, not by tcp`);
  }
  // A TCP Transport has one address (RFC 5354 §3.5).
  const address = { host: transport.addresses[0]!, port: transport.port };
  try {
    return await api.tcpTransport().dial(address, { timeoutMs });
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
