/** The addresses of a DHCP pool, as numbers. docs/dhcp.md §3. */

import { type IpAddress, parseIpAddress } from "../wire/mod.ts";
import { MAX_RANGE_ADDRESSES } from "./limits.ts";

/** An IPv4 address as a number, so that addresses have an order. */
export function addressNumber(address: IpAddress): number {
  const bytes = parseIpAddress(address);
  if (bytes.length !== 4) throw new SyntaxError(`Cannot take "${address}": it must be IPv4`);
  return ((bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!) >>> 0;
}

/** The address of a number. */
export function addressText(number: number): IpAddress {
  return `${number >>> 24}.${(number >>> 16) & 255}.${(number >>> 8) & 255}.${number & 255}`;
}

/** All addresses from the first to the last. */
export class AddressRange {
  /** The first address as a number. */
  readonly first: number;
  /** The last address as a number. */
  readonly last: number;

  /**
   * From its ends.
   *
   * @throws {RangeError} if there is none, or more than {@linkcode MAX_RANGE_ADDRESSES}.
   */
  constructor(
    /** The first address. */
    readonly firstAddress: IpAddress,
    /** The last address. */
    readonly lastAddress: IpAddress,
  ) {
    this.first = addressNumber(firstAddress);
    this.last = addressNumber(lastAddress);
    const { size } = this;
    if (size >= 1 && size <= MAX_RANGE_ADDRESSES) return;
    const most = `it must have 1 to ${MAX_RANGE_ADDRESSES} addresses`;
    throw new RangeError(`Cannot take range ${firstAddress}-${lastAddress}: ${most}`);
  }

  /** How many addresses there are. */
  get size(): number {
    return this.last - this.first + 1;
  }

  /** Whether an address is one of them. */
  includes(address: IpAddress): boolean {
    const number = addressNumber(address);
    return number >= this.first && number <= this.last;
  }

  /** Its addresses, in order; with `after`, those behind it. */
  *addresses(after?: IpAddress): IterableIterator<IpAddress> {
    const from = after === undefined ? this.first : Math.max(this.first, addressNumber(after) + 1);
    for (let number = from; number <= this.last; number++) yield addressText(number);
  }

  /** In which of so many shares an address is, from 1: each share is a run of addresses. */
  shareOf(address: IpAddress, shares: number): number {
    const run = Math.ceil(this.size / shares);
    return Math.floor((addressNumber(address) - this.first) / run) + 1;
  }
}
