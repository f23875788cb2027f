/** The short names that transcripts use for identifiers and addresses. */

import type { SocketAddress } from "../core/mod.ts";
import { formatIdentifier } from "../wire/mod.ts";

/** Who is who. What has no name is written as it is. */
export class Names {
  private readonly elements = new Map<number, string>();
  private readonly registrars = new Map<number, string>();
  private readonly hosts = new Map<string, string>();

  /** Names an identifier after the first that has it; others may want it, too. */
  nameElement(identifier: number, name: string): void {
    if (!this.elements.has(identifier)) this.elements.set(identifier, name);
  }

  /** Names a server identifier; a later name replaces it. */
  nameRegistrar(identifier: number, name: string): void {
    this.registrars.set(identifier, name);
  }

  /** Names a host after the first that lives there. */
  nameHost(host: string, name: string): void {
    if (!this.hosts.has(host)) this.hosts.set(host, name);
  }

  /** A pool element by its PE identifier. */
  element(identifier: number): string {
    return this.elements.get(identifier) ?? formatIdentifier(identifier);
  }

  /** A registrar by its server identifier. */
  registrar(identifier: number): string {
    if (identifier === 0) return "nobody";
    return this.registrars.get(identifier) ?? formatIdentifier(identifier);
  }

  /** Whoever has an identifier. */
  any(identifier: number): string {
    return this.elements.get(identifier) ?? this.registrar(identifier);
  }

  /** Who has an address; for an unknown one, the address. */
  host(address: SocketAddress): string {
    return this.hosts.get(address.host) ?? `${address.host}:${address.port}`;
  }
}

/**
 * The address of the numbered host of a network: long runs have more hosts than 10.0.0.0/8 has room
 * for in the network's 16 bits.
 */
export function hostAddress(network: number, number: number): string {
  return `${10 + (number >> 16)}.${network}.${number >> 8 & 0xff}.${number & 0xff}`;
}
