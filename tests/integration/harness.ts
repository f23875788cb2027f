/**
 * Real processes for tests: the built file is started as a person would start it, and whatever a
 * test has started is gone when the test is over. Nothing here waits for time to pass.
 */
import assert from "node:assert/strict";

const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname);
/** The built file; `tools/test.ts` builds it before these tests run. */
const BUILT = `${ROOT}dist/rserpool`;
/** What has not happened by then does not happen any more: the test fails and says what it was. */
const PATIENCE_MS = 60_000;

/** How a process ended, and what it wrote. */
export interface Outcome {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

/** What to start a process with, besides its arguments. */
export interface StartOptions {
  /** Added to an environment that has no variable of rserpool's. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs; default: the scratch folder. */
  readonly cwd?: string;
  /** What the program and its arguments are put behind: a command that enters somewhere. */
  readonly within?: readonly string[];
}

/** Whether a program is on the PATH; a test that needs one is ignored, by name, without it. */
export function hasProgram(name: string): boolean {
  const { success } = new Deno.Command("sh", { args: ["-c", `command -v ${name}`] }).outputSync();
  return success;
}

/** Resolves when `look` gives something, looking again whenever something in a folder changes. */
export async function untilFolder<T>(
  folder: string,
  what: string,
  look: () => T | undefined,
): Promise<T> {
  using watcher = Deno.watchFs(folder);
  const patience = AbortSignal.timeout(PATIENCE_MS);
  patience.onabort = () => watcher.close();
  for (let seen = look();; seen = look()) {
    if (seen !== undefined) {
      patience.onabort = null;
      return seen;
    }
    const { done } = await watcher[Symbol.asyncIterator]().next();
    if (done) assert.fail(`${what} did not happen within ${PATIENCE_MS} ms`);
  }
}

/** Asks again as soon as it was answered, until the answer is what was waited for. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
): Promise<T> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  let failure: unknown;
  while (!patience.aborted) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      failure = error;
    }
    // Who answers at once would keep timers, and the ends of processes, from being heard of.
    await Deno.lstat(ROOT);
  }
  throw new assert.AssertionError({
    message: `${what} did not happen within ${PATIENCE_MS} ms: ${failure}`,
  });
}

/** Whether a process runs; one that has ended and that nobody has asked about does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** The processes that these have started, and those that these have. */
function childrenOf(pids: readonly number[]): number[] {
  if (pids.length === 0) return [];
  const parents = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    // The name of a program stands in parentheses, and may itself have some.
    const [, parent] = /^[^]*\) . (\d+) /.exec(/^\d+$/.test(name) ? statOf(name) : "") ?? [];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const found = new Set(pids);
  for (let size = 0; size !== found.size;) {
    size = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found].filter((pid) => !pids.includes(pid));
}

