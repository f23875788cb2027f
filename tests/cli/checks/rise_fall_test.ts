import assert from "node:assert/strict";
import fc from "fast-check";
import { RiseFall } from "../../../cli/checks/rise_fall.ts";

/** The states after each outcome; `+` passed, `-` failed, and `H` healthy, `.` not. */
function states(rise: number, fall: number, outcomes: string): string {
  const count = new RiseFall({ rise, fall });
  return [...outcomes].map((outcome) => {
    count.count(outcome === "+");
    return count.healthy ? "H" : ".";
  }).join("");
}

Deno.test("as many outcomes in a row as asked for change the state", () => {
  const table: [rise: number, fall: number, outcomes: string, expected: string][] = [
    [1, 3, "+---+", "HHH.H"],
    [1, 3, "+--+--+---", "HHHHHHHHH."],
    [2, 1, "+-++-+", "...H.."],
    [3, 2, "++-+++--", ".....HH."],
    [1, 1, "-+-+", ".H.H"],
  ];
  for (const [rise, fall, outcomes, expected] of table) {
    assert.equal(states(rise, fall, outcomes), expected, `${rise} ${fall} ${outcomes}`);
  }
});

Deno.test("a state changes only after so many outcomes in a row, and says so", () => {
  const settings = fc.record({
    rise: fc.integer({ min: 1, max: 5 }),
    fall: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(settings, fc.array(fc.boolean(), { maxLength: 100 }), (settings, outcomes) => {
      const count = new RiseFall(settings);
      outcomes.forEach((outcome, i) => {
        const before = count.healthy;
        const changed = count.count(outcome);
        assert.equal(changed, before !== count.healthy);
        const needed = before ? settings.fall : settings.rise;
        const row = outcomes.slice(Math.max(0, i + 1 - needed), i + 1);
        const isFullRow = row.length === needed && row.every((each) => each !== before);
        if (changed) assert.ok(isFullRow);
      });
    }),
    { verbose: 1 },
  );
});
