/** TAB in real shells: what registrars tell is inserted as data, whatever it is. */

import assert from "node:assert/strict";
import { SCRIPTS } from "../../cli/completion/scripts.ts";
import { parsePoolHandle, PoolElement } from "../../mod.ts";
import { hasProgram, Scratch } from "./harness.ts";
import { Shell, type ShellKind, SHELLS } from "./shells/shell.ts";

/** Pool handles that somebody has registered to harm whoever presses TAB. */
const HOSTILE: readonly string[] = [
  "$(touch canary)",
  "`touch canary`",
  "a'b\"c",
  "b  c; touch canary",
  "dd*?[x]{k,l}",
  "e&|<>f",
  "~g",
  "h!i",
  "#j",
  "k\\n\\",
  "=ls",
  "%1",
  "^p",
  "ünïcode €",
  "$HOME",
  "x=y:z@w",
  "(touch canary)",
  "s ",
  '"; touch canary; "',
  "'; touch canary; '",
];

/** Those that are not written as they are: they begin with a hyphen, or nobody can see them. */
const BY_BYTES: readonly string[] = [
  "-o",
  "--config=canary",
  "two\ntouch canary\n",
  "three\u001b[31m\ttouch canary",
];

/** The beginning of a handle as it can be typed. */
function typed(handle: string): string {
  return [...handle].slice(0, 2).map((each) => /[\p{L}\p{N}]/u.test(each) ? each : `\\${each}`)
    .join("");
}

function hexOf(handle: string): string {
  return `hex:${new TextEncoder().encode(handle).toHex()}`;
}

async function withShell(
  kind: ShellKind,
  test: (shell: Shell, folder: string) => Promise<void>,
  handles: readonly string[] = [],
): Promise<void> {
  await using scratch = await Scratch.make();
  const registrar = await scratch.registrar();
  const [host, port] = registrar.at.asap.split(":");
  const registrars = [{ host: host!, port: Number(port) }];
  await using elements = new AsyncDisposableStack();
  for (const handle of handles) {
    const poolHandle = parsePoolHandle(handle);
    const element = elements.use(new PoolElement({ registrars, poolHandle, port: 80 }));
    await element.register();
  }
  const folder = `${scratch.folder}/home`;
  await Deno.mkdir(folder);
  const { PATH } = scratch.environment() as { PATH: string };
  const env = {
    PATH,
    RSERPOOL_REGISTRAR: registrar.at.asap,
    RSERPOOL_ENRP_REGISTRAR: registrar.at.enrp,
  };
  await using shell = await Shell.start(kind, folder, SCRIPTS[kind.name], env);
  await test(shell, folder);
}

for (const kind of SHELLS) {
  const ignore = !hasProgram(kind.name) || !hasProgram("script");

  Deno.test({
    name: `${kind.name}: hostile pool handles are inserted as they are, and nothing is run`,
    ignore,
    fn: () =>
      withShell(kind, async (shell, folder) => {
        for (const handle of HOSTILE) {
          const words = await shell.send(`rserpool resolve ${typed(handle)}\t`);
          assert.deepEqual(words, ["resolve", handle], shell.screen);
        }
        for (const handle of BY_BYTES) {
          const start = hexOf(handle).slice(0, "hex:2d6f".length);
          const words = await shell.send(`rserpool resolve ${start}\t`);
          assert.deepEqual(words, ["resolve", hexOf(handle)], shell.screen);
        }
        await shell.send("rserpool resolve \t\t\x15rserpool");
        assert.deepEqual((await names(folder)).filter((name) => !name.startsWith(".")), ["kept"]);
      }, [...HOSTILE, ...BY_BYTES]),
  });
}

/** Keys, and the words that they come to; the files that are there are ca.crt and own/. */
const LINES: readonly (readonly [keys: string, words: readonly string[]])[] = [
  ["reso\tweb", ["resolve", "web"]],
  ["help reg\tr\t", ["help", "registrar"]],
  ["cer\tiss\tel\tweb-1", ["certs", "issue", "element", "web-1"]],
  ["-v sta\t-q", ["-v", "status", "-q"]],
  ["resolve we\t--fir\t-o nd\t", ["resolve", "web", "--first", "-o", "ndjson"]],
  ["resolve --output=nd\twe\t", ["resolve", "--output=ndjson", "web"]],
  ["dump --timeout 2s we\tx=y:z\t", ["dump", "--timeout", "2s", "web", "x=y:z@w"]],
  ["register web --policy weighted-ro\t", ["register", "web", "--policy", "weighted-round-robin"]],
  ["register web --policy=priority:\t5", ["register", "web", "--policy=priority:priority=5"]],
  ["register web --check ht\tx", ["register", "web", "--check", "http:/x"]],
  ["register web --port 1 -- we\t", ["register", "web", "--port", "1", "--", "we"]],
  ["certs show ca.\t", ["certs", "show", "ca.crt"]],
  ["resolve --ca ca\twe\t", ["resolve", "--ca", "ca.crt", "we"]],
  ["resolve --ca=ca\twe\t", ["resolve", "--ca=ca.crt", "we"]],
  ["certs list --dir ow\t -q", ["certs", "list", "--dir", "own", "-q"]],
  ["decode @ca\t", ["decode", "@ca.crt"]],
  ["doctor --pool we\t--as op\t", ["doctor", "--pool", "web", "--as", "operator"]],
  ["proxy --listen 127.0.0.1:80=we\t", ["proxy", "--listen", "127.0.0.1:80=web"]],
  ["resolve --no-such we\t", ["resolve", "--no-such", "web"]],
  ["nosuch we\t", ["nosuch", "we"]],
  ["resolve -r 127.0.0.1:1 we\t", ["resolve", "-r", "127.0.0.1:1", "web"]],
  ["resolve --enrp-registrar 127.0.0.1:1 we\t", [
    "resolve",
    "--enrp-registrar",
    "127.0.0.1:1",
    "we",
  ]],
  ["resolve --tls we\t", ["resolve", "--tls", "we"]],
  ["resolve 'b  \t", ["resolve", "b  c; touch canary"]],
  ['resolve "b  \t', ["resolve", "b  c; touch canary"]],
  ["resolve '$H\t", ["resolve", "$HOME"]],
  ['resolve "s\t', ["resolve", "s "]],
  ["resolve 'a\t", ["resolve", "a'b\"c"]],
  ['resolve "a\t', ["resolve", "a'b\"c"]],
  ["watch web we\t", ["watch", "web", "we"]],
];

