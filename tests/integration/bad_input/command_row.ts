/** Rows of the table that are a command: its exit code, and the words that it must say. */
import assert from "node:assert/strict";
import type { Outcome } from "../harness.ts";
import type { Row } from "./row.ts";
import type { Stage } from "./stage.ts";

/** What a command is given and what it must answer. `{names}` stand for places of the stage. */
export interface CommandRow {
  readonly input: string;
  /** Arguments, separated by spaces; a list where one of them is empty or has a space. */
  readonly run: string | readonly string[];
  readonly code: number;
  readonly words: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A file that is written before, by its name in the scratch folder. */
  readonly file?: readonly [name: string, content: string | Uint8Array];
  /** It must have ended by then. */
  readonly withinMs?: number;
}

/** A row of which the exit code goes without saying. */
export type UsageRow = Omit<CommandRow, "code">;

/** A command that fails says so once, for people, and prints no result. */
export function assertFailure(outcome: Outcome, code: number, words: readonly string[]): void {
  const { stdout, stderr } = outcome;
  assert.equal(outcome.code, code, `exit code ${outcome.code}, and:\n${stderr}`);
  for (const each of words) {
    assert.ok(stderr.toLowerCase().includes(each.toLowerCase()), `no "${each}" in:\n${stderr}`);
  }
  assert.equal(stdout, "");
  assert.doesNotMatch(stderr, /^\s+at .*:\d+:\d+/m, "a stack trace is not for people");
}

/** A row of the table from what a command is given. */
export function commandRow(row: CommandRow): Row {
  return {
    input: row.input,
    answer: `exit ${row.code}`,
    async check(stage: Stage): Promise<void> {
      if (row.file) await writeFile(stage, ...row.file);
      const args = typeof row.run === "string" ? row.run.split(" ") : row.run;
      const env = Object.entries(row.env ?? {}).map(([name, value]) => [name, stage.expand(value)]);
      const expanded = args.map((each) => stage.expand(each));
      const outcome = await stage.scratch.run(expanded, { env: Object.fromEntries(env) });
      assertFailure(outcome, row.code, row.words.map((each) => stage.expand(each)));
      const withinMs = row.withinMs ?? Infinity;
      assert.ok(outcome.tookMs <= withinMs, `it took ${outcome.tookMs} ms`);
      stage.nothingWasSent();
    },
  };
}

async function writeFile(stage: Stage, name: string, content: string | Uint8Array): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(`${stage.scratch.folder}/${name}`, bytes);
}
