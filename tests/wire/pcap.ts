/**
 * Messages as a capture file that Wireshark reads: each in one SCTP DATA chunk over IPv4, as its
 * ASAP and ENRP dissectors are found by the chunk's Payload Protocol Identifier.
 */

/** Payload Protocol Identifier of ASAP. RFC 5352 §8. */
export const PPID_ASAP = 11;
/** Payload Protocol Identifier of ENRP. RFC 5353 §5. */
export const PPID_ENRP = 12;

/** A user message and its Payload Protocol Identifier. */
export interface Payload {
  readonly ppid: number;
  readonly bytes: Uint8Array;
}

const MAGIC = 0xa1b2c3d4;
const LINKTYPE_RAW = 101;
const SNAPLEN = 0x40000;
const PROTOCOL_SCTP = 132;
const IPV4_HEADER = 20;
const SCTP_HEADER = 12;
const DATA_HEADER = 16;

/** The bytes of a pcap file with one packet a payload. */
export function pcap(payloads: readonly Payload[]): Uint8Array {
  const header = [...u32(MAGIC), ...u16(2), ...u16(4), ...u32(0), ...u32(0), ...u32(SNAPLEN)];
  const packets = payloads.map((payload, i) => {
    const bytes = packet(payload, i);
    return [...u32(i), ...u32(0), ...u32(bytes.length), ...u32(bytes.length), ...bytes];
  });
  return new Uint8Array([...header, ...u32(LINKTYPE_RAW), ...packets.flat()]);
}

function packet({ ppid, bytes }: Payload, tsn: number): number[] {
  const padding = new Array<number>(-bytes.length & 3).fill(0);
  const length = DATA_HEADER + bytes.length;
  const chunk = [
    ...[0, 3, ...u16(length)], // DATA, the first and the last fragment
    ...[...u32(tsn), ...u16(0), ...u16(0), ...u32(ppid)],
    ...[...bytes, ...padding],
  ];
  const sctp = [...u16(40000), ...u16(3863), ...u32(1), ...u32(0), ...chunk];
  sctp.splice(8, 4, ...u32(crc32c(sctp)).reverse());
  return [...ipv4Header(IPV4_HEADER + SCTP_HEADER + chunk.length), ...sctp];
}

function ipv4Header(length: number): number[] {
  const header = [0x45, 0, ...u16(length), 0, 0, 0, 0, 64, PROTOCOL_SCTP, 0, 0];
  return [...header, 192, 0, 2, 1, 192, 0, 2, 2];
}

function u16(value: number): number[] {
  return [value >>> 8 & 0xff, value & 0xff];
}

function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value & 0xffff)];
}

/** The checksum of SCTP, bit by bit. RFC 9260, appendix A. */
function crc32c(bytes: readonly number[]): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
  }
  return ~crc >>> 0;
}
