/** The manual pages of the commands, from the same tables from which help is made. */

import type { Command } from "../../cli/command.ts";
import { blocksOf } from "../../cli/help_text.ts";
import type { Option, OptionTable } from "../../cli/option.ts";
import { describe, GENERAL_OPTIONS, SHARED_OPTIONS, usesShared } from "../../cli/options.ts";
import { VERSION_LINE } from "../../cli/version.ts";
import { allCommands, type NamedCommand } from "./command_tree.ts";
import { configurationPage } from "./configuration_page.ts";
import { EXIT_STATUS } from "./exit_status.ts";
import { bold, escaped, italic, Page } from "./roff.ts";

/** Manual pages by their file names. */
export type Pages = ReadonlyMap<string, string>;

const PROGRAM = "rserpool";
const MANUAL = "Reliable Server Pooling";
const OWN_GROUP = "";
const ROOT_SUMMARY = "Reliable Server Pooling over TCP and TLS";

const ROOT_TEXT = `
Servers of one kind are the elements of a pool, and are registered under its pool handle by
"rserpool register" or by themselves. Registrars hold the handlespace: which pools there are, and
which elements each has. Whoever wants to use a service resolves the pool handle to pool elements,
and goes on with another one when its own is gone.

The protocols are ASAP and ENRP (RFC 5351 to 5356), over TCP, with TLS where it is asked for.`;

const CONFIGURATION_TEXT = `
A file that --config or RSERPOOL_CONFIG names is YAML. The long names of shared options are keys at
its top, those of clients stand also under client:, and the options of a command stand under the
command's name. An option on the command line counts more than the environment, and that more than
the file.`;

/** All pages, as of a date. */
export async function manualPages(date: string): Promise<Pages> {
  const commands = await allCommands();
  return new Map([
    [`${PROGRAM}.1`, rootPage(commands, date)],
    ...commands.map((each) => [`${pageName(each.name)}.1`, commandPage(each, date)] as const),
    [`${PROGRAM}.yaml.5`, configurationPage(commands, date)],
  ]);
}

function pageName(command: string): string {
  return [PROGRAM, ...command.split(" ")].join("-");
}

function begun(name: string, summary: string, date: string): Page {
  const page = new Page({ name, section: 1, date, source: VERSION_LINE, manual: MANUAL });
  page.section("Name");
  page.raw(`${escaped(name)} \\- ${escaped(summary)}`);
  page.section("Synopsis");
  return page;
}

function rootPage(commands: readonly NamedCommand[], date: string): string {
  const page = begun(PROGRAM, ROOT_SUMMARY, date);
  const words = [italic("options"), italic("arguments")].map((word) => `[${word}]`);
  page.raw(`${bold(PROGRAM)} [${italic("options")}] ${italic("COMMAND")} ${words.join(" ")}`);
  page.section("Description");
  page.blocks(blocksOf(ROOT_TEXT));
  page.section("Commands");
  for (const { name, summary } of commands) {
    if (!name.includes(" ")) page.entry(reference(pageName(name)), summary);
  }
  page.section("Options");
  page.paragraph("Shared options may stand on either side of the command.");
  entries(page, GENERAL_OPTIONS);
  page.entry(flagsOf("-h, --help"), "show help; of a command behind its name");
  page.entry(flagsOf("-V, --version"), "print the version");
  exitStatus(page);
  environment(page, SHARED_OPTIONS);
  page.section("Files");
  page.blocks(blocksOf(CONFIGURATION_TEXT));
  seeAlso(page, commands.map(({ name }) => name).filter((name) => !name.includes(" ")));
  return page.toString();
}

