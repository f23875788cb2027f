/** dnsmasq's command line: what of it matters to us, and what we add. */

import { AGENT_VARIABLE } from "./hook.ts";
import { dbusEnvironment } from "./dbus_address.ts";

/** An option that dnsmasq was given. */
export interface DnsmasqOption {
  /** Its long name, without dashes. */
  readonly name: string;
  readonly value?: string | undefined;
  /** Where it stands, for people. */
  readonly where: string;
}

/** Options, and what of them cannot be understood. */
export interface OptionsFound {
  readonly options: DnsmasqOption[];
  readonly problems: string[];
}

/** Long names that we ask for; each must be given in full. */
export const NAMES_THAT_MATTER = [
  "bootp-dynamic",
  "conf-dir",
  "conf-file",
  "conf-script",
  "dhcp-authoritative",
  "dhcp-host",
  "dhcp-hostsdir",
  "dhcp-hostsfile",
  "dhcp-lease-max",
  "dhcp-leasefile",
  "dhcp-range",
  "dhcp-rapid-commit",
  "dhcp-script",
  "dhcp-scriptuser",
  "enable-dbus",
  "no-daemon",
  "no-ping",
  "pid-file",
  "read-ethers",
] as const;

const SHORT_NAMES: Readonly<Record<string, string>> = {
  "1": "enable-dbus",
  "3": "bootp-dynamic",
  "5": "no-ping",
  "6": "dhcp-script",
  "7": "conf-dir",
  C: "conf-file",
  F: "dhcp-range",
  G: "dhcp-host",
  K: "dhcp-authoritative",
  X: "dhcp-lease-max",
  Z: "read-ethers",
  d: "no-daemon",
  l: "dhcp-leasefile",
  x: "pid-file",
};
/** Short options after which a value follows, in the same word or in the next. */
const SHORT_WITH_VALUE = new Set("0234678ABCFGHIJMOPQSTUVWXYacgijlmprstux");
/** Another name that dnsmasq knows for an option. */
const ALIASES: Readonly<Record<string, string>> = { "dhcp-lease": "dhcp-leasefile" };

const COMMAND_LINE = "the command line";

/** Reads the words after `dnsmasq`, as getopt_long does. */
export function parseArguments(words: readonly string[]): OptionsFound {
  const options: DnsmasqOption[] = [];
  const problems: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    const next = words[at + 1];
    if (word.startsWith("--") && word !== "--") {
      const [given, value] = halves(word.slice(2));
      const problem = abbreviation(given);
      if (problem !== undefined) problems.push(problem);
      const name = ALIASES[given] ?? given;
      // A word that is no option can only be the value of the one before it.
      const isSplit = value === undefined && next !== undefined && !next.startsWith("-");
      if (isSplit) at++;
      options.push({ name, value: isSplit ? next : value, where: COMMAND_LINE });
    } else if (word.startsWith("-") && word.length > 1) {
      if (shortOptions(word.slice(1), next, options)) at++;
    } else {
      problems.push(`dnsmasq does not take the word "${word}"`);
    }
  }
  return { options, problems };
}

/** The option of a line in a configuration file. */
export function configurationOption(line: string, where: string): DnsmasqOption {
  const [name, value] = halves(line);
  return { name: name.trim(), value: value?.trim(), where };
}

function halves(text: string): [string, string | undefined] {
  const at = text.indexOf("=");
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

/** dnsmasq takes beginnings of names; we ask for all of it, so as not to overlook one. */
function abbreviation(name: string): string | undefined {
  if (name in ALIASES || NAMES_THAT_MATTER.some((known) => known === name)) return undefined;
  const full = NAMES_THAT_MATTER.find((known) => known.startsWith(name));
  return full === undefined ? undefined : `write --${name} in full: --${full}`;
}

/** Adds the short options of a word; whether the next word is the value of its last one. */
function shortOptions(
  letters: string,
  next: string | undefined,
  options: DnsmasqOption[],
): boolean {
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at]!;
    const name = SHORT_NAMES[letter] ?? letter;
    if (!SHORT_WITH_VALUE.has(letter)) {
      options.push({ name, where: COMMAND_LINE });
      continue;
    }
    const rest = letters.slice(at + 1);
    options.push({ name, value: rest === "" ? next : rest, where: COMMAND_LINE });
    return rest === "";
  }
  return false;
}

/** What dnsmasq needs besides what the user gave. */
export interface Additions {
  /** Path of the hook. */
  readonly hook: string;
  readonly pidFile: string;
  /** `undefined`: the user gave one that is high enough. */
  readonly leaseMax: number | undefined;
  /** Address of the D-Bus daemon; `undefined`: leases are changed by restarts. */
  readonly dbus?: string | undefined;
}

/** The words that follow the user's. */
export function addedArguments(additions: Additions, found: OptionsFound): string[] {
  const { hook, pidFile, leaseMax, dbus } = additions;
  // An option without a value stands the repetition, but this one.
  const hasDbus = found.options.some(({ name }) => name === "enable-dbus");
  return [
    "--keep-in-foreground",
    "--leasefile-ro",
    `--dhcp-script=${hook}`,
    "--script-on-renewal",
    `--pid-file=${pidFile}`,
    ...leaseMax === undefined ? [] : [`--dhcp-lease-max=${leaseMax}`],
    ...dbus === undefined || hasDbus ? [] : ["--enable-dbus"],
  ];
}

/** What dnsmasq's environment must hold so that its hook knows whose it is. */
export function addedEnvironment(agent: number, dbus: string | undefined): Record<string, string> {
  return {
    [AGENT_VARIABLE]: String(agent),
    ...dbus === undefined ? {} : dbusEnvironment(dbus),
  };
}
