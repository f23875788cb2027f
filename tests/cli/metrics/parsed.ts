/** The text format of Prometheus, read back: strictly, so that what is wrong is found. */

/** One line. */
export interface ParsedSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A text. */
export interface ParsedMetrics {
  readonly samples: readonly ParsedSample[];
  /** Types by the name of the metric. */
  readonly types: ReadonlyMap<string, string>;
}

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^\n]*\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|\}$)/y;

/** Reads a text; throws a SyntaxError that names the line if it is none. */
export function parseMetrics(text: string): ParsedMetrics {
  const samples: ParsedSample[] = [];
  const types = new Map<string, string>();
  if (text !== "" && !text.endsWith("\n")) throw new SyntaxError("the last line has no end");
  for (const line of text.split("\n").slice(0, -1)) {
    if (line.startsWith("# HELP ")) continue;
    if (line.startsWith("# TYPE ")) {
      const [, , name, type] = line.split(" ");
      if (types.has(name!)) throw new SyntaxError(`${name} stands twice`);
      types.set(name!, type!);
      continue;
    }
    samples.push(sampleOf(line));
  }
  return { samples, types };
}

function sampleOf(line: string): ParsedSample {
  const match = SAMPLE.exec(line);
  if (match === null) throw new SyntaxError(`no sample: ${JSON.stringify(line)}`);
  const [, name, labels, value] = match as unknown as [string, string, string?, string?];
  const number = value === "+Inf" ? Infinity : Number(value);
  if (Number.isNaN(number)) throw new SyntaxError(`no number: ${JSON.stringify(line)}`);
  return { name, labels: labels === undefined ? {} : labelsOf(labels), value: number };
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 1;
  while (LABEL.lastIndex < text.length) {
    const at = LABEL.lastIndex;
    const match = LABEL.exec(text);
    if (match === null) throw new SyntaxError(`no label at ${at}: ${JSON.stringify(text)}`);
    const [, name, value] = match;
    if (name! in labels) throw new SyntaxError(`two labels ${name}: ${JSON.stringify(text)}`);
    labels[name!] = value!.replace(/\\(["\\n])/g, (_, c) => c === "n" ? "\n" : c);
    LABEL.lastIndex = at + match[0].length;
  }
  return labels;
}
