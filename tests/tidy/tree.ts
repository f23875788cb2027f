/** The source tree as the tidy tests see it. */

/** A file of the tree: its path below the root, with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** The root of the tree, with a final `/`. */
export const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname);

/** Made, fetched or given, not written here. */
const SKIPPED = [".git", "coverage", "dist", "node_modules", "tests/vectors"];
const TEXT = /\.(ts|json|md|sh|yaml|yml|txt)$|^\.ci\/run$|^LICENSE$/;

function* walk(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(ROOT + folder)) {
    const path = folder + entry.name;
    if (SKIPPED.includes(path)) continue;
    if (entry.isDirectory) yield* walk(`${path}/`);
    else if (entry.isFile) yield path;
  }
}

/** Every text file that people wrote, in the order of their paths. */
export function textFiles(): SourceFile[] {
  return [...walk("")].filter((path) => TEXT.test(path)).sort()
    .map((path) => ({ path, text: Deno.readTextFileSync(ROOT + path) }));
}

/** Every TypeScript file of the tree. */
export function sourceFiles(): SourceFile[] {
  return textFiles().filter(({ path }) => path.endsWith(".ts"));
}
