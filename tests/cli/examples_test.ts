/** The examples of help, typed as they stand there: a shell and our own grammar take each. */

import assert from "node:assert/strict";
import { parseCommandLine } from "../../cli/grammar.ts";
import { SHARED_OPTIONS } from "../../cli/options.ts";
import { resolveValues } from "../../cli/values.ts";
import { allCommands } from "../../tools/manual/command_tree.ts";
import { run } from "./fake_world.ts";

/** Examples may show what another program does with this one. */
const FOREIGN = /^dnsmasq /;
/** What stands for rserpool, and writes the words that it was given where nobody redirects. */
const STAND_IN = 'rserpool() { printf "%s\\0" "$@" >&9; printf "\\n" >&9; }';

/** The words with which a line starts rserpool; other programs are not found, and harm nobody. */
async function wordsOf(line: string): Promise<string[][]> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [, file] of line.matchAll(/<(\w+)/g)) {
      await Deno.writeTextFile(`${folder}/${file}`, "");
    }
    for (const [, folders] of line.matchAll(/~\/(\S+)\//g)) {
      await Deno.mkdir(`${folder}/${folders}`, { recursive: true });
    }
    const { code, stderr } = await bash(["-n", "-c", line], folder);
    assert.equal(code, 0, `${line}\n${stderr}`);
    await bash(["-c", `exec 9>words; PATH=/nowhere; ${STAND_IN}; ${line}`], folder);
    const words = await Deno.readTextFile(`${folder}/words`);
    return words.split("\n").slice(0, -1).map((each) => each.split("\0").slice(0, -1));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function bash(args: readonly string[], cwd: string) {
  const command = new Deno.Command("bash", {
    args: [...args],
    cwd,
    env: { HOME: cwd },
    stdin: "null",
  });
  const { code, stderr } = await command.output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

/** Has a shell and our own grammar take a line, which starts rserpool once. */
async function type(line: string, name: string): Promise<void> {
  const typed = await wordsOf(line);
  assert.equal(typed.length, 1, `rserpool is started once by: ${line}`);
  const [words] = typed as [string[]];
  const printer = {
    stdout: { isTerminal: false, columns: 80, write: () => {}, pass: () => Promise.resolve() },
    print: () => assert.fail(line),
    printError: () => assert.fail(line),
  };
  const parsed = await parseCommandLine(words, printer);
  assert.ok(parsed !== undefined, line);
  assert.ok(` ${words.join(" ")} `.includes(` ${name} `), `${line}: is of ${name}`);
  const { given } = parsed;
  const nothing = { env: () => undefined, file: () => undefined, isUsed: () => false };
  resolveValues(SHARED_OPTIONS, { given, ...nothing });
  resolveValues(parsed.command.options, { given, ...nothing });
}

Deno.test("the examples of rserpool --help can be typed as they are", async () => {
  const { stdout } = await run("--help");
  const lines = [...stdout.matchAll(/^ {2}\$ (rserpool (\S+).*)$/gm)];
  assert.equal(lines.length, 3);
  for (const [, line, name] of lines) await type(line!, name!);
});

for (const { name, command } of await allCommands()) {
  Deno.test(`the examples of ${name} can be typed as they are`, async () => {
    assert.ok(command.examples.length > 0, `${name} has no example`);
    for (const [line, meaning] of command.examples) {
      assert.ok(meaning.length > 0, line);
      if (!FOREIGN.test(line)) await type(line, name);
    }
  });

  Deno.test(`the help of ${name} shows its examples`, async () => {
    const { code, stdout } = await run(["help", ...name.split(" ")]);
    assert.equal(code, 0);
    for (const [line] of command.examples) assert.ok(stdout.includes(`\n  $ ${line}\n`), line);
  });
}

Deno.test("what help of connect tells to type ends a line as Redis wants it", async () => {
  const { command } = (await allCommands()).find(({ name }) => name === "connect")!;
  const [line] = command.examples.find(([line]) => line.includes("printf"))!;
  const { stdout } = await new Deno.Command("bash", { args: ["-c", line.split(" | ")[0]!] })
    .output();
  assert.equal(new TextDecoder().decode(stdout), "PING\r\n");
});