function commandPage({ name, summary, command }: NamedCommand, date: string): string {
  const page = begun(pageName(name), summary, date);
  synopsis(page, name, command);
  page.section("Description");
  page.paragraph(`${summary[0]!.toUpperCase()}${summary.slice(1)}.`);
  page.blocks(blocksOf(command.notes ?? ""));
  const below = command.subcommands ?? [];
  if (below.length > 0) page.section("Commands");
  for (const each of below) page.entry(reference(pageName(`${name} ${each.name}`)), each.summary);
  if ((command.arguments ?? []).length > 0) page.section("Arguments");
  for (const [syntax, text] of command.arguments ?? []) {
    page.entry(italic(syntax.replace(/[<>[\].]/g, "")), text);
  }
  const shared = sharedOf(command);
  options(page, command.options, shared);
  page.section("Examples");
  for (const [line, meaning] of command.examples) page.example(line, meaning);
  exitStatus(page);
  environment(page, { ...command.options, ...shared });
  const [group] = name.includes(" ") ? [name.slice(0, name.lastIndexOf(" "))] : [];
  seeAlso(page, [
    ...(group === undefined ? [] : [group]),
    ...below.map((each) => `${name} ${each.name}`),
  ]);
  return page.toString();
}

function synopsis(page: Page, name: string, command: Command): void {
  const words = command.subcommands === undefined
    ? (command.arguments ?? []).map(([syntax]) => argumentOf(syntax))
    : [italic("COMMAND"), `[${italic("options")}]`, `[${italic("arguments")}]`];
  page.raw([bold(`${PROGRAM} ${name}`), `[${italic("options")}]`, ...words].join(" "));
}

/** An argument as commander has it: `<POOL>`, `[POOL...]`; what is behind `--` says so. */
function argumentOf(syntax: string): string {
  const [, open, name, dots] = /^([<[])([^.>\]]+)(\.\.\.)?[>\]]$/.exec(syntax)!;
  const word = `${italic(name!)}${dots === undefined ? "" : " ..."}`;
  return open === "[" ? `[${word}]` : word;
}

function options(page: Page, own: OptionTable, shared: OptionTable): void {
  const groups = new Map<string, [string, Option<unknown>][]>();
  for (const entry of Object.entries<Option<unknown>>(own)) {
    const { group = OWN_GROUP } = entry[1];
    groups.set(group, [...(groups.get(group) ?? []), entry]);
  }
  page.section("Options");
  for (
    const [group, table] of [...groups].sort(([a], [b]) => Number(a !== "") - Number(b !== ""))
  ) {
    if (group !== OWN_GROUP) page.subsection(group.replace(/:$/, ""));
    entries(page, Object.fromEntries(table));
  }
  page.subsection("Shared options");
  entries(page, shared);
  page.entry(flagsOf("-h, --help"), "show help");
  page.entry(flagsOf("-V, --version"), "print the version");
}

function entries(page: Page, table: OptionTable): void {
  for (const option of Object.values(table)) page.entry(flagsOf(option.flags), describe(option));
}

/** `-o, --output <FORMAT>`: names are bold, what stands for a value is not. */
function flagsOf(flags: string): string {
  const [, names, value] = /^([^<[]*)(.*)$/.exec(flags)!;
  const shown = names!.trim().split(", ").map(bold).join(", ");
  return value === "" ? shown : `${shown} ${italic(value!.replace(/^<(.*)>$/, "$1"))}`;
}

function sharedOf(command: Command): OptionTable {
  return Object.fromEntries(
    Object.entries(SHARED_OPTIONS).filter(([key]) => usesShared(command, key)),
  );
}

function exitStatus(page: Page): void {
  page.section("Exit status");
  for (const [codes, meaning] of EXIT_STATUS) page.entry(bold(codes), meaning);
}

function environment(page: Page, table: OptionTable): void {
  const variables = Object.values(table).flatMap(({ env, flags }) =>
    env === undefined ? [] : [[env, /--[a-z0-9-]+/.exec(flags)![0]] as const]
  );
  page.section("Environment");
  page.paragraph("Options on the command line count more. What is empty counts as not set.");
  for (const [name, long] of variables) page.entry(bold(name), `the value of ${long}`);
  page.entry(bold("NO_COLOR"), "if it is set, there are no colours");
}

function seeAlso(page: Page, commands: readonly string[]): void {
  page.section("See also");
  const names = [...new Set([PROGRAM, ...commands.map(pageName)])];
  page.raw([...names.map(reference), `${bold(`${PROGRAM}.yaml`)}(5)`].join(",\n"));
}

function reference(name: string): string {
  return `${bold(name)}(1)`;
}
