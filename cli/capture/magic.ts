/** What a capture begins with; apart, as `decode` asks it of all that it reads. */

/** Bytes that must be there to tell a capture from anything else. */
const MAGIC_BYTES = 12;

/** Magic numbers of pcap, and pcapng's with the byte order behind it. */
const PCAP = /^(a1b2c3d4|d4c3b2a1|a1b23c4d|4d3cb2a1)/;
const PCAPNG = /^0a0d0d0a.{8}(1a2b3c4d|4d3c2b1a)/;

/** Whether bytes are the beginning of a capture: no message and no text begins so. */
export function isCapture(bytes: Uint8Array): boolean {
  if (bytes.length < MAGIC_BYTES) return false;
  const hex = bytes.subarray(0, MAGIC_BYTES).toHex();
  return PCAP.test(hex) || PCAPNG.test(hex);
}
