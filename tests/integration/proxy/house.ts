/** A registrar, elements that do what a test wants, and a proxy before them. */
import { PoolElement, PoolUser } from "../../../mod.ts";
import { type Running, Scratch } from "../harness.ts";

/** Where something listens. */
export interface At {
  readonly hostname: string;
  readonly port: number;
}

/** Reads `127.0.0.1:80`. */
export function parseAt(text: string): At {
  const colon = text.lastIndexOf(":");
  return { hostname: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

/** A proxy that serves, and where. */
export interface RunningProxy {
  readonly running: Running;
  /** Its first listener. */
  readonly at: At;
  readonly listeners: readonly { listen: string; protocol: string; pool: string }[];
}

/** What an element does with a connection; the connection is closed afterwards. */
export type Handler = (connection: Deno.TcpConn) => void | Promise<void>;

/** A registrar and what uses it, until disposed of. */
export class House implements AsyncDisposable {
  private readonly closers: (() => unknown)[] = [];

  private constructor(
    readonly scratch: Scratch,
    readonly registrar: Running,
    /** The registrar's ASAP address. */
    readonly asap: string,
  ) {}

  static async open(): Promise<House> {
    const scratch = await Scratch.make();
    const registrar = await scratch.registrar();
    return new House(scratch, registrar, registrar.at.asap);
  }

  get registrars() {
    const { hostname: host, port } = parseAt(this.asap);
    return [{ host, port }];
  }

  /** Starts a proxy for these listeners, and waits until it serves. */
  async proxy(
    listen: readonly string[],
    options: readonly string[] = [],
    within: readonly string[] = [],
  ): Promise<RunningProxy> {
    const running = this.start(listen, options, within);
    const { listeners } = await running.ready() as unknown as Pick<RunningProxy, "listeners">;
    return { running, listeners, at: parseAt(listeners[0]!.listen) };
  }

  /** Starts a proxy and does not wait for it. */
  start(
    listen: readonly string[],
    options: readonly string[] = [],
    within: readonly string[] = [],
  ): Running {
    const listeners = listen.flatMap((each) => ["--listen", each]);
    return this.scratch.serve("proxy", ["-r", this.asap, ...listeners, ...options], { within });
  }

  /** An element that handles each connection so. */
  async element(
    poolHandle: string,
    handler: Handler,
    more: Partial<ConstructorParameters<typeof PoolElement>[0]> = {},
  ): Promise<PoolElement> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const handling = handleAll(listener, handler);
    this.closers.push(async () => {
      listener.close();
      await handling;
    });
    return await this.register(poolHandle, listener.addr.port, more);
  }

  /** Registers a port, whoever is there. */
  async register(
    poolHandle: string,
    port: number,
    more: Partial<ConstructorParameters<typeof PoolElement>[0]> = {},
  ): Promise<PoolElement> {
    const { registrars } = this;
    const element = new PoolElement({
      registrars,
      poolHandle,
      port,
      addresses: ["127.0.0.1"],
      ...more,
    });
    this.closers.push(() => element[Symbol.asyncDispose]());
    await element.register();
    return element;
  }

  /** Resolved when a pool has so many elements, as the registrar has it. */
  async untilElements(poolHandle: string, count: number): Promise<void> {
    await using user = new PoolUser({ registrars: this.registrars });
    for await (const { poolElements } of user.watch(poolHandle)) {
      if (poolElements.length === count) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.closers.reverse()) await close();
    await this.scratch[Symbol.asyncDispose]();
  }
}

async function handleAll(listener: Deno.TcpListener, handler: Handler): Promise<void> {
  const connections: Promise<void>[] = [];
  for await (const connection of listener) {
    connections.push(handle(connection, handler));
  }
  await Promise.all(connections);
}

async function handle(connection: Deno.TcpConn, handler: Handler): Promise<void> {
  try {
    await handler(connection);
  } catch { // The client has gone; a test that minds looks at the client.
  } finally {
    connection.close();
  }
}

/** Reads to the end. */
export async function readAll(connection: Deno.TcpConn): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) break;
    pieces.push(buffer.slice(0, count));
  }
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
}

/** Reads exactly so many bytes. */
export async function readExactly(connection: Deno.TcpConn, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const read = await connection.read(bytes.subarray(at));
    if (read === null) throw new Error(`ended after ${at} of ${count} bytes`);
    at += read;
  }
  return bytes;
}

/** Writes all of it. */
export async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await connection.write(rest));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of a text. */
export const bytesOf = (text: string) => encoder.encode(text);
/** Text of bytes. */
export const textOf = (bytes: Uint8Array) => decoder.decode(bytes);

/** Sends a text, ends the sending, and reads what comes until the end. */
export async function ask(at: At, text: string): Promise<string> {
  using connection = await Deno.connect(at);
  await writeAll(connection, bytesOf(text));
  await connection.closeWrite();
  return textOf(await readAll(connection));
}

/** Reads to the end of what is sent, and sends it back behind a name. */
export function echo(name: string): Handler {
  return async (connection) => {
    const bytes = await readAll(connection);
    await writeAll(connection, bytesOf(`${name}:${textOf(bytes)}`));
    await connection.closeWrite();
  };
}
