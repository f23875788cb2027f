/**
 * Stands for `cli/grammar.ts` in the quick program, without commander, which is a quarter of that
 * program and a fifth of its time. It understands the command lines of one-shot commands that are
 * right beyond doubt, as the grammar does; help, mistakes and whatever else is for the whole
 * program. `tests/tools/shims/quick_grammar_test.ts` holds the two together.
 *
 * @module
 */

import type { Command } from "../../cli/command.ts";
import { COMMANDS } from "../../cli/commands.ts";
import type { parseCommandLine as parse, Parsed, Printer } from "../../cli/grammar.ts";
import { longName, type Option, type OptionTable } from "../../cli/option.ts";
import { SHARED_OPTIONS } from "../../cli/options.ts";
import { USUAL_COLUMNS } from "../../cli/root_help.ts";
import { VERSION_LINE } from "../../cli/version.ts";
import { rootHelp } from "./quick_help.ts";
import { runWholeProgram } from "./whole_program.ts";

/** As the grammar's own; where there is any doubt, the whole program begins anew. */
export async function parseCommandLine(
  argv: readonly string[],
  printer: Printer,
): ReturnType<typeof parse> {
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
    printer.print(`${VERSION_LINE}\n`);
    return undefined;
  }
  if (argv.length === 1 && ["--help", "-h", "help"].includes(argv[0]!)) {
    printer.print(rootHelp(printer.stdout.columns ?? USUAL_COLUMNS));
    return undefined;
  }
  return await understand(argv) ?? await runWholeProgram();
}

/** What the grammar makes of a command line; `undefined`: that is not for here to say. */
export async function understand(argv: readonly string[]): Promise<Parsed | undefined> {
  const words = new Words(argv, SHARED_OPTIONS);
  if (!words.readOptions()) return undefined;
  const name = words.take();
  const entry = COMMANDS.find((each) => each.name === name);
  if (entry === undefined) return undefined;
  const command = await entry.load();
  if (command.subcommands !== undefined) return undefined;
  words.options = { ...SHARED_OPTIONS, ...command.options };
  const args: string[] = [];
  while (words.next !== undefined && words.next !== "--") {
    if (!words.readOptions()) return undefined;
    if (words.next !== undefined && words.next !== "--") args.push(words.take()!);
  }
  const argumentsBeforeDashes = words.take() === "--" ? args.length : undefined;
  args.push(...words.rest());
  if (!fits(args.length, command.arguments ?? [])) return undefined;
  return { entry, name: entry.name, command, args, argumentsBeforeDashes, given: words.given };
}

/** Whether there are as many arguments as `<POOL>`, `[POOL]` and `[POOL...]` say. */
function fits(count: number, syntaxes: NonNullable<Command["arguments"]>): boolean {
  const least = syntaxes.filter(([syntax]) => syntax[0] === "<").length;
  const isOpen = syntaxes.some(([syntax]) => syntax.includes("..."));
  return count >= least && (isOpen || count <= syntaxes.length);
}

/** The words of a command line, and the options among them. */
class Words {
  /** Those that can stand there. */
  options: OptionTable;
  /** The texts of each option by its key. */
  readonly given: Record<string, string[]> = {};
  private readonly argv: readonly string[];

  private at = 0;

  constructor(argv: readonly string[], options: OptionTable) {
    this.argv = argv;
    this.options = options;
  }

  get next(): string | undefined {
    return this.argv[this.at];
  }

  take(): string | undefined {
    return this.argv[this.at++];
  }

  rest(): readonly string[] {
    return this.argv.slice(this.at);
  }

  /** Reads all options up to the next argument or `--`; `false`: there is one in doubt. */
  readOptions(): boolean {
    for (let word = this.next; word?.[0] === "-" && word !== "-"; word = this.next) {
      if (word === "--") return true;
      if (!this.readOption(word)) return false;
    }
    return true;
  }

  private readOption(word: string): boolean {
    const equals = word.startsWith("--") ? word.indexOf("=") : -1;
    const name = equals < 0 ? word : word.slice(0, equals);
    const key = Object.keys(this.options).find((each) => isCalled(this.options[each]!, name));
    if (key === undefined) return false;
    this.at++;
    let text: string | undefined = "1";
    if (this.options[key]!.flags.includes("<")) {
      text = equals < 0 ? this.take() : word.slice(equals + 1);
      // A value that is missing, empty or looks like an option is for commander to judge.
      if (text === undefined || text === "" || text[0] === "-") return false;
    } else if (equals >= 0) return false;
    (this.given[key] ??= []).push(text);
    return true;
  }
}

/** Whether `-o, --output <FORMAT>` is called so. */
function isCalled(option: Option<unknown>, name: string): boolean {
  if (name.startsWith("--")) return longName(option) === name.slice(2);
  return option.flags.startsWith(`${name}, `);
}
