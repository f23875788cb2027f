import assert from "node:assert/strict";
import { Joined } from "./joined.ts";

/** Sessions, and what happens in each of them. */
const RUNS = 150;
const STEPS = 400;

for (const use of [0, 1] as const) {
  Deno.test(`joined, use ${use}: no byte twice, out of order or too early`, () => {
    const seen = { failovers: 0, states: 0, inOrder: 0 };
    for (let seed = 1; seed <= RUNS; seed++) {
      const joined = new Joined(seed, use);
      try {
        for (let step = 0; step < STEPS; step++) joined.step();
        joined.finish();
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
      }
      seen.failovers += joined.failovers;
      seen.states += joined.withState;
      if (joined.over?.failure === undefined) seen.inOrder++;
    }
    assert(seen.failovers > RUNS, `only ${seen.failovers} failovers`);
    assert(seen.inOrder > 0, "no session ended in order");
    assert.equal(seen.states > 0, use === 1);
  });
}
