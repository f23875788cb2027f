/** What the commands about certificates print. */

import type { Result } from "../output.ts";
import type { AuthorityDirectory } from "./directory.ts";
import { type Issued, type State, stateOf } from "./record.ts";

/** A certificate that was issued, as JSON has it. */
export interface IssuedView extends Issued {
  readonly state: State;
}

/** Certificates of an authority. */
export function issuedResult(
  directory: AuthorityDirectory,
  certificates: readonly Issued[],
  now: Date,
): Result {
  const views = certificates.map((issued): IssuedView => ({
    ...issued,
    state: stateOf(issued, now),
  }));
  const table = () => ({
    header: ["NAME", "ROLE", "STATE", "EXPIRES", "SERIAL"],
    rows: views.map((each) => [each.name, each.role, each.state, day(each.notAfter), each.serial]),
  });
  return {
    json: () => ({ directory: directory.folder, certificates: views }),
    lines: () => views,
    table,
    csv: () => ({
      header: ["name", "role", "state", "expires", "serial"],
      rows: views.map((each) => [each.name, each.role, each.state, each.notAfter, each.serial]),
    }),
  };
}

/** Something with its files: what `init` and `issue` have made. */
export function madeResult(made: Readonly<Record<string, unknown>>): Result {
  const rows = Object.entries(made).filter(([, value]) => value !== undefined)
    .map(([key, value]) => [wordsOf(key), textOf(value)]);
  return {
    json: () => made,
    lines: () => [made],
    table: () => ({ header: ["WHAT", "IS"], rows }),
  };
}

/** `notAfter` as people read it. */
export function wordsOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function textOf(value: unknown): string {
  return Array.isArray(value) ? value.join(" ") : String(value);
}

function day(date: string): string {
  return date.slice(0, 10);
}
