/** `certs` on the command line: help on each level, and what is said of mistakes. */

import assert from "node:assert/strict";
import type { Command } from "../../../cli/command.ts";
import { command } from "../../../cli/commands/certs.ts";
import { run } from "../fake_world.ts";

/** The words of every command below one. */
function pathsOf(group: Command): [words: string[], command: Command][] {
  return (group.subcommands ?? []).flatMap(({ name, command: below }) => [
    [[name], below] as [string[], Command],
    ...pathsOf(below).map(([words, each]) => [[name, ...words], each] as [string[], Command]),
  ]);
}

for (const [words, below] of pathsOf(command)) {
  const path = `certs ${words.join(" ")}`;
  Deno.test(`${path} --help has its options and examples`, async () => {
    for (const line of [`${path} --help`, `help ${path}`, `${path} -h`, `--help ${path}`]) {
      const { code, stdout, stderr } = await run(line);
      assert.deepEqual([code, stderr], [0, ""], line);
      assert.match(stdout, new RegExp(`^Usage: rserpool ${path} \\[options\\]`));
      for (const { flags } of Object.values(below.options)) {
        assert.ok(stdout.includes(`  ${flags}`), flags);
      }
      assert.match(stdout, /\nExamples:\n {2}\$ rserpool certs /);
      for (const { name, summary } of below.subcommands ?? []) {
        assert.match(stdout, new RegExp(`^ {2}${name} +${summary}$`, "m"));
      }
      for (const each of stdout.split("\n")) assert.ok(each.length <= 110, each);
    }
    for (const [line] of below.examples) assert.ok(line.startsWith("rserpool certs "), line);
  });
}

Deno.test("there is a command for everything", () => {
  assert.deepEqual(pathsOf(command).map(([words]) => words.join(" ")), [
    "init",
    "issue",
    "issue registrar",
    "issue element",
    "issue user",
    "issue operator",
    "show",
    "revoke",
    "list",
  ]);
});

const WRONG: readonly (readonly [line: string, words: RegExp, code?: number])[] = [
  ["certs", /^Usage: rserpool certs \[options\] COMMAND/],
  ["certs issue", /^Usage: rserpool certs issue \[options\] COMMAND/],
  ["certs isue user x", /unknown command 'isue' \(did you mean issue\?\)/],
  ["certs issue elment x", /unknown command 'elment' \(did you mean element\?\)/],
  ["certs issue element", /missing required argument 'NAME'/],
  ["certs issue element a b", /too many arguments for 'element'/],
  ["certs issue user a --address 192.0.2.1", /unknown option '--address'/],
  ["certs issue element a --fore", /unknown option '--fore' \(did you mean --force\?\)/],
  ["certs issue registrar a --address 192.0.2.1:3864", /--address: "192.0.2.1:3864" has a port/],
  ["certs issue user rserpool:registrar", /rserpool: is kept for roles/],
  ["certs issue user ../x", /the name: "..\/x" is no DNS name or URI/],
  ["certs issue user a --days 0", /--days: "0" is not a whole number from 1 to 36500/],
  ["certs issue user a --days 36501", /--days: "36501" is not a whole number/],
  ["certs init --name", /option '--name <NAME>' argument missing/],
  ["certs init --dir=", /--dir: the directory's name is empty/],
  ["certs revoke a --reason stolen", /--reason: "stolen" is not one of unspecified, key-comp/],
  ["certs show", /missing required argument 'FILE'/],
  ["certs show none", /cannot read none: no such file or directory/],
  ["certs list -r a --dir /nowhere", /warning: --registrar has no effect on certs list/, 1],
  ["certs -o csv --dir /nowhere list", /no certificate authority in \/nowhere; .*certs init/, 1],
  ["certs --dir /nowhere issue user a", /no certificate authority in \/nowhere/, 1],
  ["certs --dir /elsewhere issue --dir /nowhere user a", /no cert.* authority in \/nowhere/, 1],
  ["certs init --dir /proc/none", /cannot make the directory \/proc\/none: /, 1],
];

for (const [line, words, expected = 2] of WRONG) {
  Deno.test(`exit ${expected}: rserpool ${line}`, async () => {
    const { code, stdout, stderr } = await run(line);
    assert.deepEqual([code, stdout], [expected, ""], stderr);
    assert.match(stderr, words);
  });
}

Deno.test("show takes no key for a certificate, and does not print it", async () => {
  const key = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n";
  const broken = "-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----\n";
  const files = { key, broken, text: "hello" };
  const reasons = {
    key: /key has a private key and no certificate; that is not shown/,
    broken: /broken has a block of PEM that is broken/,
    text: /text has no certificate or revocation list in PEM/,
  };
  for (const [file, reason] of Object.entries(reasons)) {
    const { code, stdout, stderr } = await run(`certs show ${file}`, { files });
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, reason);
    assert.ok(!stderr.includes("c2VjcmV0"));
  }
});
