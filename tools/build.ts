/**
 * `deno task build`: one executable file, `dist/rserpool`, that needs Deno and nothing else.
 *
 * Start-up is won or lost by how much code is parsed, so the file has two programs: a quick one
 * with the one-shot commands and what they use of the library, and the whole one as a comment,
 * which takes over when anything else is asked for (`tools/shims/whole_program.ts`).
 *
 * @module
 */

import * as esbuild from "esbuild";
import { createRequire } from "node:module";
import type { Assets } from "../cli/page/assets.ts";
import { pack } from "./shims/whole_program.ts";

const ROOT = new URL("../", import.meta.url);
const OUTPUT = new URL("dist/rserpool", ROOT);
/**
 * `--no-config`: somebody's broken deno.json beside the file must not matter. `--unstable-net`: the
 * Unix datagrams by which a service manager is told that it serves. `--ext=js`: a file without an
 * extension is TypeScript to Deno, which costs 5 ms. `--no-lazy`: what V8 compiles at once is in
 * the code cache of the next start, which saves 3 ms; what it compiles when it is called is not.
 */
const SHEBANG = "#!/usr/bin/env -S deno run --no-config --no-lock --no-prompt --cached-only -A " +
  "--unstable-net --ext=js --v8-flags=--no-lazy";
const EXECUTABLE = 0o755;

/**
 * commander imports node's built-in modules and uses next to nothing of them here; each costs 10 to
 * 30 ms of start-up, so that the built file has stand-ins.
 */
const SHIMS: Readonly<Record<string, string>> = {
  "node:events": "node_events.ts",
  "node:util": "node_util.ts",
  "node:process": "node_process.ts",
  "node:child_process": "node_unused.ts",
  "node:path": "node_unused.ts",
  "node:fs": "node_unused.ts",
};

/** Packages of which node's build is CommonJS, and where their modules are. */
const MODULE_BUILDS: Readonly<Record<string, string>> = { yaml: "../browser/index.js" };

/** Modules of the runtime, as modules that import() them when they are needed. */
const BUILTIN = "builtin";

/** The only package that is imported for what it does, not for what it exports. */
const POLYFILL = "reflect-metadata";
/** The folder of a package in Deno's cache. */
const PACKAGE_ROOT = /^(.*\/npm\/.*?\/\d+\.\d+\.\d+)\//;

/** Finds modules as Deno does, which keeps packages in its cache and not in node_modules. */
const denoModules: esbuild.Plugin = {
  name: "deno-modules",
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path, importer, kind }) => {
      const standIn = importer.includes("/commander/") ? SHIMS[path] : undefined;
      if (standIn !== undefined) return { path: shim(standIn) };
      // A program that is run as a function can import nothing at its top.
      return kind === "dynamic-import" ? { path, external: true } : { path, namespace: BUILTIN };
    });
    build.onLoad({ filter: /./, namespace: BUILTIN }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter((name) => name !== "default");
      return {
        contents: `const all = await import("${path}");
          export default all.default; export const { ${names.join(", ")} } = all;`,
      };
    });
    build.onResolve({ filter: /^[a-z@]/ }, ({ path, importer }) => {
      if (path.endsWith(".ts") || path.startsWith("node:")) return undefined;
      // What a package of a package is, only that package can say.
      if (importer.includes("/npm/")) return { path: modulesOf(path, importer) };
      const resolved = import.meta.resolve(path);
      const module = MODULE_BUILDS[path];
      const url = module === undefined ? resolved : new URL(module, resolved);
      return { path: pathOf(url), sideEffects: path === POLYFILL };
    });
    // Of the configuration, only the version is the program's.
    build.onLoad({ filter: /\/deno\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await Deno.readTextFile(path));
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
    // No module of this project does anything but define: what is not used can be left out.
    build.onResolve({ filter: /^\./ }, ({ path, resolveDir, importer }) => {
      if (importer.includes("/npm/") || !path.endsWith(".ts")) return undefined;
      return { path: pathOf(new URL(path, `file://${resolveDir}/`)), sideEffects: false };
    });
  },
};

