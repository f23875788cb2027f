/** RFC 1071's checksum, byte by byte and from scratch: what the handlespace's is held against. */
import { poolHandleBytes } from "../../lib/wire/mod.ts";

/** The Internet checksum of bytes, an odd one padded with zero. */
export function internetChecksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum = (sum & 0xffff) + 1;
  }
  return ~sum & 0xffff;
}

/** The byte block that a pool element contributes. RFC 5353 §3.6.2. */
export function peBlock(poolHandle: string, identifier: number): number[] {
  const block = [...poolHandleBytes(poolHandle)];
  while (block.length % 4 !== 0) block.push(0);
  for (const shift of [24, 16, 8, 0]) block.push((identifier >>> shift) & 0xff);
  return block;
}
