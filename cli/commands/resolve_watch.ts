/** `resolve POOL --watch`: a pool as it is now, and at every change. RFC 5352 §2.2.5. */

import type { Api, PoolUpdate, PoolUser, PoolUserSettings } from "../api.ts";
import type { Context } from "../command.ts";
import { lastingUser, type LastingUserOptions } from "../lasting_user.ts";
import type { Output } from "../output.ts";
import { parsePoolArgument } from "../pool_argument.ts";
import { printableJson } from "../printable.ts";
import { answered } from "../answer.ts";
import type { Template } from "../template.ts";
import { resultOf } from "./resolve_result.ts";

/** What is watched, and how it is printed. */
interface WatchOptions extends LastingUserOptions {
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
  const { signal, stdout } = context;
  const { timeout: timeoutMs, maxHandleBytes } = options;
  const poolHandle = parsePoolArgument(pool, await context.api(), maxHandleBytes);
  // What is chosen with --first is of the answer that is printed, and asked of nobody.
  const timing = { staleCacheValueMs: Infinity };
  await using lasting = await lastingUser(context, options, { ...found, timing });
  const { user, api, secured } = lasting;
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
