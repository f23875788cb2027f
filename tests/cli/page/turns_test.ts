/** Long work lets everything else have its turn. */

import assert from "node:assert/strict";
import { PAGE_LIMITS } from "../../../cli/page/limits.ts";
import { inTurns, Turns } from "../../../cli/page/turns.ts";

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
  assert.equal(await inTurns(work, new Turns(others), () => time), "done");
  assert.deepEqual(turns, [1, 2, 3, 4, 5, 6].map((slices) => slices * PAGE_LIMITS.sliceMs));
});

Deno.test("in each turn one of all who make pages does something", async () => {
  let turn = 0;
  const turns = new Turns(() => {
    turn++;
    return Promise.resolve();
  });
  const told: string[] = [];
  const work = async (name: string) => {
    for (let i = 0; i < 3; i++) {
      await turns.next();
      told.push(`${name} in ${turn}`);
    }
  };
  await Promise.all([work("a"), work("b")]);
  assert.deepEqual(told, ["a in 1", "b in 2", "a in 3", "b in 4", "a in 5", "b in 6"]);
});
