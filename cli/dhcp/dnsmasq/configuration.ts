/**
 * dnsmasq's configuration files. They count more than its command line (an option that may stand
 * once is taken from the file), so what we rely on must be looked for there, too.
 */

import { reasonOf } from "../../failure.ts";
import {
  configurationOption,
  type DnsmasqOption,
  type OptionsFound,
  parseArguments,
} from "./arguments.ts";
import {
  MAX_CONFIGURATION_DEPTH,
  MAX_CONFIGURATION_FILE,
  MAX_CONFIGURATION_FILES,
} from "./limits.ts";

/** Where files come from. */
export interface ConfigurationFiles {
  /** The text of a file. */
  read(path: string): Promise<string>;
  /** Names of the files in a directory. */
  list(path: string): Promise<string[]>;
}

/** What dnsmasq reads if no other is named. */
const DEFAULT_FILE = "/etc/dnsmasq.conf";
/** Where `--read-ethers` finds addresses. */
const ETHERS = "/etc/ethers";
/** dnsmasq reads so much of a line at a time. */
const LINE_PIECE = 1024;
/** Within quotes, what would divide a value is put aside here: the private use area of Unicode. */
const HIDDEN = 0xe000;
const META = ",:.#=";

/** Reads the words after `dnsmasq` and all files to which they lead. */
export async function readConfiguration(
  words: readonly string[],
  files: ConfigurationFiles = realFiles,
): Promise<OptionsFound> {
  const { options, problems } = parseArguments(words);
  const reader = new Reader(files, problems);
  for (const option of options) await reader.add(option, 0);
  if (!options.some(({ name }) => name === "conf-file")) await reader.addDefault();
  return reader.found;
}

class Reader {
  readonly found: OptionsFound;
  private count = 0;

  constructor(private readonly files: ConfigurationFiles, problems: string[]) {
    this.found = { options: [], problems };
  }

  async addDefault(): Promise<void> {
    const exists = await this.files.read(DEFAULT_FILE).then(() => true, isElsewhere);
    if (exists) await this.file(DEFAULT_FILE, "dnsmasq's default", 1);
  }

  async add(option: DnsmasqOption, depth: number): Promise<void> {
    this.found.options.push({ ...option, value: option.value && shown(option.value) });
    const value = option.value ?? "";
    switch (option.name) {
      case "conf-file":
        return await this.file(shown(value), option.where, depth + 1);
      case "conf-dir":
        return await this.directory(value, option.where, depth + 1);
      case "dhcp-hostsfile":
        return await this.hosts(shown(value), option.where);
      case "dhcp-hostsdir":
        return await this.hostsDirectory(shown(value), option.where);
      case "read-ethers":
        return await this.hosts(ETHERS, option.where, / +|\t+/);
    }
  }

  private async file(path: string, where: string, depth: number): Promise<void> {
    if (path === "" || path === "-") {
      this.problem(`${where}: a configuration from standard input cannot be checked`);
      return;
    }
    if (depth > MAX_CONFIGURATION_DEPTH) {
      const most = MAX_CONFIGURATION_DEPTH;
      this.problem(`${where}: configuration files include one another more than ${most} deep`);
      return;
    }
    const text = await this.text(path, where);
    for (const { line, number } of configurationLines(text ?? "")) {
      await this.add(configurationOption(line, `${path}:${number}`), depth);
    }
  }

  /** `--conf-dir=DIRECTORY[,SUFFIX…]`: suffixes are left out, those with a star the only ones. */
  private async directory(value: string, where: string, depth: number): Promise<void> {
    const [directory = "", ...suffixes] = value.split(",").map((part) => shown(part.trim()));
    const only = suffixes.filter((suffix) => suffix.startsWith("*")).map((some) => some.slice(1));
    const not = suffixes.filter((suffix) => suffix !== "" && !suffix.startsWith("*"));
    for (const name of await this.names(directory, where)) {
      if (only.length > 0 && !only.some((suffix) => name.endsWith(suffix))) continue;
      if (not.some((suffix) => name.endsWith(suffix))) continue;
      await this.file(`${directory}/${name}`, where, depth);
    }
  }

  private async hostsDirectory(directory: string, where: string): Promise<void> {
    for (const name of await this.names(directory, where)) {
      await this.hosts(`${directory}/${name}`, where);
    }
  }

  /** Lines that are values of `dhcp-host`. */
  private async hosts(path: string, where: string, between?: RegExp): Promise<void> {
    const text = await this.text(path, where);
    for (const { line, number } of configurationLines(text ?? "")) {
      const value = between === undefined ? line : line.split(between).join(",");
      const option = { name: "dhcp-host", value: shown(value), where: `${path}:${number}` };
      this.found.options.push(option);
    }
  }

  private async names(directory: string, where: string): Promise<string[]> {
    try {
      const names = await this.files.list(directory);
      return names.filter((name) => !/^\.|~$|^#.*#$/.test(name)).sort();
    } catch (error) {
      this.problem(`${where}: cannot read the directory ${directory}: ${reasonOf(error)}`);
      return [];
    }
  }

  private async text(path: string, where: string): Promise<string | undefined> {
    if (++this.count > MAX_CONFIGURATION_FILES) {
      const most = MAX_CONFIGURATION_FILES;
      this.problem(`dnsmasq's configuration has more than ${most} files: not all were checked`);
      return undefined;
    }
    try {
      return await this.files.read(path);
    } catch (error) {
      this.problem(`${where}: cannot read ${path}: ${reasonOf(error)}`);
      return undefined;
    }
  }

  private problem(text: string): void {
    if (!this.found.problems.includes(text)) this.found.problems.push(text);
  }
}

/** The lines that say something, with quotes resolved and comments left out. */
export function configurationLines(text: string): { line: string; number: number }[] {
  const found: { line: string; number: number }[] = [];
  for (const [index, whole] of text.split("\n").entries()) {
    for (let at = 0; at < whole.length; at += LINE_PIECE) {
      const line = bare(whole.slice(at, at + LINE_PIECE)).trim();
      if (line !== "") found.push({ line, number: index + 1 });
    }
  }
  return found;
}

/** A line without its quotes and its comment: `#` begins one where white space is before it. */
function bare(line: string): string {
  let out = "";
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted && char === "\\" && '"tnebr\\'.includes(line[at + 1] ?? "x")) {
      out += hidden(line[++at]!);
    } else if (isQuoted) out += hidden(char);
    else if (char === "#" && (at === 0 || /\s/.test(line[at - 1]!))) return out;
    else out += char;
  }
  return out;
}

function hidden(char: string): string {
  return META.includes(char) ? String.fromCharCode(HIDDEN + char.charCodeAt(0)) : char;
}

function shown(text: string): string {
  return text.replace(
    /[\ue000-\ue07f]/g,
    (char) => String.fromCharCode(char.charCodeAt(0) - HIDDEN),
  );
}

function isElsewhere(error: unknown): boolean {
  // What is there and cannot be read, is told when it is read.
  return !(error instanceof Deno.errors.NotFound);
}

const realFiles: ConfigurationFiles = {
  async read(path) {
    using file = await Deno.open(path);
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(65_536);
    let text = "";
    for (let length = 0;;) {
      const read = await file.read(buffer);
      if (read === null) return text;
      length += read;
      if (length > MAX_CONFIGURATION_FILE) {
        throw new Error(`it is longer than ${MAX_CONFIGURATION_FILE} bytes`);
      }
      text += decoder.decode(buffer.subarray(0, read), { stream: true });
    }
  },
  async list(path) {
    const names: string[] = [];
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (!isDirectory) names.push(name);
    }
    return names;
  },
};