/** Whoever presses TAB waits for it: its code stands in the quick program, and sleeps there. */
const COMPLETION = "./completion/run.ts";

/**
 * In the quick program there is no other `import()`: what commands load later is the whole program.
 */
const quickOnly: esbuild.Plugin = {
  name: "quick-only",
  setup(build) {
    const namespace = "whole-program";
    build.onResolve({ filter: /\/api\.ts$/ }, ({ importer }) => {
      if (importer.endsWith("/quick_api.ts")) return undefined;
      return { path: shim("quick_api.ts"), sideEffects: false };
    });
    build.onResolve({ filter: /\/grammar\.ts$/ }, () => {
      return { path: shim("quick_grammar.ts"), sideEffects: false };
    });
    build.onResolve({ filter: /\/subscriptions\.ts$/ }, ({ path, resolveDir }) => {
      const isUsers = new URL(path, `file://${resolveDir}/`).pathname.includes("/pool_user/");
      return isUsers ? { path: shim("quick_subscriptions.ts"), sideEffects: false } : undefined;
    });
    build.onResolve({ filter: /./ }, ({ path, kind }) => {
      return kind === "dynamic-import" && !path.startsWith("node:") && path !== COMPLETION
        ? { path, namespace }
        : undefined;
    });
    build.onLoad({ filter: /./, namespace }, () => ({
      contents: `import { runWholeProgram } from "./tools/shims/whole_program.ts";
        export const never = await runWholeProgram();`,
      resolveDir: pathOf(ROOT),
    }));
  },
};

/** In the whole program, what is big and seldom asked for is a part of its own. */
const partsApart: esbuild.Plugin = {
  name: "parts-apart",
  setup(build) {
    build.onResolve({ filter: /^yaml$/ }, () => ({ path: shim("packed_yaml.ts") }));
    build.onResolve({ filter: /\/x509\.ts$/ }, () => ({ path: shim("packed_x509.ts") }));
    build.onResolve({ filter: /\/assets\.ts$/ }, () => ({ path: shim("packed_page.ts") }));
  },
};

/**
 * Where the modules of a package are that another one needs: node finds its CommonJS build, which
 * stands in the same folder.
 */
function modulesOf(path: string, importer: string): string {
  const found = createRequire(importer).resolve(path);
  const root = PACKAGE_ROOT.exec(found)![1]!;
  const { module } = JSON.parse(Deno.readTextFileSync(`${root}/package.json`));
  return typeof module === "string" ? pathOf(new URL(module, `file://${root}/`)) : found;
}

function pathOf(url: string | URL): string {
  return decodeURIComponent(new URL(url).pathname);
}

function shim(file: string): string {
  return pathOf(new URL(`tools/shims/${file}`, ROOT));
}

interface Program {
  readonly text: string;
  /** The files that are in it. */
  readonly inputs: readonly string[];
}

async function bundle(own: esbuild.BuildOptions): Promise<Program> {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: pathOf(ROOT),
    entryPoints: ["cli/main.ts"],
    bundle: true,
    format: "esm",
    target: "esnext",
    platform: "neutral",
    minify: true,
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "error",
    plugins: [denoModules],
    ...own,
  });
  refuseSlowStart(metafile!);
  return { text: outputFiles![0]!.text, inputs: Object.keys(metafile!.inputs) };
}

/** Each of the runtime's modules costs 20 ms: none may be read before it is used. */
function refuseSlowStart({ inputs, outputs }: esbuild.Metafile): void {
  const entries = Object.values(outputs).flatMap(({ entryPoint }) => entryPoint ?? []);
  const seen = new Set<string>(entries);
  for (const input of seen) {
    for (const { path, kind, original } of inputs[input]?.imports ?? []) {
      if (kind !== "import-statement") continue;
      if (path.startsWith(`${BUILTIN}:`)) {
        throw new Error(`${input}: ${original} slows every start: import() it where it is used`);
      }
      seen.add(path);
    }
  }
}

