/** Bytes joined, and read as the numbers of a network. */

/** All parts in one piece. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Two bytes as a number; 0 where they are not there. */
export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Four bytes as a number; 0 where they are not there. */
export function u32(bytes: Uint8Array, at: number): number {
  return (u16(bytes, at) * 0x10000) + u16(bytes, at + 2);
}
