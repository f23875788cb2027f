/** Good random numbers for identifiers and selections (RFC 5352 §3.1, R2.2; RFC 4086). */

import { type Random, randomFrom } from "../core/mod.ts";

/**
 * Numbers drawn from the system's generator, many at a time: one call costs as much as a thousand.
 */
export function systemRandom(): Random {
  const block = new Uint32Array(1024);
  let next = block.length;
  return randomFrom(() => {
    if (next === block.length) {
      crypto.getRandomValues(block);
      next = 0;
    }
    return block[next++]!;
  });
}

/** A random identifier of a registrar or pool element: 32 bits, not zero. */
export function randomIdentifier(random: Random): number {
  return random.below(0xffffffff) + 1;
}
