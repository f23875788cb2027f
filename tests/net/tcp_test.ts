/** What every user of a connection relies on, over real sockets of this host. */
import assert from "node:assert/strict";
import { type Address, type Connection, tcpTransport } from "../../lib/net/mod.ts";

const tcp = tcpTransport();

/** A connection and its accepted other end; both are aborted at the end. */
async function withPair(
  run: (dialled: Connection, accepted: Connection, listening: Address) => Promise<void>,
  host = "127.0.0.1",
  transport = tcp,
): Promise<void> {
  const incoming = Promise.withResolvers<Connection>();
  const listener = await transport.listen({ host, port: 0 }, incoming.resolve);
  const dialled = await transport.dial(listener.address, { timeoutMs: 5000 });
  const accepted = await incoming.promise;
  try {
    await run(dialled, accepted, listener.address);
  } finally {
    dialled.abort();
    accepted.abort();
    await listener.close();
  }
}

async function readExactly(connection: Connection, length: number): Promise<Uint8Array> {
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

async function readToEnd(connection: Connection): Promise<number> {
  let total = 0;
  for (let bytes = await connection.read(); bytes; bytes = await connection.read()) {
    total += bytes.length;
  }
  return total;
}

function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}

for (const host of ["127.0.0.1", "::1"]) {
  Deno.test(`bytes pass both ways over ${host}, and both sides agree on the addresses`, () =>
    withPair(async (dialled, accepted, listening) => {
      assert.notEqual(listening.port, 0);
      assert.deepEqual(dialled.remote, listening);
      assert.deepEqual(accepted.local, listening);
      assert.deepEqual(accepted.remote, dialled.local);
      assert.equal(accepted.remote.host, host);
      dialled.write(new Uint8Array([1, 2, 3]));
      assert.deepEqual(await accepted.read(), new Uint8Array([1, 2, 3]));
      accepted.write(new Uint8Array([4]));
      assert.deepEqual(await dialled.read(), new Uint8Array([4]));
    }, host));
}

Deno.test("an IPv4 peer of a listener on :: is given as IPv4", async () => {
  const incoming = Promise.withResolvers<Connection>();
  const listener = await tcp.listen({ host: "::", port: 0 }, incoming.resolve);
  const dialled = await tcp.dial({ host: "127.0.0.1", port: listener.address.port }, {
    timeoutMs: 5000,
  });
  const accepted = await incoming.promise;
  assert.deepEqual(accepted.remote, dialled.local);
  assert.deepEqual(accepted.local, dialled.remote);
  dialled.abort();
  accepted.abort();
  await listener.close();
});

Deno.test("a host name is dialled, whichever address of it listens", async () => {
  const incoming = Promise.withResolvers<Connection>();
  const listener = await tcp.listen({ host: "localhost", port: 0 }, incoming.resolve);
  const dialled = await tcp.dial({ host: "localhost", port: listener.address.port }, {
    timeoutMs: 5000,
  });
  (await incoming.promise).abort();
  dialled.abort();
  await listener.close();
});

Deno.test("every byte arrives in order, however the writes and reads fall", () =>
  withPair(async (dialled, accepted) => {
    const sent = pattern(3_000_000);
    const sizes = [1, 4, 72, 1023, 1024, 1025, 4096, 65_535, 65_536, 200_000];
    for (let offset = 0, turn = 0; offset < sent.length; turn++) {
      const size = sizes[turn % sizes.length]!;
      dialled.write(sent.slice(offset, offset + size));
      offset += size;
    }
    assert.deepEqual(await readExactly(accepted, sent.length), sent);
  }));

Deno.test("bytes that were read belong to the reader: a later read does not change them", () =>
  withPair(async (dialled, accepted) => {
    dialled.write(new Uint8Array(72).fill(1));
    const first = await readExactly(accepted, 72);
    dialled.write(new Uint8Array(1024).fill(2));
    const second = await readExactly(accepted, 1024);
    dialled.write(new Uint8Array(5000).fill(3));
    await readExactly(accepted, 5000);
    assert.deepEqual(first, new Uint8Array(72).fill(1));
    assert.deepEqual(second, new Uint8Array(1024).fill(2));
  }));

Deno.test("what is written in one turn leaves in one write", () =>
  withPair(async (dialled, accepted) => {
    const other = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const probe = await Deno.connect({ port: other.addr.port });
    const prototype = Object.getPrototypeOf(Object.getPrototypeOf(probe));
    probe.close();
    other.close();
    const original = prototype.write;
    assert.equal(typeof original, "function");
    const lengths: number[] = [];
    prototype.write = function (bytes: Uint8Array) {
      lengths.push(bytes.length);
      return original.call(this, bytes);
    };
    try {
      for (let count = 0; count < 1000; count++) dialled.write(new Uint8Array(16));
      await readExactly(accepted, 16_000);
    } finally {
      prototype.write = original;
    }
    assert.equal(lengths[0], 16_000);
  }));

Deno.test("a writer is held back by a reader that does not read, until it reads", () =>
  withPair(async (dialled, accepted) => {
    // More than the system's own buffers take.
    const block = new Uint8Array(16_000_000);
    const given = block.length;
    dialled.write(block);
    const all = dialled.write(block);
    let free = false;
    all.then(() => free = true);
    const first = await accepted.read();
    assert.equal(free, false);
    assert.ok(dialled.queuedBytes > 0);
    await readExactly(accepted, given + block.length - first!.length);
    await all;
    assert.equal(dialled.queuedBytes, 0);
  }));

