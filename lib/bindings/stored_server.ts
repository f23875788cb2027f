/** The DHCP servers of a pool: which record is the later one, and whose an address is to give. */

import type { BindingServer, BindingServerFlag, IpAddress } from "../wire/mod.ts";
import { addressNumber, AddressRange } from "./address_range.ts";
import { MAX_RANGE_ADDRESSES, MAX_SHARES, MAX_TAKEN_COUNTER } from "./limits.ts";
import { compareText, type Instant, instantOf, secondsUntil } from "./stored_binding.ts";

/** A DHCP server's record, with when its share is free instead of how long that is from now. */
export interface StoredServer extends Omit<BindingServer, "freeIn"> {
  /** Of one that is down. */
  readonly freeAt: Instant;
}

/** A record that came now. */
export function storedServer({ freeIn, ...others }: BindingServer, now: Instant): StoredServer {
  return { ...others, freeAt: instantOf(freeIn, now) };
}

/** A record as a message carries it now. */
export function toldServer({ freeAt, ...others }: StoredServer, now: Instant): BindingServer {
  return { ...others, freeIn: secondsUntil(freeAt, now) };
}

/**
 * What two who know different things of a server know together. docs/dhcp.md §3: that it is down
 * holds until it claims its share anew, whatever it has said before it heard of that.
 */
export function mergeServers(one: StoredServer, other: StoredServer): StoredServer {
  const order = one.claim - other.claim ||
    Number(hasFlag(one, "down")) - Number(hasFlag(other, "down")) ||
    one.version - other.version ||
    compareText(contentOfServer(one), contentOfServer(other)) ||
    one.freeAt - other.freeAt;
  return order >= 0 ? one : other;
}

/** All that equal tables have in common of a record. */
export function contentOfServer(server: StoredServer): string {
  const { freeAt: _, flags, acknowledgements, ...others } = server;
  const said = acknowledgements.map((each) => `${each.server}:${each.claim}`);
  const keys = Object.keys(others).sort() as (keyof typeof others)[];
  return [...keys.map((key) => others[key]), [...flags].sort(), said.sort()].join(" ");
}

/** Whether a record has a flag. */
export function hasFlag({ flags }: Pick<BindingServer, "flags">, flag: BindingServerFlag): boolean {
  return flags.includes(flag);
}

/** The range of a record. */
export function rangeOf({ first, last }: Pick<BindingServer, "first" | "last">): AddressRange {
  return new AddressRange(first, last);
}

/** Whether the values of a record can be meant: anybody may have written it. */
export function isSensible(server: StoredServer): boolean {
  const { first, last, share, shares, lease, version, claim } = server;
  const size = addressNumber(last) - addressNumber(first) + 1;
  return size >= 1 && size <= MAX_RANGE_ADDRESSES && shares >= 1 && shares <= MAX_SHARES &&
    share >= 1 && share <= shares && lease > 0 &&
    version < MAX_TAKEN_COUNTER && claim < MAX_TAKEN_COUNTER;
}

/** Whether a server's share is free: an operator's word, and one full lease time after it. */
export function isFreed(server: StoredServer, now: Instant): boolean {
  return hasFlag(server, "down") && server.freeAt <= now;
}

/** The servers without whose word no address changes hands. docs/dhcp.md §3.4. */
export function required(servers: Iterable<StoredServer>, now: Instant): number[] {
  return [...servers].filter((each) => !isFreed(each, now)).map((each) => each.identifier);
}

/**
 * Which server may give an address to a new client: that of its share. The share of one that is
 * down goes to the server of the next share, once it is free.
 */
export function ownerOf(
  address: IpAddress,
  servers: Iterable<StoredServer>,
  now: Instant,
): number | undefined {
  const all = [...servers].sort((one, other) => one.identifier - other.identifier);
  const [any] = all;
  if (any === undefined) return undefined;
  return ownerOfShare(rangeOf(any).shareOf(address, any.shares), all, now);
}

/** Which server has a share; `servers` are in the order of their identifiers. */
export function ownerOfShare(
  share: number,
  servers: readonly StoredServer[],
  now: Instant,
): number | undefined {
  const shares = servers[0]?.shares ?? 0;
  for (let step = 0; step < shares; step++) {
    const next = (share - 1 + step) % shares + 1;
    const having = servers.filter((each) => each.share === next);
    const living = having.find((each) => !hasFlag(each, "down"));
    if (living !== undefined) return living.identifier;
    // A static share is nobody else's: nobody was ever there, or one of them may live.
    if (having.some((each) => !isFreed(each, now))) return undefined;
    if (step === 0 && having.length === 0) return undefined;
  }
  return undefined;
}
