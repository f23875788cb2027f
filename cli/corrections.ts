/** What to say of a command or an option that there is not: what may be meant instead. */

import type { Command } from "./command.ts";
import type { CommandEntry } from "./commands.ts";
import { didYouMean } from "./did_you_mean.ts";
import { longName, type OptionTable } from "./option.ts";
import { SHARED_OPTIONS, usesShared } from "./options.ts";

/** What people look for that is not there on purpose. */
const ABSENT: Readonly<Record<string, string>> = {
  deregister: 'only the pool element itself can de-register: stop its "rserpool register"',
};

/** Values of policies, which are no options of their own. */
const POLICY_KEYS: Readonly<Record<string, string>> = {
  "--weight": "--policy weighted-round-robin:weight=N",
  "--priority": "--policy priority:priority=N",
  "--degradation": "--policy least-used-degradation:degradation=N",
};

const HELP = "help";
/** How the help of arguments begins that belong to a program that is run. */
const BEHIND = "behind --";
/** Of all commands. */
const ALWAYS = ["--help", "--version"];
/** Commands that are named as those that have an option; more are no help. */
const MAX_NAMED = 3;

/** What to add to a message about a command that there is not. */
export function correctCommand(written: string, names: readonly string[]): string {
  const absent = ABSENT[written];
  return absent === undefined ? didYouMean(written, [...names, HELP]) : `; ${absent}`;
}

/** What to add to a message about an option that a command has not: one for another program? */
export async function correctOption(
  written: string,
  argv: readonly string[],
  command: Command | undefined,
  commands: readonly CommandEntry[],
): Promise<string> {
  const hint = await otherOption(written, command, commands);
  if (hint !== "" || argv.includes("--")) return hint;
  const behind = behindDashes(command, argv.slice(1));
  return behind === undefined ? "" : `; write ${behind}`;
}

/** What a command says of its arguments behind `--`, if it has any. */
function behindDashes(command: Command | undefined, words: readonly string[]): string | undefined {
  const below = command?.subcommands?.find(({ name }) => words.includes(name));
  if (below !== undefined) return behindDashes(below.command, words);
  return command?.arguments?.map(([, help]) => help).find((help) => help.startsWith(BEHIND));
}

async function otherOption(
  written: string,
  command: Command | undefined,
  commands: readonly CommandEntry[],
): Promise<string> {
  // A single hyphen is no sign of which word was meant.
  if (!written.startsWith("--")) return "";
  const own = optionNames(command);
  const policy = POLICY_KEYS[written];
  if (policy !== undefined && own.includes("--policy")) return `; write ${policy}`;
  const hint = didYouMean(written, own);
  if (hint !== "") return hint;
  const owners: string[] = [];
  for (const { name, load } of commands) {
    if (namesOf((await load()).options).includes(written)) owners.push(name);
  }
  if (owners.length === 0 || owners.length > MAX_NAMED) return "";
  return `; it is an option of ${owners.join(", ")}`;
}

/** The names of all options that can stand in a line of a command. */
function optionNames(command: Command | undefined): string[] {
  const shared = Object.entries(SHARED_OPTIONS).filter(([key]) =>
    command === undefined || usesShared(command, key)
  );
  return [...namesIn(command), ...namesOf(Object.fromEntries(shared)), ...ALWAYS];
}

/** Those of a command and of what is below it. */
function namesIn(command: Command | undefined): string[] {
  if (command === undefined) return [];
  const below = command.subcommands ?? [];
  return [...namesOf(command.options), ...below.flatMap(({ command }) => namesIn(command))];
}

function namesOf(table: OptionTable): string[] {
  return Object.values(table).map((option) => `--${longName(option)}`);
}

/** The names of a command's own commands, and of those below them. */
export function commandNames(command: Command): string[] {
  return (command.subcommands ?? []).flatMap(({ name, command }) => [
    name,
    ...commandNames(command),
  ]);
}
