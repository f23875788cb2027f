/**
 * `deno task completions`: writes the completions of all shells to dist/completions/, or to the
 * folder that is named, as they stand below /usr/share.
 *
 * @module
 */

import { SCRIPT_PATHS, SCRIPTS, type Shell } from "../cli/completion/scripts.ts";

const OUTPUT = decodeURIComponent(new URL("../dist/completions", import.meta.url).pathname);

/** Writes all scripts below a folder and returns their paths. */
export async function writeCompletions(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const shell of Object.keys(SCRIPTS) as Shell[]) {
    const path = `${folder}/${SCRIPT_PATHS[shell]}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, SCRIPTS[shell]);
    paths.push(path);
  }
  return paths;
}

if (import.meta.main) {
  const [folder = OUTPUT] = Deno.args;
  console.log((await writeCompletions(folder)).join("\n"));
}
