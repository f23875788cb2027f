/**
 * Files of captured packets: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng),
 * of either byte order, with times in any resolution.
 */

import type { ByteSource } from "./byte_source.ts";

/** A packet as it was captured. */
export interface Packet {
  /** Counts from 1, as tools for captures do. */
  readonly number: number;
  /** Nanoseconds since 1970; `undefined` where the file has no time. */
  readonly timeNs: bigint | undefined;
  /** What its first bytes are: a LINKTYPE. */
  readonly linkType: number;
  readonly bytes: Uint8Array;
  /** Whether the capture kept only its beginning. */
  readonly isCut: boolean;
}

/** The bytes are no capture, or one that cannot be read on. */
export class CaptureBroken extends Error {
  override readonly name = "CaptureBroken";
}

/** The most bytes of one packet: more than any tool captures. */
export const MAX_PACKET_BYTES = 1 << 20;
/** The most interfaces of a section. */
export const MAX_INTERFACES = 10_000;

const PCAP_HEADER_BYTES = 24;
const PCAP_RECORD_BYTES = 16;
const BLOCK_HEADER_BYTES = 8;
const SECTION_HEADER = 0x0a0d0d0a;
const BYTE_ORDER = 0x1a2b3c4d;
const INTERFACE_DESCRIPTION = 1;
const OLD_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const OPTION_TIME_RESOLUTION = 9;
const OPTION_TIME_OFFSET = 14;
const NS_PER_SECOND = 1_000_000_000n;

/** Magic numbers of pcap, read with the larger byte first: its byte order and unit of time. */
const PCAP_MAGIC: ReadonlyMap<number, { isLittle: boolean; unitNs: bigint }> = new Map([
  [0xa1b2c3d4, { isLittle: false, unitNs: 1_000n }],
  [0xd4c3b2a1, { isLittle: true, unitNs: 1_000n }],
  [0xa1b23c4d, { isLittle: false, unitNs: 1n }],
  [0x4d3cb2a1, { isLittle: true, unitNs: 1n }],
]);

/**
 * The packets of a capture, in its order; it ends without a word where the file was cut.
 *
 * @throws {CaptureBroken} where it cannot be read on.
 */
export async function* readCapture(source: ByteSource): AsyncGenerator<Packet, void> {
  const magic = viewOf(await source.take(4));
  if (magic.byteLength < 4) throw new CaptureBroken("it ends within its first four bytes");
  const number = magic.getUint32(0);
  if (number === SECTION_HEADER) return yield* new PcapngReader(source).packets();
  const kind = PCAP_MAGIC.get(number);
  if (kind === undefined) throw new CaptureBroken("its first bytes are those of no capture");
  yield* pcapPackets(source, kind);
}

async function* pcapPackets(
  source: ByteSource,
  { isLittle, unitNs }: { isLittle: boolean; unitNs: bigint },
): AsyncGenerator<Packet, void> {
  const header = viewOf(await source.take(PCAP_HEADER_BYTES - 4));
  if (header.byteLength < PCAP_HEADER_BYTES - 4) return;
  // The upper half says how long a frame check sequence is.
  const linkType = header.getUint32(16, isLittle) & 0xffff;
  for (let number = 1;; number++) {
    const record = viewOf(await source.take(PCAP_RECORD_BYTES));
    if (record.byteLength < PCAP_RECORD_BYTES) return;
    const [seconds, units, captured, original] = [0, 4, 8, 12].map((at) =>
      record.getUint32(at, isLittle)
    ) as [number, number, number, number];
    requirePacket(number, captured);
    const bytes = await source.take(captured);
    if (bytes.length < captured) return;
    const timeNs = BigInt(seconds) * NS_PER_SECOND + BigInt(units) * unitNs;
    yield { number, timeNs, linkType, bytes, isCut: captured < original };
  }
}

function requirePacket(number: number, captured: number): void {
  if (captured <= MAX_PACKET_BYTES) return;
  throw new CaptureBroken(
    `packet ${number} says that it has ${captured} bytes, more than ${MAX_PACKET_BYTES}`,
  );
}

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  /** How many of its units of time make a second. */
  readonly unitsPerSecond: bigint;
  readonly offsetSeconds: bigint;
}

/** Blocks of one file, which may have several sections. */
class PcapngReader {
  private readonly source: ByteSource;
  private isLittle = false;
  private interfaces: Interface[] = [];
  private count = 0;

  constructor(source: ByteSource) {
    this.source = source;
  }

  async *packets(): AsyncGenerator<Packet, void> {
    // The type of the first block was read to know what it is.
    for (let type: number | undefined = SECTION_HEADER;;) {
      const length = type === SECTION_HEADER
        ? await this.section()
        : await this.number(await this.source.take(4));
      if (length === undefined) return;
      const packet = await this.block(type, length);
      if (packet === "end") return;
      if (packet !== undefined) yield packet;
      type = await this.number(await this.source.take(4));
      if (type === undefined) return;
    }
  }