for (const kind of SHELLS) {
  Deno.test({
    name: `${kind.name}: commands, options, values, files and elements`,
    ignore: !hasProgram(kind.name) || !hasProgram("script"),
    fn: () =>
      withShell(kind, async (shell, folder) => {
        await Deno.writeTextFile(`${folder}/ca.crt`, "");
        await Deno.mkdir(`${folder}/own`);
        const wrong: unknown[] = [];
        for (const [keys, words] of LINES) {
          // Some shells take the slash behind a folder back when a blank follows.
          const got = (await shell.send(`rserpool ${keys}`)).map((each) => each.replace(/\/$/, ""));
          if (String(got) !== String(words)) wrong.push([keys, got, words]);
        }
        assert.deepEqual(wrong, []);
        const [, , identifier] = await shell.send("rserpool report-unreachable web 0x\t");
        assert.match(identifier!, /^0x[0-9a-f]{8}$/);
        const [, , to] = await shell.send("rserpool connect web --to=\t");
        assert.equal(to, `--to=${identifier}`);
      }, [...HOSTILE, "web"]),
  });
}

Deno.test("a secured registrar tells its pools to whom it may; others see nothing", async () => {
  await using scratch = await Scratch.make();
  const write = (name: string, text: string) =>
    Deno.writeTextFile(`${scratch.folder}/${name}`, text, { mode: 0o600 });
  const keys = { oncall: "2e".repeat(32), guest: "1f".repeat(32) };
  await write("keys.psk", Object.entries(keys).map(([name, key]) => `${name}:${key}\n`).join(""));
  for (const [name, key] of Object.entries(keys)) await write(`${name}.psk`, `${name}:${key}\n`);
  const identities = "[{psk: oncall, operate: true, register: web}, {psk: guest, read: other}]";
  await write("c.yaml", `security:\n  psk-keys: keys.psk\n  identities: ${identities}\n`);
  const ports = ["asap", "enrp", "asap-psk", "enrp-psk"];
  const listeners = ports.flatMap((each) => [`--${each}`, "127.0.0.1:0"]);
  const registrar = scratch.serve("registrar", ["--config", "c.yaml", ...listeners]);
  const { asapPsk: [asap], enrpPsk: [enrp] } = await registrar.ready() as unknown as {
    readonly asapPsk: readonly [string];
    readonly enrpPsk: readonly [string];
  };
  const own = ["-r", asap, "--psk-file", "oncall.psk"];
  const args = ["web", "--port", "9", "--check", "none", "--drain", "0s", ...own];
  await scratch.serve("register", args).ready();
  const told = async (...how: readonly string[]) => {
    const words = ["resolve", "--enrp-registrar", enrp, ...how, "w"];
    const { code, stdout, stderr } = await scratch.run(["__complete", "zsh", ...words]);
    assert.deepEqual([code, stderr], [0, ""]);
    return stdout;
  };
  assert.equal(
    await told("--psk-file", "oncall.psk"),
    "words 0\nweb\tround-robin, 1 pool element\n",
  );
  assert.equal(await told("--psk-file", "guest.psk"), "words 0\n");
  assert.equal(await told("--psk-file", "missing.psk"), "words 0\n");
  assert.equal(await told(), "words 0\n");
});

for (const { name } of SHELLS) {
  Deno.test({
    name: `${name} finds nothing wrong with its script`,
    ignore: !hasProgram(name),
    fn: async () => {
      await using scratch = await Scratch.make();
      await Deno.writeTextFile(`${scratch.folder}/script`, SCRIPTS[name]);
      const { code, stdout, stderr } = await scratch.spawn(name, ["-n", "script"]).ended;
      assert.deepEqual([code, stdout, stderr], [0, "", ""]);
    },
  });
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
}
