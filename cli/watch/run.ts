/** A watch from its start to its end: pools, what is printed, a command, and what stops it. */

import { answered } from "../answer.ts";
import type { PoolHandle, PoolUpdate } from "../api.ts";
import type { Context } from "../command.ts";
import { closeDebugger } from "../debugger.ts";
import { discoverSettings } from "../discovery_options.ts";
import { EXIT, ExitError } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import { reloadAtHangUp } from "../hang_up.ts";
import { type LastingUser, lastingUser } from "../lasting_user.ts";
import type { SharedValues } from "../options.ts";
import { aborted } from "../pause.ts";
import { parsePoolArgument } from "../pool_argument.ts";
import { ReadyFile } from "../ready_file.ts";
import { asapAddresses, enrpAddresses, staggerMs } from "../registrars.ts";
import { Views } from "../views.ts";
import { AllPools } from "./all_pools.ts";
import { contentOf } from "./changes.ts";
import { ExecRunner } from "./exec_runner.ts";
import { WATCH_LIMITS, type WatchValues } from "./options.ts";
import { PoolSet } from "./pool_set.ts";
import { Printer } from "./printer.ts";
import { wholeAnswer } from "./whole_answer.ts";

type Options = WatchValues & SharedValues;

/** Watches until it is stopped, or once. */
export async function runWatch(
  context: Context,
  options: Options,
  pools: readonly string[],
): Promise<void> {
  const { signal, world } = context;
  const api = await context.api();
  const parse = (text: string) => parsePoolArgument(text, api, options.maxHandleBytes);
  const handles = [...new Set(pools.map(parse))];
  const registrars = asapAddresses(context, options);
  const where = discoverSettings(context, options);
  const enrp = options.all ? enrpAddresses(context, options) : [];
  const readyFile = new ReadyFile(options.readyFile);
  await readyFile.clear();
  const removals = options.once ? [] : [
    reloadAtHangUp(world, () => Promise.resolve()), // without credentials, and under nohup
    world.onSignal("SIGUSR1", () => void closeDebugger()),
  ];
  // An answer that a subscription keeps is never stale.
  const lasting = await lastingUser(context, { ...options, staleCacheValue: undefined }, {
    registrars,
    ...where,
  });
  const { transport } = lasting.secured;
  const observer = options.all
    ? new api.Observer({
      registrars: enrp,
      staggerMs: staggerMs(enrp, options.timeout),
      ...where,
      ...(transport && { transport }),
    })
    : undefined;
  const watching = new Watching(context, options, { lasting, handles, observer });
  try {
    await watching.run(() => readyFile.write({ pid: Deno.pid }));
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await watching.close();
    await Promise.all([lasting[Symbol.asyncDispose](), observer?.close()]);
    removals.forEach((remove) => remove());
  }
  await readyFile.remove();
}

interface Parts {
  readonly lasting: LastingUser;
  /** The pools that are named. */
  readonly handles: readonly PoolHandle[];
  /** With `--all`. */
  readonly observer: InstanceType<LastingUser["api"]["Observer"]> | undefined;
}

/** Pools, and what happens when they change. */
class Watching {
  private readonly context: Context;
  private readonly options: Options;
  private readonly parts: Parts;
  private readonly pools: PoolSet;
  private readonly printer: Printer;
  private readonly views: Views;
  private readonly prints: boolean;
  private readonly exec: ExecRunner | undefined;
  private readonly failure = Promise.withResolvers<never>();
  private readonly over = new AbortController();
  /** Pools that no registrar lets us watch. */
  private readonly refused = new Set<PoolHandle>();
  private readonly removals: readonly (() => void)[];
  private isBegun = false;
  private isTooMany = false;

  constructor(context: Context, options: Options, parts: Parts) {
    const { stdout, log } = context;
    const { lasting: { user, api }, handles } = parts;
    this.context = context;
    this.options = options;
    this.parts = parts;
    this.views = new Views(api);
    this.printer = new Printer(stdout, api);
    this.prints = options.exec === undefined || context.sourceOf("output") === "option";
    this.failure.promise.catch(() => {});
    this.pools = new PoolSet(user, {
      told: (update, before) => this.told(update, before),
      failed: (poolHandle, error) => void this.failed(poolHandle, error),
    });
    const scope = options.all ? "all" : handles.length === 1 ? "one" : "several";
    const { exec: command, debounce: debounceMs, execTimeout: timeoutMs, once } = options;
    this.exec = command === undefined ? undefined : new ExecRunner({
      command,
      log,
      settings: { debounceMs, timeoutMs, once },
      input: () => wholeAnswer(api, this.pools.present(), scope),
    });
    this.removals = this.exec === undefined ? [] : this.listen(context.world);
  }

