/** Somebody on the way between two: he hears all bytes, keeps them, and alters or adds some. */

import assert from "node:assert/strict";
import type { Connection, Listener, SocketAddress } from "../../mod.ts";
import { tcpTransport } from "../../lib/net/mod.ts";
import { LIMIT } from "./secured_cluster.ts";

/** Where bytes go: to who was dialled, or to who has dialled. */
export type Way = "to-server" | "to-client";

/** Which byte of those that come is altered, and how. */
export interface Alteration {
  readonly way: Way;
  /** Counted from the next byte that passes. */
  readonly position: number;
  readonly change: (byte: number) => number;
}

/** One connection that is relayed. */
interface Passage {
  readonly ends: Readonly<Record<Way, Connection>>;
  readonly heard: Readonly<Record<Way, Uint8Array[]>>;
}

/** Relays all connections to one address. */
export class Relay implements AsyncDisposable {
  private readonly passages: Passage[] = [];
  private readonly passing: Promise<void>[] = [];
  private alteration: Alteration | undefined;
  private passed = 0;

  private constructor(private readonly listener: Listener) {}

  static async open(to: SocketAddress): Promise<Relay> {
    const tcp = tcpTransport();
    const opened = Promise.withResolvers<Relay>();
    const onConnection = async (client: Connection) => {
      const relay = await opened.promise;
      relay.passing.push(relay.pass(client, to));
    };
    const relay = new Relay(await tcp.listen({ host: "127.0.0.1", port: 0 }, onConnection));
    opened.resolve(relay);
    return relay;
  }

  /** Where it is dialled instead of the one to whom it relays. */
  get address(): SocketAddress {
    return this.listener.address;
  }

  /** Its own side of the last connection onward. */
  get onward(): SocketAddress {
    return this.passages.at(-1)!.ends["to-server"].local;
  }

  /** How many connections it has relayed. */
  get count(): number {
    return this.passages.length;
  }

  /** What it has heard on a connection, of all the first. */
  heard(way: Way, passage = 0): Uint8Array {
    return concatenated(this.passages[passage]!.heard[way]);
  }

  /** All that it has heard. */
  get all(): Uint8Array {
    return concatenated(
      this.passages.flatMap(({ heard }) => [...heard["to-server"], ...heard["to-client"]]),
    );
  }

  /** Adds bytes to the last connection. */
  async inject(way: Way, bytes: Uint8Array): Promise<void> {
    await this.passages.at(-1)!.ends[way].write(bytes.slice());
  }

  /** Alters one byte of what comes. */
  alter(alteration: Alteration): void {
    this.alteration = alteration;
    this.passed = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.listener.close();
    for (const { ends } of this.passages) {
      ends["to-server"].abort();
      ends["to-client"].abort();
    }
    await Promise.all(this.passing);
  }

  private async pass(client: Connection, to: SocketAddress): Promise<void> {
    const server = await tcpTransport().dial(to, LIMIT);
    const ends = { "to-server": server, "to-client": client };
    const passage = { ends, heard: { "to-server": [], "to-client": [] } };
    this.passages.push(passage);
    await Promise.all([
      this.carry(passage, client, "to-server"),
      this.carry(passage, server, "to-client"),
    ]);
  }

  private async carry({ ends, heard }: Passage, from: Connection, way: Way): Promise<void> {
    for (let bytes = await from.read(); bytes !== null; bytes = await from.read()) {
      heard[way].push(bytes.slice());
      await ends[way].write(this.altered(bytes, way));
    }
    await ends[way].closeWrite();
  }

  private altered(bytes: Uint8Array, way: Way): Uint8Array {
    const { alteration } = this;
    if (alteration?.way !== way) return bytes;
    const at = alteration.position - this.passed;
    this.passed += bytes.length;
    if (at >= bytes.length) return bytes;
    this.alteration = undefined;
    bytes[at] = alteration.change(bytes[at]!) & 0xff;
    return bytes;
  }
}

/** The TLS records of a stream. RFC 8446 §5.1. */
export function recordsOf(stream: Uint8Array): Uint8Array[] {
  const records: Uint8Array[] = [];
  for (let at = 0; at < stream.length;) {
    const end = at + 5 + (stream[at + 3]! << 8 | stream[at + 4]!);
    assert(end <= stream.length, "the stream ends within a record");
    records.push(stream.slice(at, end));
    at = end;
  }
  return records;
}

/** Whether bytes contain others. */
export function includes(bytes: Uint8Array, wanted: Uint8Array | string): boolean {
  const text = (each: Uint8Array) => Array.from(each, (c) => String.fromCharCode(c)).join("");
  return text(bytes).includes(typeof wanted === "string" ? wanted : text(wanted));
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
