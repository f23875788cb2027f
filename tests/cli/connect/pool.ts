/** A pool of real listeners on the loopback, and a pool user in memory that knows of them. */

import type { PoolElementValue } from "../../../cli/api.ts";
import { openElement } from "../../../lib/driver/mod.ts";
import { DialFailed, tcpTransport } from "../../../lib/net/mod.ts";
import { ELEMENT, resolutionOf } from "../elements.ts";
import type { Given } from "../fake_world.ts";

/** What an element does with a connection. */
export type Service = (conn: Deno.TcpConn) => Promise<void>;

/** Sends back what comes, and ends when the other side does. */
export async function echo(conn: Deno.TcpConn): Promise<void> {
  for (const buffer = new Uint8Array(65_536);;) {
    const count = await conn.read(buffer);
    if (count === null) return await conn.closeWrite();
    await conn.write(buffer.slice(0, count));
  }
}

/** The words that come until the other side has ended. */
export async function heard(conn: Deno.TcpConn): Promise<string> {
  return await new Response(conn.readable, {}).text();
}

/** Elements with identifiers from 1. */
export class FakePool implements AsyncDisposable {
  readonly elements: PoolElementValue[] = [];
  /** Identifiers that were reported, in order. */
  readonly reported: number[] = [];
  /** How often the registrar was asked. */
  resolved = 0;
  private readonly listeners: Deno.TcpListener[] = [];
  private readonly serving: Promise<void>[] = [];

  /** Adds an element that serves each connection in turn. */
  add(...services: Service[]): this {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.listeners.push(listener);
    this.serving.push(this.serve(listener, services));
    return this.addAt(listener.addr.port);
  }

  /** Adds an element at a port where nobody listens. */
  addDead(): this {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    listener.close();
    return this.addAt(listener.addr.port);
  }

  /** Adds an element with another transport. */
  addAt(port: number, changes: Partial<PoolElementValue["transport"]> = {}): this {
    const transport = { ...ELEMENT.transport, addresses: ["127.0.0.1"], port, ...changes };
    const identifier = this.elements.length + 1;
    const element = { ...ELEMENT, identifier, transport } as PoolElementValue;
    this.elements.push(element);
    return this;
  }

  /** What a run of the command line is given to use this pool. */
  get given(): Given {
    return {
      api: { tcpTransport, DialFailed, openElement },
      user: {
        resolve: () => {
          this.resolved++;
          return Promise.resolve(resolutionOf(...this.elements));
        },
        select: () => Promise.resolve(this.elements[0]!),
        reportUnreachable: (_, identifier) => {
          this.reported.push(identifier);
        },
        purge: () => {},
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const listener of this.listeners) this.stop(listener);
    await Promise.all(this.serving);
  }

  private async serve(listener: Deno.TcpListener, services: Service[]): Promise<void> {
    for (const service of services) {
      let conn: Deno.TcpConn;
      try {
        conn = await listener.accept();
      } catch {
        return;
      }
      try {
        await service(conn);
      } finally {
        try {
          conn.close();
        } catch { // The service has closed it.
        }
      }
    }
    this.stop(listener);
  }

  private stop(listener: Deno.TcpListener): void {
    try {
      listener.close();
    } catch { // Closed before.
    }
  }
}
