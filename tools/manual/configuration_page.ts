/** The manual page of the configuration file, rserpool.yaml(5), from the tables of options. */

import { blocksOf } from "../../cli/help_text.ts";
import { HTTP_KEYS } from "../../cli/config.ts";
import {
  IDENTITY_KEYS,
  PEER_KEYS,
  RATE_KEYS,
  SECURITY_KEYS,
} from "../../cli/configuration/security_schema.ts";
import { HTTP_OPTIONS } from "../../cli/http/options.ts";
import { longName, type Option, type OptionTable } from "../../cli/option.ts";
import { CLIENT_OPTIONS, describe, SHARED_OPTIONS } from "../../cli/options.ts";
import { VERSION_LINE } from "../../cli/version.ts";
import type { NamedCommand } from "./command_tree.ts";
import { bold, escaped, italic, Page } from "./roff.ts";

const NAME = "rserpool.yaml";

const TEXT = `
A file in YAML that --config or RSERPOOL_CONFIG names; it is looked for nowhere else. Its keys
are the long names of options, without hyphens in front. An option on the command line counts more
than the environment, and that more than the file.

Shared options stand at the top. Those of clients of registrars may stand in the section client:
instead, which counts more for them: there "registrar" are the addresses of registrars, while a
section registrar: at the top is what the command registrar is to do. Options of a command stand in
a section of its name.

What may be repeated on the command line is a list here, or a single value. Durations have a unit
(250ms, 30s, 5m, 1h). Files of certificates and keys are looked for beside the configuration file,
others in the working directory.

A key that is unknown, and a value that is wrong, is an error that names file, line and column;
"rserpool config check FILE" tells all of them.`;

const SECURITY_TEXT = `
Who may do what at a registrar. Without this section a registrar is open to whoever reaches it; with
it, it serves over TLS only, and what is not said here is allowed to nobody. A registrar reads it
again at SIGHUP. PATTERNS are names of pools, in which * stands for any characters.`;

/** A whole file. */
export const EXAMPLE = `
  output: json
  client:
    registrar: [192.0.2.1, 192.0.2.2]
    ca: /etc/rserpool/ca.crt
  register:
    policy: weighted-round-robin:weight=10
    check-interval: 2s
  registrar:
    asap-tls: [192.0.2.1]
    enrp-tls: [192.0.2.1]
    peer: [192.0.2.1, 192.0.2.2]
  security:
    read: everyone
    identities:
      - {certificate: "web-*.example.org", register: [web]}
      - {certificate: "r*.example.org", registrar: true}`;

/** The page as of a date. */
export function configurationPage(commands: readonly NamedCommand[], date: string): string {
  const source = VERSION_LINE;
  const page = new Page({ name: NAME, section: 5, date, source, manual: "File formats" });
  page.section("Name");
  page.raw(`${escaped(NAME)} \\- configuration of rserpool`);
  page.section("Synopsis");
  page.raw(`${bold("rserpool --config")} ${italic("FILE")} ${italic("COMMAND")} ...`);
  page.section("Description");
  page.blocks(blocksOf(TEXT));
  const { config: _, ...top } = SHARED_OPTIONS;
  section(page, "Keys at the top", top);
  page.section("Section client");
  const clients = Object.values<Option<unknown>>(CLIENT_OPTIONS).map(longName).join(", ");
  page.paragraph(`The same keys as at the top: ${clients}.`);
  for (const { name, command } of commands) {
    const isSection = !name.includes(" ") && Object.keys(command.options).length > 0;
    if (isSection) section(page, `Section ${name}`, command.options);
  }
  page.section("Section http");
  page.paragraph(
    "What --http serves, of every command that has it. A command's own section counts more.",
  );
  for (const option of Object.values<Option<unknown>>(HTTP_OPTIONS)) {
    page.entry(key(HTTP_KEYS[longName(option)]!, valueOf(option)), describe(option));
  }
  security(page);
  page.section("Example");
  page.blocks(blocksOf(EXAMPLE));
  page.section("See also");
  const names = ["rserpool", "rserpool-config", "rserpool-registrar"];
  page.raw(names.map((name) => `${bold(name)}(1)`).join(",\n"));
  return page.toString();
}

function section(page: Page, name: string, table: OptionTable): void {
  page.section(name);
  for (const option of Object.values(table)) {
    const { env: _, ...described } = option;
    page.entry(key(longName(option), valueOf(option)), describe(described));
  }
}

function valueOf({ kind, flags }: Option<unknown>): string {
  if (kind === "flag") return "true | false";
  if (kind === "count") return "NUMBER";
  const [, value] = / [<[](.*)[>\]]$/.exec(flags)!;
  return kind === "list" ? `${value} | [${value}, ...]` : value!;
}

function security(page: Page): void {
  page.section("Section security");
  page.blocks(blocksOf(SECURITY_TEXT));
  const groups = [
    ["", SECURITY_KEYS],
    ["Each entry of identities", IDENTITY_KEYS],
    ["Each peer of psk-peers", PEER_KEYS],
    ["Keys of rates", RATE_KEYS],
  ] as const;
  for (const [title, keys] of groups) {
    if (title !== "") page.subsection(title);
    for (const [name, { value, meaning }] of Object.entries(keys)) {
      page.entry(key(name, value), meaning);
    }
  }
}

function key(name: string, value: string): string {
  return `${bold(`${name}:`)} ${italic(value)}`;
}
