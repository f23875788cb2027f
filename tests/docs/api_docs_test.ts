/** The API pages: every public symbol is documented, and what it refers to is public, too. */

import assert from "node:assert/strict";

const ROOT = new URL("../../", import.meta.url).pathname;
const ENTRY_POINTS = ["mod.ts", "sim.ts"];

/**
 * Types that are derived from the one table of messages, parameters and policies: the page shows
 * what they come to, and the table is nobody's concern.
 */
const DERIVED: readonly string[] = [
  "lib/wire/asap.ts",
  "lib/wire/enrp.ts",
  "lib/wire/parameters.ts",
  "lib/wire/policy.ts",
  "lib/wire/protocol.ts",
  "lib/wire/transport.ts",
];
/** What only the tests of the simulator pass. */
const OF_TESTS = ["lib/sim/story.ts"];

async function deno(...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("deno doc --lint finds nothing but types that are derived from tables", async () => {
  const found = await deno("doc", "--lint", ...ENTRY_POINTS);
  const findings = found.split(/^(?=error\[)/m).filter((each) => each.startsWith("error[")).map(
    (each) => each.split("\nerror:")[0]!.trim(),
  );
  const unexpected = findings.filter((finding) => {
    const path = /--> .*?([a-z]+\/[a-z_/]+\.ts):/.exec(finding)?.[1] ?? "";
    const file = path.slice(path.indexOf("lib/"));
    const isKnown = DERIVED.includes(file) || OF_TESTS.includes(file);
    return !isKnown || !finding.startsWith("error[private-type-ref]");
  });
  assert.deepEqual(unexpected, []);
  assert(findings.length > 0, `deno doc --lint has said something else:\n${found}`);
});

Deno.test("deno task api writes a page for each class and function", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const folder = await Deno.makeTempDir({ prefix: "rserpool-api-" });
  try {
    const [program, ...args] = tasks.api.split(" ");
    assert.equal(program, "deno");
    await deno(...args.map((each: string) => each.replace("dist/api", folder)));
    for (const page of ["~/Registrar", "~/PoolUser", "sim/~/makePlan"]) {
      const isThere = await Deno.stat(`${folder}/${page}.html`).then(() => true, () => false);
      assert(isThere, `there is no page ${page}.html`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
