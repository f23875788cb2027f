import assert from "node:assert/strict";
import { renderMetrics } from "../../tools/metrics.ts";

Deno.test("docs/metrics.md has all metrics, as they are defined", async () => {
  const current = await Deno.readTextFile(new URL("../../docs/metrics.md", import.meta.url));
  assert.equal(renderMetrics(current), current, "run: deno run -A tools/metrics.ts");
});

Deno.test("a document without its marks is an error, not one without tables", () => {
  assert.throws(() => renderMetrics("# nothing here"), SyntaxError);
});