/** The licences of the packages that are in the file ask to come along. */
async function licenses(inputs: readonly string[]): Promise<string> {
  const packages = inputs.map((input) => PACKAGE_ROOT.exec(input)?.[1]);
  const roots = new Set(packages.filter((root) => root !== undefined));
  const texts: string[] = [];
  for (const root of [...roots].sort()) {
    const [, name, version] = /\/npm\/[^/]+\/(.+)\/(.+)$/.exec(root)!;
    for await (const file of Deno.readDir(pathOf(new URL(root, ROOT)))) {
      if (!/^licen[cs]e/i.test(file.name)) continue;
      const text = await Deno.readTextFile(new URL(`${root}/${file.name}`, ROOT));
      texts.push(`${name} ${version}\n\n${text.trim()}`);
    }
  }
  return texts.map((text) => `/*\n${text.replaceAll("*/", "* /")}\n*/\n`).join("");
}

/** A program as the body of a function, which exports nothing. */
function withoutExports(module: string): string {
  return module.replace(/export\s*\{[^}]*\};?\s*$/, "");
}

/**
 * A function's body that unpacks another and runs it: the whole file is read at every start, and a
 * third of the bytes cost a third. To unpack takes some 7 ms, which a quick command does not do.
 */
async function compressed(program: string): Promise<string> {
  const stream = new Blob([program]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const text = (await new Response(stream).bytes()).toBase64();
  return `const packed = Uint8Array.fromBase64("${text}");
    const stream = new Blob([packed]).stream();
    const program = stream.pipeThrough(new DecompressionStream("deflate-raw"));
    return await new (async () => {}).constructor(await new Response(program).text())();`;
}

/** What browsers get of the status page: its script and style sheet, as texts in an object. */
async function pageAssets(): Promise<string> {
  const script = await bundle({ entryPoints: ["cli/page/client/main.ts"], format: "iife" });
  const styles = await bundle({ entryPoints: ["cli/page/client/page.css"] });
  const assets: Assets = { script: script.text, styles: styles.text };
  return `return ${JSON.stringify(assets)};`;
}

/** Builds the file and returns its path. */
export async function build(output: URL = OUTPUT): Promise<string> {
  const quick = await bundle({
    plugins: [quickOnly, denoModules],
    inject: [shim("quick_timers.ts")],
  });
  // It is never the main module, and must run all the same.
  const whole = await bundle({
    define: { "import.meta.main": "true" },
    plugins: [partsApart, denoModules],
  });
  const yaml = await bundle({ entryPoints: ["yaml"], format: "iife", globalName: "yaml" });
  const x509 = await bundle({
    entryPoints: ["cli/certs/x509.ts"],
    format: "iife",
    globalName: "x509",
  });
  const page = await pageAssets();
  await esbuild.stop();
  const notices = await licenses([...whole.inputs, ...yaml.inputs, ...x509.inputs]);
  const packed = pack("The whole program", await compressed(withoutExports(whole.text))) +
    pack("yaml", await compressed(`${yaml.text}return yaml;`)) +
    pack("x509", await compressed(`${x509.text}return x509;`)) +
    pack("page", await compressed(page));
  const text = `${SHEBANG}\n${quick.text}${notices}${packed}`;
  const path = pathOf(output);
  await Deno.mkdir(pathOf(new URL("./", output)), { recursive: true });
  // Beside it and then renamed: whoever runs the old file meanwhile is not disturbed.
  const beside = `${path}.${Deno.pid}.tmp`;
  await Deno.writeTextFile(beside, text);
  await Deno.chmod(beside, EXECUTABLE);
  await Deno.rename(beside, path);
  return path;
}

if (import.meta.main) {
  const path = await build();
  const { size } = await Deno.stat(path);
  console.log(`${path}: ${Math.round(size / 1024)} KiB`);
}
