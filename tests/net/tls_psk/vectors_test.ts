/** The presentation language of RFC 8446 §3: what is written is read, at every length. */
import assert from "node:assert/strict";
import { Refusal } from "../../../lib/net/tls_psk/failure.ts";
import { VectorReader, VectorWriter } from "../../../lib/net/tls_psk/vectors.ts";
import { pattern } from "./pair.ts";

Deno.test("RFC 8446 §3.4: vectors of every length around where the writer grows", () => {
  for (let length = 480; length < 1100; length++) {
    const bytes = pattern(length);
    const writer = new VectorWriter();
    for (const byte of bytes) writer.uint8(byte);
    writer.vector(1, () => writer.uint8(1)).vector(2, () => writer.put(bytes));
    const reader = new VectorReader(writer.finish());
    assert.deepEqual(reader.take(length), bytes);
    assert.deepEqual(reader.vector8(1, 1), Uint8Array.of(1));
    assert.deepEqual(reader.vector16(length, length), bytes);
    reader.end();
  }
});

Deno.test("RFC 8446 §6.2: what does not fit is a decode_error", () => {
  const isDecodeError = (error: unknown) =>
    error instanceof Refusal && error.alert === "decode_error";
  const of = (...bytes: number[]) => new VectorReader(Uint8Array.from(bytes));
  assert.throws(() => of().uint8(), isDecodeError);
  assert.throws(() => of(1).uint16(), isDecodeError);
  assert.throws(() => of(2, 0).vector8(0), isDecodeError);
  assert.throws(() => of(0, 2, 0).vector16(0), isDecodeError);
  assert.throws(() => of(1, 0).vector8(2), isDecodeError);
  assert.throws(() => of(3, 0, 0, 0).vector8(1, 2), isDecodeError);
  assert.throws(() => of(0).end(), isDecodeError);
  of(2, 7, 8).vector8(2, 2);
});
