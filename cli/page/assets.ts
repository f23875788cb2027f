/**
 * The style sheet and the script of the page, as text. Here they come from their sources; in the
 * built file they are a part that is unpacked when somebody asks (tools/shims/packed_page.ts).
 */

import keys from "./client/keys.ts" with { type: "text" };
import live from "./client/live.ts" with { type: "text" };
import main from "./client/main.ts" with { type: "text" };
import place from "./client/place.ts" with { type: "text" };
import theme from "./client/theme.ts" with { type: "text" };
import styles from "./client/page.css" with { type: "text" };

/** What the page consists of, besides HTML. */
export interface Assets {
  readonly script: string;
  readonly styles: string;
}

/** Whoever is imported stands before who imports it. */
const MODULES: readonly string[] = [theme, place, live, keys, main];

const IMPORT = /^import [^;]*? from "\.\/[a-z_]+\.ts";$/gm;
const EXPORT = /^export (?=(async )?(function|class|const) )/gm;

/** One script out of the modules; tools/build.ts does the same with a bundler. */
export async function assets(): Promise<Assets> {
  const { stripTypeScriptTypes } = await import("node:module");
  const bodies = MODULES.map((module) =>
    stripTypeScriptTypes(module.replace(IMPORT, "")).replace(EXPORT, "")
  );
  return { script: `(() => {\n"use strict";\n${bodies.join("\n")}})();\n`, styles };
}
