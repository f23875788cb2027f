/** Changes to the bytes of a message that keep every length around the change right. */

import { type Protocol, Trace, type TraceLine } from "../../lib/wire/mod.ts";

/** A place between two bytes of a message, at which a parameter may stand. */
export interface Seam {
  readonly offset: number;
  /** Offsets of the headers, the message's own first, whose lengths count what is put there. */
  readonly around: readonly number[];
}

/** All places before a parameter, at any depth, and the one at the end of the message. */
export function seamsOf(protocol: Protocol<{ readonly type: string }>, bytes: Uint8Array): Seam[] {
  const trace = new Trace();
  protocol.decode(bytes, trace);
  const headers: TraceLine[] = [];
  const seams: Seam[] = [];
  for (const line of trace.lines) {
    if (!line.isParameter) continue;
    headers.length = line.depth;
    seams.push({ offset: line.offset, around: [0, ...headers.map(({ offset }) => offset)] });
    headers.push(line);
  }
  return [...seams, { offset: bytes.length, around: [0] }];
}

/** The message with a parameter put in, padded to a multiple of four. */
export function insert(bytes: Uint8Array, seam: Seam, parameter: Uint8Array): Uint8Array {
  const padded = new Uint8Array((parameter.length + 3) & ~3);
  padded.set(parameter);
  const changed = new Uint8Array([
    ...bytes.subarray(0, seam.offset),
    ...padded,
    ...bytes.subarray(seam.offset),
  ]);
  const view = new DataView(changed.buffer);
  for (const header of seam.around) {
    view.setUint16(header + 2, ((view.getUint16(header + 2) + 3) & ~3) + padded.length);
  }
  return changed;
}

/** A parameter of a type, with a value. */
export function tlv(type: number, value: ArrayLike<number> = []): Uint8Array {
  const length = 4 + value.length;
  return new Uint8Array([type >> 8, type & 0xff, length >> 8, length & 0xff, ...Array.from(value)]);
}
