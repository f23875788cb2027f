/** Manual pages: what Debian's readers say of them, and that nothing in them is a request. */

import assert from "node:assert/strict";
import { HTTP_KEYS, parseConfiguration } from "../../../cli/config.ts";
import {
  IDENTITY_KEYS,
  PEER_KEYS,
  RATE_KEYS,
  SECURITY_KEYS,
} from "../../../cli/configuration/security_schema.ts";
import { longName, type Option, type OptionTable } from "../../../cli/option.ts";
import { describe, GENERAL_OPTIONS, SHARED_OPTIONS } from "../../../cli/options.ts";
import { securityKeysAt } from "../../../cli/security_section.ts";
import { writeManual } from "../../../tools/man.ts";
import { allCommands } from "../../../tools/manual/command_tree.ts";
import { EXAMPLE } from "../../../tools/manual/configuration_page.ts";
import { EXIT_STATUS } from "../../../tools/manual/exit_status.ts";
import { manualPages } from "../../../tools/manual/pages.ts";
import { escaped, Page } from "../../../tools/manual/roff.ts";

const DATE = "2026-01-31";

function hasProgram(name: string): boolean {
  const { success } = new Deno.Command("sh", { args: ["-c", `command -v ${name}`] }).outputSync();
  return success;
}

/** All pages in a folder that is gone afterwards. */
async function withPages(use: (paths: readonly string[]) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(await writeManual(folder, DATE));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Lines may be broken anywhere. */
function withoutBlanks(text: string): string {
  return text.replace(/\s+/g, "");
}

async function output(program: string, args: readonly string[]) {
  const env = { MANWIDTH: "80", LC_ALL: "C.UTF-8", MAN_KEEP_FORMATTING: "", MANROFFOPT: "" };
  const command = new Deno.Command(program, { args: [...args], env, stdin: "null" });
  const { code, stdout, stderr } = await command.output();
  const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out!, stderr: err! };
}

Deno.test({
  name: "man shows every page without a warning",
  ignore: !hasProgram("man") || !hasProgram("groff"),
  fn: () =>
    withPages(async (paths) => {
      for (const path of paths) {
        const { code, stdout, stderr } = await output("man", ["--warnings", "-l", path]);
        assert.deepEqual({ code, stderr }, { code: 0, stderr: "" }, path);
        for (const heading of ["NAME", "SYNOPSIS", "DESCRIPTION", "SEE ALSO"]) {
          assert.match(stdout, new RegExp(`^${heading}$`, "m"), path);
        }
      }
    }),
});

Deno.test({
  name: "mandoc finds nothing to warn of",
  ignore: !hasProgram("mandoc"),
  fn: () =>
    withPages(async (paths) => {
      const { stdout, stderr } = await output("mandoc", ["-Tlint", "-Wwarning", ...paths]);
      assert.equal(stdout + stderr, "");
    }),
});

Deno.test({
  name: "a page that is read has the words of help, whole",
  ignore: !hasProgram("mandoc"),
  fn: () =>
    withPages(async (paths) => {
      const commands = await allCommands();
      for (const { name, command } of commands) {
        const file = `/rserpool-${name.replaceAll(" ", "-")}.1`;
        const path = paths.find((each) => each.endsWith(file))!;
        const { stdout } = await output("mandoc", ["-Tutf8", "-Owidth=200", path]);
        // deno-lint-ignore no-control-regex -- bold is a letter, a backspace and the letter again
        const text = withoutBlanks(stdout.replace(/.\x08/g, ""));
        const words = (part: string) => assert.ok(text.includes(withoutBlanks(part)), part);
        words((command.notes ?? "").trim());
        for (const option of Object.values(command.options)) {
          words(option.flags.replace(/<(.*)>$/, "$1"));
          words(describe(option));
        }
        for (const [line, meaning] of command.examples) [`$ ${line}`, meaning].forEach(words);
        for (const [code, meaning] of EXIT_STATUS) words(`${code} ${meaning}`);
      }
    }),
});

Deno.test("there is a page for the program, and for each command", async () => {
  const pages = await manualPages(DATE);
  const names = (await allCommands()).map(({ name }) => `rserpool-${name.replaceAll(" ", "-")}.1`);
  assert.deepEqual([...pages.keys()], ["rserpool.1", ...names, "rserpool.yaml.5"]);
  const root = pages.get("rserpool.1")!;
  for (const { name, summary } of (await allCommands()).filter(({ name }) => !name.includes(" "))) {
    assert.ok(root.includes(`.TP\n\\fBrserpool\\-${escaped(name)}\\fR(1)\n${escaped(summary)}\n`));
  }
  for (const { env } of Object.values(GENERAL_OPTIONS)) assert.ok(root.includes(env!), env);
});

Deno.test("the page of the configuration file has every key that there can be", async () => {
  const page = (await manualPages(DATE)).get("rserpool.yaml.5")!;
  const commands = (await allCommands()).filter(({ name }) => !name.includes(" "));
  const { config: _, ...top } = SHARED_OPTIONS;
  for (const { options } of [{ options: top }, ...commands.map(({ command }) => command)]) {
    for (const option of Object.values<Option<unknown>>(options)) {
      const entry = `.TP\n\\fB${escaped(longName(option))}:\\fR`;
      assert.ok(page.includes(entry), option.flags);
    }
  }
  for (const key of Object.values(HTTP_KEYS)) {
    assert.ok(page.includes(`.TP\n\\fB${escaped(key)}:\\fR`), key);
  }
  const described = [
    [SECURITY_KEYS, securityKeysAt([])],
    [IDENTITY_KEYS, securityKeysAt(["identities", 0])],
    [PEER_KEYS, securityKeysAt(["psk-peers", "a:1"])],
    [RATE_KEYS, securityKeysAt(["rates"])],
  ] as const;
  for (const [keys, known] of described) {
    assert.deepEqual(Object.keys(keys), known);
    for (const [key, { value, meaning }] of Object.entries(keys)) {
      const entry = `.TP\n\\fB${escaped(key)}:\\fR \\fI${escaped(value)}\\fR\n${escaped(meaning)}`;
      assert.ok(page.includes(entry), entry);
    }
  }
});

Deno.test("the example of the configuration file is a right one", async () => {
  const sections: Record<string, OptionTable> = {};
  for (const { name, command } of await allCommands()) sections[name] = command.options;
  const text = EXAMPLE.split("\n").map((line) => line.slice(2)).join("\n");
  const { security } = parseConfiguration(text, "rserpool.yaml", sections);
  assert.deepEqual(security?.read, ["*"]);
});

Deno.test("no text is a request", () => {
  assert.equal(escaped(".so /etc/passwd"), "\\&.so /etc/passwd");
  assert.equal(escaped("'br"), "\\(aqbr");
  assert.equal(
    escaped('a \\fB -x ~^`" … ä'),
    "a \\(rsfB \\-x \\(ti\\(ha\\(ga\\(dq \\[u2026] \\[u00E4]",
  );
  const title = { name: "x", section: 1, date: DATE, source: "s", manual: "m" };
  const page = new Page(title);
  page.blocks([{ type: "line", text: " 'quoted" }, { type: "paragraph", text: ".dot" }]);
  assert.equal(
    page.toString(),
    '.TH "X" "1" "2026-01-31" "s" "m"\n.nr HY 0\n.nh\n.ad l\n' +
      ".RS 0\n.EX\n \\(aqquoted\n.EE\n.RE\n\\&.dot\n",
  );
});
