/** What values of options and arguments can be, by what help calls them. */

import { longName, type Option } from "../option.ts";
import { POLICIES } from "../../mod.ts";
import { type Candidate, type Completion, NOTHING, words } from "./candidate.ts";

/** What only a registrar can tell. */
export interface Live {
  pools(): Promise<readonly Candidate[]>;
  /** The pool elements of the pool that stands on the line. */
  elements(): Promise<readonly Candidate[]>;
}

const SHELLS = ["bash", "zsh", "fish"];
const CHECKS = [{ text: "tcp" }, open("http:/"), open("exec:"), { text: "none" }];
/** Keys of policies that need not be given. */
const OPTIONAL_KEYS: ReadonlySet<string> = new Set(["weight", "load"]);

/** What completes the rest of a value. */
type Completer = (rest: string, live: Live) => Completion | Promise<Completion>;

const files: Completer = () => ({ ...NOTHING, kind: "files" });
const folders: Completer = () => ({ ...NOTHING, kind: "folders" });
const pools: Completer = async (_, live) => words(await live.pools());
const elements: Completer = async (_, live) => words(await live.elements());

/** Values by their names in help; of all others nothing is known. */
const BY_NAME: Readonly<Record<string, Completer>> = {
  FILE: files,
  DIR: folders,
  "NAME|SERIAL|FILE": files,
  POOL: pools,
  HEX: (rest) => rest.startsWith("@") ? behind("@", files) : files(rest, NOBODY),
  SHELL: () => of(SHELLS),
};

/** Values of options whose name in help says too little. */
const BY_OPTION: Readonly<Record<string, Completer>> = {
  policy: (rest) => words(policyCandidates(rest)),
  check: () => words(CHECKS),
  load: (rest) =>
    rest.startsWith("file:") ? behind("file:", files) : words([open("file:"), open("exec:")]),
  listen: (rest, live) => {
    const at = rest.lastIndexOf("=") + 1;
    return at === 0 ? NOTHING : behind(rest.slice(0, at), pools, live);
  },
  to: elements,
  faults: async (rest) => {
    const { FAULT_CLASSES } = await import("../../lib/sim/mod.ts");
    const before = rest.slice(0, rest.lastIndexOf(",") + 1);
    const left = FAULT_CLASSES.filter((each) => !before.split(",").includes(each));
    return words(left.map((text) => ({ text })), before);
  },
  compat: () => of(["rsplib"]),
  share: () => of(["1/2", "2/2"]),
  dbus: (rest) =>
    rest.startsWith("unix:path=")
      ? behind("unix:path=", files)
      : words([{ text: "system" }, open("unix:path=")]),
  as: () => of(["user", "element", "operator", "registrar"]),
  protocol: () => of(["asap", "enrp"]),
};

/** Values of arguments that stand behind a pool handle. */
const BY_ARGUMENT: Readonly<Record<string, Completer>> = { ...BY_NAME, ID: elements };

const NOBODY: Live = { pools: () => Promise.resolve([]), elements: () => Promise.resolve([]) };

/** What the rest of the value of an option can be. */
export async function completeValue(
  option: Option<unknown>,
  rest: string,
  live: Live,
): Promise<Completion> {
  if (option.choices !== undefined) return of(option.choices);
  const [, name] = /<(.*)>$/.exec(option.flags) ?? [];
  const completer = BY_OPTION[longName(option)] ?? BY_NAME[name ?? ""];
  return await completer?.(rest, live) ?? NOTHING;
}

/** What an argument can be, of its syntax in help. */
export async function completeArgument(
  syntax: string,
  rest: string,
  live: Live,
): Promise<Completion> {
  return await BY_ARGUMENT[syntax.replace(/^[<[]|(\.\.\.)?[>\]]$/g, "")]?.(rest, live) ?? NOTHING;
}

async function behind(prefix: string, completer: Completer, live = NOBODY): Promise<Completion> {
  return { ...await completer("", live), prefix };
}

function of(texts: readonly string[]): Completion {
  return words(texts.map((text) => ({ text })));
}

function open(text: string): Candidate {
  return { text, isOpen: true };
}

/** `NAME[:KEY=VALUE,...]`: names, then the keys that are not there yet. */
function policyCandidates(rest: string): Candidate[] {
  const named = POLICIES.filter(({ name }) => !name.startsWith("0x"));
  const [, name, pairs] = /^([^:]*):(.*,|)[^,]*$/s.exec(rest) ?? [];
  if (name === undefined) {
    return named.map(({ name, fields }) => {
      const keys = Object.keys(fields);
      return keys.every((key) => OPTIONAL_KEYS.has(key)) ? { text: name } : open(`${name}:`);
    });
  }
  const keys = Object.keys(named.find((each) => each.name === name)?.fields ?? {});
  const left = keys.filter((key) => !pairs!.includes(`${key}=`));
  return left.map((key) => open(`${name}:${pairs}${key}=`));
}
