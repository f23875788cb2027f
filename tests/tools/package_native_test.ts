/** Which executables `deno task compile` makes. */

import assert from "node:assert/strict";
import { compileArgs, fileOf, TARGETS, targetsOf } from "../../tools/package_native.ts";

Deno.test("deno task compile: this machine's kind, those that are named, or all", () => {
  assert.deepEqual(targetsOf([]), [Deno.build.target]);
  assert.deepEqual(targetsOf(["aarch64-apple-darwin"]), ["aarch64-apple-darwin"]);
  assert.deepEqual(targetsOf(["all"]), TARGETS);
  assert.throws(() => targetsOf(["amiga"]), /"amiga" is not one of all, x86_64-unknown-linux-gnu/);
});

Deno.test("each kind of machine has a file of its own, and Windows its ending", () => {
  assert.equal(new Set(TARGETS.map(fileOf)).size, TARGETS.length);
  assert.equal(fileOf("x86_64-pc-windows-msvc"), "rserpool-x86_64-pc-windows-msvc.exe");
  const args = compileArgs("aarch64-apple-darwin", "/out");
  assert.equal(args[args.indexOf("--output") + 1], "/out/rserpool-aarch64-apple-darwin");
});
