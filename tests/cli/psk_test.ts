/** `psk generate`: keys that are printed, and keys that go into a file and nowhere else. */

import assert from "node:assert/strict";
import { addPskKey } from "../../cli/psk_addition.ts";
import { MAX_PSK_FILE_BYTES, parsePskKeys, readPskFile } from "../../cli/psk_file.ts";
import { realWorld } from "../../cli/world.ts";
import { runReally } from "./real_files.ts";

/** A folder that is gone afterwards. */
async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "psk-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function modeOf(path: string): Promise<number> {
  return (await Deno.stat(path)).mode! & 0o777;
}

Deno.test("without --file the line is printed, and each key is another", async () => {
  const lines = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const { code, stdout, stderr } = await runReally(["psk", "generate", "web-1"]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^web-1:[0-9a-f]{64}\n$/);
    assert.equal(parsePskKeys(stdout, "k").keys.get("web-1")?.length, 32);
    lines.add(stdout);
  }
  assert.equal(lines.size, 3);
});

Deno.test("with --file nothing is printed, whatever is asked for, and the mode is 0600", () =>
  inFolder(async (folder) => {
    const path = `${folder}/keys.psk`;
    const { code, stdout, stderr } = await runReally([
      ..."psk generate web-1 -vv --file".split(" "),
      path,
    ]);
    assert.deepEqual([code, stdout], [0, ""]);
    const text = await Deno.readTextFile(path);
    assert.match(text, /^web-1:[0-9a-f]{64}\n$/);
    assert.ok(!stderr.includes(text.slice(6, 30)), stderr);
    assert.match(stderr, /has a key for web-1/);
    assert.equal(await modeOf(path), 0o600);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["keys.psk"]);
  }));

Deno.test("a key is added behind the others, which stay; --force replaces one line", () =>
  inFolder(async (folder) => {
    const path = `${folder}/keys.psk`;
    const old = `# mine\n  web-1:${"ab".repeat(32)}\n\n#web-2:no\nweb-3:${"cd".repeat(16)}`;
    await Deno.writeTextFile(path, old, { mode: 0o600 });
    assert.equal((await runReally(["psk", "generate", "web-2", "--file", path])).code, 0);
    const more = await Deno.readTextFile(path);
    assert.ok(more.startsWith(`${old}\nweb-2:`), more);

    const again = await runReally(["psk", "generate", "web-1", "--file", path]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /^rserpool: .*keys\.psk has a key for web-1 already; --force/);
    assert.equal(await Deno.readTextFile(path), more);

    const forced = await runReally(["psk", "generate", "web-1", "--file", path, "--force"]);
    assert.deepEqual([forced.code, forced.stdout, forced.stderr], [0, "", ""]);
    const replaced = await Deno.readTextFile(path);
    assert.equal(replaced.split("\n").length, more.split("\n").length);
    assert.ok(!replaced.includes("abab"));
    assert.deepEqual([...parsePskKeys(replaced, path).keys.keys()], ["web-1", "web-3", "web-2"]);
    assert.equal(await modeOf(path), 0o600);
  }));

Deno.test("a link stays a link, and what it leads to is replaced", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/real`, "", { mode: 0o600 });
    await Deno.symlink("real", `${folder}/link`);
    assert.equal((await runReally(["psk", "generate", "a", "--file", `${folder}/link`])).code, 0);
    assert.ok((await Deno.lstat(`${folder}/link`)).isSymlink);
    assert.match(await Deno.readTextFile(`${folder}/real`), /^a:/);
  }));

Deno.test("a file that others can read, or that is wrong, is left as it is", () =>
  inFolder(async (folder) => {
    const files: Record<string, [text: string, mode: number, code: number, words: RegExp]> = {
      open: ["", 0o644, 2, /has mode 0644/],
      wrong: ["web-1:password\n", 0o600, 2, /wrong:1:7: this key is neither/],
      bare: [`${"ab".repeat(16)}\n`, 0o600, 2, /has one key without an identity/],
    };
    for (const [name, [text, mode, code, words]] of Object.entries(files)) {
      const path = `${folder}/${name}`;
      await Deno.writeTextFile(path, text);
      await Deno.chmod(path, mode);
      const ran = await runReally(["psk", "generate", "x", "--file", path]);
      assert.equal(ran.code, code, ran.stderr);
      assert.match(ran.stderr, words);
      assert.equal(await Deno.readTextFile(path), text);
      assert.equal(await modeOf(path), mode);
    }
  }));

Deno.test("a place where no file can be is told with its name", async () => {
  const { code, stdout, stderr } = await runReally("psk generate x --file /nowhere/k".split(" "));
  assert.deepEqual([code, stdout], [1, ""]);
  assert.match(stderr, /^rserpool: cannot write \/nowhere\/k: no such file or directory\n$/);
});

Deno.test("many at once lose no key", () =>
  inFolder(async (folder) => {
    const path = `${folder}/keys.psk`;
    const names = Array.from({ length: 12 }, (_, i) => `web-${i}`);
    const world = realWorld();
    const add = (identity: string) =>
      addPskKey(path, { identity, key: "ab".repeat(32), force: false }, world);
    await Promise.all(names.map(add));
    const { keys } = await readPskFile(world, path);
    assert.deepEqual([...keys.keys()].sort(), [...names].sort());
  }));

Deno.test("the limit MAX_PSK_FILE_BYTES holds for what is written, too", () =>
  inFolder(async (folder) => {
    const path = `${folder}/keys.psk`;
    const line = `x:${"ab".repeat(32)}\n`;
    const filled = (length: number) => `${"#".repeat(length - 1)}\n`;
    await Deno.writeTextFile(path, filled(MAX_PSK_FILE_BYTES - line.length), { mode: 0o600 });
    assert.equal((await runReally(["psk", "generate", "x", "--file", path])).code, 0);
    assert.equal((await Deno.stat(path)).size, MAX_PSK_FILE_BYTES);
    const { code, stderr } = await runReally(["psk", "generate", "y", "--file", path]);
    assert.equal(code, 1);
    assert.match(stderr, /would be longer than 1048576 bytes/);
    assert.equal((await Deno.stat(path)).size, MAX_PSK_FILE_BYTES);
  }));

const WRONG: readonly (readonly [line: readonly string[], words: RegExp])[] = [
  [[], /^Usage: rserpool psk \[options\] COMMAND/],
  [["generate"], /missing required argument 'IDENTITY'/],
  [["genrate", "x"], /unknown command 'genrate' \(did you mean generate\?\)/],
  [["generate", ""], /the identity is empty/],
  [["generate", "a:b"], /the identity has a colon/],
  [["generate", "a\nb"], /control character/],
  [["generate", "#a"], /begins with #/],
  [["generate", " a"], /begins or ends with a blank/],
  [["generate", "x".repeat(65)], /65 bytes, more than 64/],
  [["generate", "a", "--file", ""], /--file: the file's name is empty/],
  [["generate", "a", "--force"], /--force needs --file/],
  [["generate", "a", "b"], /too many arguments/],
];

for (const [line, words] of WRONG) {
  Deno.test(`exit 2: psk ${JSON.stringify(line)}`, async () => {
    const { code, stdout, stderr } = await runReally(["psk", ...line]);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, line.length === 0 ? words : new RegExp(`^rserpool: .*${words.source}`));
  });
}
