/** Reads PEM (RFC 7468). */

/** One block. */
export interface PemBlock {
  /** What stands after BEGIN: `CERTIFICATE`, `EC PRIVATE KEY`, … */
  readonly label: string;
  readonly der: Uint8Array;
  /** The block as it was written. */
  readonly text: string;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([\s\S]*?)-----END \1-----/g;

/** Reads all blocks; text around them is no matter. A block that is not base64 has no bytes. */
export function pemBlocks(text: string): PemBlock[] {
  return Array.from(text.matchAll(BLOCK), ([block, label, body]) => ({
    label: label!,
    der: bytesOf(body!),
    text: block,
  }));
}

function bytesOf(body: string): Uint8Array {
  try {
    return Uint8Array.from(atob(body.replace(/\s/g, "")), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
