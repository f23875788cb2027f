/** Whoever imports a door reads there what each thing is. */
import assert from "node:assert/strict";
import { undocumented } from "./documentation.ts";
import { ROOT, sourceFiles } from "./tree.ts";

const doors = sourceFiles().map(({ path }) => path)
  .filter((path) => path === "mod.ts" || /^lib\/[^/]+\/mod\.ts$/.test(path));

/** What the package exports: there, methods are said, too. */
const EXPORTS = ["mod.ts", "lib/sim/mod.ts"];

Deno.test("there are doors to look at", () => assert.ok(doors.length >= 6, String(doors)));

for (const door of doors) {
  Deno.test(`every export of ${door} is documented`, async () => {
    const found = await undocumented(ROOT + door);
    // What only the rooms see of each other may have methods that their names explain.
    const isExported = EXPORTS.includes(door);
    assert.deepEqual(isExported ? found : found.filter((name) => !name.includes(".")), []);
  });
}

Deno.test("an undocumented export is found, and an undocumented method", async () => {
  const folder = await Deno.makeTempDir({ prefix: "undocumented-" });
  try {
    const module = `${folder}/mod.ts`;
    await Deno.writeTextFile(`${folder}/inner.ts`, "export function bare(): void {}\n");
    await Deno.writeTextFile(
      module,
      `export { bare } from "./inner.ts";
/** Said. */ export const said = 1;
/** */ export const empty = 1;
/** Said. */ export class Shop {
  open(): void {}
  /** Said. */
  close(): void {}
  #own(): void {}
}`,
    );
    assert.deepEqual((await undocumented(module)).sort(), ["Shop.open", "bare", "empty"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
