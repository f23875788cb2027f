/** The words of help: paragraphs are filled, lines that are indented stay lines. */

import assert from "node:assert/strict";
import { parseCommandLine } from "../../cli/grammar.ts";
import { blocksOf, filled } from "../../cli/help_text.ts";
import { allCommands } from "../../tools/manual/command_tree.ts";

const COLUMNS = 80;

async function helpOf(name: string, columns: number): Promise<string> {
  let text = "";
  const printer = {
    stdout: { isTerminal: true, columns, write: () => {}, pass: () => Promise.resolve() },
    print: (part: string) => void (text += part),
    printError: (part: string) => assert.fail(part),
  };
  await parseCommandLine([...name.split(" "), "--help"], printer);
  return text;
}

Deno.test("help can be read at 80 columns: only what is to be copied is longer", async () => {
  for (const name of ["", ...(await allCommands()).map(({ name }) => name)]) {
    for (const line of (await helpOf(name.trim(), COLUMNS)).split("\n")) {
      const isCopied = line.startsWith("  $ ") || !line.trim().includes(" ");
      assert.ok(line.length <= COLUMNS || isCopied, `${name}: ${line}`);
    }
  }
});

Deno.test("a narrow terminal loses no word of the notes", async () => {
  const words = (text: string) => text.split(/\s+/).filter((word) => word !== "");
  for (const { name, command: { notes = "" } } of await allCommands()) {
    const help = words(await helpOf(name, 40)).join(" ");
    assert.ok(help.includes(words(notes).join(" ")), name);
  }
});

Deno.test("paragraphs, lines and gaps", () => {
  assert.deepEqual(blocksOf("\nOne\ntwo\n  a  line\n  b\n\nthree\n"), [
    { type: "paragraph", text: "One two" },
    { type: "line", text: "  a  line" },
    { type: "line", text: "  b" },
    { type: "gap" },
    { type: "paragraph", text: "three" },
  ]);
});

Deno.test("a line that is too long goes on below its last column", () => {
  assert.equal(
    filled("  tcp   it is connected to\n  exec  sh", 18),
    "  tcp   it is\n        connected\n        to\n  exec  sh",
  );
  assert.equal(filled("  alpha beta gamma", 12), "  alpha beta\n  gamma");
  assert.equal(filled("averyverylongword and more", 10), "averyverylongword\nand more");
  assert.equal(filled("a ".repeat(80), 1000).split("\n")[0]!.length, 99, "at most 100 columns");
});
