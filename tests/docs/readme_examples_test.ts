/** The programs in README.md run as they stand there. */

import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);
const readme = await Deno.readTextFile(new URL("README.md", root));

/** Programs, by the heading above them. */
function programs(): { readonly heading: string; readonly text: string }[] {
  let heading = "";
  const found: { heading: string; text: string }[] = [];
  for (const [, title, text] of readme.matchAll(/^##+ (.*)$|^```ts\n([^]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    else found.push({ heading, text: text! });
  }
  return found;
}

/** What a program prints. */
async function run(program: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "rserpool-readme-" });
  const file = `${folder}/program.ts`;
  try {
    await Deno.writeTextFile(file, program.replace('"./mod.ts"', `"${root.href}mod.ts"`));
    const args = ["run", "--no-config", "--no-lock", "--allow-net", file];
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    assert(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** What the program below a heading prints. */
function printed(wanted: string): Promise<string> {
  const program = programs().find(({ heading }) => heading === wanted);
  assert(program !== undefined, `there is no program below ${wanted}`);
  return run(program.text);
}

Deno.test("the program of As a library prints its pool's element", async () => {
  assert.match(await printed("As a library"), /port: 8081/);
});

Deno.test("the program of Sessions counts on at another element", async () => {
  const lines = (await printed("Sessions")).split("\n").filter((line) => line !== "");
  const [first, from, to, last] = [
    /^(\d+) 3$/.exec(lines[0]!)?.[1],
    /^from (\d+) to /.exec(lines[1]!)?.[1],
    /to (\d+)$/.exec(lines[1]!)?.[1],
    /^(\d+) 8$/.exec(lines[2]!)?.[1],
  ];
  assert.equal(lines.length, 3);
  assert(first !== undefined && from === first);
  assert(to !== undefined && to === last && to !== from);
});
