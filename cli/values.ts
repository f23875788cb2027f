/** Values of options from their sources: option > environment > file > default. */

import { UsageError } from "./exit.ts";
import { longName, type OptionTable, type Source, splitTexts } from "./option.ts";

/** What a configuration file says of one option. */
export interface FileTexts {
  readonly texts: readonly string[];
  /** `file:line:column` of the value. */
  readonly where: string;
}

/** Where values can come from. */
export interface Sources {
  /** What stood on the command line, by key. */
  readonly given: Readonly<Record<string, readonly string[]>>;
  env(name: string): string | undefined;
  /** By the long name of the option. */
  file(name: string): FileTexts | undefined;
  /** Whether an option has other sources than the command line. */
  isUsed(key: string): boolean;
}

/** Where a value came from. */
export interface Origin {
  readonly source: Source;
  /** What stood there; of a default: nothing. */
  readonly texts: readonly string[];
  /** The option, the variable, or `file:line:column`; of a default: nothing. */
  readonly where?: string;
}

/** Values and where each came from. */
export interface Resolved {
  readonly values: Readonly<Record<string, unknown>>;
  readonly origins: Readonly<Record<string, Origin>>;
}

const DEFAULT: Origin = { source: "default", texts: [] };

interface Found extends Origin {
  /** Who is to blame if the texts are wrong. */
  readonly blame: string;
}

/**
 * The values of a table of options.
 *
 * @throws {UsageError} if a source that counts has a wrong value; it names the source.
 */
export function resolveValues(table: OptionTable, sources: Sources): Resolved {
  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  for (const [key, option] of Object.entries(table)) {
    const found = find(key, table, sources);
    origins[key] = found ?? DEFAULT;
    try {
      values[key] = found === undefined ? option.fallback() : option.read(found.texts);
    } catch (error) {
      throw new UsageError(`${found?.blame}: ${(error as Error).message}`);
    }
  }
  return { values, origins };
}

function find(key: string, table: OptionTable, sources: Sources): Found | undefined {
  const option = table[key]!;
  const given = sources.given[key];
  if (given !== undefined) {
    const where = `--${longName(option)}`;
    return { source: "option", texts: given, where, blame: where };
  }
  if (!sources.isUsed(key)) return undefined;
  const text = option.env && sources.env(option.env);
  if (option.env !== undefined && text) {
    const texts = splitTexts(option, text);
    return { source: "environment", texts, where: option.env, blame: option.env };
  }
  const file = sources.file(longName(option));
  if (file === undefined) return undefined;
  const blame = `${file.where}: ${longName(option)}`;
  return { source: "file", texts: file.texts, where: file.where, blame };
}
