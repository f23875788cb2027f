/** What a command shows of itself over HTTP, on all its listeners. */

import { type Address, formatAddress } from "../address.ts";
import type { Context } from "../command.ts";
import type { SharedValues } from "../options.ts";
import { type Access, accessOf, openWords, type Secret } from "./access.ts";
import type { Guard } from "./guard.ts";
import { HTTP_LIMITS, type HttpLimits } from "./limits.ts";
import type { Listener } from "./listener.ts";
import type { HttpValues } from "./options.ts";
import { Routes } from "./routes.ts";
import type { Shown } from "./shown.ts";

/** A reload that has been found right. */
export interface Prepared {
  /** What is other than before, in words. */
  readonly changes: readonly string[];
  commit(): void;
}

/** All listeners of a command; none if it was given no address. */
export class HttpServer implements AsyncDisposable {
  private readonly context: Context;
  private readonly options: HttpValues & SharedValues;
  private readonly limits: HttpLimits;
  private readonly ending = new AbortController();
  private shown: Shown | undefined;
  private guard: Guard | undefined;
  private listeners: readonly Listener[] = [];

  private constructor(
    context: Context,
    options: HttpValues & SharedValues,
    limits: HttpLimits,
  ) {
    this.context = context;
    this.options = options;
    this.limits = limits;
  }

  /**
   * Listens. Until `show` it answers that it is starting.
   *
   * @param secret what the command knows that not everybody may read, if there is such.
   * @throws {UsageError} if options or files are wrong.
   * @throws {CredentialsInvalid} if its certificates cannot be used.
   * @throws {ExitError} if it cannot listen somewhere; nothing is left open.
   */
  static async open(
    context: Context,
    options: HttpValues & SharedValues,
    secret?: Secret,
    limits: HttpLimits = HTTP_LIMITS,
  ): Promise<HttpServer> {
    const server = new HttpServer(context, options, limits);
    const access = await accessOf(context, options, secret);
    if (options.http.length === 0) return server;
    try {
      await server.listen(access);
    } catch (error) {
      await server.close();
      throw error;
    }
    const open = openWords(server.listeners.map(({ address }) => address), access);
    if (open !== undefined) {
      context.log.event("warning", "http-open", { addresses: open.addresses }, open.words);
    }
    return server;
  }

  /** Shows a command from now on, and says where. */
  show(shown: Shown): void {
    if (this.isOpen && this.shown === undefined) {
      const words = `serves HTTP on ${this.words.join(", ")}`;
      this.context.log.event("notice", "http-served", this.ready, words);
    }
    this.shown = shown;
  }

  /** Whether anybody can ask. */
  get isOpen(): boolean {
    return this.listeners.length > 0;
  }

  /** Whether it has certificates, which can be read anew. */
  get isSecured(): boolean {
    return this.guard !== undefined;
  }

  /** Where it listens, for the ready file: no key if it does not. */
  get ready(): { readonly http?: readonly string[] } {
    if (!this.isOpen) return {};
    return { http: this.listeners.map(({ address }) => formatAddress(address)) };
  }

  /**
   * Reads certificates and permissions anew; they hold when `commit` is called. Whoever may then
   * read less is cut off.
   *
   * @throws {UsageError} or {CredentialsInvalid} if something is wrong with them.
   */
  async prepare(secret?: Secret): Promise<Prepared> {
    const { guard: settings } = await accessOf(this.context, this.options, secret);
    const { guard } = this;
    if (settings === undefined || guard === undefined) return { changes: [], commit() {} };
    const next = await this.load(settings);
    return {
      changes: guard.changesTo(next),
      commit: () => {
        guard.become(next);
        for (const listener of this.listeners) listener.judgeAnew();
      },
    };
  }

  /** Ends streams in order, and what is under way after a moment. */
  async close(): Promise<void> {
    this.ending.abort();
    await Promise.all(this.listeners.map((listener) => listener.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private get words(): string[] {
    return this.listeners.map(({ address, isSecured }) =>
      formatAddress(address) + (isSecured ? " (TLS)" : "")
    );
  }

  private async listen({ plain, secured, guard }: Access): Promise<void> {
    const { limits } = this;
    const routes = new Routes(() => this.shown, limits, this.ending.signal);
    this.guard = guard && await this.load(guard);
    const { Listener } = await import("./listener.ts");
    const admits = this.guard && await this.gate();
    const open = async (addresses: readonly Address[], guard?: Guard) => {
      for (const address of addresses) {
        const settings = { address, routes, limits, guard, admits: guard && admits };
        const listener = await Listener.open(settings);
        this.listeners = [...this.listeners, listener];
      }
    };
    await open(plain);
    await open(secured, this.guard);
  }

  /** As a registrar's own ports have it: no address takes all the time that handshakes need. */
  private async gate(): Promise<(host: string) => boolean> {
    const { ConnectionGate } = await this.context.api();
    const { handshakesPerSecond, handshakeBurstSeconds } = this.limits;
    const gate = new ConnectionGate({
      connectionsPerSecond: handshakesPerSecond,
      burstSeconds: handshakeBurstSeconds,
    });
    return (host) => host !== "" && gate.admits(host, this.context.world.now());
  }

  private async load(settings: NonNullable<Access["guard"]>): Promise<Guard> {
    const { Guard } = await import("./guard.ts");
    return await Guard.load(await this.context.api(), settings);
  }
}
