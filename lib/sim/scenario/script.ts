/**
 * The form of a scenario file: blocks of commands, `----`, what is then expected, an empty line.
 * Lines that begin with `#` tell the reader what it is about.
 */

/** Commands and what is told once they are done. */
export interface Block {
  /** Number of the block's first line, from 1. */
  readonly line: number;
  /** Comments and commands as they are in the file. */
  readonly source: readonly string[];
  readonly commands: readonly Command[];
  readonly expected: string;
}

/** One command. */
export interface Command {
  readonly line: number;
  readonly text: string;
  readonly verb: string;
  /** Words without `=`. */
  readonly words: readonly string[];
  /** Words of the form `key=value`. */
  readonly options: ReadonlyMap<string, string>;
}

const SEPARATOR = "----";

/** Reads a scenario file. */
export function parseScript(text: string): Block[] {
  const lines = text.split("\n");
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    if (lines[at]!.trim() === "") {
      at++;
      continue;
    }
    const first = at;
    while (at < lines.length && lines[at] !== SEPARATOR && lines[at]!.trim() !== "") at++;
    const source = lines.slice(first, at);
    const expected: string[] = [];
    if (lines[at] === SEPARATOR) {
      for (at++; at < lines.length && lines[at]!.trim() !== ""; at++) expected.push(lines[at]!);
    }
    const commands = source.flatMap((line, index) => parseCommand(line, first + index + 1));
    blocks.push({ line: first + 1, source, commands, expected: expected.join("\n") });
  }
  return blocks;
}

/** Writes a scenario file with what was told instead of what was expected. */
export function formatScript(blocks: readonly Block[], told: readonly string[]): string {
  return blocks.map((block, index) => {
    const source = block.source.join("\n");
    if (block.commands.length === 0) return source;
    return [source, SEPARATOR, told[index]].filter((part) => part !== "").join("\n");
  }).join("\n\n") + "\n";
}

/** Reads one line: a command, or none if it is a comment. */
export function parseCommand(source: string, line: number): Command[] {
  const text = source.trim();
  if (text.startsWith("#")) return [];
  const words: string[] = [];
  const options = new Map<string, string>();
  const [verb, ...rest] = text.split(/\s+/);
  for (const word of rest) {
    const equals = word.indexOf("=");
    if (equals > 0) options.set(word.slice(0, equals), word.slice(equals + 1));
    else words.push(word);
  }
  return [{ line, text, verb: verb!, words, options }];
}
