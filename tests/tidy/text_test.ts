/** The tree keeps the rules of text, and each rule can fail. */
import assert from "node:assert/strict";
import { badName, forbiddenWords, longFile, longLines } from "./text_rules.ts";
import { type SourceFile, sourceFiles, textFiles } from "./tree.ts";

function held(files: readonly SourceFile[], rule: (file: SourceFile) => string[]): void {
  assert.ok(files.length > 50, "the tree was not found");
  assert.deepEqual(files.flatMap(rule), []);
}

Deno.test("no line of the source is longer than 100 characters", () => {
  held(sourceFiles(), longLines);
});

Deno.test("no file of the source is longer than its limit", () => held(sourceFiles(), longFile));

Deno.test("every file of the source is named for what it holds", () => {
  held(sourceFiles(), badName);
});

Deno.test("no text speaks of unfinished work, a switched-off check or one machine", () => {
  held(textFiles(), forbiddenWords);
});

Deno.test("the rule on lines finds a line of 101 characters and leaves one of 100", () => {
  const bad = { path: "lib/a.ts", text: `${"é".repeat(100)}\n${"b".repeat(101)}\n` };
  assert.deepEqual(longLines(bad), ["lib/a.ts:2: 101 characters, at most 100"]);
});

Deno.test("the rule on files finds 401 lines in the program and 601 in the tests", () => {
  const text = (lines: number) => "x\n".repeat(lines);
  assert.deepEqual(longFile({ path: "lib/a.ts", text: text(400) }), []);
  assert.deepEqual(longFile({ path: "lib/a.ts", text: text(401) }), [
    "lib/a.ts: 401 lines, at most 400",
  ]);
  assert.deepEqual(longFile({ path: "tests/a.ts", text: text(600) }), []);
  assert.equal(longFile({ path: "tests/a.ts", text: text(601) }).length, 1);
});

for (const name of ["utils", "helpers_test", "types", "CamelCase", "kebab-case"]) {
  Deno.test(`the rule on names finds ${name}.ts`, () => {
    assert.equal(badName({ path: `lib/wire/${name}.ts`, text: "" }).length, 1);
    assert.deepEqual(badName({ path: "lib/wire/pool_handle.ts", text: "" }), []);
  });
}

for (const halves of [["/wo", "rk/x"], ["// TO", "DO: later"], ["Deno.test.", "only("]]) {
  Deno.test(`the rule on words finds ${halves.join("·")}`, () => {
    const bad = { path: "docs/a.md", text: `fine\n${halves.join("")}\n` };
    assert.equal(forbiddenWords(bad).length, 1);
  });
}
