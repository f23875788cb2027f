/**
 * Random numbers as an argument: everything below the driver draws from a {@link Random} that it is
 * given, so that a seed replays a run.
 *
 * @module
 */

/** A source of uniformly distributed random numbers. */
export interface Random {
  /** An integer from 0 to 4294967295. */
  uint32(): number;
  /**
   * An integer from 0 to `n` - 1, each equally likely.
   *
   * @param n How many values there are; an integer from 1 to 2^53.
   */
  below(n: number): number;
  /** A number from 0 (included) to 1 (excluded), a multiple of 2^-53. */
  fraction(): number;
}

const TWO_32 = 0x1_0000_0000;
const TWO_53 = 0x20_0000_0000_0000;

/**
 * A {@link Random} over any source of 32 random bits, such as `crypto.getRandomValues` in a driver.
 *
 * @param uint32 Gives an integer from 0 to 4294967295, each equally likely.
 */
export function randomFrom(uint32: () => number): Random {
  // 53 bits are as many as a double holds without rounding.
  const bits53 = () => (uint32() >>> 11) * TWO_32 + uint32();
  return { uint32, below: (n) => below(n, uint32, bits53), fraction: () => bits53() / TWO_53 };
}

function below(n: number, uint32: () => number, bits53: () => number): number {
  if (!(Number.isInteger(n) && n >= 1 && n <= TWO_53)) {
    throw new RangeError(`Cannot draw a number below ${n}: it must be an integer from 1 to 2^53`);
  }
  const range = n <= TWO_32 ? TWO_32 : TWO_53;
  const draw = n <= TWO_32 ? uint32 : bits53;
  // Draws above the last whole multiple of n are repeated: a plain remainder favours small numbers.
  const limit = range - range % n;
  for (;;) {
    const drawn = draw();
    if (drawn < limit) return drawn % n;
  }
}

/**
 * A {@link Random} that gives the same numbers for the same seed (the generator is sfc32). Not for
 * secrets: who sees enough of its numbers can foretell the others.
 *
 * @param seed Any number; its lowest 32 bits count, or 53 if it is a safe integer.
 *
 * @example
 * ```ts
 * import { seededRandom } from "./random.ts";
 * import assert from "node:assert/strict";
 *
 * const random = seededRandom(42);
 * assert.equal(random.below(6), seededRandom(42).below(6));
 * ```
 */
export function seededRandom(seed: number): Random {
  let a = 0;
  let b = seed >>> 0;
  let c = Math.floor(seed / TWO_32) >>> 0;
  let counter = 1;
  const uint32 = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return sum >>> 0;
  };
  // Twelve rounds spread the seed over the whole state, as sfc32's author advises.
  for (let round = 0; round < 12; round++) uint32();
  return randomFrom(uint32);
}
