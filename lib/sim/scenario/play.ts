/** Plays a scenario: its commands, block by block. */

import { CheckFailed } from "../checkers/check_failed.ts";
import { Livelock } from "../scheduler.ts";
import { Arguments } from "./arguments.ts";
import type { Block, Command } from "./script.ts";
import { Stage } from "./stage.ts";
import { VERBS } from "./verbs.ts";

/** What is told beside the network's notes by the same words. */
const HIDDEN_AT_FIRST = ["association-opened", "association-closed"];

/**
 * Plays a scenario from its beginning; when a checker finds something, it is told, and that is the
 * end.
 *
 * @returns what each block told.
 * @throws {Error} that names the line of a command that cannot be done.
 */
export function playScript(blocks: readonly Block[], stage: Stage = new Stage()): string[] {
  for (const word of HIDDEN_AT_FIRST) stage.setHidden(word, true);
  let isOver = false;
  return blocks.map((block) => {
    for (const command of block.commands) if (!isOver) isOver = !goesOn(stage, command);
    return stage.takeTold();
  });
}

/** Does one command of a scenario; `false` if a checker finds something. */
function goesOn(stage: Stage, command: Command): boolean {
  try {
    perform(stage, command);
    return true;
  } catch (error) {
    if (error instanceof CheckFailed || error instanceof Livelock) {
      stage.tell(`!! ${error.message}`);
      return false;
    }
    const where = `line ${command.line}: ${command.text}`;
    throw new Error(`${where}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/**
 * Does one command.
 *
 * @throws {SyntaxError} if it cannot be understood.
 */
export function perform(stage: Stage, command: Command): void {
  const verb = VERBS[command.verb];
  if (verb === undefined) throw new SyntaxError(`"${command.verb}" is no command`);
  const args = new Arguments(command);
  verb(stage, args);
  args.end();
}
