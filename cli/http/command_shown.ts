/** The HTTP side of a command that is a client of registrars: `register`, `proxy`, `dns`. */

import type { Secured } from "../client_security.ts";
import type { Context } from "../command.ts";
import { EventFeed } from "../events/event_feed.ts";
import { explain } from "../failure.ts";
import { CommandMetrics, type MetricSource } from "../metrics/command_metrics.ts";
import { eventMetrics } from "../metrics/event_metrics.ts";
import { processMetrics } from "../metrics/process_metrics.ts";
import { isTelemetryOn, startTelemetry } from "../metrics/telemetry.ts";
import type { SharedValues } from "../options.ts";
import { VERSION } from "../version.ts";
import { HttpServer } from "./http_server.ts";
import type { HttpValues } from "./options.ts";
import type { Readiness } from "./shown.ts";

/** What a command says of itself. */
export interface CommandParts {
  readonly command: "register" | "proxy" | "dns" | "dhcp";
  /** Its JSON, at `/api/v1/` and the name of the command. */
  readonly itself: () => Readonly<Record<string, unknown>>;
  readonly readiness: () => Readiness;
  /** What it measures, besides its process and its events. */
  readonly measures: readonly MetricSource[];
  /** Events that are counted from the beginning. */
  readonly eventNames: readonly string[];
}

/** A command that can be looked at. */
export class CommandShown implements AsyncDisposable {
  private readonly context: Context;
  private readonly server: HttpServer;
  private readonly events = new EventFeed();
  private readonly startedAt: number;
  private metrics: CommandMetrics | undefined;
  private telemetry: Disposable | undefined;
  private stopReloading: (() => void) | undefined;

  private constructor(context: Context, server: HttpServer) {
    this.context = context;
    this.server = server;
    this.startedAt = context.world.now();
    if (server.isOpen || isTelemetryOn(context.world)) context.log.attach(this.events);
  }

  /**
   * Listens. Whoever is secured at registrars knows what only some may read, and can tell nobody
   * apart.
   *
   * @throws {UsageError}, {CredentialsInvalid} or {ExitError} as `HttpServer.open` does.
   */
  static async open(
    context: Context,
    options: HttpValues & SharedValues,
    { transport }: Secured,
  ): Promise<CommandShown> {
    const secret = transport === undefined ? undefined : {};
    const server = await HttpServer.open(context, options, secret);
    const shown = new CommandShown(context, server);
    if (server.isSecured) {
      const reload = () => void shown.reload(secret);
      shown.stopReloading = context.world.onSignal("SIGHUP", reload);
    }
    return shown;
  }

  /** Shows it from now on. */
  async show({ command, itself, readiness, ...measured }: CommandParts): Promise<void> {
    const isSent = isTelemetryOn(this.context.world);
    if (!this.server.isOpen && !isSent) return;
    const metrics = await this.metricsOf({ command, ...measured });
    this.metrics = metrics;
    if (isSent) this.telemetry = await startTelemetry(metrics);
    if (!this.server.isOpen) return;
    this.server.show({
      command,
      metrics: () => metrics.text(),
      readiness,
      api: { [command]: () => ({ ...this.head(command), ...itself() }) },
      events: this.events,
    });
  }

  /** What the ready file says of it. */
  get ready(): HttpServer["ready"] {
    return this.server.ready;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stopReloading?.();
    this.telemetry?.[Symbol.dispose]();
    this.metrics?.[Symbol.dispose]();
    await this.server.close();
  }

  private async metricsOf(
    { command, measures, eventNames }: Pick<CommandParts, "command" | "measures" | "eventNames">,
  ): Promise<CommandMetrics> {
    const api = await this.context.api();
    const now = () => this.context.world.now();
    const events = eventMetrics(eventNames, () => this.events.counts);
    return new CommandMetrics([...measures, events, processMetrics({ api, command, now })], now);
  }

  private head(command: string) {
    const { world } = this.context;
    const uptimeMs = Math.round(world.now() - this.startedAt);
    return { command, version: VERSION, pid: Deno.pid, uptimeMs, ...this.server.ready };
  }

  private async reload(secret: object | undefined): Promise<void> {
    const { log } = this.context;
    try {
      const { changes, commit } = await this.server.prepare(secret);
      commit();
      const what = changes.length === 0 ? "nothing has changed for HTTP" : changes.join("; ");
      log.event("notice", "reloaded", { changes }, `SIGHUP: ${what}`);
    } catch (error) {
      const message = `SIGHUP: nothing is changed for HTTP: ${explain(error).message}`;
      log.event("error", "reload-failed", {}, message);
    }
  }
}
