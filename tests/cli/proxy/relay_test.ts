/** Bytes both ways, told with streams that do as the test says. */
import assert from "node:assert/strict";
import { Buffers } from "../../../cli/proxy/buffers.ts";
import { relay, type RelayedStream } from "../../../cli/proxy/relay.ts";

const K = 1024;
const buffers = () => new Buffers({ maxBytes: 16 * K, maxGrownBytes: 1024 * K });

/** A stream that gives pieces, and keeps what it is given. */
class Stream implements RelayedStream {
  readonly written: number[] = [];
  reads = 0;
  writes = 0;
  closes = 0;
  isWriteClosed = false;
  /** How much a write takes at once. */
  takes = Infinity;
  /** What a write waits for. */
  gate: Promise<void> = Promise.resolve();
  private readonly pieces: (number[] | Error | null)[] = [];
  private wake = () => {};

  give(...pieces: (number[] | Error | null)[]): this {
    this.pieces.push(...pieces);
    this.wake();
    return this;
  }

  async read(buffer: Uint8Array<ArrayBuffer>): Promise<number | null> {
    this.reads++;
    while (this.pieces.length === 0) {
      if (this.closes > 0) throw new Deno.errors.Interrupted("closed");
      await new Promise<void>((resolve) => this.wake = resolve);
    }
    const piece = this.pieces.shift()!;
    if (piece === null) return null;
    if (piece instanceof Error) throw piece;
    buffer.set(piece);
    return piece.length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    this.writes++;
    await this.gate;
    if (this.closes > 0) throw new Deno.errors.BadResource("closed");
    const count = Math.min(bytes.length, this.takes);
    this.written.push(...bytes.subarray(0, count));
    return count;
  }

  closeWrite(): Promise<void> {
    this.isWriteClosed = true;
    return Promise.resolve();
  }

  close(): void {
    this.closes++;
    this.wake();
  }
}

Deno.test("both directions pass, and each side is closed once", async () => {
  const client = new Stream().give([1, 2], [3], null);
  const element = new Stream().give([9], null);
  assert.equal(await relay(client, element, buffers()), "ended");
  assert.deepEqual([element.written, client.written], [[1, 2, 3], [9]]);
  assert.deepEqual([client.closes, element.closes], [1, 1]);
});

Deno.test("bytes are counted by where they go, as long as they are read", async () => {
  const client = new Stream().give([1, 2], [3], null);
  const element = new Stream().give([9], null);
  const counted = { toElement: 10, toClient: 0 };
  await relay(client, element, buffers(), counted);
  assert.deepEqual(counted, { toElement: 13, toClient: 1 });
});

Deno.test("the first end is passed on, the last one by closing", async () => {
  const client = new Stream().give([1], null);
  const element = new Stream();
  const relayed = relay(client, element, buffers());
  while (!element.isWriteClosed) await Promise.resolve();
  element.give([7], [8], null);
  assert.equal(await relayed, "ended");
  assert.deepEqual(client.written, [7, 8]);
  assert.equal(client.isWriteClosed, false);
});

Deno.test("what the system takes in part is written to its end", async () => {
  const client = new Stream().give([1, 2, 3, 4, 5], null);
  const element = new Stream().give(null);
  element.takes = 2;
  await relay(client, element, buffers());
  assert.deepEqual(element.written, [1, 2, 3, 4, 5]);
  assert.equal(element.writes, 3);
});

Deno.test("nothing more is read before what was read is written", async () => {
  const gate = Promise.withResolvers<void>();
  const client = new Stream().give([1], [2], [3], null);
  const element = new Stream().give(null);
  element.gate = gate.promise;
  const relayed = relay(client, element, buffers());
  for (let i = 0; i < 1_000; i++) await Promise.resolve();
  assert.deepEqual([client.reads, element.writes], [1, 1]);
  gate.resolve();
  assert.equal(await relayed, "ended");
  assert.deepEqual(element.written, [1, 2, 3]);
});

for (const [lost, end] of [["client", "client-lost"], ["element", "element-lost"]] as const) {
  Deno.test(`the ${lost} is lost while it is read: both are closed`, async () => {
    const streams = { client: new Stream(), element: new Stream() };
    streams[lost].give([1], new Deno.errors.ConnectionReset("reset"));
    assert.equal(await relay(streams.client, streams.element, buffers()), end);
    assert.deepEqual([streams.client.closes, streams.element.closes], [1, 1]);
  });

  Deno.test(`the ${lost} is lost while it is written to: both are closed`, async () => {
    const streams = { client: new Stream(), element: new Stream() };
    const other = lost === "client" ? "element" : "client";
    streams[lost].gate = Promise.reject(new Deno.errors.BrokenPipe("gone"));
    streams[other].give([1]);
    assert.equal(await relay(streams.client, streams.element, buffers()), end);
  });
}

Deno.test("buffers that have grown are given back at the end", async () => {
  const all = buffers();
  const full = Array<number>(4 * K).fill(1);
  const run = () => relay(new Stream().give(full, null), new Stream().give(null), all);
  await run();
  assert.equal(all.grownBytes, 16 * K);
  await run();
  assert.equal(all.grownBytes, 16 * K);
});
