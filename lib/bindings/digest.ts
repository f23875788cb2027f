/** What a table comes to, so that two can be compared by a few bytes. docs/dhcp.md §5.5. */

/** FNV-1a's prime; each half begins with an offset of its own. */
const PRIME = 0x01000193;
const OFFSETS = [0x811c9dc5, 0xc9dc5811] as const;

/** The sum of the hashes of texts, in whatever order they come: adding one twice takes it away. */
export class Digest {
  private readonly halves: [number, number] = [0, 0];

  /** Adds a text, or takes it away. */
  toggle(text: string): void {
    this.halves[0] ^= hash(text, OFFSETS[0]);
    this.halves[1] ^= hash(text, OFFSETS[1]);
  }

  /** Sixteen hexadecimal digits. */
  toString(): string {
    return this.halves.map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }
}

/** FNV-1a over code units, then stirred, so that texts that differ little differ in all bits. */
function hash(text: string, offset: number): number {
  let value: number = offset;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), PRIME);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return value ^ (value >>> 16);
}
