/** A monitor from its start to its end. */

import { formatAddress } from "../address.ts";
import type { ClientApi, Observer } from "../api.ts";
import { securedTransport } from "../client_security.ts";
import type { Context } from "../command.ts";
import type { CspListener } from "../csp/listener.ts";
import { closeDebugger } from "../debugger.ts";
import { discoverSettings } from "../discovery_options.ts";
import { UsageError } from "../exit.ts";
import { reloadAtHangUp } from "../hang_up.ts";
import { Log } from "../log.ts";
import type { SharedValues } from "../options.ts";
import { aborted } from "../pause.ts";
import { ReadyFile } from "../ready_file.ts";
import { enrpAddresses } from "../registrars.ts";
import { emptyData } from "./data.ts";
import { FullScreen } from "./full_screen.ts";
import { type AskedSource, askedSources, Gatherer, toldLine } from "./gather.ts";
import { httpClient, HttpSource } from "./http_source.ts";
import { learn, momentOf, type News } from "./inputs.ts";
import { MONITOR_LIMITS } from "./limits.ts";
import type { MonitorValues } from "./options.ts";
import { askOnce } from "./once.ts";
import { PlainPrinter } from "./plain.ts";

type Options = MonitorValues & SharedValues;

/** How often what passes by itself is looked at: ages, components that are silent. */
const TICK_MS = 1_000;

/** Whoever learns what is gathered. */
export interface Learner {
  learn(news: News): void;
}

/** Shows registrars until it is stopped, or once. */
export async function runMonitor(context: Context, options: Options): Promise<void> {
  const { world, stdout } = context;
  const isFull = !options.once && !stdout.settings.quiet && stdout.settings.output === "table" &&
    world.stdout.isTerminal && world.stdin.isTerminal && world.env("TERM") !== "dumb";
  // Lines on standard error would stand across the screen; it opens after what it is made of.
  const early: News[] = [];
  let tell = (news: News): void => void early.push(news);
  const log = isFull ? tailLog((news) => tell(news)) : context.log;
  const parts = await open({ ...context, log }, options);
  const readyFile = new ReadyFile(options.readyFile);
  await readyFile.clear();
  const removals = [
    ...(isFull || options.once
      ? []
      : [reloadAtHangUp(world, parts.reload ?? (() => Promise.resolve()))]),
    world.onSignal("SIGUSR1", () => void closeDebugger()),
  ];
  const over = new AbortController();
  const end = () => over.abort();
  context.signal.addEventListener("abort", end);
  if (context.signal.aborted) end();
  try {
    if (options.once) return await askOnce(context, parts, over.signal);
    const learner = isFull
      ? new FullScreen(context, parts.data, end)
      : new PlainLearner(context, parts);
    await using _ = learner;
    tell = (news) => learner.learn(news);
    early.forEach(tell);
    const ready = () => readyFile.write({ pid: Deno.pid });
    await Promise.race([
      gather(parts, readyLearner(parts, learner, ready), over.signal),
      learner.failure,
    ]);
    await readyFile.remove();
  } catch (error) {
    if (!over.signal.aborted) throw error;
  } finally {
    end();
    context.signal.removeEventListener("abort", end);
    removals.forEach((remove) => remove());
    await Promise.all(parts.observers.map((observer) => observer.close()));
    parts.client.close();
  }
}

/** What a run is made of. */
export interface Parts {
  readonly api: ClientApi;
  readonly options: Options;
  readonly sources: readonly AskedSource[];
  readonly observers: readonly Observer[];
  readonly https: readonly HttpSource[];
  readonly client: Deno.HttpClient;
  readonly data: ReturnType<typeof emptyData>;
  readonly now: () => number;
  readonly reload: (() => Promise<void>) | undefined;
  readonly gatherer: (learn: (news: News) => void) => Gatherer;
}

async function open(context: Context, options: Options): Promise<Parts> {
  const { world } = context;
  const api = await context.clientApi();
  const addresses = wantsRegistrars(context, options) ? enrpAddresses(context, options) : [];
  const secured = addresses.length > 0 || options.discover
    ? await securedTransport(context, options)
    : {};
  const { transport, reload } = secured;
  const make = (registrars: ConstructorParameters<typeof Observer>[0]["registrars"]) =>
    new api.Observer({
      registrars,
      ...(registrars.length === 0 ? discoverSettings(context, options) : {}),
      ...(transport && { transport }),
    });
  const sources = askedSources(addresses, make);
  if (options.discover) sources.push({ label: "announced", observer: make([]) });
  requireBounds(sources.length, options.http.length);
  const client = await httpClient(context, options, options.http);
  const https = options.http.map((url) => new HttpSource(url, client, options.timeout));
  const now = () => world.now();
  return {
    api,
    options,
    sources,
    observers: sources.map(({ observer }) => observer),
    https,
    client,
    data: emptyData(
      sources.map(({ label }) => label),
      https.map(({ url }) => url.host),
      options.csp !== undefined,
    ),
    now,
    reload,
    gatherer: (learn) =>
      new Gatherer({
        api,
        secured,
        intervalMs: options.interval,
        timeoutMs: options.timeout,
        now,
        learn,
      }),
  };
}

