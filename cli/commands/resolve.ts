/** `resolve POOL`: from a pool handle to pool elements. RFC 5352 §3.3. */

import type { ClientApi, PoolUserSettings, Resolution } from "../api.ts";
import { followAttempts } from "../attempt_log.ts";
import { type Secured, securedTransport } from "../client_security.ts";
import { type Context, defineCommand } from "../command.ts";
import { discoverSettings } from "../discovery_options.ts";
import { formatDuration, parsePositiveDuration } from "../duration.ts";
import { EXIT, ExitError, UsageError } from "../exit.ts";
import { flag, parseInteger, value, type ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import { parsePoolArgument } from "../pool_argument.ts";
import { answered } from "../answer.ts";
import { asapAddresses, staggerMs } from "../registrars.ts";
import { givenTimers, USER_TIMERS } from "../timer_options.ts";
import { FIELD_NAMES, parseTemplate } from "../template.ts";
import type { World } from "../world.ts";
import { resultOf } from "./resolve_result.ts";

/** The most elements that can be asked for: 32 bits, of which all ones stand for "all". */
const MAX_ITEMS = 0xfffffffe;
/**
 * How long `--wait` waits between two questions: short at first, as a deployment is nearly done.
 */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** A question that the end of `--wait` leaves less time than this may well have no answer. */
const SHORTEST_QUESTION_MS = 250;

const options = {
  items: value(
    "--items <N>",
    "ask for at most N pool elements",
    parseInteger(1, MAX_ITEMS),
  ),
  first: flag("--first", "keep one pool element, chosen by the pool's policy"),
  format: value("--format <TEMPLATE>", "print one line for each pool element", parseTemplate),
  wait: value(
    "--wait <DURATION>",
    "wait until the pool has pool elements",
    parsePositiveDuration,
  ),
  min: value("--min <N>", "with --wait: how many it must have (default: 1)", parseInteger(1, 1e6)),
  watch: flag("--watch", "go on, and print a whole answer at every change"),
  ...USER_TIMERS,
};

type Options = ValuesOf<typeof options> & SharedValues;

/** The command. */
export const command = defineCommand({
  arguments: [["<POOL>", "the pool handle"]],
  options,
  uses: ["registrar", "question", "security", "certificate", "multicast", "handle", "output"],
  notes: `
Pool elements are printed in the order that the registrar gave them.

Fields of TEMPLATE are ${FIELD_NAMES.map((name) => `{${name}}`).join(" ")}:
{endpoint} is host:port, {host} is bracketed for IPv6, {address} is the first address; \\t, \\n and
{{ stand for a tab, a new line and a brace.

--watch prints a whole answer now, at every change and after each change of the registrar; a pool
that is unknown has no pool elements, and is waited for. With -o json and ndjson an answer is a
line, with --first --format too (an empty one if there is none); yaml has --- between two answers,
other forms an empty line. --timeout is for the first answer; registrars that are away later are
tried every few seconds (--retran-max, here 5s). SIGTERM and SIGINT end it (exit code 0).`,
  examples: [
    ["rserpool resolve web", "list the pool elements of the pool web"],
    ["rserpool resolve web -o json | jq -r '.poolElements[].identifier'", "their identifiers"],
    [
      `curl "$(rserpool resolve web --first --format 'http://{endpoint}/')"`,
      "fetch a page from one of them",
    ],
    ["rserpool resolve web --wait 30s --min 2", "wait until two of them are there"],
    ["rserpool resolve web --watch -o json", "one line now, and one at every change"],
  ],
  longRunning: (options) => options.watch,
  run,
});

async function run(context: Context, options: Options, args: readonly string[]): Promise<void> {
  requireSense(context, options);
  const registrars = asapAddresses(context, options);
  const where = { registrars, ...discoverSettings(context, options) };
  if (options.watch) {
    const { watchPool } = await import("./resolve_watch.ts");
    return await watchPool(context, options, args[0]!, where);
  }
  const api = await context.clientApi();
  const poolHandle = parsePoolArgument(args[0]!, api, options.maxHandleBytes);
  const secured = await securedTransport(context, options);
  const found = { ...where, ...secured, ...followAttempts(context.log, api) };
  const ask = (timeoutMs: number) => resolveOnce(api, options, found, poolHandle, timeoutMs);
  const resolution = options.wait === undefined
    ? requireElements(await ask(options.timeout))
    : await waitForElements(context.world, ask, options.wait, options);
  await print(context, options, api, resolution);
}

function requireSense(context: Context, options: Options): void {
  if (options.format !== undefined && context.sourceOf("output") === "option") {
    throw new UsageError("--format and -o exclude each other");
  }
  if (options.watch && options.wait !== undefined) {
    throw new UsageError("--wait and --watch exclude each other: --watch waits for ever");
  }
  if (options.min === undefined) return;
  if (options.wait === undefined) throw new UsageError("--min needs --wait DURATION");
  if (options.items !== undefined && options.items < options.min) {
    throw new UsageError(`--items ${options.items} is less than --min ${options.min}`);
  }
}

/** What an asking brought, and how many elements there were before one was chosen. */
interface Found {
  readonly resolution: Resolution;
  readonly count: number;
}

/** Asks the registrars once; with `--first`, the user that got the answer also chooses. */
async function resolveOnce(
  api: ClientApi,
  options: Options,
  found: Pick<PoolUserSettings, "registrars" | "discover" | "onEvent"> & Secured,
  poolHandle: string,
  timeoutMs: number,
): Promise<Found> {
  const { items, maxHandleBytes } = options;
  const user = new api.PoolUser({
    ...found,
    staggerMs: staggerMs(found.registrars, timeoutMs),
    once: true,
    // The whole wait is --timeout: asking the same registrar again over TCP brings nothing unless
    // somebody wants it.
    timing: { t1EnrpRequestMs: timeoutMs, ...givenTimers(USER_TIMERS, options) },
    limits: { maxHandleBytes },
  });
  try {
    const wanted = { items, timeoutMs };
    const resolution = await answered(user.resolve(poolHandle, wanted), "ASAP", found);
    const count = resolution.poolElements.length;
    if (!options.first || count === 0) return { resolution, count };
    const chosen = await answered(user.select(poolHandle, wanted), "ASAP", found);
    return { resolution: { ...resolution, poolElements: [chosen] }, count };
  } finally {
    void user.close();
  }
}

function requireElements({ resolution, count }: Found): Resolution {
  if (count > 0) return resolution;
  throw new ExitError(
    EXIT.unknownPool,
    `no pool element is left in pool "${resolution.poolHandle}"`,
  );
}

/** Asks again and again until enough elements are there; registrars may come up meanwhile, too. */
async function waitForElements(
  world: World,
  ask: (timeoutMs: number) => Promise<Found>,
  waitMs: number,
  { timeout, min: least = 1 }: Options,
): Promise<Resolution> {
  const end = world.now() + waitMs;
  let pause = FIRST_PAUSE_MS;
  let last: ExitError | undefined;
  for (;;) {
    const timeoutMs = Math.max(1, Math.min(timeout, end - world.now()));
    try {
      const { resolution, count } = await ask(timeoutMs);
      if (count >= least) return resolution;
      const elements = count === 1 ? "1 pool element" : `${count} pool elements`;
      last = new ExitError(EXIT.unknownPool, `it has ${elements}, and ${least} are needed`);
    } catch (error) {
      if (!isPassing(error)) throw error;
      // Whoever had so little time left is not silent; the answer before is what is known.
      if (last === undefined || timeoutMs >= SHORTEST_QUESTION_MS) last = error;
    }
    const left = end - world.now();
    if (left <= 0) break;
    await world.pause(Math.min(pause, left));
    pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
  }
  throw new ExitError(last.code, `waited ${formatDuration(waitMs)} in vain: ${last.message}`);
}

function isPassing(error: unknown): error is ExitError {
  if (!(error instanceof ExitError)) return false;
  return error.code === EXIT.unknownPool || error.code === EXIT.noRegistrar;
}

async function print(
  context: Context,
  options: Options,
  api: ClientApi,
  resolution: Resolution,
): Promise<void> {
  const { format } = options;
  if (format === undefined) return await context.stdout.printResult(resultOf(api, resolution));
  const { poolHandle, poolElements } = resolution;
  const lines = poolElements.map((element) => `${format(element, poolHandle, api)}\n`);
  context.stdout.print(lines.join(""));
}
