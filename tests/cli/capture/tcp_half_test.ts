/** One direction of TCP, put in order whatever a capture has made of it. */

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  MAX_WAITING_BYTES,
  MAX_WAITING_SEGMENTS,
  type Segment,
  TcpHalf,
} from "../../../cli/capture/tcp_half.ts";

const plain = { isSyn: false, isReset: false };

/** What is delivered: numbers are bytes. */
function delivered(half: TcpHalf, segments: readonly Segment[]): (number | string)[] {
  const all: (number | string)[] = [];
  for (const segment of segments) {
    for (const delivery of half.take(segment)) {
      if (delivery.type === "bytes") all.push(...delivery.bytes);
      else all.push(delivery.type);
    }
  }
  return all;
}

Deno.test("whatever is cut, repeated and out of order: the bytes come once, in order", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 1, maxLength: 60 }),
    fc.nat({ max: 0xffffffff }),
    fc.array(fc.tuple(fc.nat({ max: 59 }), fc.integer({ min: 1, max: 20 })), { maxLength: 40 }),
    (bytes, start, cuts) => {
      const segment = (from: number, length: number): Segment => ({
        ...plain,
        sequence: (start + 1 + from) >>> 0,
        bytes: bytes.subarray(from, from + length),
      });
      const segments = [
        { ...plain, isSyn: true, sequence: start, bytes: new Uint8Array(0) },
        ...cuts.filter(([from]) => from < bytes.length).map(([from, length]) =>
          segment(from, length)
        ),
        // At last all of it, a byte at a time and backwards.
        ...Array.from(bytes, (_, i) => segment(bytes.length - 1 - i, 1)),
      ];
      assert.deepEqual(delivered(new TcpHalf(), segments), ["reset", ...bytes]);
    },
  ));
});

/** A stream whose second byte never comes. */
function gapped(): TcpHalf {
  const half = new TcpHalf();
  assert.deepEqual(delivered(half, [{ ...plain, sequence: 0, bytes: new Uint8Array([1]) }]), [1]);
  return half;
}

Deno.test(`behind a gap, at most MAX_WAITING_SEGMENTS (${MAX_WAITING_SEGMENTS}) wait`, () => {
  const half = gapped();
  const segments = Array.from({ length: MAX_WAITING_SEGMENTS + 1 }, (_, i) => ({
    ...plain,
    sequence: 2 + i,
    bytes: new Uint8Array([i & 0xff]),
  }));
  assert.deepEqual(delivered(half, segments.slice(0, -1)), []);
  const after = delivered(half, segments.slice(-1));
  assert.equal(after[0], "gap");
  assert.equal(after.length, 1 + segments.length);
});

Deno.test(`behind a gap, at most MAX_WAITING_BYTES (${MAX_WAITING_BYTES}) wait`, () => {
  const half = gapped();
  const bytes = new Uint8Array(MAX_WAITING_BYTES / 2 + 1);
  const at = (sequence: number) => ({ ...plain, sequence, bytes });
  assert.deepEqual([...half.take(at(2))], []);
  const after = [...half.take(at(2 + bytes.length))];
  assert.deepEqual(after.map(({ type }) => type), ["gap", "bytes", "bytes"]);
});

Deno.test("what waits at the end is delivered, gap by gap", () => {
  const half = gapped();
  delivered(
    half,
    [5, 9].map((sequence) => ({
      ...plain,
      sequence,
      bytes: new Uint8Array([sequence]),
    })),
  );
  const all = [...half.flush()].map((each) => each.type === "bytes" ? [...each.bytes] : each.type);
  assert.deepEqual(all, ["gap", [5], "gap", [9]]);
});
