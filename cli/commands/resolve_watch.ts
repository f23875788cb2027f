/** `resolve POOL --watch`: a pool as it is now, and at every change. RFC 5352 §2.2.5. */

import { formatAddress } from "../address.ts";
import type { Api, PoolUpdate, PoolUser, PoolUserEvent, PoolUserSettings } from "../api.ts";
import { AttemptLog } from "../attempt_log.ts";
import { securedTransport } from "../client_security.ts";
import type { Context } from "../command.ts";
import { reloadAtHangUp } from "../hang_up.ts";
import type { Log } from "../log.ts";
import type { ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import type { Output } from "../output.ts";
import { parsePoolArgument } from "../pool_argument.ts";
import { printableJson } from "../printable.ts";
import { answered } from "../answer.ts";
import { staggerMs } from "../registrars.ts";
import type { Template } from "../template.ts";
import { givenTimers, USER_TIMERS } from "../timer_options.ts";
import { resultOf } from "./resolve_result.ts";

/** A registrar that is back is found within this; RETRAN-MAX would have a person wait for long. */
const LONGEST_PAUSE_MS = 5_000;

/** What is watched, and how it is printed. */
interface WatchOptions extends SharedValues, ValuesOf<typeof USER_TIMERS> {
  readonly items?: number | undefined;
  readonly first: boolean;
  readonly format?: Template | undefined;
}

/** Prints answers until it is stopped, which is its orderly end. */
export async function watchPool(
  context: Context,
  options: WatchOptions,
  pool: string,
  found: Pick<PoolUserSettings, "registrars" | "discover">,
): Promise<void> {
  const { log, signal, stdout } = context;
  const { timeout: timeoutMs, maxHandleBytes } = options;
  const api = await context.api();
  const poolHandle = parsePoolArgument(pool, api, maxHandleBytes);
  const secured = await securedTransport(context, options);
  const { transport, reload } = secured;
  const stopReloading = reload && reloadAtHangUp(context.world, reload);
  const user = new api.PoolUser({
    ...found,
    ...(transport && { transport }),
    staggerMs: staggerMs(found.registrars, timeoutMs),
    timing: {
      retranMaxMs: LONGEST_PAUSE_MS,
      ...givenTimers(USER_TIMERS, options),
      // What is chosen with --first is of the answer that is printed, and asked of nobody.
      staleCacheValueMs: Infinity,
    },
    limits: { maxHandleBytes },
    onEvent: narrator(log, api),
  });
  const printer = new Printer(stdout, options, api);
  const printAll = async () => {
    for await (const update of user.watch(poolHandle, { timeoutMs, signal })) {
      await printer.print(await chosen(update, user, options));
    }
  };
  try {
    await answered(printAll(), "ASAP", secured);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    stopReloading?.();
    await user.close();
  }
}

/** What of an update is printed: with `--first` what the pool's policy chooses, if anything. */
async function chosen(
  update: PoolUpdate,
  user: PoolUser,
  { first, items }: WatchOptions,
): Promise<PoolUpdate> {
  const poolElements = update.poolElements.slice(0, items);
  if (!first || poolElements.length === 0) return { ...update, poolElements };
  return { ...update, poolElements: [await user.select(update.poolHandle, { items })] };
}

/** Prints answer after answer, so that a reader can tell one from the next. */
class Printer {
  private readonly stdout: Output;
  private readonly options: WatchOptions;
  private readonly api: Api;
  private isFirst = true;

  constructor(stdout: Output, options: WatchOptions, api: Api) {
    this.stdout = stdout;
    this.options = options;
    this.api = api;
  }

  async print(update: PoolUpdate): Promise<void> {
    const { stdout, api, options: { format, first } } = this;
    const result = resultOf(api, update);
    if (format !== undefined) {
      const lines = update.poolElements.map((each) => format(each, update.poolHandle, api));
      // One line an answer, if it is one element an answer.
      if (first) return stdout.print(`${lines[0] ?? ""}\n`);
      this.separate("\n");
      return stdout.print(lines.map((line) => `${line}\n`).join(""));
    }
    switch (stdout.settings.output) {
      case "json":
      case "ndjson":
        return stdout.print(`${printableJson(result.json())}\n`);
      case "yaml":
        this.separate("---\n");
        return await stdout.printResult(result);
      default:
        this.separate("\n");
        return await stdout.printResult(result);
    }
  }

  private separate(separator: string): void {
    if (!this.isFirst) this.stdout.print(separator);
    this.isFirst = false;
  }
}

/** What happens between the answers: with `-v` all, else that what was printed may be outdated. */
function narrator(log: Log, api: Api): (event: PoolUserEvent) => void {
  const attempts = new AttemptLog(log, api.describeAttempt);
  let isFound = false;
  let isMissed = false;
  return (event) => {
    if (event.type === "home-adopted") {
      attempts.settle();
      log[isMissed ? "notice" : "info"](`registrar ${formatAddress(event.registrar)} answers`);
      isFound = true;
      isMissed = false;
    } else if (event.type === "home-lost") {
      const { registrar: address, reason, detail } = event;
      log.info(`lost the registrar: ${api.describeAttempt({ address, reason, detail })}`);
    } else if (event.type === "hunt-failure") {
      const all = event.attempts.map(api.describeAttempt).join("; ");
      // Before the first answer nothing is outdated, and --timeout ends it with these words.
      const isNews = isFound && !isMissed;
      log[isNews ? "warning" : "info"](`no registrar answers, trying on: ${all}`);
      isMissed = isFound;
    } else if (!attempts.tell(event)) {
      const { type, ...fields } = event;
      if (type !== "updated") log.debug(type, fields);
    }
  };
}
