/** Two ends of a connection over pre-shared keys, and somebody on the way between them. */
import assert from "node:assert/strict";
import {
  type Address,
  type Connection,
  DialFailed,
  type Listener,
  type PskTransport,
  pskTransport,
  type PskTransportOptions,
  tcpTransport,
  type TcpTransportOptions,
  type TlsUse,
} from "../../lib/net/mod.ts";

export const IDENTITY = "label-17";
export const KEY = new Uint8Array(32).fill(0xab);
export const OTHER_KEY = new Uint8Array(32).fill(0xcd);
export const HERE: Address = { host: "127.0.0.1", port: 0 };
export const CLIENT: TlsUse = { role: "client", protocol: "asap" };
export const SERVER: TlsUse = { role: "server", protocol: "asap" };

/** Who accepts one identity. */
export function registrar(options?: PskTransportOptions): Promise<PskTransport> {
  return pskTransport({ accepted: new Map([[IDENTITY, KEY]]) }, options);
}

/** Who shows that identity. */
export function element(options?: TcpTransportOptions): Promise<PskTransport> {
  return pskTransport({ own: { identity: IDENTITY, key: KEY } }, options);
}

/** A listener that keeps what it hears. */
export interface Listening {
  readonly listener: Listener;
  readonly address: Address;
  /** The next that is accepted; the one after that is another promise. */
  accepted(): Promise<Connection>;
  /** The next word of who was turned away. */
  refused(): Promise<string>;
}

function queue<T>(): { put(item: T): void; take(): Promise<T> } {
  const items: T[] = [];
  const waiting: ((item: T) => void)[] = [];
  return {
    put: (item) => waiting.length > 0 ? waiting.shift()!(item) : void items.push(item),
    take: () => {
      if (items.length > 0) return Promise.resolve(items.shift()!);
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

export async function listen(transport: PskTransport, tls = SERVER): Promise<Listening> {
  const accepted = queue<Connection>();
  const refused = queue<string>();
  const listener = await transport.listen(HERE, accepted.put, {
    tls,
    onRefused: (remote, why) => {
      assert.equal(remote.host, "127.0.0.1");
      refused.put(why);
    },
  });
  return { listener, address: listener.address, accepted: accepted.take, refused: refused.take };
}

/** A connection and its accepted other end; both are aborted at the end. */
export async function withPair(
  run: (dialled: Connection, accepted: Connection) => Promise<void>,
  { dialler = CLIENT, options = {} }: { dialler?: TlsUse; options?: TcpTransportOptions } = {},
): Promise<void> {
  const both = [await element(options), await registrar(options)];
  const [dialling, listening] = dialler.role === "client" ? both : both.reverse();
  const { listener, address, accepted } = await listen(
    listening!,
    dialler.role === "client" ? SERVER : CLIENT,
  );
  const dialled = await dialling!.dial(address, { timeoutMs: 5000, tls: dialler });
  const other = await accepted();
  try {
    await run(dialled, other);
  } finally {
    dialled.abort();
    other.abort();
    await listener.close();
  }
}

/** Fails if a dial does not. */
export async function dialFailure(
  transport: PskTransport,
  address: Address,
  options: { timeoutMs?: number; signal?: AbortSignal; tls?: TlsUse } = {},
): Promise<DialFailed> {
  const dialled = transport.dial(address, { timeoutMs: 5000, tls: CLIENT, ...options });
  const failure = await dialled.then((connection) => connection.abort(), (error) => error);
  assert.ok(failure instanceof DialFailed, `not a DialFailed: ${failure}`);
  assert.equal(failure.address, address);
  for (const key of [KEY, OTHER_KEY]) assert.ok(!failure.message.includes(key.toHex()));
  return failure;
}

/** What becomes of bytes on their way: others, later ones, or none. */
export type OnTheWay = (
  bytes: Uint8Array,
  to: "server" | "client",
) => Uint8Array | Promise<Uint8Array>;

/** Somebody between two: connects on to `address` whoever connects, and does to bytes as told. */
export async function relay(address: Address, onTheWay: OnTheWay) {
  const tcp = tcpTransport();
  const passing: Promise<void>[] = [];
  const ends: Connection[] = [];
  const carry = async (from: Connection, to: Connection, way: "server" | "client") => {
    for (let bytes = await from.read(); bytes; bytes = await from.read()) {
      await to.write(await onTheWay(bytes, way));
    }
    await to.closeWrite();
  };
  const pass = async (client: Connection) => {
    const server = await tcp.dial(address, { timeoutMs: 5000 });
    ends.push(client, server);
    await Promise.all([carry(client, server, "server"), carry(server, client, "client")]);
  };
  const listener = await tcp.listen(HERE, (client) => passing.push(pass(client)));
  return {
    address: listener.address,
    async close() {
      for (const end of ends) end.abort();
      await Promise.all(passing);
      await listener.close();
    },
  };
}

/** Reads so many bytes. */
export async function readExactly(connection: Connection, length: number): Promise<Uint8Array> {
  const all = new Uint8Array(length);
  let offset = 0;
  while (offset < length) {
    const bytes = await connection.read();
    assert.ok(bytes, `the stream ended after ${offset} of ${length} bytes`);
    all.set(bytes, offset);
    offset += bytes.length;
  }
  return all;
}

/** Counts what is left to read. */
export async function readToEnd(connection: Connection): Promise<number> {
  let total = 0;
  for (let bytes = await connection.read(); bytes; bytes = await connection.read()) {
    total += bytes.length;
  }
  return total;
}

/** Bytes that tell their place. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}
