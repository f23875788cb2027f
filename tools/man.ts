/**
 * `deno task man`: writes the manual pages to dist/man/, or to the folder that is named.
 *
 * @module
 */

import { manualPages } from "./manual/pages.ts";

const OUTPUT = decodeURIComponent(new URL("../dist/man", import.meta.url).pathname);

/** The day that the pages bear: SOURCE_DATE_EPOCH, for packages that are built twice, or today. */
function dateOf(epoch: string | undefined): string {
  const date = epoch === undefined ? new Date() : new Date(Number(epoch) * 1000);
  return date.toISOString().slice(0, "YYYY-MM-DD".length);
}

/** Writes all pages below a folder, as a man path has them, and returns their paths. */
export async function writeManual(folder: string, date: string): Promise<string[]> {
  const paths: string[] = [];
  for (const [name, text] of await manualPages(date)) {
    const section = `${folder}/man${name.at(-1)}`;
    await Deno.mkdir(section, { recursive: true });
    await Deno.writeTextFile(`${section}/${name}`, text);
    paths.push(`${section}/${name}`);
  }
  return paths;
}

if (import.meta.main) {
  const [folder = OUTPUT] = Deno.args;
  const paths = await writeManual(folder, dateOf(Deno.env.get("SOURCE_DATE_EPOCH")));
  console.log(`${folder}: ${paths.length} manual pages`);
}
