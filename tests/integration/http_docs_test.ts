/** docs/http.md followed literally: every command line in it, and those of the README about it. */

import assert from "node:assert/strict";
import { whyNoNetwork } from "../cluster/network.ts";
import { Follower } from "./guides/follower.ts";
import { blocksOf } from "./guides/guide.ts";
import { hasProgram } from "./harness.ts";

const ROOT = new URL("../../", import.meta.url);
const missing = ["curl", "jq"].filter((name) => !hasProgram(name));
const why = missing.length > 0 ? `${missing.join(", ")} not found` : whyNoNetwork();

Deno.test({
  name: "docs/http.md" + (why === undefined ? "" : ` (SKIPPED: ${why})`),
  ignore: why !== undefined,
  async fn() {
    await using follower = await Follower.make(["host"]);
    await follower.follow("docs/http.md");
  },
});

Deno.test("each command line of the README about metrics and health is one of docs/http.md", () => {
  const lines = (file: string, of = /[^]*/) =>
    blocksOf(of.exec(Deno.readTextFileSync(new URL(file, ROOT)))![0])
      .flatMap(({ text }) => text.trimEnd().split("\n"));
  const known = new Set(lines("docs/http.md"));
  const shown = lines("README.md", /^## Metrics and health\n[^]*?(?=^## )/m);
  assert.equal(shown.length, 5);
  assert.deepEqual(shown.filter((line) => !known.has(line)), []);
});
