/** Buffers grow with what flows, shrink when little does, and have a limit together. */
import assert from "node:assert/strict";
import { Buffers, SMALLEST_BUFFER_BYTES } from "../../../cli/proxy/buffers.ts";

const K = 1024;

/** Reads that fill the buffer, until it grows no more. */
function growthOf(buffers: Buffers): number[] {
  const lengths: number[] = [];
  let buffer = buffers.first();
  for (let reads = 0; reads < 6; reads++) {
    lengths.push(buffer.length);
    buffer = buffers.next(buffer, buffer.length);
  }
  return lengths;
}

Deno.test("a buffer grows while it is filled, up to bufferBytes", () => {
  const buffers = new Buffers({ maxBytes: 100 * K, maxGrownBytes: 1024 * K });
  assert.deepEqual(growthOf(buffers).map((each) => each / K), [4, 16, 64, 100, 100, 100]);
  assert.equal(SMALLEST_BUFFER_BYTES, 4 * K);
});

Deno.test("bufferBytes may be less than the smallest", () => {
  const buffers = new Buffers({ maxBytes: K, maxGrownBytes: 1024 * K });
  assert.deepEqual(growthOf(buffers), Array(6).fill(K));
  assert.equal(buffers.grownBytes, 0);
});

Deno.test("it shrinks step by step when little flows, and stays when some does", () => {
  const buffers = new Buffers({ maxBytes: 64 * K, maxGrownBytes: 1024 * K });
  let buffer = buffers.first();
  for (let i = 0; i < 2; i++) buffer = buffers.next(buffer, buffer.length);
  assert.equal(buffer.length, 64 * K);
  assert.equal(buffers.next(buffer, 16 * K), buffer);
  buffer = buffers.next(buffer, 16 * K - 1);
  assert.equal(buffer.length, 16 * K);
  buffer = buffers.next(buffer, 1);
  assert.equal(buffer.length, 4 * K);
  assert.equal(buffers.next(buffer, 1), buffer);
});

Deno.test("all together have no more than maxBufferedBytes; the others stay small", () => {
  const buffers = new Buffers({ maxBytes: 64 * K, maxGrownBytes: 100 * K });
  let first = buffers.first();
  for (let i = 0; i < 2; i++) first = buffers.next(first, first.length);
  let second = buffers.first();
  for (let i = 0; i < 9; i++) {
    second = buffers.next(second, second.length);
    assert.ok(buffers.grownBytes <= 100 * K, String(buffers.grownBytes));
  }
  assert.deepEqual([first.length, second.length], [64 * K, 16 * K]);
});

Deno.test("what is given back is used again, and makes room for other lengths", () => {
  const buffers = new Buffers({ maxBytes: 64 * K, maxGrownBytes: 80 * K });
  let first = buffers.first();
  for (let i = 0; i < 2; i++) first = buffers.next(first, first.length);
  buffers.giveBack(first);
  let second = buffers.first();
  for (let i = 0; i < 2; i++) second = buffers.next(second, second.length);
  assert.equal(second, first);
  assert.equal(buffers.grownBytes, 80 * K);
  buffers.giveBack(second);
  const smaller = [0, 1, 2].map(() => buffers.next(buffers.first(), SMALLEST_BUFFER_BYTES));
  assert.deepEqual(smaller.map(({ length }) => length), Array(3).fill(16 * K));
  assert.equal(buffers.grownBytes, 48 * K);
});
