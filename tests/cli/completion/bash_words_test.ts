/** bash's words: what is split, and that what is inserted is read back as the same word. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { bashInsertion, quotedForBash, splitBashLine } from "../../../cli/completion/bash_words.ts";

const SPLIT: readonly (readonly [line: string, before: readonly string[], current: string])[] = [
  ["rserpool", [], "rserpool"],
  ["rserpool ", ["rserpool"], ""],
  ["rserpool  resolve\tw", ["rserpool", "resolve"], "w"],
  ["a 'b c' d", ["a", "b c"], "d"],
  ['a "b \\" c" d', ["a", 'b " c'], "d"],
  ['a "b \\n" d', ["a", "b \\n"], "d"],
  ["a b\\ c\\$ d", ["a", "b c$"], "d"],
  ["a '' ", ["a", ""], ""],
  ["a x'y'\"z\" ", ["a", "xyz"], ""],
  ["a 'b c", ["a"], "b c"],
  ['a "b c', ["a"], "b c"],
  ["a b\\", ["a"], "b"],
  ["a 2>log b", ["a"], "b"],
  ["a >log b<in c", ["a", "b"], "c"],
  ["a $(b c) ", ["a", "$(b", "c)"], ""],
];

for (const [line, before, current] of SPLIT) {
  Deno.test(`bash splits ${JSON.stringify(line)}`, () => {
    const split = splitBashLine(line);
    assert.deepEqual([split.before, split.current], [before, current]);
  });
}

Deno.test("the word behind a redirection is a file", () => {
  assert.ok(splitBashLine("a >fi").isRedirected);
  assert.ok(splitBashLine("a 2> fi").isRedirected);
  assert.ok(!splitBashLine("a '>fi").isRedirected);
  assert.ok(!splitBashLine("a >fi b").isRedirected);
});

Deno.test("a word in bash's quotes is read back by bash itself, whatever is in it", async () => {
  const printable = fc.string({
    unit: fc.constantFrom(..." !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~aZ0äß€"),
  });
  const words = fc.sample(printable, { numRuns: 500, seed: 6 });
  const script = `printf '%s\\0' ${words.map(quotedForBash).join(" ")}`;
  const { stdout } = await new Deno.Command("bash", {
    args: ["-c", script],
    env: { LC_ALL: "C.UTF-8" },
  }).output();
  assert.deepEqual(new TextDecoder().decode(stdout).split("\0").slice(0, -1), words);
});

Deno.test("what is inserted and what stands before it make the word", () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom("", "'", '"'), fc.nat(), (word, quote, cut) => {
      fc.pre(!/\p{Cc}/u.test(word));
      const start = [...word].slice(0, cut % ([...word].length + 1)).join("");
      const inside = quote === "" ? quotedForBash(start) : written(start, quote);
      if (inside === undefined || start === "" && quote === "") return;
      const line = splitBashLine(`x ${quote}${inside}`);
      assert.equal(line.current, start);
      const inserted = bashInsertion(word, line, inside);
      if (inserted === undefined) return assert.ok(quote === '"' && word.includes("!"));
      const whole = splitBashLine(`x ${quote}${inserted}${quote} `);
      assert.deepEqual(whole.before, ["x", word]);
    }),
    { seed: 6, numRuns: 2_000 },
  );
});

/** A text as somebody types it within quotes. */
function written(text: string, quote: string): string | undefined {
  if (quote === '"') return text.replace(/[\\"$`]/g, "\\$&");
  return text.includes("'") ? undefined : text;
}

Deno.test("what readline leaves alone is left out, if it is what stands there", () => {
  const insertion = (word: string, text: string, replaced: string) =>
    bashInsertion(word, splitBashLine(text), replaced);
  assert.equal(insertion("hex:2d6f", "x hex:2", "2"), "2d6f");
  assert.equal(insertion("--ca=x y", "x --ca=x", "x"), "x\\ y");
  assert.equal(insertion("--ca=x y", "x --ca='x", "x"), "x y");
  assert.equal(insertion("--ca=x y", "x --c'a'=x", "x"), undefined, "quotes where none are wanted");
  assert.equal(insertion("a b", 'x a" ', 'a" '), undefined, "a quote within the word");
  assert.equal(insertion("it's", "x '", ""), "it'\\''s");
  assert.equal(insertion("a!b", 'x "', ""), undefined);
  assert.equal(insertion("a!b", "x ", ""), "a\\!b");
});
