/** Plays a scenario: its commands, block by block. */

import { Arguments } from "./arguments.ts";
import type { Block, Command } from "./script.ts";
import { Stage } from "./stage.ts";
import { VERBS } from "./verbs.ts";

/** What is told beside the network's notes by the same words. */
const HIDDEN_AT_FIRST = ["association-opened", "association-closed"];

/**
 * Plays a scenario from its beginning.
 *
 * @returns what each block told.
 * @throws {Error} that names the line of a command that cannot be done.
 */
export function playScript(blocks: readonly Block[], stage: Stage = new Stage()): string[] {
  for (const word of HIDDEN_AT_FIRST) stage.setHidden(word, true);
  return blocks.map((block) => {
    for (const command of block.commands) {
      try {
        perform(stage, command);
      } catch (error) {
        const where = `line ${command.line}: ${command.text}`;
        throw new Error(`${where}: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        });
      }
    }
    return stage.takeTold();
  });
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
