/**
 * `deno task test`: builds the file that the process tests run, type-checks the tree, runs all
 * tests in groups, and ends with one line that says how many passed and failed.
 *
 * `--fast` leaves out what takes long: for use between two edits.
 *
 * @module
 */
import { NOTHING, sum, summaryLine, type Tally, tallyOf } from "./test_summary.ts";

interface Group {
  readonly name: string;
  /** Whether it is for use between two edits, too. */
  readonly isFast: boolean;
  /** What `deno test` is given, besides what every group is given. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A group that has not ended by then hangs, also on a slow machine: it is ended and fails. */
const GROUP_LIMIT_MS = 20 * 60_000;

const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname);

/** Folders below tests/ that are a group of their own; the files of all others are "unit". */
const OWN_GROUPS: readonly Omit<Group, "args">[] = [
  { name: "tidy", isFast: true },
  { name: "fuzz", isFast: false, env: { FUZZ_MESSAGES: "1000000" } },
  { name: "simulation", isFast: false },
  { name: "integration", isFast: false },
  { name: "threats", isFast: false },
  { name: "cluster", isFast: false },
  // They wait for DHCP, which takes its time, more than for the processor.
  { name: "dhcp", isFast: false, env: { DENO_JOBS: "3" } },
  { name: "browser", isFast: false },
];

/** What takes seconds of its own, of the units: not between two edits. */
const LONG: readonly string[] = [
  "tests/bindings/agent/storm_test.ts",
  "tests/cli/http/shown_registrar_test.ts",
  "tests/cli/simulate_test.ts",
  "tests/cli/supervisor/runner_test.ts",
  "tests/core/session/user_session_property_test.ts",
  "tests/driver/peer_refusal_test.ts",
  "tests/driver/session/serve_limits_test.ts",
  "tests/handlespace/scale_test.ts",
  "tests/handlespace/selection/list_test.ts",
  "tests/handlespace/selection/ordered_tree_test.ts",
  "tests/net/certificate_roles_test.ts",
  "tests/tools/manual/manual_test.ts",
  "tests/wire/properties_test.ts",
];

/** Groups that run the built file. */
const BUILT: readonly string[] = ["integration", "cluster", "dhcp", "browser"];

function* testFiles(folder: string): Generator<string> {
  for (const entry of Deno.readDirSync(ROOT + folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) yield* testFiles(path);
    else if (entry.name.endsWith("_test.ts")) yield path;
  }
}

/** Whoever opens something closes it. */
const LEAKS: readonly string[] = ["--sanitize-ops", "--sanitize-resources"];

function allGroups(): Group[] {
  const files = [...testFiles("tests")].sort();
  const folderOf = (path: string) => path.split("/")[1]!;
  const isOwn = (path: string) =>
    LONG.includes(path) || OWN_GROUPS.some(({ name }) => name === folderOf(path));
  const unit = [...LEAKS, "--parallel"];
  const own = OWN_GROUPS.map((group) => ({
    ...group,
    args: ["--parallel", ...files.filter((path) => folderOf(path) === group.name)],
  }));
  return [
    { name: "unit", isFast: true, args: [...unit, ...files.filter((path) => !isOwn(path))] },
    { name: "long", isFast: false, args: [...unit, ...LONG] },
    { name: "examples", isFast: false, args: [...LEAKS, "--doc", "mod.ts", "sim.ts", "lib"] },
    ...own,
  ];
}

async function runTests(group: Group): Promise<Tally> {
  if (!group.args.some((argument) => !argument.startsWith("--"))) {
    console.log(`The group ${group.name} has no tests`);
    return { ...NOTHING, failed: 1 };
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", "--no-check", ...group.args],
    cwd: ROOT,
    // The runner colours what it writes into a pipe, too.
    env: { ...(Deno.stdout.isTerminal() ? {} : { NO_COLOR: "1" }), ...group.env },
    stdin: "null",
    stdout: "piped",
    signal: AbortSignal.timeout(GROUP_LIMIT_MS),
  }).spawn();
  const decoder = new TextDecoder();
  let output = "";
  for await (const bytes of child.stdout) {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
    output += decoder.decode(bytes, { stream: true });
  }
  return tallyOf(output, (await child.status).success);
}

/** Runs a step that must succeed, and counts as a failed test when it does not. */
async function runStep(args: readonly string[]): Promise<Tally> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
  }).spawn().status;
  return success ? NOTHING : { ...NOTHING, failed: 1 };
}

async function timed(name: string, run: () => Promise<Tally>): Promise<Tally> {
  console.log(`\n== ${name}`);
  const start = performance.now();
  const tally = await run();
  const seconds = Math.round((performance.now() - start) / 100) / 10;
  console.log(`== ${name}: ${summaryLine(tally)} in ${seconds} s`);
  return tally;
}

if (import.meta.main) {
  const isFast = Deno.args.includes("--fast");
  const wanted = Deno.args.filter((argument) => !argument.startsWith("--"));
  const groups = allGroups().filter(({ name, isFast: fast }) =>
    wanted.length > 0 ? wanted.includes(name) : fast || !isFast
  );
  const unknown = wanted.filter((name) => !groups.some((group) => group.name === name));
  if (unknown.length > 0) {
    console.error(`There is no group ${unknown.join(", ")}`);
    Deno.exit(2);
  }
  const needsBuild = groups.some(({ name }) => BUILT.includes(name));
  let total = await timed("types", () => runStep(["check", "--quiet", "--doc", "."]));
  if (needsBuild) {
    total = sum(total, await timed("build", () => runStep(["run", "-A", "tools/build.ts"])));
  }
  for (const group of groups) {
    total = sum(total, await timed(group.name, () => runTests(group)));
  }
  console.log(`\n${summaryLine(total)}`);
  Deno.exit(total.failed > 0 ? 1 : 0);
}
