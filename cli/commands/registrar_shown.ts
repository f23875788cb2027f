/** `registrar --http`: what it shows is that of the registrar that runs. */

import type { Api, ListeningRegistrar, Registrar, RegistrarSecurity } from "../api.ts";
import type { Context } from "../command.ts";
import type { CspSender } from "../csp/sender.ts";
import { EventFeed } from "../events/event_feed.ts";
import { HttpServer } from "../http/http_server.ts";
import { shownRegistrar } from "../http/shown_registrar.ts";
import type { CommandMetrics } from "../metrics/command_metrics.ts";
import { registrarMetrics } from "../metrics/registrar_metrics.ts";
import { isTelemetryOn, startTelemetry } from "../metrics/telemetry.ts";
import type { SharedValues } from "../options.ts";
import { RegistrarPage } from "../page/registrar_page.ts";
import { readyAddresses } from "./registrar_served.ts";
import type { RegistrarValues } from "./registrar_options.ts";

/** Reports to monitors of the Component Status Protocol, from when there is a registrar. */
type Reporting = (view: ListeningRegistrar["view"]) => CspSender;

/** What a registrar shows of itself: over HTTP, and in reports of its status. */
export class RegistrarShown {
  private readonly context: Context;
  private readonly api: Api;
  private readonly server: HttpServer;
  private readonly reporting: Reporting | undefined;
  private sender: CspSender | undefined;
  private readonly events = new EventFeed();
  private readonly startedAt: number;
  private addresses: Readonly<Record<string, readonly string[]>> = {};
  private metrics: CommandMetrics | undefined;
  private telemetry: Promise<Disposable> | undefined;
  private page: RegistrarPage | undefined;

  private constructor(context: Context, api: Api, server: HttpServer, reporting?: Reporting) {
    this.context = context;
    this.reporting = reporting;
    this.api = api;
    this.server = server;
    this.startedAt = context.world.now();
    if (server.isOpen || isTelemetryOn(context.world)) context.log.attach(this.events);
  }

  /**
   * Listens, before there is a registrar: whoever asks meanwhile is told that it is starting.
   *
   * @throws {UsageError} or {CredentialsInvalid} if options or files are wrong.
   * @throws {ExitError} if it cannot listen somewhere; nothing is left open.
   */
  static async open(
    context: Context,
    api: Api,
    options: RegistrarValues & SharedValues,
    security: RegistrarSecurity | undefined,
  ): Promise<RegistrarShown> {
    const reporting = await reportingTo(context, options);
    const server = await HttpServer.open(context, options, security);
    return new RegistrarShown(context, api, server, reporting);
  }

  /** The registrar listens, whether it serves already or not. */
  begin({ view, traffic }: ListeningRegistrar): void {
    this.sender = this.reporting?.(view);
    const { context: { world }, api, events } = this;
    const isSent = isTelemetryOn(world);
    if (!this.server.isOpen && !isSent) return;
    const now = () => world.now();
    const metrics = registrarMetrics({ api, view, traffic, eventCounts: () => events.counts, now });
    this.metrics = metrics;
    this.telemetry = isSent ? startTelemetry(metrics) : undefined;
    if (!this.server.isOpen) return;
    const listeners = () => this.addresses;
    const uptimeMs = () => world.now() - this.startedAt;
    const page = new RegistrarPage({ api, view, traffic, events, listeners, uptimeMs });
    this.page = page;
    const shown = { api, view, events, listeners, uptimeMs, metrics: () => metrics.text() };
    this.server.show({ ...shownRegistrar(shown), page });
  }

  /** It serves. */
  serves(registrar: Registrar): void {
    this.addresses = { ...readyAddresses(registrar), ...this.server.ready };
  }

  /**
   * Reloads its own certificates together with the registrar: all or nothing.
   *
   * @param reload what else is to be reloaded.
   * @returns what is other than before, in words.
   */
  async reload(
    security: RegistrarSecurity | undefined,
    reload: () => Promise<void>,
  ): Promise<readonly string[]> {
    const prepared = await this.server.prepare(security);
    await reload();
    prepared.commit();
    return prepared.changes;
  }

  /** What the ready file says of it. */
  get ready(): HttpServer["ready"] {
    return this.server.ready;
  }

  async close(): Promise<void> {
    await this.sender?.close();
    (await this.telemetry)?.[Symbol.dispose]();
    this.metrics?.[Symbol.dispose]();
    this.page?.[Symbol.dispose]();
    await this.server.close();
  }
}

/** `--csp-server`: loaded where somebody wants it. */
async function reportingTo(
  { log, world }: Context,
  { cspServer: servers, cspInterval: intervalMs }: RegistrarValues,
): Promise<Reporting | undefined> {
  if (servers.length === 0) return undefined;
  const { CspSender } = await import("../csp/sender.ts");
  return (view) => new CspSender({ servers, intervalMs, view, log, now: () => world.now() });
}
