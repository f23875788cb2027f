/** What can stand at the cursor, of each kind of word. */

import assert from "node:assert/strict";
import { complete, MAX_CANDIDATES } from "../../../cli/completion/complete.ts";
import { defineCommand } from "../../../cli/command.ts";
import { type Line, readLine } from "../../../cli/completion/line.ts";
import { flag, longName, type Option, value } from "../../../cli/option.ts";
import { SHARED_OPTIONS } from "../../../cli/options.ts";
import { parsePolicy, POLICY_NAMES } from "../../../cli/policy_option.ts";
import { allCommands } from "../../../tools/manual/command_tree.ts";

const POOLS = ["web", "work", "db:1"];

async function ask(text: string, pools: readonly string[] = POOLS) {
  const words = text.split(" ");
  let asked: Line | undefined;
  const live = (line: Line) => {
    asked = line;
    const of = (texts: readonly string[]) => Promise.resolve(texts.map((text) => ({ text })));
    return { pools: () => of(pools), elements: () => of(["0x00000001"]) };
  };
  const { kind, prefix, candidates } = await complete(words.slice(0, -1), words.at(-1)!, live);
  return { kind, texts: candidates.map(({ text }) => prefix + text), line: asked!, candidates };
}

const TEXTS: readonly (readonly [line: string, texts: readonly string[]])[] = [
  ["regi", ["registrar", "register"]],
  ["-v -o json sta", ["status"]],
  ["--registrar a sta", ["status"]],
  ["nosuch ", []],
  ["help re", ["registrar", "register", "resolve", "report-unreachable"]],
  ["help resolve ", []],
  ["help certs is", ["issue"]],
  ["certs ", ["init", "issue", "show", "revoke", "list", "help"]],
  ["certs --dir x issue op", ["operator"]],
  ["certs issue operator x", []],
  ["resolve w", ["web", "work"]],
  ["resolve web ", []],
  ["resolve -- w", ["web", "work"]],
  ["watch web w", ["work"]],
  ["dump -v web w", ["work"]],
  ["resolve --min 1 w", ["web", "work"]],
  ["resolve --min=1 -qv w", ["web", "work"]],
  ["resolve -ojson w", ["web", "work"]],
  ["resolve -o n", ["ndjson"]],
  ["resolve -on", ["-ondjson"]],
  ["resolve --output=c", ["--output=csv"]],
  ["resolve --color ", ["auto", "always", "never"]],
  ["resolve --fi", ["--first"]],
  ["resolve --first --fi", []],
  ["resolve --registrar a --registr", ["--registrar"]],
  ["resolve --timeout ", []],
  ["resolve --quiet=", []],
  ["certs list --tls", []],
  ["report-unreachable web 0", ["0x00000001"]],
  ["connect web --to ", ["0x00000001"]],
  ["doctor --pool w", ["web", "work"]],
  ["doctor --as us", ["user"]],
  ["decode --protocol a", ["asap"]],
  ["register web --protocol udp", ["udp", "udp-lite"]],
  ["register web --port 1 -- w", []],
  ["register web x", []],
  ["register web --check ex", ["exec:"]],
  ["register web --load ", ["file:", "exec:"]],
  ["register web --policy=rand", ["--policy=random", "--policy=randomized-least-used"]],
  ["register web --policy weighted-random:", ["weighted-random:weight="]],
  ["register web --policy weighted-random:weight=1,", []],
  ["register web --policy priority-least-used:load=1,d", [
    "priority-least-used:load=1,degradation=",
  ]],
  ["register web --policy nosuch:", []],
  ["proxy --listen 1.2.3.4:5=d", ["1.2.3.4:5=db:1"]],
  ["proxy --listen 1.2.3.4", []],
  ["completions ", ["bash", "zsh", "fish"]],
  ["simulate ", []],
  ["simulate --faults cr", ["crash"]],
  ["simulate --faults=crash,c", ["--faults=crash,cut", "--faults=crash,clock-skew"]],
];

for (const [line, texts] of TEXTS) {
  Deno.test(`rserpool ${line}<TAB>`, async () => {
    const { kind, texts: found } = await ask(line);
    assert.deepEqual([kind, found], ["words", texts]);
  });
}

const PATHS: readonly (readonly [line: string, kind: string, prefix: string])[] = [
  ["certs show x", "files", ""],
  ["resolve --ca x", "files", ""],
  ["resolve --ca=x", "files", "--ca="],
  ["certs list --dir ", "folders", ""],
  ["certs list --dir=", "folders", "--dir="],
  ["decode x", "files", ""],
  ["decode @x", "files", "@"],
  ["register web --load=file:x", "files", "--load=file:"],
];

