import assert from "node:assert/strict";
import fc from "fast-check";
import { counter, gauge, histogram, measure, row } from "../../../cli/metrics/metric.ts";
import { metricsText } from "../../../cli/metrics/text.ts";
import { poolHandleText } from "../../../mod.ts";
import { parseMetrics } from "./parsed.ts";

Deno.test("a gauge, a counter with labels and a histogram, as Prometheus wants them", () => {
  const rows = [
    row(gauge("a_pools", "Pools."), () => 3),
    row(counter("b_total", "Ends \\ by\nhow.", ["protocol", "how"]), () => [
      [["ASAP", "done"], 2],
      [["ENRP", "lost"], 0],
    ]),
    row(histogram("c_seconds", "Waits.", ["kind"]), () => [
      ["x", { bounds: [0.1, 1], counts: [2, 0, 1], sum: 7.25 }],
    ]),
  ];
  assert.equal(
    metricsText(measure(rows, undefined)),
    `# HELP a_pools Pools.
# TYPE a_pools gauge
a_pools 3
# HELP b_total Ends \\\\ by\\nhow.
# TYPE b_total counter
b_total{protocol="ASAP",how="done"} 2
b_total{protocol="ENRP",how="lost"} 0
# HELP c_seconds Waits.
# TYPE c_seconds histogram
c_seconds_bucket{kind="x",le="0.1"} 2
c_seconds_bucket{kind="x",le="1"} 2
c_seconds_bucket{kind="x",le="+Inf"} 3
c_seconds_sum{kind="x"} 7.25
c_seconds_count{kind="x"} 3
`,
  );
});

Deno.test("whatever bytes a pool handle has, its label reads back as its canonical text", () => {
  const metric = gauge("pool_size", "Elements.", ["pool", "other"]);
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }),
      fc.string({ unit: "binary" }),
      (handles, other) => {
        const texts = handles.map(poolHandleText);
        const rows = [row(metric, () => texts.map((text, i) => [[text, other], i]))];
        const { samples } = parseMetrics(metricsText(measure(rows, undefined)));
        assert.deepEqual(
          samples.map(({ labels, value }) => [labels.pool, labels.other, value]),
          texts.map((text, i) => [text, other.toWellFormed(), i]),
        );
      },
    ),
    { verbose: true },
  );
});

Deno.test("hostile handles stay in their label", () => {
  const hostile = ['web"} 1\nevil{x="', "\\", '\\"', "a\\nb", "\ud800", "{},=# "];
  const rows = [row(gauge("m", "M.", ["pool"]), () => hostile.map((each) => [each, 1]))];
  const text = metricsText(measure(rows, undefined));
  assert.equal(text.split("\n").length, hostile.length + 3);
  const read = parseMetrics(text).samples.map(({ labels }) => labels.pool);
  assert.deepEqual(read, hostile.map((each) => each.toWellFormed()));
});
