/** docs/security.md has a row for each threat of RFC 5355, and each row has its test. */

import assert from "node:assert/strict";

const THREATS = 17;
const docs = await Deno.readTextFile(new URL("../../docs/security.md", import.meta.url));
const folder = new URL("../threats/", import.meta.url);

/** The rows of the table: section and test file. */
function rows(): { readonly section: string; readonly file: string; readonly cells: string[] }[] {
  const table = docs.slice(docs.indexOf("\n## Threats\n"));
  return table.split("\n").filter((line) => /^\| 2\.\d+ \|/.test(line)).map((line) => {
    const cells = line.split("|").slice(1, -1).map((cell) => cell.trim());
    return { section: cells[0]!, file: cells.at(-1)!.replaceAll("`", ""), cells };
  });
}

Deno.test("each threat of RFC 5355 §2.1 to §2.17 has one row, in order and complete", () => {
  const wanted = Array.from({ length: THREATS }, (_, i) => `2.${i + 1}`);
  assert.deepEqual(rows().map(({ section }) => section), wanted);
  for (const { section, cells } of rows()) {
    assert.equal(cells.length, 5, section);
    for (const cell of cells) assert.notEqual(cell, "", section);
  }
});

Deno.test("each row's test is there and names its threat, and no test is without a row", () => {
  const files = [...Deno.readDirSync(folder)].map(({ name }) => name);
  const tests = files.filter((name) => name.endsWith("_test.ts"));
  assert.deepEqual(tests.sort(), rows().map(({ file }) => file).sort());
  for (const { section, file } of rows()) {
    const text = Deno.readTextFileSync(new URL(file, folder));
    assert.equal(file.slice(0, 5), `t2_${section.slice(2).padStart(2, "0")}`);
    const names = [...text.matchAll(/RFC 5355 §(2\.\d+)/g)].map(([_, named]) => named);
    assert(names.length > 1, file);
    // Others may be cited, but its own comes first.
    assert.equal(names[0], section, file);
  }
});
