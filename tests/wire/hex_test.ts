import assert from "node:assert/strict";
import fc from "fast-check";
import { formatIdentifier, formatNumber, hex, parseHex } from "../../lib/wire/mod.ts";
import { abridgedHex } from "../../lib/wire/hex.ts";

Deno.test("hex: bytes and digits stand one to one for each other", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
    assert.match(hex(bytes), /^([0-9a-f]{2})*$/);
    assert.deepEqual(parseHex(hex(bytes)), bytes);
    assert.deepEqual(parseHex(hex(bytes).toUpperCase()), bytes);
  }));
});

Deno.test("hex: what is not pairs of digits is a syntax error that says which", () => {
  assert.throws(() => parseHex("abc"), /odd/);
  assert.throws(() => parseHex("0x00"), /not hexadecimal/);
  assert.throws(() => parseHex("00 1"), /not hexadecimal/);
  assert.throws(() => parseHex("zz"), SyntaxError);
});

Deno.test("hex: long bytes are abridged for people, with their number", () => {
  assert.equal(abridgedHex(new Uint8Array(16)), "00".repeat(16));
  assert.equal(abridgedHex(new Uint8Array(17)), "00".repeat(16) + "… (17 bytes)");
});

Deno.test("identifiers are eight lower-case digits", () => {
  assert.equal(formatIdentifier(0), "0x00000000");
  assert.equal(formatIdentifier(0xffffffff), "0xffffffff");
  assert.equal(formatIdentifier(0x5562e917), "0x5562e917");
  assert.equal(formatNumber(0xabc, 4), "0x0abc");
  assert.equal(formatNumber(0x12345, 4), "0x12345");
});
