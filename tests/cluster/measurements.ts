/** How long what was waited for took, printed beside its law and held to it. */
import assert from "node:assert/strict";
import { fewestOf, type Report, slowestOf } from "./clients.ts";
import { identifierOf, type NewHome } from "./cluster.ts";
import { tell } from "./tell.ts";

/** Fails unless each of these elements has a new home within the law, in milliseconds. */
export function tellNewHomes(
  what: string,
  who: string,
  elements: readonly number[],
  homes: ReadonlyMap<string, NewHome>,
  lawMs: number,
): void {
  const found = elements.map((each) => homes.get(identifierOf("element", each)));
  const each = found.map((one) => one === undefined ? "none" : `${one.ms} (${one.how})`);
  const line = `${what}: ${who}: new home after ${each.join(", ")} ms; law: ${lawMs} ms`;
  tell(line);
  assert.ok(found.every((one) => one !== undefined && one.ms <= lawMs), line);
}

/** What each user saw. */
export function tellUsers(what: string, reports: readonly Report[]): void {
  for (const report of reports) {
    const { name, answers } = report;
    tell(
      `${what}: ${name}: ${answers.length} questions, slowest ${slowestOf(report)} ms, ` +
        `at least ${fewestOf(report)} pool elements`,
    );
  }
}
