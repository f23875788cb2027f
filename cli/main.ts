/**
 * The program: understands the command line, runs the command, and turns what happens into an exit
 * code.
 */

import type { Context } from "./command.ts";
import type { Configuration } from "./config.ts";
import { EXIT, UsageError } from "./exit.ts";
import { explain } from "./failure.ts";
import { parseCommandLine, type Parsed } from "./grammar.ts";
import { Log, thresholdOf } from "./log.ts";
import { prepareLastWords } from "./last_words.ts";
import { longName, type Option } from "./option.ts";
import { SHARED_OPTIONS, type SharedValues, usesShared } from "./options.ts";
import { Output, wantsColor } from "./output.ts";
import { printable } from "./printable.ts";
import { namedConfiguration, resolveCommand } from "./resolved.ts";
import { thisServiceManager } from "./service/this_service.ts";
import type { Origin } from "./values.ts";
import { realWorld, type Terminal, type World } from "./world.ts";

/** What the scripts of `completions` call; no command for people. */
const COMPLETE = "__complete";
/** How long the last diagnostics of a long-running command may wait for a reader. */
const FLUSH_MS = 500;

/**
 * Runs a command line.
 *
 * @returns the exit code.
 */
export async function main(argv: readonly string[], world: World): Promise<number> {
  const invocation = new Invocation(world);
  try {
    return await invocation.run(argv);
  } catch (error) {
    return invocation.fail(error);
  } finally {
    invocation.log.tellUntold();
    await world.background.flush(FLUSH_MS);
  }
}

/** One run of the program. */
class Invocation {
  private readonly world: World;
  /** Until the options are known, failures are told in the plainest way. */
  log: Log;
  /** What is said of the command line itself reads alike for all commands: nothing runs yet. */
  private beforeStart: Log;

  constructor(world: World) {
    this.world = world;
    this.log = new Log((line) => writeText(world.stderr, line));
    this.beforeStart = this.log;
  }

  async run(argv: readonly string[]): Promise<number> {
    const { world } = this;
    if (argv[0] === COMPLETE) {
      const { runComplete } = await import("./completion/run.ts");
      await runComplete(argv.slice(1), world);
      return EXIT.ok;
    }
    const parsed = await parseCommandLine(argv, {
      stdout: world.stdout,
      print: (text) => writeText(world.stdout, text),
      printError: (text) => writeText(world.stderr, text),
    });
    if (parsed === undefined) return EXIT.ok;
    const configuration = await namedConfiguration(parsed.given, world);
    const resolved = resolve(parsed, world, configuration);
    const { values, options, origins } = resolved;
    if (values.printConfig === true) {
      const { printValues } = await import("./configuration/print.ts");
      const color = wantsColor(options.color, world.stdout, world);
      await printValues(parsed, resolved, new Output(world.stdout, { ...options, color }));
      return EXIT.ok;
    }
    const { longRunning } = parsed.command;
    const isLong = typeof longRunning === "function" ? longRunning(values) : longRunning === true;
    await this.makeLogs(options, isLong);
    this.warnOfUnused(parsed);
    const context = this.contextOf(parsed, options, origins, configuration, isLong);
    return await parsed.command.run(context, values, parsed.args) ?? EXIT.ok;
  }

  /** Tells why it failed, on one line. */
  fail(error: unknown): number {
    const { code, message } = explain(error);
    const log = error instanceof UsageError ? this.beforeStart : this.log;
    if (message !== "") log.event("error", "fatal", { code }, message);
    if (code === EXIT.bug && error instanceof Error) {
      log.event("debug", "bug", { stack: error.stack }, error.stack);
    }
    return code;
  }

  private async makeLogs(options: SharedValues, longRunning: boolean): Promise<void> {
    const { stderr, background } = this.world;
    const more = longRunning ? (await import("./events/long_log.ts")).longLog(this.world) : {};
    const settings = {
      ...more,
      threshold: thresholdOf(options),
      format: options.logFormat,
      color: wantsColor(options.color, stderr, this.world),
      timestamps: false,
    };
    this.beforeStart = new Log((line) => writeText(stderr, line), settings);
    this.log = longRunning
      ? new Log((line) => background.write(line), { ...settings, timestamps: true })
      : this.beforeStart;
  }

  private warnOfUnused(parsed: Parsed): void {
    for (const key of Object.keys(parsed.given)) {
      if (!(key in SHARED_OPTIONS) || usesShared(parsed.command, key)) continue;
      const option: Option<unknown> = SHARED_OPTIONS[key as keyof typeof SHARED_OPTIONS];
      const name = longName(option);
      const message = `--${name} has no effect on ${parsed.name}`;
      this.beforeStart.event("warning", "option-unused", { option: name }, message);
    }
  }

  private contextOf(
    parsed: Parsed,
    options: SharedValues,
    origins: Readonly<Record<string, Origin>>,
    configuration: Configuration | undefined,
    isLong: boolean,
  ): Context {
    const { world, log } = this;
    const color = wantsColor(options.color, world.stdout, world);
    return {
      stdout: new Output(world.stdout, { ...options, color }),
      log,
      signal: isLong ? stopSignal(world) : new AbortController().signal,
      world,
      api: () => world.loadApi(),
      clientApi: () => world.loadClientApi(),
      sourceOf: (key) => origins[key]?.source ?? "default",
      argumentsBeforeDashes: parsed.argumentsBeforeDashes,
      configuration,
      reread: async () => {
        const { changesOf } = await import("./configuration/changes.ts");
        const configuration = await namedConfiguration(parsed.given, world);
        const now = resolve(parsed, world, configuration);
        log.showFrom(thresholdOf(now.options));
        return { configuration, changes: changesOf(parsed, origins, now.origins) };
      },
    };
  }
}

/** All values of a command line, with what a configuration file says. */
function resolve(parsed: Parsed, world: World, configuration: Configuration | undefined) {
  const { given, command, entry } = parsed;
  const env = (name: string) => world.env(name);
  return resolveCommand(entry.name, command, { given, env, configuration });
}

/**
 * Aborts at the first SIGTERM or SIGINT; one-shot commands have no such handler and die of them.
 */
function stopSignal(world: World): AbortSignal {
  thisServiceManager(); // before anything is started that must not take itself for this service
  const controller = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    world.onSignal(name, () => {
      controller.abort(name);
      tellStopping();
    });
  }
  return controller.signal;
}

/** Whoever runs this as a service knows then that it ends in order. */
function tellStopping(): void {
  const manager = thisServiceManager();
  if (manager !== undefined && manager !== "deaf") void manager.stopping();
}

function writeText(terminal: Terminal, text: string): void {
  terminal.write(new TextEncoder().encode(text));
}

/** Ends the process at a failure that nobody waited for: a bug, told on one line as all others. */
export function endAtBugs(world: World): void {
  const end = (event: Event, error: unknown) => {
    event.preventDefault();
    const { code, message } = explain(error);
    prepareLastWords();
    writeText(world.stderr, `rserpool: ${printable(message)}\n`);
    world.exit(code);
  };
  globalThis.addEventListener("error", (event) => end(event, event.error));
  globalThis.addEventListener("unhandledrejection", (event) => end(event, event.reason));
}

if (import.meta.main) {
  const world = realWorld();
  endAtBugs(world);
  world.exit(await main(Deno.args, world));
}
