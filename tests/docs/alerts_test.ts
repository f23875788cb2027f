/** The alerts of docs/prometheus, as Prometheus' own tools see them. */

import assert from "node:assert/strict";
import { hasProgram } from "../integration/harness.ts";

const ignore = !hasProgram("promtool");
const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname);

function promtool(...args: string[]): void {
  const { success, stdout, stderr } = new Deno.Command("promtool", { args, cwd: ROOT })
    .outputSync();
  const decoder = new TextDecoder();
  assert(success, decoder.decode(stdout) + decoder.decode(stderr));
}

Deno.test({ name: "promtool takes the alerts", ignore }, () => {
  promtool("check", "rules", "docs/prometheus/rserpool.rules.yml");
});

Deno.test({ name: "the alerts speak when they shall, and are silent otherwise", ignore }, () => {
  promtool("test", "rules", "tests/docs/alerts/rserpool.tests.yml");
});

Deno.test({ name: "promtool takes the configurations of docs/metrics.md", ignore }, async () => {
  const text = await Deno.readTextFile(`${ROOT}docs/metrics.md`);
  const all = [...text.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, yaml]) => yaml!);
  assert(all.length >= 2);
  for (const yaml of all) {
    const file = await Deno.makeTempFile({ suffix: ".yml" });
    await Deno.writeTextFile(file, yaml);
    promtool("check", "config", "--syntax-only", file);
    await Deno.remove(file);
  }
});
