/** The last line of a run is true to the run. */
import assert from "node:assert/strict";
import { sum, summaryLine, tallyOf } from "../../tools/test_summary.ts";

const cases: readonly [what: string, output: string, success: boolean, line: string][] = [
  [
    "tests that pass",
    "running 3 tests\n\nok | 3 passed | 0 failed (5ms)\n",
    true,
    "3 passed, 0 failed",
  ],
  [
    "steps, which are parts of tests",
    "ok | 2 passed (14 steps) | 0 failed (1s)\n",
    true,
    "2 passed, 0 failed",
  ],
  [
    "failures and ignored tests",
    "FAILED | 4 passed (1 step) | 3 failed (2 steps) | 2 ignored (1 step) (80ms)\n",
    false,
    "4 passed, 3 failed, 2 skipped",
  ],
  [
    "ignored and filtered tests",
    "ok | 1 passed | 0 failed | 5 ignored | 7 filtered out (2ms)",
    true,
    "1 passed, 0 failed, 5 skipped",
  ],
  [
    "colours",
    "\x1b[0m\x1b[32mok\x1b[0m | 6 passed | 0 failed \x1b[0m\x1b[38;5;245m(2ms)\x1b[0m\n",
    true,
    "6 passed, 0 failed",
  ],
  [
    "a run that ended badly after its tests passed",
    "ok | 6 passed | 0 failed (1s)",
    false,
    "6 passed, 1 failed",
  ],
  ["a run that ran no test", "ok | 0 passed | 0 failed (0ms)", true, "0 passed, 1 failed"],
  ["a run that never came to an end", "Check a_test.ts\n", false, "0 passed, 1 failed"],
  [
    "a test that prints what looks like a summary",
    "ok | 999 passed | 0 failed (1s)\n...\nFAILED | 1 passed | 1 failed (1s)\n",
    false,
    "1 passed, 1 failed",
  ],
];

for (const [what, output, success, line] of cases) {
  Deno.test(`the summary of ${what}`, () => {
    assert.equal(summaryLine(tallyOf(output, success)), line);
  });
}

Deno.test("the groups' numbers are added", () => {
  const total = sum({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 20, skipped: 30 });
  assert.equal(summaryLine(total), "11 passed, 22 failed, 33 skipped");
});
