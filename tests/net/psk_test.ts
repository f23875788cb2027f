/** What every user of a connection relies on, over TLS with a pre-shared key. */
import assert from "node:assert/strict";
import { type Connection, tcpTransport } from "../../lib/net/mod.ts";
import { PskTls } from "../../lib/net/tls_psk/mod.ts";
import {
  CLIENT,
  element,
  IDENTITY,
  KEY,
  listen,
  pattern,
  readExactly,
  readToEnd,
  registrar,
  relay,
  SERVER,
  withPair,
} from "./psk_pair.ts";

for (const dialler of [CLIENT, SERVER]) {
  Deno.test(`bytes pass both ways, whoever dialled: here the TLS ${dialler.role}`, () =>
    withPair(async (dialled, accepted) => {
      for (const { secured } of [dialled, accepted]) {
        assert.deepEqual(secured, { kind: "psk", name: IDENTITY, isRegistrar: false });
      }
      assert.deepEqual(accepted.remote, dialled.local);
      assert.deepEqual(accepted.local, dialled.remote);
      dialled.write(new Uint8Array([1, 2, 3]));
      assert.deepEqual(await readExactly(accepted, 3), new Uint8Array([1, 2, 3]));
      accepted.write(new Uint8Array([4]));
      assert.deepEqual(await readExactly(dialled, 1), new Uint8Array([4]));
    }, { dialler }));
}

Deno.test("every byte arrives in order, however the writes and reads fall", () =>
  withPair(async (dialled, accepted) => {
    const sent = pattern(3_000_000);
    const sizes = [1, 4, 72, 1023, 16_384, 16_385, 65_535, 65_536, 65_537, 200_000];
    for (let offset = 0, turn = 0; offset < sent.length; turn++) {
      const size = sizes[turn % sizes.length]!;
      dialled.write(sent.slice(offset, offset + size));
      offset += size;
    }
    assert.deepEqual(await readExactly(accepted, sent.length), sent);
    assert.equal(dialled.queuedBytes, 0);
  }));

Deno.test("both sides may write much at once", () =>
  withPair(async (dialled, accepted) => {
    const sent = pattern(2_000_000);
    const written = [dialled.write(sent), accepted.write(sent)];
    const received = await Promise.all([dialled, accepted].map((each) => {
      return readExactly(each, sent.length);
    }));
    for (const bytes of received) assert.deepEqual(bytes, sent);
    await Promise.all(written);
  }));

Deno.test("what is written in one turn leaves in one record", async () => {
  const { listener, address, accepted } = await listen(await registrar());
  let onTheWire = 0;
  const between = await relay(address, (bytes, to) => {
    if (to === "server") onTheWire += bytes.length;
    return bytes;
  });
  const dialled = await (await element()).dial(between.address, { timeoutMs: 5000, tls: CLIENT });
  const other = await accepted();
  const before = onTheWire;
  for (let count = 0; count < 1000; count++) dialled.write(new Uint8Array(16));
  await readExactly(other, 16_000);
  // A header of 5 bytes, the type of 1 and a tag of 16.
  assert.equal(onTheWire - before, 16_000 + 22);
  dialled.abort();
  other.abort();
  await between.close();
  await listener.close();
});

Deno.test("a writer is held back by a reader that does not read, until it reads", () =>
  withPair(async (dialled, accepted) => {
    // More than the system's own buffers take.
    const block = new Uint8Array(16_000_000);
    dialled.write(block);
    const all = dialled.write(block);
    let free = false;
    all.then(() => free = true);
    const first = await accepted.read();
    assert.equal(free, false);
    assert.ok(dialled.queuedBytes > block.length);
    // Who waits with nothing to write waits for the same.
    const waiting = dialled.write(new Uint8Array(0));
    await readExactly(accepted, 2 * block.length - first!.length);
    await all;
    await waiting;
    assert.equal(dialled.queuedBytes, 0);
  }));

Deno.test("after closeWrite the other side reads to the end and may still answer", () =>
  withPair(async (dialled, accepted) => {
    dialled.write(new Uint8Array([1]));
    await dialled.closeWrite();
    assert.deepEqual(await readExactly(accepted, 1), new Uint8Array([1]));
    assert.equal(await accepted.read(), null);
    assert.equal(accepted.ended, "closed");
    accepted.write(new Uint8Array([2]));
    assert.deepEqual(await dialled.read(), new Uint8Array([2]));
    await dialled.write(new Uint8Array([3]));
    assert.equal(dialled.queuedBytes, 0);
    await accepted.close();
    assert.equal(await dialled.read(), null);
    assert.equal(dialled.ended, "closed");
  }));

