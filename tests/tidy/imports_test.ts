/** Every file is needed by something that runs. */
import assert from "node:assert/strict";
import { orphans } from "./imports.ts";
import { sourceFiles } from "./tree.ts";

/** What runs by itself, or is a door that others come in by. */
function isProgramEntry(path: string): boolean {
  return path === "mod.ts" || path === "sim.ts" || path === "cli/main.ts" ||
    /^lib\/[^/]+\/mod\.ts$/.test(path) ||
    /^(tools|bench|examples)\/.*\.ts$/.test(path);
}

function isEntry(path: string): boolean {
  return isProgramEntry(path) || /^tests\/.*_test\.ts$/.test(path) ||
    /^examples\/[^/]+\.ts$/.test(path);
}

Deno.test("every file of the program is reached from mod.ts, cli/main.ts or a tool", () => {
  const program = sourceFiles().filter(({ path }) => !path.startsWith("tests/"));
  assert.deepEqual(orphans(program, isProgramEntry), []);
});

Deno.test("every file of the tests is reached from a test", () => {
  assert.deepEqual(orphans(sourceFiles(), isEntry), []);
});

Deno.test("a file that nobody imports is found, and two that import only each other", () => {
  const files = [
    { path: "mod.ts", text: 'export * from "./lib/wire/mod.ts";' },
    { path: "lib/wire/mod.ts", text: 'export { a } from "./a.ts";' },
    { path: "lib/wire/a.ts", text: 'const lazily = () => import("../core/b.ts");' },
    { path: "lib/core/b.ts", text: "run(`${HERE}core/c.ts`);" },
    { path: "lib/core/c.ts", text: "" },
    { path: "lib/core/lost.ts", text: 'import "./lost_too.ts";' },
    { path: "lib/core/lost_too.ts", text: 'import "./lost.ts";' },
  ];
  assert.deepEqual(orphans(files, (path) => path === "mod.ts"), [
    "lib/core/lost.ts",
    "lib/core/lost_too.ts",
  ]);
});