  /** Runs until the signal, or once; `ready` is called when it has begun. */
  async run(ready: () => Promise<void>): Promise<void> {
    const { exec, options, context: { signal } } = this;
    const stopped = aborted(signal);
    await Promise.race([this.begin(), this.failure.promise, stopped]);
    if (signal.aborted) return;
    if (options.once && this.prints) await this.printer.printAll(this.pools.present());
    exec?.changed();
    if (options.once) return await this.execOnce(stopped);
    await Promise.race([exec?.succeeded, this.failure.promise, stopped]);
    if (signal.aborted) return;
    await ready();
    await Promise.race([this.failure.promise, stopped]);
  }

  /** Watches nothing any more, and lets a running command end; a second signal kills it. */
  async close(): Promise<void> {
    this.over.abort();
    this.pools.close();
    this.exec?.stop();
    await Promise.all([this.printer.printing, this.exec?.ended]);
    this.removals.forEach((remove) => remove());
  }

  /** The first signal leads to `close`, which may come after the second. */
  private listen(world: Context["world"]): (() => void)[] {
    let count = 0;
    const onSignal = () => {
      if (++count > 1) this.exec?.stop();
    };
    return (["SIGTERM", "SIGINT"] as const).map((name) => world.onSignal(name, onSignal));
  }

  /** Resolved when every pool has had an answer. */
  private async begin(): Promise<void> {
    const { options: { timeout }, parts: { handles, observer }, context: { world, log } } = this;
    const end = world.now() + timeout;
    if (observer === undefined) {
      await Promise.all(handles.map((each) => this.pools.add(each, timeout)));
    } else {
      const all = this.allPools(observer);
      const found = await all.look(this.over.signal);
      if (found.size === 0) log.event("notice", "pools-missing", {}, "there is no pool yet");
      const left = Math.max(1, end - world.now());
      await Promise.all(this.choose(found).map((each) => this.pools.add(each, left)));
      if (!this.options.once) void all.follow((found) => this.found(found), this.over.signal);
    }
    this.isBegun = true;
  }

  private allPools(observer: NonNullable<Parts["observer"]>): AllPools {
    const { options: { timeout, poolsInterval }, context: { log } } = this;
    const { secured } = this.parts.lasting;
    const times = { timeoutMs: timeout, intervalMs: poolsInterval };
    return new AllPools({ observer, secured, log, ...times, random: Math.random });
  }

  private found(listed: ReadonlySet<PoolHandle>): void {
    for (const each of [...this.refused]) if (!listed.has(each)) this.refused.delete(each);
    this.pools.dropVanished(listed);
    for (const each of this.choose(listed)) void this.pools.add(each);
  }

  /** Which pools of a list are to be watched from now on: new ones, as far as there is room. */
  private choose(listed: ReadonlySet<PoolHandle>): PoolHandle[] {
    const isNew = (each: PoolHandle) => !this.pools.has(each) && !this.refused.has(each);
    const all = [...listed].filter(isNew).sort();
    const room = WATCH_LIMITS.maxPools - this.pools.size;
    if (all.length > room && !this.isTooMany) {
      const message = `there are more than ${WATCH_LIMITS.maxPools} pools: not all are watched`;
      this.context.log.event("warning", "pools-too-many", {}, message);
    }
    this.isTooMany = all.length > room;
    return all.slice(0, room);
  }

  private told(update: PoolUpdate, before: PoolUpdate | undefined): void {
    if (this.prints && !this.options.once) {
      this.printer.tell(update, before, this.isBegun).catch(this.failure.reject);
    }
    if (this.exec === undefined || !this.isBegun) return;
    // A new registrar tells all anew: no reason to run what has seen it.
    if (this.content(update) !== this.content(before)) this.exec.changed();
  }

  private content(update: PoolUpdate | undefined): string {
    const elements = update?.poolElements ?? [];
    return contentOf(elements.map((each) => this.views.poolElement(each, NO_ASAP)));
  }

  /** Of all pools those that may not be watched are left out; a named one is wanted. */
  private async failed(poolHandle: PoolHandle, error: unknown): Promise<void> {
    const { options: { all }, parts: { lasting: { secured } }, context: { log } } = this;
    try {
      await answered(Promise.reject(error), "ASAP", secured);
    } catch (known) {
      if (!all || (error as Error).name !== "ResolutionRejected") return this.failure.reject(known);
      const message = `pool "${poolHandle}" is not watched: ${reasonOf(known)}`;
      log.event("warning", "pool-unwatched", { poolHandle }, message);
      this.refused.add(poolHandle);
      this.pools.drop(poolHandle);
    }
  }

  private async execOnce(stopped: Promise<void>): Promise<void> {
    if (this.exec === undefined) return;
    const ended = await Promise.race([this.exec.ended, stopped]);
    if (ended?.failure === undefined) return;
    throw new ExitError(EXIT.world, `the command failed: ${ended.failure}`);
  }
}

const NO_ASAP = { asapTransport: false };
