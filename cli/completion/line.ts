/** What a command line that is not whole yet says, and what its last word is to be. */

import type { Command } from "../command.ts";
import { type CommandEntry, COMMANDS } from "../commands.ts";
import { longName, type Option, type OptionTable } from "../option.ts";
import { SHARED_OPTIONS, usesShared } from "../options.ts";

/** What the word at the cursor is. */
export type Wanted =
  /** The name of a command, of these. */
  | { readonly type: "command"; readonly names: readonly CommandName[] }
  | { readonly type: "option" }
  /** The value of an option; `prefix` is what of the word stands before it, as `--ca=`. */
  | { readonly type: "value"; readonly option: Option<unknown>; readonly prefix: string }
  /** An argument, by what help calls it. */
  | { readonly type: "argument"; readonly syntax: string }
  | { readonly type: "nothing" };

/** A command that could be named. */
export interface CommandName {
  readonly name: string;
  readonly summary: string;
}

/** A command line up to the cursor. */
export interface Line {
  readonly wanted: Wanted;
  /** The command, if it is named already. */
  readonly command: Command | undefined;
  /** The options that can stand here: its own, and the shared ones that mean something to it. */
  readonly options: OptionTable;
  readonly args: readonly string[];
  /** The texts of options, by their keys. */
  readonly given: Readonly<Record<string, readonly string[]>>;
  /** Whether `--` stands before the cursor. */
  readonly isBehindDashes: boolean;
}

const HELP: CommandName = { name: "help", summary: "show the help of a command" };
const DASHES = "--";

/**
 * Understands the words before the cursor, and the one at it. Of what is wrong nothing is said:
 * whoever reads on is told of it when the line is sent.
 */
export async function readLine(
  before: readonly string[],
  current: string,
  commands: readonly CommandEntry[] = COMMANDS,
): Promise<Line> {
  const reader = new Reader(commands);
  for (const word of before) await reader.take(word);
  return reader.finish(current);
}

class Reader {
  private command: Command | undefined;
  private options: OptionTable = SHARED_OPTIONS;
  private readonly commands: readonly CommandEntry[];
  /** Commands that can be named next; none once one was that holds no others. */
  private entries: readonly CommandEntry[];
  private isHelp = false;
  private isUnknown = false;
  private isBehindDashes = false;
  /** An option whose value is the next word. */
  private pending: string | undefined;
  private readonly args: string[] = [];
  private readonly given: Record<string, string[]> = {};

  constructor(commands: readonly CommandEntry[]) {
    this.commands = commands;
    this.entries = commands;
  }

  async take(word: string): Promise<void> {
    const { pending } = this;
    this.pending = undefined;
    if (pending !== undefined && !this.isLeftOut(pending, word)) this.give(pending, word);
    else if (this.isBehindDashes) this.args.push(word);
    else if (word === DASHES) this.isBehindDashes = true;
    else if (word.startsWith(DASHES)) this.takeLong(word);
    else if (word.startsWith("-") && word.length > 1) this.takeShort(word);
    else if (this.entries.length > 0) await this.enter(word);
    else this.args.push(word);
  }

  finish(current: string): Line {
    const { command, options, args, given, isBehindDashes } = this;
    return { wanted: this.wanted(current), command, options, args, given, isBehindDashes };
  }

  private wanted(current: string): Wanted {
    if (this.isUnknown) return { type: "nothing" };
    const { pending } = this;
    if (pending !== undefined && !this.isLeftOut(pending, current)) {
      return this.valueOf(pending, "");
    }
    if (this.isBehindDashes || !current.startsWith("-")) return this.wantedWord();
    const [, name, equals] = /^(--[^=]*)(=)?/.exec(current) ?? [];
    if (equals !== undefined) return this.valueOf(this.keyOf(name!), `${name}=`);
    const [, short] = /^(-[a-zA-Z])./.exec(current) ?? [];
    if (short !== undefined) return this.valueOf(this.keyOf(short), short);
    return { type: "option" };
  }

  private wantedWord(): Wanted {
    if (this.entries.length > 0) {
      const names = this.isHelp ? this.entries : [...this.entries, HELP];
      return { type: "command", names };
    }
    if (this.isHelp) return { type: "nothing" };
    const syntaxes = this.command?.arguments ?? [];
    const last = syntaxes.at(-1)?.[0];
    const [syntax] = syntaxes[this.args.length] ?? (last?.includes("...") ? [last] : []);
    return syntax === undefined ? { type: "nothing" } : { type: "argument", syntax };
  }

  /** Whether an option stands where the value of another one may be left out. */
  private isLeftOut(key: string, word: string): boolean {
    return this.options[key]!.flags.includes(" [") && word.startsWith("-");
  }

  private valueOf(key: string | undefined, prefix: string): Wanted {
    const option: Option<unknown> | undefined = key === undefined ? undefined : this.options[key];
    const isValued = option !== undefined && takesValue(option);
    return isValued ? { type: "value", option, prefix } : { type: "nothing" };
  }

  private async enter(name: string): Promise<void> {
    if (name === HELP.name && !this.isHelp) {
      this.isHelp = true;
      return;
    }
    const entry = this.entries.find((each) => each.name === name);
    this.isUnknown = entry === undefined;
    this.entries = [];
    if (entry === undefined) return;
    const command = await entry.load();
    this.command = command;
    this.options = { ...command.options, ...sharedOf(command) };
    this.entries = (command.subcommands ?? []).map(({ name, summary, command }) => {
      return { name, summary, load: () => Promise.resolve(command) };
    });
  }

  private takeLong(word: string): void {
    const [name, value] = word.split(/=(.*)/s) as [string, string?];
    const key = this.keyOf(name);
    if (key === undefined) return;
    if (value !== undefined) this.give(key, value);
    else this.expect(key);
  }

  /** `-vq`, `-o json`, `-ojson`. */
  private takeShort(word: string): void {
    for (let i = 1; i < word.length; i++) {
      const key = this.keyOf(`-${word[i]}`);
      if (key === undefined) return;
      const rest = word.slice(i + 1);
      if (takesValue(this.options[key]!) && rest !== "") return this.give(key, rest);
      this.expect(key);
    }
  }

  private expect(key: string): void {
    if (takesValue(this.options[key]!)) this.pending = key;
    else this.give(key, "1");
  }

  private give(key: string, text: string): void {
    (this.given[key] ??= []).push(text);
  }

  private keyOf(name: string): string | undefined {
    const isIt = ({ flags }: Option<unknown>) =>
      `--${longName({ flags })}` === name || flags.startsWith(`${name},`);
    // An option that means nothing to the command is taken all the same, and so is its value.
    const all: OptionTable = { ...SHARED_OPTIONS, ...this.options };
    const key = Object.keys(all).find((each) => isIt(all[each]!));
    if (key !== undefined && !(key in this.options)) {
      this.options = { ...this.options, [key]: all[key]! };
    }
    return key;
  }
}

/** Whether a word must stand behind the option. */
export function takesValue({ kind }: Option<unknown>): boolean {
  return kind === "value" || kind === "list";
}

function sharedOf(command: Command): OptionTable {
  const entries = Object.entries(SHARED_OPTIONS);
  return Object.fromEntries(entries.filter(([key]) => usesShared(command, key)));
}
