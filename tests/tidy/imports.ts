/** Who imports whom, to find files that nobody needs. */
import type { SourceFile } from "./tree.ts";

/** Relative paths of modules in a text: imports, and what it names in a `new URL`. */
const RELATIVE_MODULE = /["'`](\.{1,2}\/[^"'`\s$]+\.ts)["'`]/g;
/** The end of a path that is put together, as of a file that is run as a process. */
const END_OF_PATH = /[}/"'`]([a-z0-9_]+\/[a-z0-9_]+\.ts)["'`]/g;

function importsOf({ path, text }: SourceFile, paths: Iterable<string>): string[] {
  const imports = [...text.matchAll(RELATIVE_MODULE)].map(([, specifier]) =>
    new URL(specifier!, `file:///${path}`).pathname.slice(1)
  );
  const ends = [...text.matchAll(END_OF_PATH)].map(([, end]) => `/${end}`);
  if (ends.length === 0) return imports;
  return imports.concat([...paths].filter((each) => ends.some((end) => each.endsWith(end))));
}

/** Files of a tree that no entry leads to. */
export function orphans(
  files: readonly SourceFile[],
  isEntry: (path: string) => boolean,
): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const waiting = files.filter(({ path }) => isEntry(path));
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (reached.has(file.path)) continue;
    reached.add(file.path);
    for (const path of importsOf(file, byPath.keys())) {
      const imported = byPath.get(path);
      if (imported) waiting.push(imported);
    }
  }
  return files.map(({ path }) => path).filter((path) => !reached.has(path));
}
