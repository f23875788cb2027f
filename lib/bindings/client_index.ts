/** Which addresses may be those of one client: by its identifier, and by its hardware address. */

import type { Binding, IpAddress } from "../wire/mod.ts";

type Identified = Pick<Binding, "address" | "hardware" | "clientId">;

/**
 * Addresses by what their clients are known by. Who has an identifier is found by that, so that
 * one hardware address with thousands of identifiers, which a client is free to make up, costs no
 * more than thousands of clients.
 */
export class ClientIndex {
  private readonly addresses = new Map<string, Set<IpAddress>>();

  add(binding: Identified): void {
    for (const key of keysOf(binding)) {
      const known = this.addresses.get(key);
      if (known === undefined) this.addresses.set(key, new Set([binding.address]));
      else known.add(binding.address);
    }
  }

  remove(binding: Identified): void {
    for (const key of keysOf(binding)) {
      const known = this.addresses.get(key);
      if (known?.delete(binding.address) && known.size === 0) this.addresses.delete(key);
    }
  }

  /** Each address once; whether the client is the same one is to be looked at. */
  addressesOf(client: Identified): ReadonlySet<IpAddress> {
    const found = new Set<IpAddress>();
    for (const key of searchKeysOf(client)) {
      for (const address of this.addresses.get(key) ?? []) found.add(address);
    }
    return found;
  }
}

/** A client with an identifier stands under it, and, for those that have none, beside them. */
function keysOf({ hardware, clientId }: Identified): string[] {
  const keys: string[] = [];
  if (clientId !== undefined) keys.push(`client ${clientId}`);
  if (hardware === undefined) return keys;
  keys.push(clientId === undefined ? `only ${hardware}` : `also ${hardware}`);
  return keys;
}

function searchKeysOf({ hardware, clientId }: Identified): string[] {
  if (clientId !== undefined) return [`client ${clientId}`, `only ${hardware ?? ""}`];
  return hardware === undefined ? [] : [`only ${hardware}`, `also ${hardware}`];
}
