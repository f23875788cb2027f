/**
 * The only writer to standard output. A reader that went away ends the process at once (exit 141):
 * `console.log` would swallow that and let a printer run for ever.
 */

import { EXIT, ExitError } from "./exit.ts";
import type { OutputFormat } from "./options.ts";
import { printableJson } from "./printable.ts";
import { renderCsv, renderTable, type Table } from "./table.ts";
import type { Terminal, World } from "./world.ts";

/** A result in all its forms; only the one that is asked for is made. */
export interface Result {
  /** The whole, as JSON. */
  json(): unknown;
  /** Its parts, one JSON line each. */
  lines(): readonly unknown[];
  /** For eyes. */
  table(): Table;
  /** For spreadsheets; without it the result has no csv form. */
  csv?(): Table;
}

/** How results are printed. */
export interface OutputSettings {
  readonly output: OutputFormat;
  readonly noHeader: boolean;
  readonly color: boolean;
  readonly quiet: boolean;
}

const PLAIN: OutputSettings = { output: "table", noHeader: false, color: false, quiet: false };

/** Writes results. */
export class Output {
  readonly settings: OutputSettings;
  private readonly terminal: Terminal;
  private readonly encoder = new TextEncoder();

  constructor(terminal: Terminal, settings: OutputSettings = PLAIN) {
    this.terminal = terminal;
    this.settings = settings;
  }

  /** Prints text as it is. */
  print(text: string): void {
    if (!this.settings.quiet) this.terminal.write(this.encoder.encode(text));
  }

  /** Passes on bytes that are not the command's own, even with `-q`. */
  pass(bytes: Uint8Array): Promise<void> {
    return this.terminal.pass(bytes);
  }

  /** Prints a result in the form that was asked for. */
  async printResult(result: Result): Promise<void> {
    if (!this.settings.quiet) this.print(await render(result, this.settings));
  }
}

async function render(result: Result, settings: OutputSettings): Promise<string> {
  const { noHeader, color } = settings;
  switch (settings.output) {
    case "table":
      return renderTable(result.table(), { noHeader, color });
    case "json":
      return `${printableJson(result.json())}\n`;
    case "ndjson":
      return result.lines().map((line) => `${printableJson(line)}\n`).join("");
    case "yaml":
      return await renderYaml(result.json());
    case "csv":
      if (result.csv === undefined) throw new ExitError(EXIT.usage, "there is no csv form of this");
      return renderCsv(result.csv(), { noHeader });
  }
}

async function renderYaml(value: unknown): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Whether to colour: `--color`, then NO_COLOR (https://no-color.org), then whether eyes look. */
export function wantsColor(
  when: "auto" | "always" | "never",
  terminal: Terminal,
  world: Pick<World, "env">,
): boolean {
  if (when !== "auto") return when === "always";
  return !world.env("NO_COLOR") && world.env("TERM") !== "dumb" && terminal.isTerminal;
}
