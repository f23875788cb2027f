/** The options that all commands share, each defined here and nowhere else. */

import { parseAddress, parseWrittenAddress, type WrittenAddress } from "./address.ts";
import { CERTIFICATE_OPTIONS, CLIENT_SECURITY_OPTIONS } from "./client_security.ts";
import { DISCOVER_OPTIONS, MULTICAST_OPTIONS } from "./discovery_options.ts";
import { formatDuration, parsePositiveDuration } from "./duration.ts";
import {
  choice,
  count,
  flag,
  list,
  type Option,
  type OptionTable,
  parseInteger,
  value,
  valueOr,
  type ValuesOf,
} from "./option.ts";

/** The forms in which results are printed. */
const OUTPUT_FORMATS = ["table", "json", "ndjson", "yaml", "csv"] as const;
/** One of {@linkcode OUTPUT_FORMATS}. */
export type OutputFormat = typeof OUTPUT_FORMATS[number];

/** Bytes of a pool handle, unless `--max-handle-bytes` says otherwise. */
const DEFAULT_MAX_HANDLE_BYTES = 32;
/** The longest pool handle that leaves room for a pool element in a message of 65,535 bytes. */
const MAX_MAX_HANDLE_BYTES = 60_000;
const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_REGISTRAR: WrittenAddress = { host: "127.0.0.1" };

/** Options of commands that ask or use a registrar. */
const REGISTRAR_OPTIONS = {
  registrar: list(
    "-r, --registrar <HOST[:PORT]>",
    "a registrar; repeatable, tried in this order; HOST alone means its usual ports",
    parseWrittenAddress,
    [DEFAULT_REGISTRAR],
    { env: "RSERPOOL_REGISTRAR", fallbackText: DEFAULT_REGISTRAR.host },
  ),
  ...DISCOVER_OPTIONS,
} satisfies OptionTable;

/** Options of commands that ask a registrar once. */
const QUESTION_OPTIONS = {
  enrpRegistrar: list(
    "--enrp-registrar <HOST:PORT>",
    "the ENRP address for peers, dump and status; repeatable",
    (text) => parseAddress(text),
    [],
    { env: "RSERPOOL_ENRP_REGISTRAR", fallbackText: "port 9901 of -r, with TLS 9902" },
  ),
  timeout: valueOr(
    "--timeout <DURATION>",
    "the whole wait of a one-shot command, for all registrars together",
    parsePositiveDuration,
    DEFAULT_TIMEOUT_MS,
    { env: "RSERPOOL_TIMEOUT", fallbackText: formatDuration(DEFAULT_TIMEOUT_MS) },
  ),
} satisfies OptionTable;

const { tls, noTls, ...otherSecurity } = CLIENT_SECURITY_OPTIONS;

/** Options of all clients of registrars. */
export const CLIENT_OPTIONS = {
  ...REGISTRAR_OPTIONS,
  ...QUESTION_OPTIONS,
  tls,
  noTls,
  ...CERTIFICATE_OPTIONS,
  ...otherSecurity,
};

/** Options of commands that take or show pool handles. */
const HANDLE_OPTIONS = {
  maxHandleBytes: valueOr(
    "--max-handle-bytes <N>",
    "the longest pool handle, in bytes",
    parseInteger(1, MAX_MAX_HANDLE_BYTES),
    DEFAULT_MAX_HANDLE_BYTES,
    { env: "RSERPOOL_MAX_HANDLE_BYTES", fallbackText: String(DEFAULT_MAX_HANDLE_BYTES) },
  ),
} satisfies OptionTable;

/** Options of commands that print results. */
const OUTPUT_OPTIONS = {
  output: choice("-o, --output <FORMAT>", "how results are printed", OUTPUT_FORMATS, "table", {
    env: "RSERPOOL_OUTPUT",
  }),
  noHeader: flag("--no-header", "no header line in a table and in csv", {
    env: "RSERPOOL_NO_HEADER",
  }),
} satisfies OptionTable;

/** Options of every command. */
export const GENERAL_OPTIONS = {
  config: value("--config <FILE>", "a configuration file in YAML", (text) => text, {
    env: "RSERPOOL_CONFIG",
  }),
  color: choice(
    "--color <WHEN>",
    "colours; NO_COLOR is honoured",
    [
      "auto",
      "always",
      "never",
    ],
    "auto",
    { env: "RSERPOOL_COLOR" },
  ),
  verbose: count("-v, --verbose", "more diagnostics on stderr; -vv for still more", {
    env: "RSERPOOL_VERBOSE",
  }),
  quiet: flag("-q, --quiet", "no output at all, the exit code only", { env: "RSERPOOL_QUIET" }),
  logFormat: choice(
    "--log-format <FORMAT>",
    "how diagnostics are written to stderr",
    [
      "text",
      "json",
    ],
    "text",
    { env: "RSERPOOL_LOG_FORMAT" },
  ),
} satisfies OptionTable;

/** The shared options in groups, of which a command says which ones it uses. */
const SHARED_GROUPS = {
  registrar: REGISTRAR_OPTIONS,
  question: QUESTION_OPTIONS,
  security: CLIENT_SECURITY_OPTIONS,
  certificate: CERTIFICATE_OPTIONS,
  multicast: MULTICAST_OPTIONS,
  handle: HANDLE_OPTIONS,
  output: OUTPUT_OPTIONS,
  general: GENERAL_OPTIONS,
} as const;

/** A group of shared options. */
export type SharedGroup = keyof typeof SHARED_GROUPS;

/** All shared options in the order in which help has them. */
export const SHARED_OPTIONS = {
  ...CLIENT_OPTIONS,
  ...MULTICAST_OPTIONS,
  ...HANDLE_OPTIONS,
  ...OUTPUT_OPTIONS,
  ...GENERAL_OPTIONS,
} satisfies OptionTable;

/** The values of all shared options. */
export type SharedValues = ValuesOf<typeof SHARED_OPTIONS>;

/** The group that a shared option belongs to. */
export function groupOf(key: string): SharedGroup {
  const groups = Object.entries(SHARED_GROUPS) as [SharedGroup, OptionTable][];
  return groups.find(([, options]) => key in options)![0];
}

/**
 * Whether a shared option means something to a command, of the groups that it uses. Listeners of a
 * registrar, for example, never read the variables of clients.
 */
export function usesShared(
  { uses }: { readonly uses: readonly SharedGroup[] },
  key: string,
): boolean {
  const group = groupOf(key);
  return group === "general" || uses.includes(group);
}

/** What help says of an option: its words, default and environment variable. */
export function describe(option: Option<unknown>): string {
  const facts: string[] = [];
  if (option.choices !== undefined) facts.push(option.choices.join(", "));
  if (option.fallbackText !== undefined) facts.push(`default: ${option.fallbackText}`);
  if (option.env !== undefined) facts.push(`env: ${option.env}`);
  return facts.length === 0 ? option.description : `${option.description} (${facts.join("; ")})`;
}
