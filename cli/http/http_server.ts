/** What a command shows of itself over HTTP, on all its listeners. */

import { type Address, formatAddress } from "../address.ts";
import { HTTP_LIMITS, type HttpLimits } from "./limits.ts";
import { Routes } from "./routes.ts";
import type { Shown } from "./shown.ts";

/** How it is served. */
export interface HttpSettings {
  readonly addresses: readonly Address[];
  readonly limits?: HttpLimits;
}

/** All listeners of a command; none if it was given no address. */
export class HttpServer implements AsyncDisposable {
  private shown: Shown | undefined;
  private readonly ending = new AbortController();
  private listeners: readonly { readonly address: Address; close(): Promise<void> }[] = [];

  private constructor() {}

  /**
   * Listens. Until `show` it answers that it is starting.
   *
   * @throws {ExitError} if it cannot listen somewhere; nothing is left open.
   */
  static async open({ addresses, limits = HTTP_LIMITS }: HttpSettings): Promise<HttpServer> {
    const server = new HttpServer();
    if (addresses.length === 0) return server;
    const routes = new Routes(() => server.shown, limits, server.ending.signal);
    const { Listener } = await import("./listener.ts");
    try {
      for (const address of addresses) {
        const listener = await Listener.open({ address, routes, limits });
        server.listeners = [...server.listeners, listener];
      }
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** Shows a command from now on. */
  show(shown: Shown): void {
    this.shown = shown;
  }

  /** Whether anybody can ask. */
  get isOpen(): boolean {
    return this.listeners.length > 0;
  }

  /** Where it listens, for the ready file: no key if it does not. */
  get ready(): { readonly http?: readonly string[] } {
    return this.isOpen ? { http: this.written } : {};
  }

  /** Where it listens, as HOST:PORT. */
  get written(): readonly string[] {
    return this.listeners.map(({ address }) => formatAddress(address));
  }

  /** Ends streams in order, and what is under way after a moment. */
  async close(): Promise<void> {
    this.ending.abort();
    await Promise.all(this.listeners.map((listener) => listener.close()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