/** With `--csp` alone nobody is asked: that is what cspmonitor does. */
function wantsRegistrars({ sourceOf }: Context, options: Options): boolean {
  if (options.csp === undefined || options.http.length > 0) return true;
  return sourceOf("registrar") !== "default" || sourceOf("enrpRegistrar") !== "default";
}

function requireBounds(registrars: number, https: number): void {
  const { registrars: most, https: mostHttps } = MONITOR_LIMITS;
  if (registrars > most) {
    throw new UsageError(`${registrars} registrars: at most ${most} can be shown`);
  }
  if (https > mostHttps) throw new UsageError(`--http: at most ${mostHttps} can be followed`);
}

/** Until the signal aborts. */
async function gather(parts: Parts, learner: Learner, signal: AbortSignal): Promise<void> {
  const { sources, https, client, options: { csp: at } } = parts;
  const tell = (news: News) => {
    if (!signal.aborted) learner.learn(news);
  };
  const gatherer = parts.gatherer(tell);
  const listener = at === undefined ? undefined : await listen(at, tell);
  const tick = setInterval(() => tell({ type: "tick" }), TICK_MS);
  try {
    await Promise.all([
      ...sources.map((source, index) => gatherer.follow(index, source, signal)),
      ...https.flatMap((http, index) => [
        gatherer.read(http, signal),
        gatherer.events(index, http, client, signal),
      ]),
      aborted(signal),
    ]);
  } finally {
    clearInterval(tick);
    await listener?.close();
  }
}

async function listen(
  at: NonNullable<Options["csp"]>,
  tell: (news: News) => void,
): Promise<CspListener> {
  const { listenForReports } = await import("../csp/listener.ts");
  const listener = await listenForReports(at, {
    heard: (report, from) => tell({ type: "report", report, from }),
    unreadable: () => tell({ type: "unreadable" }),
  });
  const text = `reports of components are heard on ${formatAddress(listener.address)}`;
  const line = { time: new Date().toISOString(), level: "info", source: "csp", text } as const;
  tell({ type: "told", line });
  return listener;
}

/** Prints what changes, as soon as each registrar has answered or failed to. */
class PlainLearner implements Learner, AsyncDisposable {
  readonly failure: Promise<never>;
  private readonly reject: (reason: unknown) => void;
  private readonly printer: PlainPrinter;
  private readonly now: () => number;
  private data: Parts["data"];
  private last: Promise<void> = Promise.resolve();

  constructor({ stdout }: Context, { data, now }: Parts) {
    const { promise, reject } = Promise.withResolvers<never>();
    this.failure = promise;
    promise.catch(() => {});
    this.reject = reject;
    this.printer = new PlainPrinter(stdout);
    this.data = data;
    this.now = now;
  }

  learn(news: News): void {
    const moment = momentOf(this.now);
    this.data = learn(this.data, news, moment);
    const isWaited = this.data.sources.some(({ snapshot, awaySince }) =>
      snapshot === undefined && awaySince === undefined
    );
    if (isWaited) return;
    this.last = this.printer.tell({ data: this.data, now: moment.now }, moment.time);
    this.last.catch(this.reject);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.last.catch(() => {});
  }
}

/** Tells once that each registrar has answered or failed to. */
function readyLearner(
  { sources }: Parts,
  learner: Learner,
  ready: () => Promise<void>,
): Learner {
  const missing = new Set(sources.keys());
  let isReady = false;
  return {
    learn(news) {
      learner.learn(news);
      if (news.type === "snapshot" || news.type === "away") missing.delete(news.source);
      if (missing.size > 0 || isReady) return;
      isReady = true;
      void ready();
    },
  };
}

/** What is logged while there is a screen stands in the tail. */
function tailLog(tell: (news: News) => void): Log {
  const log = new Log(() => {});
  log.attach({
    happened() {},
    tell: (event) => {
      if (event.level === "debug" || event.level === "info") return;
      tell({ type: "told", line: { ...toldLine(event), source: "monitor" } });
    },
  });
  return log;
}
