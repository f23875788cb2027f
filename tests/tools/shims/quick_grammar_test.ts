/** The quick program understands a command line as the grammar does, or leaves it alone. */

import fc from "fast-check";
import assert from "node:assert/strict";
import { COMMANDS } from "../../../cli/commands.ts";
import { parseCommandLine, type Parsed } from "../../../cli/grammar.ts";
import { VERSION_LINE } from "../../../cli/version.ts";
import {
  parseCommandLine as parseQuickly,
  understand,
} from "../../../tools/shims/quick_grammar.ts";

const PRINTER = {
  stdout: { isTerminal: false, columns: undefined, write() {}, pass: () => Promise.resolve() },
  print() {},
  printError() {},
};

/** What the two agree on; the names stand for commands and their entries. */
function comparable(parsed: Parsed | undefined) {
  return parsed && { ...parsed, entry: parsed.entry.name };
}

/** Fails where the quick program understands what the grammar does not, or otherwise. */
async function assertAlike(argv: readonly string[]): Promise<boolean> {
  const quick = await understand(argv);
  if (quick === undefined) return false;
  const grammar = await parseCommandLine(argv, PRINTER);
  assert.deepEqual(comparable(quick), comparable(grammar), argv.join(" "));
  return true;
}

const QUICKLY = [
  "resolve web",
  "resolve web -r 192.0.2.1",
  "resolve -r 192.0.2.1 --registrar=192.0.2.2:3863 web --first",
  "-r 192.0.2.1 resolve -r 192.0.2.2 web",
  "--timeout 2s -q status",
  "resolve web -o json -v -v --no-header",
  "resolve --first -- --web",
  "peers --enrp-registrar [::1]:9901",
  "dump",
  "dump web mail --pools -o csv",
  "decode 0b00 0008 000d0004 --protocol asap",
  "decode -",
  "status --no-tls",
];

Deno.test("the quick program understands what is usually asked", async () => {
  for (const line of QUICKLY) assert(await assertAlike(line.split(" ")), line);
});

const NOT_QUICKLY = [
  "",
  "bogus",
  "help resolve",
  "--help",
  "-V resolve web",
  "resolve",
  "resolve web mail",
  "resolve web --help",
  "resolve web --version",
  "resolve web --frist",
  "resolve web --first=1",
  "resolve web --items",
  "resolve web --items -1",
  "resolve web --items=",
  "resolve web -vq",
  "resolve web -r192.0.2.1",
  "-- resolve web",
  "--items 2 resolve web",
  "certs show a.pem",
];

Deno.test("help, mistakes and whatever is in doubt it leaves to the grammar", async () => {
  for (const line of NOT_QUICKLY) {
    const argv = line === "" ? [] : line.split(" ");
    assert.equal(await understand(argv), undefined, line);
  }
});

Deno.test("the two never disagree on any words in any order", async () => {
  const loaded = await Promise.all(COMMANDS.map((entry) => entry.load()));
  const own = loaded.flatMap(({ options }) => Object.values(options));
  const names = own.flatMap(({ flags }) => flags.match(/--?[a-z][a-z0-9-]*/g) ?? []);
  const word = fc.oneof(
    fc.constantFrom(...COMMANDS.map(({ name }) => name), "resolve", "dump", "decode"),
    fc.constantFrom("-r", "-o", "-q", "-v", "-h", "-V", "-", "--", "--tls", "--no-tls", "--ca"),
    fc.constantFrom("web", "json", "2s", "a=b", "-1", "", "-rq", "--registrar=a", "--quiet=1"),
    fc.constantFrom(...names),
  );
  const argv = fc.tuple(fc.constantFrom("resolve", "dump", "decode", "-q", "web"), fc.array(word));
  let understood = 0;
  const property = fc.asyncProperty(argv, async ([first, rest]) => {
    if (await assertAlike([first, ...rest])) understood++;
  });
  await fc.assert(property, { numRuns: 2_000 });
  assert(understood > 100, `only ${understood} of 2000 were understood`);
});

Deno.test("--version alone is answered at once", async () => {
  for (const argv of [["--version"], ["-V"]]) {
    let printed = "";
    const printer = { ...PRINTER, print: (text: string) => printed += text };
    assert.equal(await parseQuickly(argv, printer), undefined);
    assert.equal(printed, `${VERSION_LINE}\n`);
  }
});
