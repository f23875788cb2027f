/** Ways to break a message, each a small step from bytes that a codec takes. */

import type { Random } from "../../lib/handlespace/random.ts";

/** Bytes to start from, and others to splice them with. */
export type Corpus = readonly Uint8Array[];

type Mutation = (bytes: Uint8Array, random: Random, corpus: Corpus) => Uint8Array;

/** Numbers around which lengths and types go wrong. */
const INTERESTING = [
  ...[0x0000, 0x0001, 0x0003, 0x0004, 0x0005, 0x0007, 0x0008, 0x0009, 0x000a, 0x000c, 0x0010],
  ...[0x0014, 0x00ff, 0x0100, 0x4000, 0x4123, 0x7fff, 0x8000, 0x803f, 0xc000, 0xfffc, 0xffff],
];

function changed(bytes: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  if (copy.length > 0) change(copy);
  return copy;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function putU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  if (at + 1 < bytes.length) bytes[at + 1] = value;
}

/** A range of whole words, as a parameter is one. */
function words(bytes: Uint8Array, random: Random): [from: number, to: number] {
  const count = bytes.length >> 2;
  const from = random.below(count + 1);
  return [4 * from, 4 * Math.min(count, from + random.below(8))];
}

const MUTATIONS: readonly Mutation[] = [
  function flipBit(bytes, random) {
    return changed(bytes, (copy) => {
      copy[random.below(copy.length)]! ^= 1 << random.below(8);
    });
  },
  function setByte(bytes, random) {
    return changed(bytes, (copy) => {
      copy[random.below(copy.length)] = random.below(256);
    });
  },
  function setHalfWord(bytes, random) {
    return changed(bytes, (copy) => {
      const at = 2 * random.below((copy.length + 1) >> 1);
      putU16(copy, at, INTERESTING[random.below(INTERESTING.length)]!);
    });
  },
  function nudgeHalfWord(bytes, random) {
    return changed(bytes, (copy) => {
      const at = 2 * random.below((copy.length + 1) >> 1);
      const value = copy[at]! << 8 | (copy[at + 1] ?? 0);
      putU16(copy, at, value + random.below(17) - 8);
    });
  },
  function truncate(bytes, random) {
    return bytes.slice(0, random.below(bytes.length + 1));
  },
  function extend(bytes, random) {
    const tail = Uint8Array.from({ length: 1 + random.below(12) }, () => random.below(256));
    return joined(bytes, tail);
  },
  function remove(bytes, random) {
    const [from, to] = words(bytes, random);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  function repeat(bytes, random) {
    const [from, to] = words(bytes, random);
    return joined(bytes.subarray(0, to), bytes.subarray(from));
  },
  function splice(bytes, random, corpus) {
    const other = corpus[random.below(corpus.length)]!;
    const [to] = words(bytes, random);
    const [from] = words(other, random);
    return joined(bytes.subarray(0, to), other.subarray(from));
  },
  function insertParameter(bytes, random) {
    const [at] = words(bytes, random);
    const length = random.below(12);
    const parameter = new Uint8Array(4 + (length + 3 & ~3));
    putU16(parameter, 0, random.below(3) > 0 ? random.below(0x14) : random.below(0x10000));
    putU16(parameter, 2, 4 + length);
    return joined(bytes.subarray(0, at), parameter, bytes.subarray(at));
  },
];

/** Bytes that were broken in one to four ways; half of them have a Message Length that fits. */
export function mutate(bytes: Uint8Array, random: Random, corpus: Corpus): Uint8Array {
  let mutated = bytes;
  for (let i = random.below(4); i >= 0; i--) {
    mutated = MUTATIONS[random.below(MUTATIONS.length)]!(mutated, random, corpus);
  }
  if (mutated.length < 4 || random.below(2) === 0) return mutated;
  return changed(mutated, (copy) => putU16(copy, 2, Math.min(copy.length, 0xffff)));
}
