/** The pure rooms type-check with the language alone, and the check finds what is not language. */
import assert from "node:assert/strict";
import { checkPurity, pureRoomFolders } from "../../tools/check_purity.ts";

Deno.test("the pure rooms type-check with the library of the language alone", async () => {
  const report = await checkPurity(pureRoomFolders());
  assert.ok(report.pure, report.output);
});

const impure: readonly [name: string, text: string][] = [
  ["Deno", "export const a = Deno.pid;"],
  ["setTimeout", "setTimeout(() => {}, 1);"],
  ["console", "console.log(1);"],
  ["crypto", "export const a = crypto.randomUUID();"],
  ["TextEncoder", "export const a = new TextEncoder();"],
  ["performance", "export const a = performance.now();"],
  ["URL", 'export const a = new URL("a:b");'],
];

Deno.test("each thing of the world is found by the check", async () => {
  const folder = await Deno.makeTempDir({ prefix: "impure-" });
  try {
    await Deno.writeTextFile(`${folder}/pure.ts`, "export const a = [1, 2].toReversed();\n");
    assert.deepEqual(await checkPurity([folder]), { pure: true, output: "" });
    for (const [name, text] of impure) await Deno.writeTextFile(`${folder}/${name}.ts`, text);
    const report = await checkPurity([folder]);
    assert.equal(report.pure, false);
    for (const [name] of impure) assert.match(report.output, new RegExp(`/${name}\\.ts:`));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
