/** Every command and every command below one, for what must hold of all of them. */

import type { Command } from "../../cli/command.ts";
import { COMMANDS } from "../../cli/commands.ts";

/** A command, with the names that lead to it. */
export interface NamedCommand {
  /** Such as `certs issue element`. */
  readonly name: string;
  readonly summary: string;
  readonly command: Command;
}

/** All commands in the order of help, each group before what it holds. */
export async function allCommands(): Promise<NamedCommand[]> {
  const all: NamedCommand[] = [];
  for (const { name, summary, load } of COMMANDS) {
    add({ name, summary, command: await load() }, all);
  }
  return all;
}

function add(named: NamedCommand, all: NamedCommand[]): void {
  all.push(named);
  for (const { name, summary, command } of named.command.subcommands ?? []) {
    add({ name: `${named.name} ${name}`, summary, command }, all);
  }
}
