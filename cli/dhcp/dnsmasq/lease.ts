/**
 * A lease as dnsmasq knows it, and the table of leases that it reads at its start.
 *
 * dnsmasq splits that table at white space: a blank in a host name loses the lease and the next
 * one. So nothing goes into a table or comes out of a hook but what was cleaned here.
 */

import { MAX_CLIENT_ID_BYTES, MAX_HARDWARE_BYTES, MAX_HOST_LENGTH } from "./limits.ts";

/** One address and the client that has it. */
export interface Lease {
  /** IPv4 address with dots. */
  readonly address: string;
  /** Hardware address, two digits a byte with colons; `06-` before it if it is no Ethernet's. */
  readonly mac: string;
  /** Client identifier, two digits a byte with colons. */
  readonly clientId?: string | undefined;
  readonly host?: string | undefined;
  /** Seconds since 1970; 0: it never ends. */
  readonly expires: number;
}

/** What dnsmasq shows of a lease when something happens to it. */
export interface LeaseEvent {
  readonly action: "add" | "old" | "del";
  readonly lease: Lease;
  /** Seconds until it ends; not said of a lease that never ends or has been deleted. */
  readonly remaining?: number | undefined;
}

/** What stands for "none" in the table and in the spool. */
export const NONE = "*";

const ADDRESS = /^(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}$/;
const MAC = /^([0-9a-f]{2}-|([0-9a-f]{2}-)?[0-9a-f]{2}(:[0-9a-f]{2})*)$/;
const CLIENT_ID = /^[0-9a-f]{2}(:[0-9a-f]{2})*$/;
const HOST = /^[A-Za-z0-9._-]+$/;
/** The last second that dnsmasq's clock is sure to hold. */
const LAST_SECOND = 2 ** 40;

/** Whether a text is an IPv4 address in its usual form. */
export function isAddress(text: string): boolean {
  return ADDRESS.test(text) && text.split(".").every((part) => Number(part) <= 255);
}

/** A hardware address that dnsmasq takes, in small letters; `undefined` if it is none. */
export function cleanMac(text: string): string | undefined {
  const mac = text.toLowerCase();
  if (!MAC.test(mac)) return undefined;
  const bytes = mac.replace(/^..-/, "").length / 3;
  return bytes <= MAX_HARDWARE_BYTES ? mac : undefined;
}

/**
 * A client identifier, in small letters; `undefined` if it is none, or too long: then the hardware
 * address tells the client, as dnsmasq's hook would show only its beginning.
 */
export function cleanClientId(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const clientId = text.toLowerCase();
  if (clientId.length > MAX_CLIENT_ID_BYTES * 3 - 1) return undefined;
  return CLIENT_ID.test(clientId) ? clientId : undefined;
}

/** A host name; `undefined` if there is none or it holds what could do harm. */
export function cleanHost(text: string | undefined): string | undefined {
  if (text === undefined || text.length > MAX_HOST_LENGTH) return undefined;
  return HOST.test(text) ? text : undefined;
}

/**
 * A lease that is safe to give to dnsmasq: without a client identifier and a host name that are
 * not; `undefined` if its address, its hardware address or its end cannot be used.
 */
export function cleanLease(lease: Lease): Lease | undefined {
  const mac = cleanMac(lease.mac);
  const { address, expires } = lease;
  if (mac === undefined || !isAddress(address)) return undefined;
  if (!Number.isSafeInteger(expires) || expires < 0 || expires > LAST_SECOND) return undefined;
  return {
    address,
    mac,
    clientId: cleanClientId(lease.clientId),
    host: cleanHost(lease.host),
    expires,
  };
}

/** A line of the table that the hook prints at `init`; `undefined` for what cannot be told. */
export function tableLine(lease: Lease): string | undefined {
  const clean = cleanLease(lease);
  if (clean === undefined) return undefined;
  const { expires, mac, address, host = NONE, clientId = NONE } = clean;
  return `${expires} ${mac} ${address} ${host} ${clientId}`;
}

/** The whole table; each address once, the last one counts. */
export function leaseTable(leases: Iterable<Lease>): string {
  const lines = new Map<string, string>();
  for (const lease of leases) {
    const line = tableLine(lease);
    if (line !== undefined) lines.set(lease.address, line);
  }
  return [...lines.values()].map((line) => `${line}\n`).join("");
}
