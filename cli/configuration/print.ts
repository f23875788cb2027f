/** `--print-config`: the effective values of a command, and where each came from. */

import type { Parsed } from "../grammar.ts";
import { longName, type OptionTable } from "../option.ts";
import { SHARED_OPTIONS, usesShared } from "../options.ts";
import type { Output } from "../output.ts";
import type { Origin } from "../values.ts";
import { NOTHING, shownValue } from "./shown_value.ts";

/** What was resolved of a command line. */
interface Resolved {
  readonly origins: Readonly<Record<string, Origin>>;
}

/** Options that are about this very printing, or that print nothing of what runs. */
const LEFT_OUT: ReadonlySet<string> = new Set(["printConfig", "output", "noHeader"]);

/** Prints all values; none of them is a secret, as keys are in files. */
export async function printValues(parsed: Parsed, resolved: Resolved, stdout: Output) {
  const rows = rowsOf(parsed, resolved);
  await stdout.printResult({
    json: () => ({ command: parsed.entry.name, options: Object.fromEntries(rows.map(viewOf)) }),
    lines: () => rows.map((row) => ({ option: row.name, ...viewOf(row)[1] })),
    table: () => ({
      header: ["OPTION", "VALUE", "SOURCE", "WHERE"],
      rows: rows.map(({ name, value, origin }) => [
        name,
        value,
        origin.source,
        origin.where ?? NOTHING,
      ]),
    }),
    csv: () => ({
      header: ["option", "value", "source", "where"],
      rows: rows.map(({ name, value, origin }) => [
        name,
        value,
        origin.source,
        origin.where ?? "",
      ]),
    }),
  });
}

interface Row {
  readonly name: string;
  readonly isList: boolean;
  readonly value: string;
  readonly origin: Origin;
}

function rowsOf({ command }: Parsed, { origins }: Resolved): Row[] {
  const shared = Object.entries(SHARED_OPTIONS as OptionTable).filter(([key]) =>
    usesShared(command, key)
  );
  const all = [...Object.entries(command.options), ...shared];
  const isFast = origins.timing?.texts.at(-1) === "fast";
  return all.filter(([key]) => !LEFT_OUT.has(key)).map(([key, option]) => ({
    name: longName(option),
    isList: option.kind === "list",
    value: shownValue(option, origins[key]!, isFast),
    origin: origins[key]!,
  }));
}

function viewOf({ name, isList, value, origin: { source, texts, where } }: Row) {
  const given = isList ? texts : value;
  const shown = source === "default" ? value === NOTHING ? null : value : given;
  return [name, { value: shown, source, ...(where === undefined ? {} : { where }) }] as const;
}
