/**
 * The configuration file: YAML with the long names of options as keys. Shared options stand at the
 * top (those of clients also under `client:`, which counts more there), options of a command under
 * the command's name; `security:` says who may do what at a registrar.
 */

import * as v from "valibot";
import { type Document, isMap, isScalar, LineCounter, type ParsedNode, parseDocument } from "yaml";
import { didYouMean } from "./did_you_mean.ts";
import { UsageError } from "./exit.ts";
import { longName, type Option, type OptionTable } from "./option.ts";
import { CLIENT_OPTIONS, SHARED_OPTIONS } from "./options.ts";
import {
  readSection,
  securityKeysAt,
  securitySchema,
  type SecuritySection,
} from "./security_section.ts";
import type { FileTexts } from "./values.ts";

/** A configuration file that was read and found right. */
export interface Configuration {
  /** What it says of a shared option, by its long name, to a client of registrars or others. */
  shared(name: string, isClient: boolean): FileTexts | undefined;
  /** What it says of an option of a command. */
  ofCommand(command: string, name: string): FileTexts | undefined;
  /** Who may do what. */
  readonly security: SecuritySection | undefined;
}

/** The options of each command, by its name. */
export type Sections = Readonly<Record<string, OptionTable>>;

type Path = readonly (string | number)[];

/** Aliases that are followed before a file is taken for a bomb. */
const MAX_ALIASES = 100;

/** The key of {@linkcode SecuritySection}. */
const SECURITY = "security";

/**
 * Reads a configuration file.
 *
 * @throws {UsageError} with `file:line:column` of the first thing that is wrong.
 */
export function parseConfiguration(text: string, file: string, sections: Sections): Configuration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const where = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const [error] = document.errors;
  if (error !== undefined) throw new UsageError(`${where(error.pos[0])}: ${error.message}`);
  const data = plainData(document, where(0));
  const tables = tablesOf(sections, data);
  const result = v.safeParse(schemaOf(tables), data);
  if (!result.success) throw firstError(document, result.issues, tables, where);
  return configurationOf(document, data as Data, file, where);
}

/** The values as JavaScript has them. */
function plainData(document: Document, start: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {};
  } catch (error) {
    throw new UsageError(`${start}: ${(error as Error).message}`);
  }
}

type Data = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Data {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The options of each section; `""` is the top. `registrar` is both a shared option (addresses) and
 * a command: a mapping is the command's section, and the addresses can stand under `client:`.
 */
function tablesOf(sections: Sections, data: unknown): Map<string, OptionTable> {
  const { config: _, ...top } = SHARED_OPTIONS;
  const tables = new Map<string, OptionTable>([["", top], ["client", CLIENT_OPTIONS]]);
  const isSection = isRecord(data) && isRecord(data.registrar);
  for (const [name, table] of Object.entries(sections)) {
    if (name !== "registrar" || isSection) tables.set(name, table);
  }
  return tables;
}

function schemaOf(tables: ReadonlyMap<string, OptionTable>) {
  const entries = entriesOf(tables.get("")!);
  for (const [name, table] of tables) {
    if (name !== "") entries[name] = v.optional(sectionOf(entriesOf(table)));
  }
  entries[SECURITY] = v.optional(securitySchema);
  return sectionOf(entries);
}

function sectionOf(entries: v.ObjectEntries) {
  return v.pipe(v.custom<Data>(isRecord, "this must be a mapping"), v.strictObject(entries));
}

function entriesOf(table: OptionTable): v.ObjectEntries {
  const options: Option<unknown>[] = Object.values(table);
  return Object.fromEntries(options.map((each) => [longName(each), v.optional(valueOf(each))]));
}

/** A value is right if the option can read it, as it reads what stands on the command line. */
function valueOf(option: Option<unknown>) {
  const scalar = v.pipe(
    scalarOf(option),
    v.transform(String),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      try {
        option.read([dataset.value]);
      } catch (error) {
        addIssue({ message: (error as Error).message });
      }
    }),
  );
  if (option.kind !== "list") return scalar;
  const toList = v.transform((value: unknown) => Array.isArray(value) ? value : [value]);
  return v.pipe(v.unknown(), toList, v.array(scalar));
}

function scalarOf(option: Option<unknown>) {
  if (option.kind === "flag") return v.boolean("this must be true or false");
  if (option.kind === "count") return v.number("this must be a number");
  return v.union([v.string(), v.number(), v.boolean()], "this must be a single value");
}

function configurationOf(
  document: Document,
  data: Data,
  file: string,
  where: (offset: number) => string,
): Configuration {
  const at = (path: Path): FileTexts | undefined => {
    const value = path.reduce<unknown>((part, key) => isRecord(part) ? part[key] : undefined, data);
    if (value === undefined || isRecord(value)) return undefined;
    const texts = (Array.isArray(value) ? value : [value]).map(String);
    return { texts, where: where(offsetOf(document, path)) };
  };
  return {
    shared: (name, isClient) => (isClient ? at(["client", name]) : undefined) ?? at([name]),
    ofCommand: (command, name) => at([command, name]),
    security: data[SECURITY] === undefined
      ? undefined
      : readSection(data[SECURITY], file, where(keyOffsetOf(document, [SECURITY]))),
  };
}

/** The first thing that is wrong, in the order of the file. */
function firstError(
  document: Document,
  issues: readonly v.BaseIssue<unknown>[],
  tables: ReadonlyMap<string, OptionTable>,
  where: (offset: number) => string,
): UsageError {
  const found = issues.map((issue) => {
    const path = (issue.path ?? []).map((item) => item.key as string | number);
    const isOfKey = issue.path?.at(-1)?.origin === "key";
    const offset = isOfKey ? keyOffsetOf(document, path) : offsetOf(document, path);
    const isUnknown = isOfKey && issue.type === "strict_object";
    return { offset, message: isUnknown ? unknownKey(path, tables) : wrongValue(path, issue) };
  });
  const { offset, message } = found.reduce((a, b) => b.offset < a.offset ? b : a);
  return new UsageError(`${where(offset)}: ${message}`);
}

function wrongValue(path: Path, issue: v.BaseIssue<unknown>): string {
  const name = path.findLast((part) => typeof part === "string");
  return name === undefined ? issue.message : `${name}: ${issue.message}`;
}

function unknownKey(path: Path, tables: ReadonlyMap<string, OptionTable>): string {
  const key = String(path.at(-1));
  const section = path.length > 1 ? String(path[0]) : "";
  const known = section === SECURITY
    ? securityKeysAt(path.slice(1, -1))
    : Object.values(tables.get(section) ?? {}).map(longName);
  if (section === "") known.push(SECURITY, ...[...tables.keys()].filter((name) => name !== ""));
  return `unknown key "${key}"${didYouMean(key, known)}`;
}

/** Where a value begins; of what is not in the text itself, where the value around it begins. */
function offsetOf(document: Document, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as ParsedNode | undefined;
    if (node?.range) return node.range[0];
  }
  return (document.contents as ParsedNode | null)?.range?.[0] ?? 0;
}

function keyOffsetOf(document: Document, path: Path): number {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  if (!isMap(parent)) return 0;
  const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1));
  return (pair?.key as ParsedNode | undefined)?.range?.[0] ?? 0;
}
