/** A failure that nobody waited for, in a process, as the runtime would end it by itself. */

import assert from "node:assert/strict";

const MAIN = new URL("../../cli/main.ts", import.meta.url);
const WORLD = new URL("../../cli/world.ts", import.meta.url);

const BUGS: readonly (readonly [what: string, code: string])[] = [
  ["a promise that nobody awaits", "Promise.reject(new TypeError('x is\\n\\x1bundefined'));"],
  [
    "a callback that throws",
    "queueMicrotask(() => { throw new TypeError('x is\\n\\x1bundefined') })",
  ],
];

for (const [what, code] of BUGS) {
  Deno.test(`${what} is exit 70 with one line and no stack trace`, async () => {
    const program = `import { endAtBugs } from "${MAIN}"; import { realWorld } from "${WORLD}";
      endAtBugs(realWorld()); ${code}; Deno.stdin.readSync(new Uint8Array(1));`;
    const { code: exit, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", program],
      env: { NO_COLOR: "1" },
      stdin: "null",
    }).output();
    assert.equal(exit, 70);
    assert.equal(stdout.length, 0);
    assert.equal(
      new TextDecoder().decode(stderr),
      "rserpool: this is a bug in rserpool: TypeError: x is\\u{a}\\u{1b}undefined " +
        "(-vv shows where)\n",
    );
  });
}
