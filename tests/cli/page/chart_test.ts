/** Numbers and times as one reads them at a glance, and lines of charts. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { bar, chart, short } from "../../../cli/page/chart.ts";
import { History } from "../../../cli/page/history.ts";
import { PAGE_LIMITS } from "../../../cli/page/limits.ts";
import { durationWords } from "../../../cli/page/time_words.ts";

Deno.test("numbers in short", () => {
  const words = [0, 0.04, 0.5, 9.94, 9.96, 812.4, 9_999, 12_345, 999_949, 1_250_000].map(short);
  assert.deepEqual(words, ["0", "0", "0.5", "9.9", "10", "812", "9999", "12.3k", "999.9k", "1.3M"]);
});

Deno.test("durations in their two largest units", () => {
  const words = [0, 999, 61_000, 3_600_000, 90_061_000, 272_000].map(durationWords);
  assert.deepEqual(words, ["0 s", "0 s", "1 min 1 s", "1 h", "1 d 1 h", "4 min 32 s"]);
});

const points = (values: readonly number[], capacity = 3) => {
  const { text } = chart({ name: "n", values, capacity, span: "then", now: "now" });
  return /<polyline points="([^"]*)"/.exec(text)?.[1];
};

Deno.test("the newest value is at the right; the scale ends at 1, 2 or 5 and noughts", () => {
  assert.equal(points([0, 5, 10]), "0.0,46.0 150.0,24.0 300.0,2.0");
  assert.equal(points([10, 0]), "150.0,2.0 300.0,46.0");
  assert.equal(points([12, 20]), "150.0,19.6 300.0,2.0");
});

Deno.test("less than two values are no line yet", () => {
  assert.equal(points([]), undefined);
  assert.equal(points([1]), undefined);
});

Deno.test("no line leaves its picture", () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1e9, noNaN: true })), (values) => {
    for (const point of (points(values, values.length) ?? "").split(" ").filter(Boolean)) {
      const [x, y] = point.split(",").map(Number) as [number, number];
      assert.ok(x >= 0 && x <= 300 && y >= 2 && y <= 46, point);
    }
  }));
});

Deno.test("a bar is between nothing and all", () => {
  const widths = [-1, 0.254, 2].map((part) => /part" width="(\d+)"/.exec(bar(part, "x").text)?.[1]);
  assert.deepEqual(widths, ["0", "25", "100"]);
});

Deno.test("history: rates between two looks, and no more than samples", () => {
  let [now, resolutions] = [0, 100];
  const look = () => ({ poolElements: now, associations: 1, resolutions });
  const history = new History(look, () => now);
  for (let i = 1; i <= PAGE_LIMITS.samples + 5; i++) {
    now += PAGE_LIMITS.sampleMs;
    resolutions += i;
    history.sample();
  }
  const { samples } = history;
  assert.equal(samples.length, PAGE_LIMITS.samples);
  assert.equal(samples[0]!.resolutionsPerSecond, 6 / (PAGE_LIMITS.sampleMs / 1000));
  assert.equal(samples.at(-1)!.poolElements, now);
});