Deno.test("after closeWrite the other side reads to the end and may still answer", () =>
  withPair(async (dialled, accepted) => {
    dialled.write(new Uint8Array([1]));
    await dialled.closeWrite();
    assert.deepEqual(await accepted.read(), new Uint8Array([1]));
    assert.equal(await accepted.read(), null);
    assert.equal(accepted.ended, "closed");
    accepted.write(new Uint8Array([2]));
    assert.deepEqual(await dialled.read(), new Uint8Array([2]));
    await dialled.write(new Uint8Array([3]));
    assert.equal(dialled.queuedBytes, 0);
  }));

Deno.test("close lets queued bytes leave, though unread bytes of the other side wait", () =>
  withPair(async (dialled, accepted) => {
    await accepted.write(new Uint8Array(10_000));
    dialled.write(new Uint8Array(500_000));
    const closed = dialled.close();
    assert.equal(await readToEnd(accepted), 500_000);
    accepted.close();
    await closed;
    assert.equal(dialled.ended, "closed-here");
    assert.equal(dialled.queuedBytes, 0);
  }));

Deno.test("close ends a pending read with null and throws away what still arrives", () =>
  withPair(async (dialled, accepted) => {
    const pending = dialled.read();
    const closed = dialled.close();
    assert.equal(await accepted.read(), null);
    accepted.write(new Uint8Array(100));
    accepted.close();
    assert.equal(await pending, null);
    await closed;
    assert.equal(await dialled.read(), null);
    assert.equal(await dialled.write(new Uint8Array(1)), undefined);
    await dialled.close();
  }));

Deno.test("close gives a peer that never reads no more than its limit, and frees the socket", () =>
  withPair(
    async (dialled, accepted) => {
      while (dialled.queuedBytes < 16_000_000) dialled.write(new Uint8Array(65_536));
      const pending = dialled.read();
      await dialled.close();
      assert.equal(await pending, null);
      assert.equal(dialled.ended, "closed-here");
      assert.equal(dialled.queuedBytes, 0);
      assert.ok(await readToEnd(accepted) < 16_000_000);
    },
    "127.0.0.1",
    tcpTransport({ closeLimitMs: 50 }),
  ));

Deno.test("a write while it closes waits for what is queued, so that nobody spins on it", () =>
  withPair(
    async (dialled, accepted) => {
      dialled.write(new Uint8Array(16_000_000));
      const closed = dialled.close();
      await dialled.write(new Uint8Array(0));
      assert.equal(dialled.queuedBytes, 0);
      await closed;
      assert.ok(await readToEnd(accepted) < 16_000_000);
    },
    "127.0.0.1",
    tcpTransport({ closeLimitMs: 50 }),
  ));

Deno.test("abort ends both sides at once", () =>
  withPair(async (dialled, accepted) => {
    const pending = accepted.read();
    const own = dialled.read();
    dialled.abort();
    assert.equal(await pending, null);
    assert.equal(await own, null);
    assert.equal(dialled.ended, "closed-here");
    dialled.abort();
    await dialled.close();
    await dialled.closeWrite();
  }));

Deno.test("a reset by the other side ends the read with null and is called a reset", async () => {
  const { connect } = await import("node:net");
  const incoming = Promise.withResolvers<Connection>();
  const listener = await tcp.listen({ host: "127.0.0.1", port: 0 }, incoming.resolve);
  const socket = connect(listener.address.port, "127.0.0.1");
  const accepted = await incoming.promise;
  const pending = accepted.read();
  const gone = new Promise((resolve) => socket.once("close", resolve));
  socket.once("connect", () => socket.resetAndDestroy());
  assert.equal(await pending, null);
  assert.equal(accepted.ended, "reset");
  await gone;
  while (accepted.queuedBytes > 0) await accepted.write(new Uint8Array(1));
  await accepted.close();
  await listener.close();
});

Deno.test("a closed listener takes no more, and what it accepted goes on", () =>
  withPair(async (dialled, accepted, listening) => {
    const listener = await tcp.listen({ host: "127.0.0.1", port: 0 }, () => {});
    await listener.close();
    await listener.close();
    await assert.rejects(tcp.dial(listener.address, { timeoutMs: 5000 }), { reason: "refused" });
    assert.notDeepEqual(listener.address, listening);
    dialled.write(new Uint8Array([1]));
    assert.deepEqual(await accepted.read(), new Uint8Array([1]));
  }));

Deno.test("an address that was just served can be listened on again", async () => {
  let port = 0;
  for (let round = 0; round < 3; round++) {
    const incoming = Promise.withResolvers<Connection>();
    const listener = await tcp.listen({ host: "127.0.0.1", port }, incoming.resolve);
    port = listener.address.port;
    const dialled = await tcp.dial(listener.address, { timeoutMs: 5000 });
    const accepted = await incoming.promise;
    const closed = accepted.close();
    assert.equal(await dialled.read(), null);
    await dialled.close();
    await closed;
    await listener.close();
  }
});
