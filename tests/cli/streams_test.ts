/** Standard input and output as streams of bytes, while everything else goes on. */

import assert from "node:assert/strict";
import { inputOf, terminalOf } from "../../cli/world.ts";

/** A pipe that somebody made non-blocking: each step is bytes that it takes or gives, or none. */
function steps(...given: (number | null)[]) {
  const next = () => {
    const step = given.shift()!;
    if (step === 0) return Promise.reject(new Deno.errors.WouldBlock("Resource unavailable"));
    return Promise.resolve(step);
  };
  return {
    isTerminal: () => false,
    writeSync: () => 0,
    read: next,
    write: next as () => Promise<number>,
  };
}

const fail = (error: unknown) => assert.ifError(error);

Deno.test("what is passed is written to its end, in as many writes as it takes", async () => {
  const stream = steps(3, 0, 0, 2);
  const taken: number[] = [];
  const write = (bytes: Uint8Array) => {
    taken.push(bytes.length);
    return stream.write();
  };
  await terminalOf({ ...stream, write }, fail).pass(new Uint8Array(5));
  assert.deepEqual(taken, [5, 2, 2, 2]);
});

Deno.test("a reader that is gone is told as at any other write", async () => {
  const gone = new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
  const failures: unknown[] = [];
  const stream = { ...steps(), write: () => Promise.reject(gone) };
  await terminalOf(stream, (error) => failures.push(error)).pass(new Uint8Array(5));
  assert.deepEqual(failures, [gone]);
});

Deno.test("input is waited for where it says that there is none yet, and ends once", async () => {
  const input = inputOf(steps(0, 7, 0, null));
  const buffer = new Uint8Array(10);
  assert.equal(await input.next(buffer), 7);
  assert.equal(await input.next(buffer), null);
});
