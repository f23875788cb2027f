/**
 * `deno task npm`: an npm package with the command rserpool, in dist/rserpool-VERSION.tgz. The Deno
 * runtime comes as its dependency. Needs npm.
 *
 * @module
 */

import { build } from "./build.ts";
import { writeManual } from "./man.ts";
import { run } from "./packages/runtime.ts";
import { DENO_VERSION, ROOT_PATH, VERSION } from "./packages/version.ts";

/** What npm shows, and what it installs. */
function manifest(manuals: readonly string[]): Record<string, unknown> {
  return {
    name: "rserpool",
    version: VERSION,
    description: "Reliable Server Pooling (RFC 3237, RFC 5351) over TCP and TLS, in one executable",
    license: "MIT",
    keywords: ["rserpool", "asap", "enrp", "server-pooling", "high-availability", "failover"],
    bin: { rserpool: "bin/rserpool.js" },
    man: manuals,
    files: ["bin", "lib", "man"],
    engines: { node: ">=18" },
    dependencies: { deno: DENO_VERSION },
  };
}

/** Makes the package in a folder and returns the path of its archive. */
export async function packNpm(output: string): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "rserpool-npm-" });
  try {
    await Deno.mkdir(`${folder}/bin`);
    await Deno.copyFile(`${ROOT_PATH}packaging/npm/rserpool.js`, `${folder}/bin/rserpool.js`);
    await Deno.chmod(`${folder}/bin/rserpool.js`, 0o755);
    await build(new URL(`file://${folder}/lib/rserpool`));
    const manuals = await writeManual(`${folder}/man`, new Date().toISOString().slice(0, 10));
    for (const name of ["README.md", "LICENSE"]) {
      await Deno.copyFile(`${ROOT_PATH}${name}`, `${folder}/${name}`);
    }
    const pages = manuals.map((path) => `.${path.slice(folder.length)}`);
    await Deno.writeTextFile(`${folder}/package.json`, JSON.stringify(manifest(pages), null, 2));
    await run("npm", ["pack", "--silent", "--pack-destination", output], folder);
    return `${output}/rserpool-${VERSION}.tgz`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) console.log(await packNpm(`${ROOT_PATH}dist`));
