import assert from "node:assert/strict";
import fc from "fast-check";
import {
  hex,
  parsePoolHandle,
  poolHandleBytes,
  poolHandleLength,
  poolHandleText,
} from "../../lib/wire/mod.ts";

const RUNS = { numRuns: 5000 };

/** Bytes and the canonical text for them. */
const TABLE: readonly (readonly [bytes: number[] | string, text: string])[] = [
  ["web", "web"],
  ["EchoPool", "EchoPool"],
  ["two words", "two words"],
  ["größe", "größe"],
  ["日本", "日本"],
  ["🙂", "🙂"],
  ["e\u0301", "e\u0301"], // decomposed stays decomposed: a handle is bytes, not letters
  ["hex", "hex"],
  ["HEX:61", "HEX:61"],
  ["", "hex:"],
  ["hex:", "hex:6865783a"],
  ["hex:61", "hex:6865783a3631"],
  ["tab\there", "hex:7461620968657265"],
  ["line\n", "hex:6c696e650a"],
  ["\u001b[31m", "hex:1b5b33316d"],
  ["\u007f", "hex:7f"],
  ["\u0085", "hex:c285"],
  ["\u00a0", "hex:c2a0"], // no-break space: not to be told from a space
  ["a\u200bb", "hex:61e2808b62"], // zero width
  ["a\u202eb", "hex:61e280ae62"], // turns the reading direction
  ["\ufeff", "hex:efbbbf"],
  ["\ue000", "hex:ee8080"], // private use
  [[0x00], "hex:00"],
  [[0xff, 0xfe], "hex:fffe"],
  [[0x80], "hex:80"],
  [[0xc0, 0x80], "hex:c080"], // overlong NUL
  [[0xc1, 0xbf], "hex:c1bf"],
  [[0xe0, 0x80, 0xaf], "hex:e080af"],
  [[0xed, 0xa0, 0x80], "hex:eda080"], // half of a surrogate pair
  [[0xf0, 0x80, 0x80, 0xaf], "hex:f08080af"],
  [[0xf4, 0x90, 0x80, 0x80], "hex:f4908080"], // beyond the last code point
  [[0xf5, 0x80, 0x80, 0x80], "hex:f5808080"],
  [[0xc3], "hex:c3"],
  [[0xe2, 0x82], "hex:e282"],
  [[0xc3, 0x28], "hex:c328"],
];

for (const [source, text] of TABLE) {
  const bytes = typeof source === "string"
    ? new TextEncoder().encode(source)
    : Uint8Array.from(source);
  Deno.test(`pool handle of bytes ${hex(bytes)} is ${JSON.stringify(text)}`, () => {
    assert.equal(poolHandleText(bytes), text);
    assert.equal(hex(poolHandleBytes(text)), hex(bytes));
    assert.equal(poolHandleLength(text), bytes.length);
    assert.equal(parsePoolHandle(text), text);
  });
}

Deno.test("pool handle: text and bytes stand one to one for each other", () => {
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: "binary", maxLength: 16 }).map((text) => new TextEncoder().encode(text)),
    fc.string({ maxLength: 16 }).map((text) => new TextEncoder().encode("hex:" + text)),
  );
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const text = poolHandleText(bytes);
      assert.equal(hex(poolHandleBytes(text)), hex(bytes));
      assert.equal(poolHandleLength(text), bytes.length);
      assert.equal(parsePoolHandle(text), text);
    }),
    RUNS,
  );
});

Deno.test("pool handle: the bytes of a text are its UTF-8", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
      fc.pre(!text.startsWith("hex:"));
      const expected = new TextEncoder().encode(text);
      assert.equal(hex(poolHandleBytes(text)), hex(expected));
      assert.equal(poolHandleLength(text), expected.length);
    }),
    RUNS,
  );
});

Deno.test("pool handle: a readable one shows no character that controls a terminal", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
      // deno-lint-ignore no-control-regex -- control characters are what must not be there
      assert.doesNotMatch(poolHandleText(bytes), /[\x00-\x1f\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}\p{Co}]/u);
    }),
    RUNS,
  );
});

Deno.test("pool handle: other ways to write one are made canonical", () => {
  assert.equal(parsePoolHandle("hex:776562"), "web");
  assert.equal(parsePoolHandle("hex:00FF"), "hex:00ff");
  assert.equal(parsePoolHandle(""), "hex:");
  assert.equal(parsePoolHandle("a\nb"), "hex:610a62");
});

Deno.test("pool handle: what stands for no bytes is a syntax error", () => {
  for (const text of ["hex:0", "hex:zz", "hex:00 ", "hex: 00", "\ud800", "a\udc00b"]) {
    assert.throws(() => parsePoolHandle(text), SyntaxError);
  }
});

Deno.test("pool handle: 32 bytes are 32 bytes in any script", () => {
  assert.equal(poolHandleLength("x".repeat(32)), 32);
  assert.equal(poolHandleLength("ö".repeat(16)), 32);
  assert.equal(poolHandleLength("日".repeat(11)), 33);
  assert.equal(poolHandleLength("🙂".repeat(8)), 32);
  assert.equal(poolHandleLength("hex:" + "00".repeat(33)), 33);
});
