/** The quick program's help is that of the grammar, in terminals of all widths. */
import assert from "node:assert/strict";
import { parseCommandLine } from "../../../cli/grammar.ts";
import { parseCommandLine as parseQuickly } from "../../../tools/shims/quick_grammar.ts";

/** What is printed in so many columns; `undefined`: the output is no terminal. */
async function printed(
  parse: typeof parseCommandLine,
  word: string,
  columns: number | undefined,
): Promise<string> {
  let text = "";
  const parsed = await parse([word], {
    stdout: {
      isTerminal: columns !== undefined,
      columns,
      write() {},
      pass: () => Promise.resolve(),
    },
    print: (more) => void (text += more),
    printError: (more) => assert.fail(more),
  });
  assert.equal(parsed, undefined);
  return text;
}

Deno.test("the program's help is the grammar's, to the letter, in every width", async () => {
  for (let columns = 1; columns <= 250; columns++) {
    const expected = await printed(parseCommandLine, "--help", columns);
    assert.equal(await printed(parseQuickly, "--help", columns), expected, `${columns} columns`);
  }
  const expected = await printed(parseCommandLine, "--help", undefined);
  assert.match(expected, /^Usage: rserpool .*\n[^]*\n {2}completions +print the script/);
  for (const word of ["--help", "-h", "help"]) {
    assert.equal(await printed(parseQuickly, word, undefined), expected, word);
  }
});
