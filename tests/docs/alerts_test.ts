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
