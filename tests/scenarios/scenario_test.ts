/**
 * Each scenario file tells a procedure: commands, and the whole transcript of what follows.
 * `UPDATE_SCENARIOS=1` writes what was told into the files; the difference is then for people to
 * read.
 */
import assert from "node:assert/strict";
import { formatScript, parseScript } from "./script.ts";
import { Stage } from "./stage.ts";
import { Arguments, VERBS } from "./verbs.ts";

const FOLDER = new URL(".", import.meta.url);
const isUpdating = Deno.env.get("UPDATE_SCENARIOS") === "1";

/** What is told beside the network's notes by the same words. */
const HIDDEN_AT_FIRST = ["association-opened", "association-closed"];

/** Plays a file. Gives what each block told. */
function play(name: string, text: string): string[] {
  const stage = new Stage();
  for (const word of HIDDEN_AT_FIRST) stage.setHidden(word, true);
  return parseScript(text).map((block) => {
    for (const command of block.commands) {
      const verb = VERBS[command.verb];
      try {
        if (verb === undefined) throw new SyntaxError(`"${command.verb}" is no command`);
        const args = new Arguments(command);
        verb(stage, args);
        args.end();
      } catch (error) {
        throw new Error(`${name}:${command.line}: ${command.text}: ${error}`, { cause: error });
      }
    }
    return stage.takeTold();
  });
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
