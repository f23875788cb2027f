/** Who a client is, in one text. */

import type { Binding } from "../../api.ts";

/** What identifies a client. */
export type ClientOf = Pick<Binding, "hardware" | "clientId">;

/** Its hardware address, as people know it, and its identifier unless that says no more. */
export function clientOf({ hardware, clientId }: ClientOf): string {
  if (clientId === undefined) return hardware ?? "nobody";
  if (hardware === undefined) return `client ${clientId}`;
  return clientId === `01:${hardware}` ? hardware : `${hardware} (client ${clientId})`;
}

/**
 * Whether one client is meant: by the identifier, or else by the hardware address, as one that has
 * no identifier here may have one there. RFC 2131 §2.
 */
export function isSameClient(one: ClientOf, other: ClientOf): boolean {
  if (one.clientId !== undefined && other.clientId !== undefined) {
    return one.clientId === other.clientId;
  }
  return one.hardware !== undefined && one.hardware === other.hardware;
}