function statOf(pid: string): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/stat`);
  } catch { // It has ended.
    return "";
  }
}

/** Removes a folder, into which a process that is on its way out may still write. */
export async function removed(folder: string): Promise<void> {
  await until(`the removal of ${folder}`, async () => {
    await Deno.remove(folder, { recursive: true });
    return true;
  });
}

function killIfAlive(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch { // It has ended by itself.
  }
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** A process that was started and may still run. */
export class Running {
  /** Resolved when the process has ended. */
  readonly ended: Promise<Outcome>;
  private readonly startedAt = performance.now();
  private hasEnded = false;

  constructor(
    private readonly child: Deno.ChildProcess,
    private readonly folder: string,
    private readonly name: string,
  ) {
    this.ended = this.waitForEnd();
  }

  get pid(): number {
    return this.child.pid;
  }

  get isRunning(): boolean {
    return !this.hasEnded;
  }

  /** What it has written so far. */
  get stdout(): string {
    return textOf(`${this.folder}/${this.name}.stdout`);
  }

  get stderr(): string {
    return textOf(`${this.folder}/${this.name}.stderr`);
  }

  /** Resolved when its standard error output holds the words, behind what it said before. */
  async says(words: RegExp, before = 0): Promise<RegExpExecArray> {
    return await this.watching(`${this.name} saying ${words}`, () => {
      return words.exec(this.stderr.slice(before)) ?? undefined;
    });
  }

  /** Resolved when its standard output holds the words. */
  async prints(words: RegExp): Promise<RegExpExecArray> {
    return await this.watching(`${this.name} printing ${words}`, () => {
      return words.exec(this.stdout) ?? undefined;
    });
  }

  /** Resolved with the content of its ready file. */
  async ready(): Promise<Ready> {
    const text = await this.watching(`the ready file of ${this.name}`, () => {
      return textOf(`${this.folder}/${this.name}.ready`) || undefined;
    });
    return JSON.parse(text);
  }

  /** Sends a signal to this process alone, and never to one that has ended. */
  kill(signal: Deno.Signal): void {
    if (!this.hasEnded) this.child.kill(signal);
  }

  /** Asks it to end, and waits until it has. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<Outcome> {
    this.kill(signal);
    return await this.ended;
  }

  private async watching<T>(what: string, look: () => T | undefined): Promise<T> {
    const happened = untilFolder(this.folder, what, () => {
      const seen = look();
      if (seen !== undefined || !this.hasEnded) return seen;
      assert.fail(`${what} did not happen before it ended:\n${this.stderr}`);
    });
    return await happened;
  }

  private async waitForEnd(): Promise<Outcome> {
    const { code, signal } = await this.child.status;
    this.hasEnded = true;
    const tookMs = performance.now() - this.startedAt;
    // Whoever watches the folder for a word of this process learns that none will come.
    Deno.writeTextFileSync(`${this.folder}/${this.name}.ended`, `${code}\n`);
    return { code, signal, stdout: this.stdout, stderr: this.stderr, tookMs };
  }
}

/** What a ready file says; which keys there are depends on the command. */
export interface Ready {
  readonly identifier: string;
  readonly pid: number;
  readonly asap: readonly string[];
  readonly enrp: readonly string[];
  readonly home: string;
  readonly childPid: number;
}

/** A folder of its own for one test, and every process that the test starts. */
export class Scratch {
  private readonly processes: Running[] = [];
  private count = 0;

  private constructor(readonly folder: string) {}

  static async make(): Promise<Scratch> {
    const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "rserpool-test-" }));
    await Deno.mkdir(`${folder}/bin`);
    await Deno.mkdir(`${folder}/run`);
    // The built file looks for `deno` on the PATH; npm's own wrapper would be another process.
    await Deno.symlink(Deno.execPath(), `${folder}/bin/deno`);
    await Deno.symlink(BUILT, `${folder}/bin/rserpool`);
    return new Scratch(folder);
  }

  /** Starts rserpool. */
  start(args: readonly string[], options: StartOptions = {}): Running {
    return this.spawn(BUILT, args, options, args.find((each) => !each.startsWith("-")));
  }

  /** Starts rserpool with a ready file, which `ready()` waits for. */
  serve(command: string, args: readonly string[], options: StartOptions = {}): Running {
    const file = `${this.folder}/run/${this.count + 1}-${command}.ready`;
    return this.start([command, "--ready-file", file, ...args], options);
  }

  /** Runs rserpool to its end; one that does not end is killed, and its code is 137. */
  async run(args: readonly string[], options: StartOptions = {}): Promise<Outcome> {
    const running = this.start(args, options);
    const patience = AbortSignal.timeout(PATIENCE_MS);
    patience.onabort = () => running.kill("SIGKILL");
    const outcome = await running.ended;
    patience.onabort = null;
    return outcome;
  }

  /** Starts any program. */
  spawn(
    program: string,
    args: readonly string[],
    { env = {}, cwd = this.folder, within = [] }: StartOptions = {},
    label = program.split("/").at(-1)!,
  ): Running {
    const name = `${++this.count}-${label}`;
    const output = `${this.folder}/run/${name}`;
    const child = new Deno.Command("sh", {
      // A pipe that nobody drains would stop the process; `exec` keeps its pid the child's.
      args: ["-c", 'out=$1; shift; exec "$@" >"$out.stdout" 2>"$out.stderr"', "sh", output]
        .concat(within, program, args),
      clearEnv: true,
      env: this.environment(env),
      cwd,
      stdin: "null",
    }).spawn();
    const running = new Running(child, `${this.folder}/run`, name);
    this.processes.push(running);
    return running;
  }

  /** An environment without anything that would change what rserpool does. */
  environment(added: Readonly<Record<string, string>> = {}): Record<string, string> {
    const inherited = Deno.env.toObject();
    const path = `${this.folder}/bin:${inherited.PATH ?? "/usr/bin:/bin"}`;
    const kept = Object.entries(inherited).filter(([name]) =>
      ["DENO_DIR", "HOME", "LANG", "TMPDIR"].includes(name)
    );
    return { ...Object.fromEntries(kept), PATH: path, ...added };
  }

  /** Starts a registrar on free ports of the loopback. */
  async registrar(args: readonly string[] = []): Promise<Running & { readonly at: RegistrarAt }> {
    const addresses = ["--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0"];
    const running = this.serve("registrar", [...addresses, ...args]);
    const { asap, enrp, identifier } = await running.ready();
    return Object.assign(running, { at: { asap: asap[0]!, enrp: enrp[0]!, identifier } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const left = this.processes.filter((each) => each.isRunning);
    // What is killed so cannot end what it has started itself, in a process group of its own.
    const started = childrenOf(left.map(({ pid }) => pid));
    for (const running of left) running.kill("SIGKILL");
    for (const pid of started) killIfAlive(pid);
    for (const running of this.processes) await running.ended;
    await removed(this.folder);
  }
}

/** Where a registrar serves, as HOST:PORT, and who it is. */
export interface RegistrarAt {
  readonly asap: string;
  readonly enrp: string;
  readonly identifier: string;
}
