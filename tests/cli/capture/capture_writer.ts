/** Captures of made-up packets: what tcpdump would have written. */

/** One end of a packet. */
export interface End {
  readonly host: readonly number[];
  readonly port: number;
}

/** An end of a packet over IPv4. */
export function end(last: number, port: number): End {
  return { host: [192, 0, 2, last], port };
}

/** An end of a packet over IPv6. */
export function end6(last: number, port: number): End {
  return { host: [0x20, 1, 0xd, 0xb8, ...new Array<number>(11).fill(0), last], port };
}

/** A segment of TCP. */
export interface Tcp {
  readonly sequence: number;
  readonly flags?: number;
  readonly bytes?: Uint8Array;
}

export const SYN = 2;
export const RST = 4;

/** TCP in an IP packet. */
export function tcp(from: End, to: End, { sequence, flags = 0x10, bytes }: Tcp): number[] {
  const header = [...u16(from.port), ...u16(to.port), ...u32(sequence), ...u32(0)];
  return ip(6, from, to, [
    ...header,
    0x50,
    flags,
    ...u16(512),
    ...u16(0),
    ...u16(0),
    ...bytes ?? [],
  ]);
}

/** UDP in an IP packet. */
export function udp(from: End, to: End, bytes: Uint8Array): number[] {
  const header = [...u16(from.port), ...u16(to.port), ...u16(8 + bytes.length), ...u16(0)];
  return ip(17, from, to, [...header, ...bytes]);
}

/** A DATA chunk of SCTP. RFC 9260 §3.3.1. */
export interface Chunk {
  readonly tsn: number;
  /** B = 2, E = 1. */
  readonly flags: number;
  readonly ppid: number;
  readonly bytes: Uint8Array;
}

/** SCTP in an IP packet. */
export function sctp(from: End, to: End, ...chunks: Chunk[]): number[] {
  const body = chunks.flatMap(({ tsn, flags, ppid, bytes }) => [
    ...[0, flags, ...u16(16 + bytes.length), ...u32(tsn), ...u32(0), ...u32(ppid), ...bytes],
    ...new Array<number>(-bytes.length & 3).fill(0),
  ]);
  return ip(132, from, to, [...u16(from.port), ...u16(to.port), ...u32(1), ...u32(0), ...body]);
}

function ip(protocol: number, from: End, to: End, body: readonly number[]): number[] {
  if (from.host.length === 16) {
    return [0x60, 0, 0, 0, ...u16(body.length), protocol, 64, ...from.host, ...to.host, ...body];
  }
  const head = [0x45, 0, ...u16(20 + body.length), 0, 0, 0, 0, 64, protocol, 0, 0];
  return [...head, ...from.host, ...to.host, ...body];
}

/** In an Ethernet frame, behind tags of VLANs, padded as short frames are. */
export function ethernet(packet: readonly number[], tags = 0): number[] {
  const type = packet[0]! >> 4 === 6 ? 0x86dd : 0x0800;
  const tag = [0x81, 0, 0, 7];
  const head = [...new Array<number>(12).fill(2), ...new Array(tags).fill(tag).flat()];
  const frame = [...head, ...u16(type), ...packet];
  return [...frame, ...new Array<number>(Math.max(0, 60 - frame.length)).fill(0xee)];
}

/** How a pcap file is written. */
export interface PcapSettings {
  readonly linkType?: number;
  readonly isLittle?: boolean;
  readonly isNanoseconds?: boolean;
  /** Bytes of each packet that are kept. */
  readonly snapLength?: number;
}

/** Seconds since 1970 of the first packet; each is a second later. */
export const START = 1_700_000_000;

/** A pcap file. */
export function pcap(packets: readonly (readonly number[])[], settings: PcapSettings = {}) {
  const { linkType = 101, isLittle = true, isNanoseconds = false, snapLength = 0xffff } = settings;
  const n = (value: number) => isLittle ? u32(value).reverse() : u32(value);
  const n2 = (value: number) => isLittle ? u16(value).reverse() : u16(value);
  const magic = n(isNanoseconds ? 0xa1b23c4d : 0xa1b2c3d4);
  const header = [...magic, ...n2(2), ...n2(4), ...n(0), ...n(0), ...n(snapLength), ...n(linkType)];
  return new Uint8Array(
    [
      header,
      ...packets.map((packet, i) => {
        const kept = packet.slice(0, snapLength);
        return [...n(START + i), ...n(123), ...n(kept.length), ...n(packet.length), ...kept];
      }),
    ].flat(),
  );
}

/** A pcapng file of one section, with times in a unit of its own. */
export function pcapng(
  packets: readonly (readonly number[])[],
  { linkType = 101, isLittle = true }: PcapSettings = {},
): Uint8Array {
  const n = (value: number) => isLittle ? u32(value).reverse() : u32(value);
  const n2 = (value: number) => isLittle ? u16(value).reverse() : u16(value);
  const block = (type: number, body: number[]) => {
    const padded = [...body, ...new Array<number>(-body.length & 3).fill(0)];
    return [...n(type), ...n(12 + padded.length), ...padded, ...n(12 + padded.length)];
  };
  const milliseconds = [...n2(9), ...n2(1), 3, 0, 0, 0, ...n(0)];
  return new Uint8Array([
    ...block(0x0a0d0d0a, [
      ...n(0x1a2b3c4d),
      ...n2(1),
      ...n2(0),
      ...n(0xffffffff),
      ...n(0xffffffff),
    ]),
    ...block(1, [...n2(linkType), ...n2(0), ...n(0), ...milliseconds]),
    ...block(4, [1, 2, 3, 4]), // names, which mean nothing here
    ...packets.flatMap((packet, i) => {
      const time = BigInt(START + i) * 1000n;
      const [upper, lower] = [Number(time >> 32n), Number(time & 0xffffffffn)];
      const lengths = [...n(packet.length), ...n(packet.length)];
      return block(6, [...n(0), ...n(upper), ...n(lower), ...lengths, ...packet]);
    }),
    ...block(3, [...n(packets[0]?.length ?? 0), ...packets[0] ?? []]),
  ]);
}

function u16(value: number): number[] {
  return [value >>> 8 & 0xff, value & 0xff];
}

function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value & 0xffff)];
}