  private number(bytes: Uint8Array): number | undefined {
    return bytes.length < 4 ? undefined : viewOf(bytes).getUint32(0, this.isLittle);
  }

  /** The length of a section's header; what it says of the byte order holds from here on. */
  private async section(): Promise<number | undefined> {
    const bytes = await this.source.take(8);
    if (bytes.length < 8) return undefined;
    const view = viewOf(bytes);
    this.isLittle = view.getUint32(4, true) === BYTE_ORDER;
    if (!this.isLittle && view.getUint32(4) !== BYTE_ORDER) {
      throw new CaptureBroken("its section header has no byte order");
    }
    this.interfaces = [];
    const length = view.getUint32(0, this.isLittle);
    // Four bytes of its body have been read.
    return length - 4;
  }

  private async block(type: number, length: number): Promise<Packet | "end" | undefined> {
    const bodyBytes = length - BLOCK_HEADER_BYTES - 4;
    if (bodyBytes < 0 || length % 4 !== 0) {
      throw new CaptureBroken(`a block behind packet ${this.count} has an impossible length`);
    }
    if (![INTERFACE_DESCRIPTION, OLD_PACKET, SIMPLE_PACKET, ENHANCED_PACKET].includes(type)) {
      return await this.source.skip(bodyBytes + 4) ? undefined : "end";
    }
    requirePacket(this.count + 1, bodyBytes - 32);
    const body = await this.source.take(bodyBytes + 4);
    if (body.length < bodyBytes + 4) return "end";
    return this.read(type, viewOf(body.subarray(0, bodyBytes)));
  }

  private read(type: number, body: DataView): Packet | undefined {
    if (type === INTERFACE_DESCRIPTION) return this.addInterface(body);
    if (type === SIMPLE_PACKET) {
      this.requireBody(body, 4);
      const original = body.getUint32(0, this.isLittle);
      const { linkType, snapLength } = this.interface(0);
      const captured = Math.min(original, snapLength === 0 ? original : snapLength);
      return this.packet({ linkType, timeNs: undefined, captured, original }, body, 4);
    }
    this.requireBody(body, 20);
    const isOld = type === OLD_PACKET;
    const from = this.interface(
      isOld ? body.getUint16(0, this.isLittle) : body.getUint32(0, this.isLittle),
    );
    const [upper, lower, captured, original] = [4, 8, 12, 16].map((at) =>
      body.getUint32(at, this.isLittle)
    ) as [number, number, number, number];
    const units = (BigInt(upper) << 32n) | BigInt(lower);
    const { linkType, unitsPerSecond, offsetSeconds } = from;
    const timeNs = offsetSeconds * NS_PER_SECOND + (units * NS_PER_SECOND) / unitsPerSecond;
    return this.packet({ linkType, timeNs, captured, original }, body, 20);
  }

  private packet(
    { linkType, timeNs, captured, original }: {
      linkType: number;
      timeNs: bigint | undefined;
      captured: number;
      original: number;
    },
    body: DataView,
    at: number,
  ): Packet {
    const number = ++this.count;
    this.requireBody(body, at + captured);
    const bytes = new Uint8Array(body.buffer, body.byteOffset + at, captured);
    return { number, timeNs, linkType, bytes, isCut: captured < original };
  }

  private addInterface(body: DataView): undefined {
    this.requireBody(body, 8);
    if (this.interfaces.length >= MAX_INTERFACES) {
      throw new CaptureBroken(`it has more than ${MAX_INTERFACES} interfaces`);
    }
    const linkType = body.getUint16(0, this.isLittle);
    const snapLength = body.getUint32(4, this.isLittle);
    let unitsPerSecond = 1_000_000n;
    let offsetSeconds = 0n;
    for (let at = 8; at + 4 <= body.byteLength;) {
      const [code, length] = [
        body.getUint16(at, this.isLittle),
        body.getUint16(at + 2, this.isLittle),
      ];
      if (code === 0 || at + 4 + length > body.byteLength) break;
      if (code === OPTION_TIME_RESOLUTION && length >= 1) {
        unitsPerSecond = resolutionOf(body.getUint8(at + 4));
      } else if (code === OPTION_TIME_OFFSET && length >= 8) {
        offsetSeconds = body.getBigInt64(at + 4, this.isLittle);
      }
      at += 4 + Math.ceil(length / 4) * 4;
    }
    this.interfaces.push({ linkType, snapLength, unitsPerSecond, offsetSeconds });
  }

  private interface(index: number): Interface {
    const found = this.interfaces[index];
    if (found !== undefined) return found;
    throw new CaptureBroken(
      `packet ${this.count + 1} is of an interface that it does not describe`,
    );
  }

  private requireBody(body: DataView, bytes: number): void {
    if (body.byteLength >= bytes) return;
    throw new CaptureBroken(`the block behind packet ${this.count} is too short`);
  }
}

/** A power of ten, or with the first bit set of two. */
function resolutionOf(value: number): bigint {
  return (value & 0x80) === 0 ? 10n ** BigInt(value) : 2n ** BigInt(value & 0x7f);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
