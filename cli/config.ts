/**
 * The configuration file: YAML with the long names of options as keys. Shared options stand at the
 * top (those of clients also under `client:`, which counts more there), options of a command under
 * the command's name; `http:` is about `--http` of all that have it, and counts less than those;
 * `security:` says who may do what at a registrar.
 */

import * as v from "valibot";
import { type Document, isMap, isScalar, LineCounter, type ParsedNode, parseDocument } from "yaml";
import { keyErrors } from "./configuration/mapping_keys.ts";
import { deeperAt, MAX_NESTING } from "./configuration/nesting.ts";
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
  /** Whether it has a section of that name. */
  has(section: string): boolean;
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
export const SECURITY = "security";
/** The key of the section about `--http`. */
export const HTTP = "http";
/** Its keys, by the long names of the options that they stand for. */
export const HTTP_KEYS: Readonly<Record<string, string>> = {
  "http": "listen",
  "http-cert": "cert",
  "http-key": "key",
  "allow-insecure-http": "allow-insecure",
};

/** Something that is wrong in a file, and where. */
export interface Finding {
  /** `file:line:column`. */
  readonly where: string;
  readonly message: string;
}

/**
 * Reads a configuration file.
 *
 * @throws {UsageError} with `file:line:column` of the first thing that is wrong.
 */
export function parseConfiguration(text: string, file: string, sections: Sections): Configuration {
  const read = readConfiguration(text, file, sections);
  if (!Array.isArray(read)) return read as Configuration;
  const [{ where, message }] = read as [Finding];
  throw new UsageError(`${where}: ${message}`);
}

/** Reads a configuration file: what it says, or all that is wrong in it, in its order. */
export function readConfiguration(
  text: string,
  file: string,
  sections: Sections,
): Configuration | readonly Finding[] {
  const deep = deeperAt(text);
  if (deep !== undefined) {
    const { line, col } = deep;
    const message = `this is nested more than ${MAX_NESTING} levels deep`;
    return [{ where: `${file}:${line}:${col}`, message }];
  }
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: false,
  });
  const where = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const broken = document.errors.map(({ pos, message }) => ({ offset: pos[0], message }));
  const errors = broken.length > 0 ? broken : keyErrors(document);
  if (errors.length > 0) {
    return errors.map(({ offset, message }) => ({ where: where(offset), message }));
  }
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: MAX_ALIASES }) ?? {};
  } catch (error) {
    return [{ where: where(0), message: (error as Error).message }];
  }
  const tables = tablesOf(sections, data);
  const result = v.safeParse(schemaOf(tables), data);
  if (!result.success) return findingsOf(document, result.issues, tables, where);
  return configurationOf(document, data as Data, file, where);
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
  tables.set(HTTP, httpTable(sections));
  return tables;
}

/** The options of `--http`, by the names that they have in the section of their own. */
function httpTable(sections: Sections): OptionTable {
  const table: Record<string, Option<unknown>> = {};
  for (const [key, option] of Object.entries(sections.registrar ?? {})) {
    const name = HTTP_KEYS[longName(option)];
    if (name !== undefined) table[key] = { ...option, flags: `--${name} <VALUE>` };
  }
  return table;
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
  const atHttp = (name: string) => {
    const key = HTTP_KEYS[name];
    return key === undefined ? undefined : at([HTTP, key]);
  };
  return {
    shared: (name, isClient) => (isClient ? at(["client", name]) : undefined) ?? at([name]),
    has: (section) => isRecord(data[section]),
    ofCommand: (command, name) => at([command, name]) ?? atHttp(name),
    security: data[SECURITY] === undefined
      ? undefined
      : readSection(data[SECURITY], file, where(keyOffsetOf(document, [SECURITY]))),
  };
}

/** What is wrong, in the order of the file. */
function findingsOf(
  document: Document,
  issues: readonly v.BaseIssue<unknown>[],
  tables: ReadonlyMap<string, OptionTable>,
  where: (offset: number) => string,
): Finding[] {
  const found = issues.map((issue) => {
    const path = (issue.path ?? []).map((item) => item.key as string | number);
    const isOfKey = issue.path?.at(-1)?.origin === "key";
    const offset = isOfKey ? keyOffsetOf(document, path) : offsetOf(document, path);
    const isUnknown = isOfKey && issue.type === "strict_object";
    return { offset, message: isUnknown ? unknownKey(path, tables) : wrongValue(path, issue) };
  });
  found.sort((a, b) => a.offset - b.offset);
  return found.map(({ offset, message }) => ({ where: where(offset), message }));
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
