/** The configuration file, and which of several sources of a value counts. */

import assert from "node:assert/strict";
import { parseConfiguration } from "../../cli/config.ts";
import { COMMANDS } from "../../cli/commands.ts";
import { MAX_MAPPING_KEYS } from "../../cli/configuration/mapping_keys.ts";
import { MAX_NESTING } from "../../cli/configuration/nesting.ts";
import type { OptionTable } from "../../cli/option.ts";
import { ELEMENT, resolutionOf } from "./elements.ts";
import { type FakeUser, type Given, run } from "./fake_world.ts";

const user: FakeUser = { resolve: () => Promise.resolve(resolutionOf(ELEMENT)) };
const FILE = "/etc/rserpool.yaml";

/** The addresses that a resolution was sent to. */
async function askedOf(line: string, given: Given): Promise<unknown> {
  const { code, stderr, world } = await run(line, { user, ...given });
  assert.equal(code, 0, stderr);
  return world.made[0]!.registrars;
}

const at = (host: string, port = 3863) => ({ host, port });

Deno.test("option > environment > file > default, and a list replaces a list", async () => {
  const files = { [FILE]: "registrar: [f1, f2]\n" };
  const env = { RSERPOOL_REGISTRAR: "e1, e2:7," };
  const withFile = { files, env: { RSERPOOL_CONFIG: FILE } };
  assert.deepEqual(await askedOf("resolve web", {}), [at("127.0.0.1")]);
  assert.deepEqual(await askedOf("resolve web", withFile), [at("f1"), at("f2")]);
  const both = { files, env: { ...env, RSERPOOL_CONFIG: FILE } };
  assert.deepEqual(await askedOf("resolve web", both), [at("e1"), at("e2", 7)]);
  assert.deepEqual(await askedOf("resolve web -r o1", both), [at("o1")]);
  assert.deepEqual(await askedOf("-r o1 resolve web --registrar=o2 -ro3", both), [
    at("o1"),
    at("o2"),
    at("o3"),
  ]);
});

