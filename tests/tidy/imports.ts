/** Who imports whom, to find files that nobody needs. */
import type { SourceFile } from "./tree.ts";

/**
 * Relative paths of modules in a text: imports, and those that a file runs as a process or names
 * in a `new URL`.
 */
const RELATIVE_MODULE = /["'`](\.{1,2}\/[^"'`\s$]+\.(?:ts|js))["'`]/g;

function importsOf({ path, text }: SourceFile): string[] {
  return [...text.matchAll(RELATIVE_MODULE)].map(([, specifier]) =>
    new URL(specifier!, `file:///${path}`).pathname.slice(1)
  );
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
    for (const path of importsOf(file)) {
      const imported = byPath.get(path);
      if (imported) waiting.push(imported);
    }
  }
  return files.map(({ path }) => path).filter((path) => !reached.has(path));
}
