/**
 * The PE checksum. RFC 5353 §3.6.2: the Internet checksum (RFC 1071) over the pool handle, padded
 * with zeros to a multiple of 4 bytes, and the PE identifier of every pool element that a registrar
 * owns.
 *
 * Sums are kept as they are, not folded to 16 bits: they are exact up to 2^53, some 10^10 pool
 * elements, so that adding and subtracting in any order gives the sum that a new count would give,
 * and the two zeros of one's complement arithmetic cannot be confused.
 */

import { type PoolHandle, poolHandleBytes } from "../wire/mod.ts";

/** The sum of the 16-bit words of a pool handle. */
export function poolHandleSum(poolHandle: PoolHandle): number {
  let sum = 0;
  poolHandleBytes(poolHandle).forEach((byte, i) => {
    sum += i % 2 === 0 ? byte << 8 : byte;
  });
  return sum;
}

/** The sum of the 16-bit words of a PE identifier. */
export function identifierSum(identifier: number): number {
  return (identifier >>> 16) + (identifier & 0xffff);
}

/** The PE checksum for the sum of all words: the complement of the sum folded to 16 bits. */
export function checksumOf(sum: number): number {
  // One's complement addition is addition modulo 0xffff in which only nothing but zeros gives zero.
  const folded = sum === 0 ? 0 : (sum - 1) % 0xffff + 1;
  return 0xffff - folded;
}