Deno.test("close lets queued bytes leave, though unread bytes of the other side wait", () =>
  withPair(async (dialled, accepted) => {
    await accepted.write(new Uint8Array(10_000));
    dialled.write(new Uint8Array(500_000));
    const closed = dialled.close();
    assert.equal(await readToEnd(accepted), 500_000);
    assert.equal(accepted.ended, "closed");
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

Deno.test("close gives a peer that never reads no more than its limit", () =>
  withPair(async (dialled) => {
    dialled.write(new Uint8Array(32_000_000));
    const pending = dialled.read();
    await dialled.close();
    assert.equal(await pending, null);
    assert.equal(dialled.ended, "closed-here");
    assert.equal(dialled.queuedBytes, 0);
  }, { options: { closeLimitMs: 50 } }));

Deno.test("abort ends both sides at once, and cannot be taken for an orderly end", () =>
  withPair(async (dialled, accepted) => {
    const pending = accepted.read();
    const own = dialled.read();
    dialled.write(new Uint8Array(1_000_000));
    dialled.abort();
    assert.equal(await own, null);
    assert.equal(dialled.ended, "closed-here");
    assert.equal(dialled.queuedBytes, 0);
    assert.equal(await pending, null);
    assert.equal(accepted.ended, "reset");
    dialled.abort();
    await dialled.close();
    await dialled.closeWrite();
  }));

/** Connects through somebody who changes what the client sends once it is connected. */
async function withTampering(
  change: (bytes: Uint8Array) => Uint8Array,
  run: (client: Connection, server: Connection) => Promise<void>,
): Promise<void> {
  const { listener, address, accepted } = await listen(await registrar());
  let isOn = false;
  const between = await relay(address, (bytes, to) => {
    return isOn && to === "server" ? change(bytes) : bytes;
  });
  const client = await (await element()).dial(between.address, { timeoutMs: 5000, tls: CLIENT });
  const server = await accepted();
  isOn = true;
  try {
    await run(client, server);
  } finally {
    client.abort();
    server.abort();
    await between.close();
    await listener.close();
  }
}

Deno.test("a changed byte ends the connection on both sides, and no data of it is told", () => {
  const flip = (bytes: Uint8Array) => bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1);
  return withTampering(flip, async (client, server) => {
    const end = client.read();
    client.write(new Uint8Array([1, 2, 3]));
    assert.equal(await server.read(), null);
    assert.equal(server.ended, "reset");
    assert.equal(await end, null);
    assert.equal(client.ended, "reset");
    await server.write(new Uint8Array(1));
    assert.equal(server.queuedBytes, 0);
    await server.close();
  });
});

Deno.test("a stream that is cut without close_notify is no orderly end", () => {
  let isCut = false;
  const cut = (bytes: Uint8Array) => isCut ? new Uint8Array(0) : bytes;
  return withTampering(cut, async (client, server) => {
    client.write(new Uint8Array([7]));
    assert.deepEqual(await readExactly(server, 1), new Uint8Array([7]));
    isCut = true;
    // RFC 8446 §6.1: its close_notify does not arrive, the end of the TCP stream does.
    client.close();
    assert.equal(await server.read(), null);
    assert.equal(server.ended, "reset");
  });
});

Deno.test("KeyUpdates that are asked for while much is written leave in their order", async () => {
  const { listener, address, accepted } = await listen(await registrar());
  const tcp = await tcpTransport().dial(address, { timeoutMs: 5000 });
  const tls = PskTls.client({
    alpn: "asap",
    identity: new TextEncoder().encode(IDENTITY),
    key: KEY,
  });
  const sent = pattern(4_000_000);
  const received = new Uint8Array(sent.length);
  let count = 0;
  const perform = () => {
    for (let output = tls.poll(); output; output = tls.poll()) {
      if (output.type === "write") tcp.write(output.bytes);
      else if (output.type === "data") {
        received.set(output.bytes, count);
        count += output.bytes.length;
      } else assert.equal(output.type, "established", JSON.stringify(output));
    }
  };
  const server = accepted().then(async (connection) => {
    const written = connection.write(sent);
    // It reads meanwhile, and so hears that it is asked.
    const words = await readExactly(connection, 10);
    await written;
    return { connection, words };
  });
  perform();
  for (let asked = 0; count < sent.length;) {
    const bytes = await tcp.read();
    assert.ok(bytes);
    tls.receive(bytes);
    if (count > (asked + 1) * 300_000 && asked < 10) {
      asked++;
      tls.send(new Uint8Array([asked]));
      tls.updateKeys(true);
    }
    perform();
  }
  const { connection, words } = await server;
  assert.deepEqual(received, sent);
  assert.deepEqual(words, new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]));
  tcp.abort();
  connection.abort();
  await listener.close();
});
