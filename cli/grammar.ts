/**
 * The grammar of the command line, by commander: it finds the command, tells options from
 * arguments, prints help, and says what is unknown. Values stay text here; `values.ts` reads them.
 */

import { Command as Grammar, CommanderError, Option as GrammarOption } from "commander";
import type { Command } from "./command.ts";
import { type CommandEntry, COMMANDS } from "./commands.ts";
import { commandNames, correctCommand, correctOption } from "./corrections.ts";
import { UsageError } from "./exit.ts";
import { helpTail } from "./help_text.ts";
import { longName, type Option, type OptionTable } from "./option.ts";
import { describe, groupOf, SHARED_OPTIONS } from "./options.ts";
import {
  HELP_OPTION,
  ROOT_DESCRIPTION,
  ROOT_NOTES,
  ROOT_USAGE,
  USUAL_COLUMNS,
  VERSION_OPTION,
} from "./root_help.ts";
import type { Terminal } from "./world.ts";
import { VERSION_LINE } from "./version.ts";

/** A command line that was understood. */
export interface Parsed {
  readonly entry: CommandEntry;
  /** As it is typed: `dhcp leases`. */
  readonly name: string;
  readonly command: Command;
  readonly args: readonly string[];
  readonly argumentsBeforeDashes: number | undefined;
  /** The texts of each option that stood there, shared ones on either side of the command. */
  readonly given: Readonly<Record<string, readonly string[]>>;
}

/** Where help and the version go. */
export interface Printer {
  readonly stdout: Terminal;
  print(text: string): void;
  printError(text: string): void;
}

/** `help COMMAND` is `COMMAND --help`. */
const HELP = "help";

/**
 * Understands the arguments of the program.
 *
 * @returns `undefined` when help or the version was all that was asked for.
 * @throws {UsageError} if they cannot be understood.
 */
