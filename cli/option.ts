/**
 * What an option is: defined once, read the same way from the command line, the environment and the
 * configuration file. commander does the grammar and hands over text; this file makes values of it.
 */

import { didYouMean } from "./did_you_mean.ts";

/** Where a value came from, the strongest first. */
export type Source = "option" | "environment" | "file" | "default";

/** An option of one command or of all. `T` is the type of its value. */
export interface Option<T> {
  /** As commander reads it: `-o, --output <FORMAT>`. */
  readonly flags: string;
  readonly description: string;
  /** `list` options may be repeated, `count` options count, `flag` options are there or not. */
  readonly kind: "value" | "list" | "flag" | "count";
  /** Environment variable; a list is separated by commas. */
  readonly env?: string;
  /** What help says of the default; without it the default is not mentioned. */
  readonly fallbackText?: string;
  readonly choices?: readonly string[];
  /** The heading under which help lists it; absent: with the others of its command. */
  readonly group?: string;
  /** The value without any source. */
  fallback(): T;
  /** The value of the texts of one source. Throws an `Error` that says what is wrong. */
  read(texts: readonly string[]): T;
}

/** Options by the key under which a command finds their values. */
// deno-lint-ignore no-explicit-any -- a table holds options of any value type
export type OptionTable = { readonly [key: string]: Option<any> };

/** The values of a table. */
export type ValuesOf<O extends OptionTable> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

interface Extras {
  readonly env?: string;
  readonly fallbackText?: string;
  readonly group?: string;
}

/** An option with one value, which is `undefined` if it is not given. */
export function value<T>(
  flags: string,
  description: string,
  parse: (text: string) => T,
  extras: Extras = {},
): Option<T | undefined> {
  return { ...valueOr<T | undefined>(flags, description, parse, undefined), ...extras };
}

/** An option with one value and a default. */
export function valueOr<T>(
  flags: string,
  description: string,
  parse: (text: string) => T,
  fallback: T,
  extras: Extras = {},
): Option<T> {
  const read = (texts: readonly string[]) => parse(texts.at(-1)!);
  return { flags, description, kind: "value", fallback: () => fallback, read, ...extras };
}

/** An option that may be repeated. */
export function list<T>(
  flags: string,
  description: string,
  parse: (text: string) => T,
  fallback: readonly T[],
  extras: Extras = {},
): Option<readonly T[]> {
  const read = (texts: readonly string[]) => texts.map(parse);
  return { flags, description, kind: "list", fallback: () => fallback, read, ...extras };
}

/** An option without a value. In the environment it is 1, 0, true or false. */
export function flag(flags: string, description: string, extras: Extras = {}): Option<boolean> {
  const read = (texts: readonly string[]) => parseBoolean(texts.at(-1)!);
  return { flags, description, kind: "flag", fallback: () => false, read, ...extras };
}

/** An option without a value that counts how often it stands there. */
export function count(flags: string, description: string, extras: Extras = {}): Option<number> {
  const read = (texts: readonly string[]) => texts.reduce((sum, text) => sum + parseCount(text), 0);
  return { flags, description, kind: "count", fallback: () => 0, read, ...extras };
}

/** An option with one of several words as value. */
export function choice<const W extends string>(
  flags: string,
  description: string,
  words: readonly W[],
  fallback: W,
  extras: Extras = {},
): Option<W> {
  const parse = (text: string) => parseChoice(text, words);
  const fallbackText = extras.fallbackText ?? fallback;
  return {
    ...valueOr(flags, description, parse, fallback, extras),
    fallbackText,
    choices: words,
  };
}

/** Reads one of several words. */
export function parseChoice<const W extends string>(text: string, words: readonly W[]): W {
  const word = words.find((each) => each === text);
  if (word !== undefined) return word;
  throw new SyntaxError(
    `"${text}" is not one of ${words.join(", ")}${didYouMean(text, words)}`,
  );
}

/** Reads a whole number within bounds. */
export function parseInteger(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^[0-9]{1,15}$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new SyntaxError(`"${text}" is not a whole number from ${least} to ${most}`);
  };
}

/** The long name of an option without hyphens: its key in the configuration file. */
export function longName(option: Pick<Option<unknown>, "flags">): string {
  return /--([a-z][a-z0-9-]*)/.exec(option.flags)![1]!;
}

/** The texts of an environment variable or of a scalar: a list is separated by commas. */
export function splitTexts(option: Option<unknown>, text: string): string[] {
  if (option.kind !== "list") return [text];
  return text.split(",").map((part) => part.trim()).filter((part) => part !== "");
}

const BOOLEANS: Readonly<Record<string, boolean>> = { "1": true, "0": false };

function parseBoolean(text: string): boolean {
  const word = text.toLowerCase();
  const known = word === "true" || (word === "false" ? false : BOOLEANS[word]);
  if (known !== undefined) return known;
  throw new SyntaxError(`"${text}" is not 1, 0, true or false`);
}

/** A count is a number in a file, and a boolean in the environment. */
function parseCount(text: string): number {
  return /^[0-9]$/.test(text) ? Number(text) : parseBoolean(text) ? 1 : 0;
}
