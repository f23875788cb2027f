/**
 * What a run of tests came to, read from the runner's own last line, so that the sum is true.
 *
 * @module
 */

/** Numbers of tests. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A sum to begin with. */
export const NOTHING: Tally = { passed: 0, failed: 0, skipped: 0 };

/** Adds tests to tests. */
export function sum(a: Tally, b: Tally): Tally {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  };
}

// deno-lint-ignore no-control-regex -- colours are control characters
const COLOUR = /\x1b\[[0-9;]*m/g;
const SUMMARY = /^(?:ok|FAILED) \| (\d+) passed\b(.*?) \| (\d+) failed\b(.*)$/;

/**
 * The tests of one run of `deno test`.
 *
 * A run without a summary, one that ended badly though no test failed, and one that ran no test at
 * all are failures too: each counts as one failed test.
 *
 * @param output all that the run printed on standard output
 * @param success whether its exit code was 0
 */
export function tallyOf(output: string, success: boolean): Tally {
  const lines = output.replace(COLOUR, "").split("\n").map((line) => line.trim());
  const summary = lines.map((line) => SUMMARY.exec(line)).findLast((found) => found !== null);
  if (!summary) return { ...NOTHING, failed: 1 };
  const tally = {
    passed: Number(summary[1]),
    failed: Number(summary[3]),
    skipped: Number(/ \| (\d+) ignored/.exec(summary[4]!)?.[1] ?? 0),
  };
  const ranNothing = tally.passed + tally.failed + tally.skipped === 0;
  if (ranNothing || (!success && tally.failed === 0)) return { ...tally, failed: 1 };
  return tally;
}

/** The last line of a run: `N passed, N failed`, and `, N skipped` where some were. */
export function summaryLine({ passed, failed, skipped }: Tally): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}
