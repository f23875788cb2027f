/** The configuration files in the documentation are right. */

import assert from "node:assert/strict";
import { readConfiguration } from "../../cli/config.ts";
import { sectionsOf } from "../../cli/configuration_file.ts";

const ROOT = new URL("../../", import.meta.url);
const sections = await sectionsOf();

/** Markdown of the tree that is for users. */
async function* documents(folder = new URL("docs/", ROOT)): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* documents(new URL(`${name}/`, folder));
    else if (name.endsWith(".md")) yield new URL(name, folder);
  }
}

for (const file of [new URL("README.md", ROOT), ...await Array.fromAsync(documents())]) {
  const text = await Deno.readTextFile(file);
  const all = [...text.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, yaml]) => yaml!);
  // What is Prometheus's, promtool reads.
  const found = all.filter((yaml) => !/^scrape_configs:/m.test(yaml));
  if (found.length === 0) continue;
  Deno.test(`the YAML in ${file.pathname.slice(ROOT.pathname.length)} is right`, () => {
    for (const yaml of found) {
      const read = readConfiguration(yaml, "file.yaml", sections);
      assert(!Array.isArray(read), `${JSON.stringify(read)} in\n${yaml}`);
    }
  });
}

Deno.test("what packages bring along is right", async () => {
  const yaml = await Deno.readTextFile(new URL("packaging/debian/registrar.yaml", ROOT));
  const read = readConfiguration(yaml, "registrar.yaml", sections);
  assert(!Array.isArray(read), JSON.stringify(read));
});
