/** The version of the program. */

import configuration from "../deno.json" with { type: "json" };

/** The version. */
export const VERSION: string = configuration.version;

/** The line that `--version` prints; the number is that of deno.json. */
export const VERSION_LINE = `rserpool ${VERSION}`;