for (const [line, kind, prefix] of PATHS) {
  Deno.test(`rserpool ${line}<TAB> is for the shell to find`, async () => {
    const words = line.split(" ");
    const live = () => ({ pools: () => Promise.resolve([]), elements: () => Promise.resolve([]) });
    const found = await complete(words.slice(0, -1), words.at(-1)!, live);
    assert.deepEqual([found.kind, found.prefix], [kind, prefix]);
  });
}

Deno.test("all options of all commands are offered behind a hyphen, and nothing else", async () => {
  for (const { name, command } of await allCommands()) {
    const { texts } = await ask(`${name} --`);
    for (const option of Object.values(command.options)) {
      assert.ok(texts.includes(`--${longName(option)}`), `${name} ${option.flags}`);
    }
    assert.ok(texts.every((text) => /^--[a-z]/.test(text)));
    assert.equal(new Set(texts).size, texts.length, name);
  }
});

/** What stands for values that only people know. */
const UNKNOWN = /^(N|ID|NAME|TEXT|DURATION|TEMPLATE|COMMAND|IDENTITY|URL|(HOST|IP|NAME)\b.*)$/;

Deno.test("each option's value can be completed, unless only people can know it", async () => {
  const shared = { name: "resolve", command: { options: SHARED_OPTIONS } };
  for (const { name, command } of [shared, ...await allCommands()]) {
    for (const option of Object.values<Option<unknown>>(command.options)) {
      const [, value] = /<(.*)>$/.exec(option.flags) ?? [];
      if (value === undefined || UNKNOWN.test(value) && !/FILE|POOL|KEY/.test(value)) continue;
      // The value of a listener of proxy ends in a pool.
      const start = value.endsWith("=POOL") ? "127.0.0.1:1=" : "";
      const { kind, texts } = await ask(`${name} --${longName(option)} ${start}`);
      assert.ok(kind !== "words" || texts.length > 0, `${name} ${option.flags}`);
    }
  }
});

Deno.test("each policy that is offered is one, with the keys that are offered for it", async () => {
  const { candidates } = await ask("register web --policy ");
  assert.deepEqual(candidates.map(({ text }) => text.replace(":", "")), POLICY_NAMES);
  for (const { text } of candidates) {
    let policy = text;
    while (/[:,]$/.test(policy)) {
      const [key] = (await ask(`register web --policy ${policy}`)).texts;
      policy = `${key}1`;
      const { texts: more } = await ask(`register web --policy ${policy},`);
      if (more.length > 0) policy += ",";
    }
    parsePolicy(policy);
  }
});

Deno.test("what the line says of registrars is there for who asks them", async () => {
  const { line } = await ask("-r a dump -r b --enrp-registrar c:1 --ca ca.crt --tls w");
  assert.deepEqual(line.given, {
    registrar: ["a", "b"],
    enrpRegistrar: ["c:1"],
    ca: ["ca.crt"],
    tls: ["1"],
  });
});

Deno.test("the value of an option may be left out where the option says so", async () => {
  const options = {
    csp: value("--csp [HOST:PORT]", "", (text) => text),
    once: flag("--once", ""),
  };
  const command = defineCommand({
    arguments: [["[POOL...]", ""]],
    options,
    uses: [],
    examples: [],
    run: () => Promise.resolve(),
  });
  const commands = [{ name: "m", summary: "", load: () => Promise.resolve(command) }];
  const wanted = async (...words: string[]) => {
    const line = await readLine(words.slice(0, -1), words.at(-1)!, commands);
    return [line.wanted.type, line.given, line.args];
  };
  assert.deepEqual(await wanted("m", "--csp", ""), ["value", {}, []]);
  assert.deepEqual(await wanted("m", "--csp", "--o"), ["option", {}, []]);
  assert.deepEqual(await wanted("m", "--csp", "--once", "x"), ["argument", { once: ["1"] }, []]);
  assert.deepEqual(await wanted("m", "--csp", "a:1", "x"), ["argument", { csp: ["a:1"] }, []]);
  assert.deepEqual(await wanted("m", "--csp=", "x"), ["argument", { csp: [""] }, []]);
});

Deno.test("a registrar with very many pools does not fill the screen", async () => {
  const many = Array.from({ length: 3_000 }, (_, i) => `pool-${i}`);
  assert.equal((await ask("resolve p", many)).texts.length, MAX_CANDIDATES);
  assert.deepEqual((await ask("resolve pool-2999", many)).texts, ["pool-2999"]);
});
