/**
 * Writes the part of docs/rfc-map.md that can be derived: for each section of an RFC the sentences
 * that tests are named after, those tests, and the files that cite the section.
 *
 * `deno run -A tools/rfc_map.ts` writes it, `--check` only says whether it is up to date.
 *
 * @module
 */

const ROOT = new URL("..", import.meta.url);
const MAP = new URL("docs/rfc-map.md", ROOT);
const BEGIN = "<!-- derived: begin -->";
const END = "<!-- derived: end -->";

/** A sentence of an RFC and the test that holds it. */
interface Requirement {
  readonly section: string;
  readonly sentence: string;
  readonly test: string;
}

function* filesBelow(folder: string): Generator<string> {
  const entries = [...Deno.readDirSync(new URL(folder, ROOT))];
  for (const entry of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* filesBelow(path);
    else if (entry.name.endsWith(".ts")) yield path;
  }
}

function* requirementsOf(path: string): Generator<Requirement> {
  const text = Deno.readTextFileSync(new URL(path, ROOT));
  // A test's name is a string literal, or several joined by `+`, that begins with the section.
  const literal = /((?:[^"\\]|\\.)*?)["`]/.source;
  const name = /["'`](RFC 5\d{3} §[\d.]+\d)[^:"'`]*: /.source;
  const names = new RegExp(`${name}${literal}(?:\\s*\\+\\s*["\`]${literal})?`, "g");
  for (const [, section, first, second] of text.matchAll(names)) {
    const sentence = (first! + (second ?? "")).replaceAll('\\"', '"').replaceAll("|", "\\|");
    yield { section: section!, sentence, test: path };
  }
}

function citations(): Map<string, Set<string>> {
  const bySection = new Map<string, Set<string>>();
  for (const path of [...filesBelow("lib"), ...filesBelow("cli")]) {
    const text = Deno.readTextFileSync(new URL(path, ROOT));
    for (const [section] of text.matchAll(/RFC 5\d{3} §\d+(?:\.\d+)*/g)) {
      const files = bySection.get(section) ?? new Set();
      bySection.set(section, files.add(path));
    }
  }
  return bySection;
}

function compareSections(a: string, b: string): number {
  const numbers = (section: string) => section.match(/\d+/g)!.map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = (left[i] ?? -1) - (right[i] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The derived part, as Markdown. */
function derivedMap(): string {
  const requirements = [...filesBelow("tests")].flatMap((path) => [...requirementsOf(path)]);
  const cited = citations();
  const sections = new Set([...requirements.map((each) => each.section), ...cited.keys()]);
  const lines: string[] = [];
  for (const section of [...sections].sort(compareSections)) {
    lines.push(`### ${section}`, "");
    const files = [...cited.get(section) ?? []].map((path) => `\`${path}\``);
    if (files.length > 0) lines.push(`In ${files.join(", ")}.`, "");
    const own = requirements.filter((each) => each.section === section);
    if (own.length > 0) lines.push("| Requirement | Test |", "|---|---|");
    for (const { sentence, test } of own) lines.push(`| ${sentence} | \`${test}\` |`);
    if (own.length > 0) lines.push("");
  }
  return lines.join("\n");
}

/** The whole file with its derived part replaced. */
export function renderMap(current: string): string {
  const [head, rest] = current.split(BEGIN);
  const tail = rest?.split(END)[1];
  if (head === undefined || tail === undefined) {
    throw new SyntaxError(`Cannot find "${BEGIN}" and "${END}" in docs/rfc-map.md`);
  }
  return `${head}${BEGIN}\n\n${derivedMap()}\n${END}${tail}`;
}

if (import.meta.main) {
  const current = Deno.readTextFileSync(MAP);
  const rendered = renderMap(current);
  if (!Deno.args.includes("--check")) Deno.writeTextFileSync(MAP, rendered);
  else if (rendered !== current) {
    console.error("docs/rfc-map.md is out of date: deno run -A tools/rfc_map.ts");
    Deno.exit(1);
  }
}