Deno.test("an option counts on either side of the command, the last one wins", async () => {
  const json = /^\{"poolHandle":"web"/;
  for (
    const line of ["-o json resolve web", "resolve -o json web", "-o csv resolve web -o json"]
  ) {
    const { stdout } = await run(line, { user });
    assert.match(stdout, json, line);
  }
});

Deno.test("--config names a file instead of the environment's", async () => {
  const files = { a: "output: csv\n", b: "output: json\n" };
  const { stdout } = await run("resolve web --config b", {
    user,
    files,
    env: { RSERPOOL_CONFIG: "a" },
  });
  assert.match(stdout, /^\{"poolHandle"/);
});

Deno.test("an empty variable is no variable", async () => {
  assert.deepEqual(await askedOf("resolve web", { env: { RSERPOOL_REGISTRAR: "" } }), [
    at("127.0.0.1"),
  ]);
});

Deno.test("environment booleans are 1, 0, true and false", async () => {
  const header = /^POOL /;
  for (const [text, isShown] of [["1", false], ["TRUE", false], ["0", true], ["false", true]]) {
    const { stdout } = await run("resolve web", {
      user,
      env: { RSERPOOL_NO_HEADER: text as string },
    });
    assert.equal(header.test(stdout), isShown, String(text));
  }
});

Deno.test("options of a command stand in its section", async () => {
  const files = { [FILE]: "resolve:\n  items: 2\nclient:\n  registrar: c1\ntimeout: 2s\n" };
  const asked: unknown[] = [];
  const resolve: FakeUser["resolve"] = (_, options) => {
    asked.push(options);
    return Promise.resolve(resolutionOf(ELEMENT));
  };
  const { world } = await run(`resolve web --config ${FILE}`, { user: { resolve }, files });
  assert.deepEqual(world.made[0]!.registrars, [at("c1")]);
  assert.deepEqual(asked, [{ items: 2, timeoutMs: 2000 }]);
});

Deno.test("registrar is a list of addresses, or the section of the command", async () => {
  const files = { [FILE]: "registrar:\n  id: 7\nclient:\n  registrar: [c1, c2]\n" };
  const given = { files, env: { RSERPOOL_CONFIG: FILE } };
  assert.deepEqual(await askedOf("resolve web", given), [at("c1"), at("c2")]);
});

Deno.test("an empty file says nothing", async () => {
  for (const text of ["", "# nothing\n", "---\n"]) {
    const given = { files: { [FILE]: text }, env: { RSERPOOL_CONFIG: FILE } };
    assert.deepEqual(await askedOf("resolve web", given), [at("127.0.0.1")]);
  }
});

const manyKeys = (count: number, indent = "") => {
  return Array.from({ length: count }, (_, i) => `${indent}k${i}: 1\n`).join("");
};

const nested = (levels: number) => `registrar: ${"[".repeat(levels)}${"]".repeat(levels)}\n`;

const WRONG: readonly (readonly [text: string | Uint8Array, words: RegExp])[] = [
  ["timeout: [1s\noutput: json\n", /^c:[12]:\d+: /],
  ["timeout: 1s\ntimeout: 2s\n", /^c:2:1: Map keys must be unique/],
  ["# a\ntiemout: 1s\n", /^c:2:1: unknown key "tiemout" \(did you mean timeout\?\)$/],
  ["resolve:\n  itmes: 3\n", /^c:2:3: unknown key "itmes" \(did you mean items\?\)$/],
  ["resolv:\n  items: 3\n", /^c:1:1: unknown key "resolv" \(did you mean resolve\?\)$/],
  ["client:\n  output: json\n", /^c:2:3: unknown key "output"/],
  ["config: x\n", /^c:1:1: unknown key "config"/],
  ["timeout: 5\n", /^c:1:10: timeout: "5" has no unit/],
  ["output: jsn\n", /^c:1:9: output: "jsn" is not one of .* \(did you mean json\?\)$/],
  ["timeout: [1s, 2s]\n", /^c:1:10: timeout: this must be a single value$/],
  ["timeout:\n", /^c:1:9: timeout: this must be a single value$/],
  ["registrar:\n- a\n- b:70000\n", /^c:3:3: registrar: .*"70000" is not a port/],
  ["registrar: {idd: 7}\n", /^c:1:13: unknown key "idd" \(did you mean id\?\)/],
  ["no-header: yes\n", /^c:1:12: no-header: this must be true or false$/],
  ["verbose: much\n", /^c:1:10: verbose: this must be a number$/],
  ["resolve: 3\n", /^c:1:10: resolve: this must be a mapping$/],
  ["resolve: [1]\n", /^c:1:10: resolve: this must be a mapping$/],
  ["- timeout\n", /^c:1:1: this must be a mapping$/],
  ["timeout\n", /^c:1:1: this must be a mapping$/],
  ["output: jsn\ntimeout: 5\n", /^c:1:9: output/],
  ["timeout: 5\noutput: jsn\n", /^c:1:10: timeout/],
  ["a: b: c\n", /^c:1:\d+: /],
  ["\tx: 1\n", /^c:1:\d+: /],
  ["resolve: {watch: true, watch: true}\n", /^c:1:24: Map keys must be unique$/],
  [manyKeys(MAX_MAPPING_KEYS + 1), /^c:10001:1: this mapping has more than 10000 keys$/],
  [`client:\n${manyKeys(90_000, " ")}`, /^c:10002:2: this mapping has more than 10000 keys$/],
  [nested(MAX_NESTING), /^c:1:111: this is nested more than 100 levels deep$/],
  [nested(800), /^c:1:111: this is nested more than 100 levels deep$/],
  [`resolve:\n${"- ".repeat(50_000)}`, /^c:2:199: this is nested more than 100 levels deep$/],
  [nested(MAX_NESTING - 1), /^c:1:13: registrar: this must be a single value$/],
  ["timeout: *x\n", /^c:1:\d+: .*alias/i],
  [new Uint8Array([0x61, 0xff]), /^c is not UTF-8 text$/],
  ["# ".padEnd(1_100_000, "x"), /^c is longer than 1048576 bytes$/],
  ["__proto__:\n  items: 3\n", /^c:1:1: unknown key "__proto__"/],
];

for (const [text, words] of WRONG) {
  const shown = JSON.stringify(typeof text === "string" ? text.slice(0, 40) : [...text]);
  Deno.test(`a wrong file is told by its place: ${shown}`, async () => {
    const { code, stdout, stderr } = await run("resolve web --config c", { files: { c: text } });
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr.replace(/^rserpool: /, "").trimEnd(), words);
    assert.equal(stderr.split("\n").length, 2, "one line");
  });
}

Deno.test("aliases that multiply are refused at once", async () => {
  const lines = ["a: &a [x, x, x, x, x, x, x, x, x]"];
  for (const [i, name] of [..."bcdefghi"].entries()) {
    const before = "abcdefghi"[i];
    lines.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(", ")}]`);
  }
  const files = { c: lines.join("\n") };
  const { code, stderr } = await run("resolve web --config c", { files });
  assert.equal(code, 2);
  assert.match(stderr, /^rserpool: c:1:1: .*alias/i);
});

Deno.test("every option of every command can stand in a file", async () => {
  const sections: Record<string, OptionTable> = {};
  for (const { name, load } of COMMANDS) sections[name] = (await load()).options;
  const text = "registrar:\n  element-grace: 20s\n  asap: ['[::1]:0', 127.0.0.1:0]\n";
  const { ofCommand, shared } = parseConfiguration(text, "c", sections);
  assert.deepEqual(ofCommand("registrar", "element-grace"), { texts: ["20s"], where: "c:2:18" });
  assert.deepEqual(ofCommand("registrar", "asap")?.texts, ["[::1]:0", "127.0.0.1:0"]);
  assert.equal(shared("registrar", true), undefined);
});
