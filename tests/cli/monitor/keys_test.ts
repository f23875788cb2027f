/** Keys, as terminals send them. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { KeyReader } from "../../../cli/monitor/keys.ts";

function keysOf(...pieces: string[]): string[] {
  const reader = new KeyReader();
  const keys = pieces.flatMap((piece) => reader.take(piece));
  return [...keys, ...reader.flush()].map((key) => "name" in key ? `<${key.name}>` : key.character);
}

Deno.test("characters, control characters and the keys with arrows", () => {
  assert.deepEqual(keysOf("q/\u30c7\x03\t\r\x7f\x1a"), [
    "q",
    "/",
    "\u30c7",
    "<interrupt>",
    "<tab>",
    "<enter>",
    "<backspace>",
    "<suspend>",
  ]);
  const sequences = ["\x1b[A", "\x1bOB", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1bOF", "\x1b[Z"];
  assert.deepEqual(keysOf(sequences.join("")), [
    "<up>",
    "<down>",
    "<page-up>",
    "<page-down>",
    "<home>",
    "<end>",
    "<back-tab>",
  ]);
});

Deno.test("a sequence that is cut anywhere is one key; escape alone is a key, later", () => {
  assert.deepEqual(keysOf("\x1b", "[", "A"), ["<up>"]);
  assert.deepEqual(keysOf("\x1b"), ["<escape>"]);
  const reader = new KeyReader();
  assert.deepEqual([reader.take("\x1b"), reader.isWaiting], [[], true]);
  assert.deepEqual(keysOf("\x1bq"), ["<escape>", "q"]);
});

Deno.test("what is no key is nothing: mice, unknown sequences, other control characters", () => {
  assert.deepEqual(keysOf("\x1b[<0;1;1M\x1b[200~\x01q"), ["q"]);
});

Deno.test("fuzz: any bytes give keys, and nothing is kept for ever", () => {
  const text = fc.string({ unit: "binary", maxLength: 60 });
  const hostile = fc.array(fc.constantFrom("\x1b", "[", "O", "1", ";", "A", "~", "q")).map((all) =>
    all.join("")
  );
  fc.assert(fc.property(fc.oneof(text, hostile), (text) => {
    const reader = new KeyReader();
    reader.take(text);
    reader.flush();
    assert.equal(reader.isWaiting, false);
    assert.deepEqual(reader.take("q"), [{ character: "q" }]);
  }));
});
