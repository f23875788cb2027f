/** Messages in SCTP: one a user message, whose Payload Protocol Identifier says which. RFC 9260. */

import { formatAddress } from "../address.ts";
import { joined, u16, u32 } from "../bytes.ts";
import type { ProtocolWord } from "../decoding.ts";
import { protocolOfPorts } from "./captured_message.ts";
import type { Datagram, Ends } from "./frame.ts";

/** User messages that are being put together, and what is known of chunks that came already. */
export const MAX_FRAGMENTS = 1_000;
export const MAX_FRAGMENT_BYTES = 1 << 20;
const MAX_DIRECTIONS = 10_000;

const COMMON_HEADER_BYTES = 12;
const DATA = 0;
const DATA_HEADER_BYTES = 16;
const INIT = 1;
const BEGIN = 2;
const END = 1;
/** RFC 5352 §8, RFC 5353 §5. */
const PROTOCOLS: ReadonlyMap<number, ProtocolWord> = new Map([[11, "asap"], [12, "enrp"]]);

/** A user message that is whole. */
export interface UserMessage {
  readonly protocol: ProtocolWord;
  readonly bytes: Uint8Array;
}

interface Fragment {
  readonly flags: number;
  readonly bytes: Uint8Array;
}

/** One direction of an association. */
interface Direction {
  readonly fragments: Map<number, Fragment>;
  fragmentBytes: number;
  /** Transmission Sequence Numbers of the last chunks, as each may come again. */
  readonly seen: Set<number>;
}

/** All associations of a capture. */
export class SctpAssociations {
  private readonly directions = new Map<string, Direction>();

  /** Takes a datagram of SCTP and yields the user messages that it completes. */
  *take({ bytes }: Datagram, ends: Ends): Generator<UserMessage, void> {
    const direction = this.direction(bytes, ends);
    for (const { type, flags, body } of chunksOf(bytes)) {
      if (type === INIT) forget(direction);
      if (type !== DATA || body.length < DATA_HEADER_BYTES - 4) continue;
      const protocol = PROTOCOLS.get(u32(body, 8)) ?? protocolOfPorts(ends);
      if (protocol === undefined) continue;
      const message = collect(direction, u32(body, 0), { flags, bytes: body.subarray(12) });
      if (message !== undefined) yield { protocol, bytes: message };
    }
  }

  /** Addresses may change within an association; its ports and its tag do not. */
  private direction(bytes: Uint8Array, { from, to }: Ends): Direction {
    const key = `${formatAddress(from)} ${formatAddress(to)} ${u32(bytes, 4)}`;
    let direction = this.directions.get(key);
    if (direction !== undefined) return direction;
    direction = { fragments: new Map(), fragmentBytes: 0, seen: new Set() };
    this.directions.set(key, direction);
    if (this.directions.size > MAX_DIRECTIONS) {
      this.directions.delete(this.directions.keys().next().value!);
    }
    return direction;
  }
}

interface Chunk {
  readonly type: number;
  readonly flags: number;
  readonly body: Uint8Array;
}

function* chunksOf(bytes: Uint8Array): Generator<Chunk, void> {
  for (let at = COMMON_HEADER_BYTES; at + 4 <= bytes.length;) {
    const length = u16(bytes, at + 2);
    if (length < 4 || at + length > bytes.length) return;
    yield { type: bytes[at]!, flags: bytes[at + 1]!, body: bytes.subarray(at + 4, at + length) };
    at += Math.ceil(length / 4) * 4;
  }
}

/** The user message that a chunk completes. */
function collect(
  direction: Direction,
  tsn: number,
  { flags, bytes }: Fragment,
): Uint8Array | undefined {
  const { seen, fragments } = direction;
  if (seen.has(tsn)) return undefined;
  seen.add(tsn);
  if (seen.size > MAX_FRAGMENTS) seen.delete(seen.values().next().value!);
  if ((flags & BEGIN) !== 0 && (flags & END) !== 0) return bytes.slice();
  fragments.set(tsn, { flags, bytes: bytes.slice() });
  direction.fragmentBytes += bytes.length;
  const whole = runAround(fragments, tsn);
  if (whole !== undefined) return taken(direction, whole);
  if (fragments.size > MAX_FRAGMENTS || direction.fragmentBytes > MAX_FRAGMENT_BYTES) {
    forget(direction);
  }
  return undefined;
}

/** The numbers of a whole user message: chunks in a row from a first one to a last one. */
function runAround(fragments: ReadonlyMap<number, Fragment>, tsn: number): number[] | undefined {
  let first = tsn;
  while ((fragments.get(first)!.flags & BEGIN) === 0) {
    first = (first - 1) >>> 0;
    if (!fragments.has(first)) return undefined;
  }
  const run: number[] = [];
  for (let each = first;; each = (each + 1) >>> 0) {
    const fragment = fragments.get(each);
    if (fragment === undefined) return undefined;
    run.push(each);
    if ((fragment.flags & END) !== 0) return run;
  }
}

function taken(direction: Direction, run: readonly number[]): Uint8Array {
  const parts = run.map((tsn) => direction.fragments.get(tsn)!.bytes);
  for (const [i, { length }] of parts.entries()) {
    direction.fragments.delete(run[i]!);
    direction.fragmentBytes -= length;
  }
  return joined(parts);
}

function forget(direction: Direction): void {
  direction.fragments.clear();
  direction.fragmentBytes = 0;
  direction.seen.clear();
}
