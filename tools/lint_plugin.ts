/**
 * The house's own lint rules: which room may open which door, what a pure room may not touch, and
 * the few habits that a reader need not check by eye. `deno lint` runs them as one types, and a
 * test runs them over the whole tree.
 *
 * @module
 */

/** Which rooms of lib/ a room may import; a room that is not named here is nobody's. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  bindings: ["wire"],
  handlespace: ["wire"],
  core: ["bindings", "handlespace", "wire"],
  sim: ["core", "bindings", "handlespace", "wire"],
  net: [],
  driver: ["core", "bindings", "wire", "net"],
};

/** What the package exports: the library and the simulator. */
const ENTRY_POINTS: readonly string[] = ["mod.ts", "lib/sim/mod.ts"];

/** Rooms without time, chance and the world; they have no packages either. */
export const PURE_ROOMS: readonly string[] = ["wire", "bindings", "handlespace", "core", "sim"];

const FUNCTION_LINES_MAX = 60;

/** The only files of the program that write to the terminal. */
const WRITERS: readonly string[] = [
  "cli/output.ts",
  "cli/log.ts",
  "lib/driver/event_listener.ts",
];

const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname);

/** A file's path below the root of the tree, with `/` between its parts. */
function pathInTree(filename: string): string {
  return filename.startsWith(ROOT) ? filename.slice(ROOT.length) : filename;
}

/** Where a relative import leads, as a path in the tree. */
function importedPath(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

function roomOf(path: string): string | undefined {
  return /^lib\/([^/]+)\//.exec(path)?.[1];
}

/** Why `from` may not import `specifier`; undefined if it may. */
function forbiddenImport(from: string, specifier: string): string | undefined {
  const room = roomOf(from);
  const isOurs = specifier.startsWith(".");
  if (room === undefined && from !== "mod.ts" && !from.startsWith("cli/")) return undefined;
  if (!isOurs) {
    if (from.startsWith("cli/")) return undefined;
    if (room !== undefined && !PURE_ROOMS.includes(room) && specifier.startsWith("node:")) {
      return undefined;
    }
    return `${room ? `lib/${room}` : from} has no dependencies`;
  }
  const to = importedPath(from, specifier);
  if (from.startsWith("cli/")) {
    if (to.startsWith("cli/") || ENTRY_POINTS.includes(to)) return undefined;
    if (/\.(json|ya?ml|txt)$/.test(to)) return undefined;
    return `cli imports ${ENTRY_POINTS.join(" and ")} and nothing below them`;
  }
  if (from === "mod.ts") {
    return /^lib\/[^/]+\/mod\.ts$/.test(to) ? undefined : "mod.ts imports lib/*/mod.ts only";
  }
  const target = roomOf(to);
  if (target === room || (target && DOORS[room!]?.includes(target))) return undefined;
  return `lib/${room} may import ${DOORS[room!]?.join(", ") || "nothing"}, not ${to}`;
}

const layers: Deno.lint.Rule = {
  create(context) {
    const from = pathInTree(context.filename);
    const check = (node: Deno.lint.Node, source: Deno.lint.Node | null | undefined) => {
      if (source?.type !== "Literal" || typeof source.value !== "string") return;
      const reason = forbiddenImport(from, source.value);
      if (reason) context.report({ node, message: reason });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
    };
  },
};

const pureRooms: Deno.lint.Rule = {
  create(context) {
    const room = roomOf(pathInTree(context.filename));
    if (!room || !PURE_ROOMS.includes(room)) return {};
    return {
      Identifier(node) {
        if (node.name === "Date") {
          context.report({ node, message: "now is an argument here; there is no Date" });
        }
        const parent = node.parent;
        if (node.name !== "Math") return;
        if (parent.type === "MemberExpression" && parent.object === node && !parent.computed) {
          return;
        }
        context.report({ node, message: "Math is used by its members' names here" });
      },
      MemberExpression(node) {
        if (node.object.type !== "Identifier" || node.object.name !== "Math") return;
        if (node.property.type !== "Identifier" || node.property.name !== "random") return;
        context.report({ node, message: "random numbers are an argument here: use Random" });
      },
    };
  },
};

const noConsole: Deno.lint.Rule = {
  create(context) {
    const path = pathInTree(context.filename);
    if (/^(tools|bench|examples)\//.test(path) || WRITERS.includes(path)) return {};
    return {
      MemberExpression(node) {
        if (node.object.type !== "Identifier" || node.object.name !== "console") return;
        context.report({
          node,
          message: "console swallows a broken pipe: write through cli/output.ts or cli/log.ts",
        });
      },
    };
  },
};

const SLEEPS: readonly string[] = ["setTimeout", "setInterval", "delay", "sleep"];

/** How often the users of a load ask; nothing waits for it. */
const PACE = "tests/cluster/pace.ts";

const noSleepInTests: Deno.lint.Rule = {
  create(context) {
    const path = pathInTree(context.filename);
    if (!path.startsWith("tests/") || path === PACE) return {};
    const message = "a test waits for what happens, never for time to pass";
    return {
      CallExpression(node) {
        if (node.callee.type === "Identifier" && SLEEPS.includes(node.callee.name)) {
          context.report({ node, message });
        }
        if (node.callee.type !== "MemberExpression") return;
        const { object, property } = node.callee;
        if (object.type !== "Identifier" || property.type !== "Identifier") return;
        const isAtomicsWait = object.name === "Atomics" && property.name.startsWith("wait");
        const isGlobalTimer = object.name === "globalThis" && SLEEPS.includes(property.name);
        if (isAtomicsWait || isGlobalTimer) context.report({ node, message });
      },
      ImportDeclaration(node) {
        if (/timers/.test(node.source.value)) context.report({ node, message });
      },
    };
  },
};

const functionLength: Deno.lint.Rule = {
  create(context) {
    const text = context.sourceCode.text;
    const check = (node: Deno.lint.Node) => {
      const lines = text.slice(node.range[0], node.range[1]).split("\n").length;
      if (lines <= FUNCTION_LINES_MAX) return;
      const message = `a function of ${lines} lines; at most ${FUNCTION_LINES_MAX}`;
      context.report({ range: [node.range[0], node.range[0] + 1], message });
    };
    return {
      FunctionDeclaration: check,
      FunctionExpression: check,
      ArrowFunctionExpression: check,
    };
  },
};

const noDefaultExport: Deno.lint.Rule = {
  create(context) {
    // Deno takes a lint plugin from its default export, and node's modules have one.
    if (pathInTree(context.filename).startsWith("tools/")) return {};
    return {
      ExportDefaultDeclaration(node) {
        context.report({ node, message: "an export has a name" });
      },
    };
  },
};

const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "layers": layers,
    "pure-rooms": pureRooms,
    "no-console": noConsole,
    "no-sleep-in-tests": noSleepInTests,
    "function-length": functionLength,
    "no-default-export": noDefaultExport,
  },
};
export default plugin;
