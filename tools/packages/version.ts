/** Versions, each from the one place that has it. */

const ROOT = new URL("../../", import.meta.url);

/** The folder of the repository. */
export const ROOT_PATH = decodeURIComponent(ROOT.pathname);

/** The version of rserpool. */
export const VERSION: string = JSON.parse(
  Deno.readTextFileSync(new URL("deno.json", ROOT)),
).version;

/** The version of Deno that all of it is tested with: the README's. */
export const DENO_VERSION: string = /npm install -g deno@([0-9.]+)/.exec(
  Deno.readTextFileSync(new URL("README.md", ROOT)),
)![1]!;