export async function parseCommandLine(
  argv: readonly string[],
  printer: Printer,
  commands: readonly CommandEntry[] = COMMANDS,
): Promise<Parsed | undefined> {
  let parsed: Parsed | undefined;
  let loaded: Command | undefined;
  // When the command stands first, nothing else of the program's own grammar can be needed.
  const words = withoutHelpCommand(argv, commands);
  const direct = commands.find(({ name }) => name === words[0]);
  const root = rootGrammar(printer, direct === undefined ? SHARED_OPTIONS : {});
  for (const entry of direct === undefined ? commands : [direct]) {
    root.command(entry.name).summary(entry.summary);
  }
  root.hook("preSubcommand", async (_, grammar) => {
    const entry = commands.find((each) => each.name === grammar.name())!;
    const command = loaded = await entry.load();
    if (argv.includes(HELP)) requireCommands(command, words.slice(1));
    addCommand(grammar, entry, command, (chosen, chain) => {
      const { args } = chain.at(-1)!;
      parsed = {
        entry,
        name: chain.map((each) => each.name()).join(" "),
        command: chosen,
        args,
        argumentsBeforeDashes: beforeDashes(argv, args),
        given: givenAlong([root, ...chain], { ...SHARED_OPTIONS, ...chosen.options }),
      };
    });
  });
  try {
    await root.parseAsync(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw await usageError(error, argv, loaded, commands);
  }
  return parsed;
}

function rootGrammar(printer: Printer, options: OptionTable): Grammar {
  const root = new Grammar("rserpool")
    .description(ROOT_DESCRIPTION)
    .usage(ROOT_USAGE)
    .version(VERSION_LINE, ...VERSION_OPTION)
    .helpOption(...HELP_OPTION)
    .helpCommand(false)
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => printer.print(text),
      writeErr: (text) => printer.printError(text),
      outputError: () => {},
      getOutHelpWidth: () => printer.stdout.columns ?? USUAL_COLUMNS,
      getErrHelpWidth: () => printer.stdout.columns ?? USUAL_COLUMNS,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .addHelpText("after", ROOT_NOTES);
  root.commandsGroup("Commands:");
  for (const option of Object.values(options)) {
    root.addOption(grammarOption(option));
  }
  return root;
}

/** Calls back with the command that was chosen, and the grammars from its group down to its own. */
type Chosen = (command: Command, chain: readonly Grammar[]) => void;

function addCommand(
  grammar: Grammar,
  { summary }: { readonly summary: string },
  command: Command,
  chosen: Chosen,
): void {
  grammar.description(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`);
  grammar.version(VERSION_LINE, ...VERSION_OPTION);
  grammar.helpOption(...HELP_OPTION);
  for (const [syntax, description] of command.arguments ?? []) {
    grammar.argument(syntax, description);
  }
  for (const option of Object.values(command.options)) {
    const own = grammarOption(option);
    grammar.addOption(option.group === undefined ? own : own.helpGroup(option.group));
  }
  for (const [key, option] of Object.entries<Option<unknown>>(SHARED_OPTIONS)) {
    const shared = grammarOption(option).helpGroup("Shared options:");
    const group = groupOf(key);
    grammar.addOption(shared.hideHelp(group !== "general" && !command.uses.includes(group)));
  }
  grammar.addHelpText(
    "after",
    () => helpTail(command, grammar.configureOutput().getOutHelpWidth!()),
  );
  if (command.subcommands === undefined) {
    grammar.action(() => chosen(command, [grammar]));
    return;
  }
  grammar.usage(ROOT_USAGE);
  grammar.commandsGroup("Commands:");
  grammar.helpCommand("help [COMMAND]", "show the help of a command");
  for (const each of command.subcommands) {
    const below = grammar.command(each.name).summary(each.summary);
    addCommand(
      below,
      each,
      each.command,
      (leaf, chain) => chosen(leaf, [grammar, ...chain]),
    );
  }
}

function grammarOption(option: Option<unknown>): GrammarOption {
  const grammar = new GrammarOption(option.flags, describe(option));
  // commander would keep --asap and --no-asap under one name; here they are two options.
  grammar.attributeName = () => longName(option);
  // commander collects, `values.ts` reads: each occurrence is kept as text.
  return grammar.argParser((text: string | undefined, before: unknown) => [
    ...(Array.isArray(before) ? before : []),
    text ?? "1",
  ]);
}

/** The texts of the options of a table that stood on the command line. */
function given(grammar: Grammar, table: OptionTable): Record<string, readonly string[]> {
  const texts: Record<string, readonly string[]> = {};
  for (const [key, option] of Object.entries(table)) {
    const attribute = longName(option);
    if (grammar.getOptionValueSource(attribute) === "cli") {
      const value = grammar.getOptionValue(attribute);
      // An option whose value may be left out stands there without one.
      texts[key] = value === true ? [""] : value;
    }
  }
  return texts;
}

/** What stands before and behind the names of commands: what is behind comes last. */
function givenAlong(
  chain: readonly Grammar[],
  table: OptionTable,
): Record<string, readonly string[]> {
  const texts: Record<string, readonly string[]> = {};
  for (const grammar of chain) {
    for (const [key, own] of Object.entries(given(grammar, table))) {
      texts[key] = [...(texts[key] ?? []), ...own];
    }
  }
  return texts;
}

/** `help COMMAND`, `--help COMMAND`: `COMMAND --help`, which loads the command's file first. */
function withoutHelpCommand(
  argv: readonly string[],
  commands: readonly CommandEntry[],
): readonly string[] {
  const [first, name, ...rest] = argv;
  if (first !== HELP && first !== "--help" && first !== "-h") return argv;
  if (name === undefined) return ["--help"];
  if (commands.some((each) => each.name === name)) return [name, ...rest, "--help"];
  return first === HELP ? [name] : argv;
}

function beforeDashes(argv: readonly string[], args: readonly string[]): number | undefined {
  const at = argv.indexOf("--");
  if (at < 0) return undefined;
  return Math.max(0, args.length - (argv.length - at - 1));
}

/** Help of a command that a group does not have would be that of the group. */
function requireCommands(command: Command, names: readonly string[]): void {
  const { subcommands } = command;
  const [name] = names;
  if (name === undefined || name.startsWith("-") || subcommands === undefined) return;
  if (name === HELP) return requireCommands(command, names.slice(1));
  const below = subcommands.find((each) => each.name === name);
  if (below !== undefined) return requireCommands(below.command, names.slice(1));
  const hint = correctCommand(name, subcommands.map((each) => each.name));
  throw new UsageError(`unknown command '${name}'${hint}`);
}

/** One line, without commander's `error:` in front and its own suggestion behind. */
async function usageError(
  error: CommanderError,
  argv: readonly string[],
  command: Command | undefined,
  commands: readonly CommandEntry[],
): Promise<UsageError> {
  if (error.code === "commander.help") return new UsageError("");
  const message = error.message.replace(/^error: /, "").replace(/\n\(Did you mean .*$/s, "");
  const written = /'([^]*)'/.exec(message)?.[1] ?? "";
  switch (error.code) {
    case "commander.unknownCommand": {
      const names = command === undefined
        ? commands.map(({ name }) => name)
        : commandNames(command);
      return new UsageError(message + correctCommand(written, names));
    }
    case "commander.unknownOption":
      return new UsageError(message + await correctOption(written, argv, command, commands));
    default:
      return new UsageError(message);
  }
}
