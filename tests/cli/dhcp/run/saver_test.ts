import assert from "node:assert/strict";
import { RETRY_MS, Saver } from "../../../../cli/dhcp/run/saver.ts";

/** A disk that is as slow as the test. */
function disk() {
  const over = new AbortController();
  const writes: { done: () => void; fail: (why: string) => void }[] = [];
  const told: string[] = [];
  const saver = new Saver({
    write: () =>
      new Promise<void>((resolve, reject) => {
        writes.push({ done: resolve, fail: (why) => reject(new Error(why)) });
      }),
    failed: (reason) => told.push(`failed: ${reason}`),
    healed: () => told.push("healed"),
    signal: over.signal,
    pause: (ms) => {
      told.push(`pause ${ms}`);
      return Promise.resolve();
    },
  });
  const turns = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return { saver, writes, told, turns, over };
}

Deno.test("many who ask while one write runs share the next one", async () => {
  const { saver, writes, turns } = disk();
  const first = saver.save();
  await turns();
  assert.equal(writes.length, 1);
  const others = [saver.save(), saver.save()];
  await turns();
  assert.equal(writes.length, 1, "what is known now may not be in the one that runs");
  writes[0]!.done();
  assert(await first);
  await turns();
  assert.equal(writes.length, 2);
  writes[1]!.done();
  assert.deepEqual(await Promise.all(others), [true, true]);
  assert.equal(writes.length, 2);
});

Deno.test("a disk that takes nothing is tried again, and told once", async () => {
  const { saver, writes, told, turns } = disk();
  const saved = saver.save();
  for (let attempt = 0; attempt < 3; attempt++) {
    await turns();
    writes[attempt]!.fail("No space left on device");
  }
  await turns();
  writes[3]!.done();
  assert(await saved);
  assert.deepEqual(told, [
    "failed: no space left on device",
    ...Array(3).fill(`pause ${RETRY_MS}`),
    "healed",
  ]);
});

Deno.test("at the end it is given up", async () => {
  const { saver, writes, turns, over } = disk();
  const saved = saver.save();
  await turns();
  over.abort();
  writes[0]!.fail("No space left on device");
  assert.equal(await saved, false);
});
