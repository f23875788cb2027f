/** The house's own lint rules: the tree keeps them, and each finds what it is for. */
import assert from "node:assert/strict";
import plugin from "../../tools/lint_plugin.ts";
import { sourceFiles } from "./tree.ts";

function findings(path: string, text: string): string[] {
  return Deno.lint.runPlugin(plugin, path, text).map(({ id }) => id.replace("house/", ""));
}

Deno.test("the tree keeps the house's lint rules", () => {
  const broken = sourceFiles().flatMap(({ path, text }) =>
    Deno.lint.runPlugin(plugin, path, text).map(({ id, message }) => `${path}: ${id}: ${message}`)
  );
  assert.deepEqual(broken, []);
});

const forbiddenDoors: readonly [from: string, to: string][] = [
  ["lib/wire/a.ts", "../handlespace/mod.ts"],
  ["lib/wire/a.ts", "../core/limits.ts"],
  ["lib/wire/deep/a.ts", "../../net/mod.ts"],
  ["lib/wire/a.ts", "../../mod.ts"],
  ["lib/wire/a.ts", "node:buffer"],
  ["lib/handlespace/a.ts", "../core/mod.ts"],
  ["lib/core/a.ts", "../net/transport.ts"],
  ["lib/core/a.ts", "../driver/mod.ts"],
  ["lib/core/a.ts", "valibot"],
  ["lib/sim/a.ts", "../driver/mod.ts"],
  ["lib/net/a.ts", "../wire/mod.ts"],
  ["lib/net/a.ts", "yaml"],
  ["lib/driver/a.ts", "../handlespace/mod.ts"],
  ["lib/driver/a.ts", "../../cli/exit.ts"],
  ["mod.ts", "./lib/wire/asap.ts"],
  ["mod.ts", "./cli/main.ts"],
  ["cli/main.ts", "../lib/driver/mod.ts"],
  ["cli/commands/resolve.ts", "../../lib/wire/mod.ts"],
  ["cli/commands/resolve.ts", "../../lib/sim/cluster.ts"],
];

for (const [from, to] of forbiddenDoors) {
  Deno.test(`${from} may not import ${to}, in any form of import`, () => {
    for (
      const text of [
        `import { a } from "${to}"; a();`,
        `import type { A } from "${to}"; export type B = A;`,
        `export * from "${to}";`,
        `export { a } from "${to}";`,
        `export const a = await import("${to}");`,
      ]
    ) assert.deepEqual(findings(from, text), ["layers"], text);
  });
}

const openDoors: readonly [from: string, to: string][] = [
  ["lib/handlespace/a.ts", "../wire/mod.ts"],
  ["lib/core/registrar/a.ts", "../../handlespace/mod.ts"],
  ["lib/core/registrar/a.ts", "../limits.ts"],
  ["lib/sim/a.ts", "../core/mod.ts"],
  ["lib/driver/a.ts", "../net/mod.ts"],
  ["lib/net/a.ts", "node:tls"],
  ["mod.ts", "./lib/driver/mod.ts"],
  ["cli/main.ts", "../mod.ts"],
  ["cli/commands/a.ts", "../../lib/sim/mod.ts"],
  ["cli/commands/a.ts", "../output.ts"],
  ["cli/main.ts", "commander"],
  ["tests/wire/a_test.ts", "../../lib/wire/asap.ts"],
];

for (const [from, to] of openDoors) {
  Deno.test(`${from} may import ${to}`, () => {
    assert.deepEqual(findings(from, `export { a } from "${to}";`), []);
  });
}

const bad: readonly [rule: string, path: string, text: string][] = [
  ["pure-rooms", "lib/wire/a.ts", "export const now = Date.now();"],
  ["pure-rooms", "lib/core/a.ts", "export const now = () => new Date();"],
  ["pure-rooms", "lib/sim/a.ts", "export const now = globalThis.Date;"],
  ["pure-rooms", "lib/handlespace/a.ts", "export const chance = Math.random();"],
  ["pure-rooms", "lib/core/a.ts", "export const { random } = Math;"],
  ["pure-rooms", "lib/core/a.ts", 'export const chance = Math["random"]();'],
  ["no-console", "lib/driver/a.ts", 'console.log("here");'],
  ["no-console", "cli/commands/a.ts", "console.error();"],
  ["no-console", "tests/wire/a_test.ts", "console.debug(1);"],
  ["no-sleep-in-tests", "tests/a_test.ts", "await new Promise((r) => setTimeout(r, 10));"],
  ["no-sleep-in-tests", "tests/a_test.ts", "globalThis.setTimeout(() => {}, 10);"],
  ["no-sleep-in-tests", "tests/a_test.ts", "await delay(10);"],
  ["no-sleep-in-tests", "tests/a_test.ts", "Atomics.wait(cells, 0, 0, 10);"],
  ["no-sleep-in-tests", "tests/a.ts", 'import { wait } from "node:timers/promises"; wait();'],
  ["function-length", "lib/a.ts", `function a() {${"\n".repeat(60)}}\na();`],
  ["function-length", "lib/a.ts", `export const a = () => {${"\n".repeat(60)}};`],
  ["function-length", "lib/a.ts", `export class A { b() {${"\n".repeat(60)}} }`],
  ["no-default-export", "lib/wire/a.ts", "export default 1;"],
];

for (const [rule, path, text] of bad) {
  Deno.test(`${rule} finds, in ${path}: ${text.replace(/\n+/, "…")}`, () => {
    assert.deepEqual(findings(path, text), [rule]);
  });
}

const good: readonly [path: string, text: string][] = [
  ["lib/core/a.ts", "export const a = Math.max(1, 2);"],
  ["lib/driver/a.ts", "export const now = Date.now();"],
  ["lib/driver/a.ts", "setTimeout(() => {}, 10);"],
  ["cli/output.ts", "console.log(1);"],
  ["tools/build.ts", "console.log(1);"],
  ["examples/user.ts", "console.log(1);"],
  ["lib/a.ts", `function a() {${"\n".repeat(59)}}\na();`],
  ["tests/cluster/pace.ts", "setInterval(() => {}, 500);"],
];

for (const [path, text] of good) {
  Deno.test(`nothing is found in ${path}: ${text.replace(/\n+/, "…")}`, () => {
    assert.deepEqual(findings(path, text), []);
  });
}
