/**
 * Each scenario file tells a procedure: commands, and the whole transcript of what follows.
 * `UPDATE_SCENARIOS=1` writes what was told into the files; the difference is then for people to
 * read.
 */
import assert from "node:assert/strict";
import { formatScript, parseScript } from "../../lib/sim/scenario/script.ts";
import { playScript } from "../../lib/sim/scenario/play.ts";

const FOLDER = new URL(".", import.meta.url);
const isUpdating = Deno.env.get("UPDATE_SCENARIOS") === "1";

/** Plays a file. Gives what each block told. */
function play(name: string, text: string): string[] {
  try {
    return playScript(parseScript(text));
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

for (const { name } of [...Deno.readDirSync(FOLDER)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  if (!name.endsWith(".txt")) continue;
  Deno.test(`scenario ${name.replace(/\.txt$/, "").replaceAll("_", " ")}`, () => {
    const file = new URL(name, FOLDER);
    const text = Deno.readTextFileSync(file);
    const blocks = parseScript(text);
    const told = play(name, text);
    if (isUpdating) Deno.writeTextFileSync(file, formatScript(blocks, told));
    else {
      assert.equal(formatScript(blocks, told), text.trimEnd() + "\n");
      assert.deepEqual(play(name, text), told, "it does not replay");
    }
  });
}
