/** Long work lets everything else have its turn. */

import assert from "node:assert/strict";
import { PAGE_LIMITS } from "../../../cli/page/limits.ts";
import { inTurns, OneByOne } from "../../../cli/page/turns.ts";

Deno.test("after a slice of sliceMs timers and sockets have their turn", async () => {
  let time = 0;
  const turns: number[] = [];
  const others = () => {
    turns.push(time);
    return Promise.resolve();
  };
  const work = (function* () {
    for (let step = 0; step < 12; step++) {
      time += PAGE_LIMITS.sliceMs / 2;
      yield;
    }
    return "done";
  })();
  assert.equal(await inTurns(work, () => time, others), "done");
  assert.deepEqual(turns, [1, 2, 3, 4, 5, 6].map((slices) => slices * PAGE_LIMITS.sliceMs));
});

Deno.test("works are done one by one, whatever becomes of one of them", async () => {
  const told: string[] = [];
  const works = new OneByOne();
  const work = (name: string) => async () => {
    told.push(`${name} begins`);
    await Promise.resolve();
    told.push(`${name} ends`);
    if (name === "b") throw new Error(name);
    return name;
  };
  const outcomes = await Promise.allSettled(["a", "b", "c"].map((name) => works.run(work(name))));
  assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assert.deepEqual(told, ["a", "b", "c"].flatMap((name) => [`${name} begins`, `${name} ends`]));
});
