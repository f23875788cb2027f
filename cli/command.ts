/**
 * What a command is: a grammar and a run. One file in `commands/` has both and exports `command`.
 */

import type { Api, ClientApi } from "./api.ts";
import type { Configuration } from "./config.ts";
import type { Log } from "./log.ts";
import type { Option, OptionTable, Source, ValuesOf } from "./option.ts";
import type { SharedGroup, SharedValues } from "./options.ts";
import type { Output } from "./output.ts";
import type { World } from "./world.ts";

/** An option whose value is another one than at the start. */
export interface OptionChange {
  /** Its long name. */
  readonly name: string;
  /** In words; of a default what help says of it. */
  readonly before: string;
  readonly after: string;
}

/** A configuration file that was read once more. */
export interface Reread {
  readonly configuration: Configuration | undefined;
  /** The options of the command that it says otherwise now than when the command started. */
  readonly changes: readonly OptionChange[];
}

/** What a running command has of the world. Tests pass fakes, so that no process is needed. */
export interface Context {
  /** Results; nothing else goes to standard output. */
  readonly stdout: Output;
  /** Diagnostics, on standard error. */
  readonly log: Log;
  /** Of a long-running command: aborts at the first SIGTERM or SIGINT, whose name is the reason. */
  readonly signal: AbortSignal;
  readonly world: World;
  /** The library, loaded when it is first needed. */
  api(): Promise<Api>;
  /** What one-shot commands need of the library, which is loaded faster. */
  clientApi(): Promise<ClientApi>;
  /** Where the value of an option came from. */
  sourceOf(key: string): Source;
  /** How many arguments stood before `--`, if it was there. */
  readonly argumentsBeforeDashes: number | undefined;
  /** The configuration file, if one was named. */
  readonly configuration: Configuration | undefined;
  /**
   * Reads the same file as it is now, once, so that all of it is of one moment. How much it says is
   * to be logged is logged from now on.
   *
   * @throws {UsageError} if it is missing, unreadable or wrong.
   */
  reread(): Promise<Reread>;
}

/** The grammar and the work of a command. */
export interface CommandDefinition<O extends OptionTable> {
  /** Arguments as commander reads them, `<POOL>` or `[POOL...]`, and what they are. */
  readonly arguments?: readonly (readonly [syntax: string, description: string])[];
  readonly options: O;
  /** The groups of shared options that mean something here; the general ones always do. */
  readonly uses: readonly SharedGroup[];
  /** What the help ends with: a command line and what it does. */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** More for the help, before the examples. */
  readonly notes?: string;
  /** Whether it runs until SIGTERM or SIGINT, which it then must answer in order. */
  readonly longRunning?: boolean | ((options: ValuesOf<O> & SharedValues) => boolean);
  /** Does the work; the result is the exit code, 0 if there is none. */
  run(
    context: Context,
    options: ValuesOf<O> & SharedValues,
    args: readonly string[],
  ): Promise<number | void>;
}

/** A command of a group, such as `issue` of `certs`. */
export interface Subcommand {
  readonly name: string;
  readonly summary: string;
  readonly command: Command;
}

/** A command whose options are of any type. */
export interface Command extends Omit<CommandDefinition<OptionTable>, "run" | "longRunning"> {
  /** The commands below it, of which one must be named: it then runs nothing itself. */
  readonly subcommands?: readonly Subcommand[];
  readonly longRunning?: boolean | ((options: Readonly<Record<string, unknown>>) => boolean);
  run(
    context: Context,
    options: Readonly<Record<string, unknown>>,
    args: readonly string[],
  ): Promise<number | void>;
}

/** Defines a command; its `run` gets options of the types that the table gives them. */
export function defineCommand<const O extends { readonly [key: string]: Option<unknown> }>(
  definition: CommandDefinition<O>,
): Command {
  return definition as unknown as Command;
}

/** A command that only holds others. */
export interface GroupDefinition {
  /** Options that all commands of the group take, and that may stand before their names, too. */
  readonly options: OptionTable;
  readonly subcommands: readonly Subcommand[];
  readonly examples: CommandDefinition<OptionTable>["examples"];
  readonly notes?: string;
}

/** Defines a group of commands; each of them gets the options of the group. */
export function defineGroup(definition: GroupDefinition): Command {
  const subcommands = definition.subcommands.map((each) => ({
    ...each,
    command: withOptions(each.command, definition.options),
  }));
  return {
    ...definition,
    subcommands,
    uses: [...new Set(subcommands.flatMap(({ command }) => command.uses))],
    run: () => Promise.reject(new Error("a group of commands does nothing itself")),
  };
}

function withOptions(command: Command, options: OptionTable): Command {
  const below = command.subcommands?.map((each) => ({
    ...each,
    command: withOptions(each.command, options),
  }));
  const own = { ...command, options: { ...command.options, ...options } };
  return below === undefined ? own : { ...own, subcommands: below };
}
