/** Elements at real sockets, and a pool user's knowledge of them without a registrar. */

import { createServer } from "node:net";
import {
  DEFAULT_LIMITS,
  type Limits,
  seededRandom,
  type UserSessionTiming,
} from "../../../lib/core/mod.ts";
import type { Resolution } from "../../../lib/driver/pool_user_settings.ts";
import { UserSessions } from "../../../lib/driver/session/user_sessions.ts";
import {
  type Address,
  type Connection,
  type Listener,
  tcpTransport,
} from "../../../lib/net/mod.ts";
import {
  type PoolElement,
  type PoolElementValue,
  type ServeOptions,
  type SessionHandler,
  UnknownPoolHandle,
} from "../../../mod.ts";
import { elementOf, HOST } from "./served.ts";

/** An element as a registrar would give it. */
export function elementAt(
  identifier: number,
  { host, port }: Address,
  use = 1,
): PoolElementValue {
  return {
    identifier,
    home: 1,
    registrationLife: 300,
    transport: { protocol: "tcp", port, use, addresses: [host] },
    policy: { name: "round-robin" },
  };
}

/** A pool that the test makes, and the sessions of one user with it. */
export class KnownPool implements AsyncDisposable {
  readonly reported: number[] = [];
  readonly kept: ("kept" | "released")[] = [];
  elements: PoolElementValue[] = [];
  readonly sessions: UserSessions;
  private readonly open = new Map<number, PoolElement>();
  private readonly listeners: Listener[] = [];
  private readonly accepted: Connection[] = [];

  constructor(timing: Partial<UserSessionTiming> = {}, limits: Partial<Limits> = {}) {
    const answer = (): Resolution => ({
      poolHandle: "count",
      policy: { name: "round-robin" },
      poolElements: this.elements,
    });
    const ask = (poolHandle: string) =>
      this.elements.length > 0
        ? Promise.resolve(answer())
        : Promise.reject(new UnknownPoolHandle(poolHandle));
    let turn = 0;
    this.sessions = new UserSessions({
      limits: { ...DEFAULT_LIMITS, ...limits },
      timing,
      random: seededRandom(1),
      cached: () => this.elements.length > 0 ? answer() : undefined,
      resolve: ask,
      refresh: ask,
      choose: ({ poolElements }) => poolElements[turn++ % poolElements.length]!,
      report: (_poolHandle, identifier) => void this.reported.push(identifier),
      keepFresh: () => {
        this.kept.push("kept");
        return { [Symbol.dispose]: () => void this.kept.push("released") };
      },
    });
  }

  /** An element that serves. */
  async serve(
    identifier: number,
    handler: SessionHandler,
    { use = 1, ...options }: ServeOptions & { readonly use?: number } = {},
  ): Promise<void> {
    const element = elementOf({ identifier, use });
    const service = await element.serve(handler, options);
    this.open.set(identifier, element);
    this.elements.push(elementAt(identifier, service.address, use));
  }

  /** An element that does what the test says with each connection. */
  async listen(
    identifier: number,
    onConnection: (connection: Connection) => void,
    use = 1,
  ): Promise<void> {
    const listener = await tcpTransport().listen({ host: HOST, port: 0 }, (connection) => {
      this.accepted.push(connection);
      onConnection(connection);
    });
    this.listeners.push(listener);
    this.elements.push(elementAt(identifier, listener.address, use));
  }

  /** An element at whose port nobody listens. */
  async absent(identifier: number, use = 1): Promise<void> {
    const listener = await tcpTransport().listen({ host: HOST, port: 0 }, () => {});
    await listener.close();
    this.elements.push(elementAt(identifier, listener.address, use));
  }

  /** It dies, with all its sessions. */
  async kill(identifier: number): Promise<void> {
    await this.open.get(identifier)!.close();
    this.open.delete(identifier);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.sessions.close();
    for (const element of this.open.values()) await element.close();
    for (const connection of this.accepted) connection.abort();
    for (const listener of this.listeners) await listener.close();
  }
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && new TextDecoder().decode(bytes);
}

/** A server that resets each connection at its first bytes. */
export async function resettingServer(): Promise<AsyncDisposable & { readonly address: Address }> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.resetAndDestroy());
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const { port } = server.address() as { readonly port: number };
  return {
    address: { host: HOST, port },
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
