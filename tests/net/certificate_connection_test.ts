/** What every user of a connection relies on, over certificates in both TLS roles of a dialler. */
import assert from "node:assert/strict";
import { connect as connectTcp } from "node:net";
import {
  CLIENT,
  element,
  elementCertificate,
  HERE,
  listen,
  registrar,
  SERVER,
  withPair,
} from "./certificate_pair.ts";
import { pattern, readExactly, readToEnd } from "./psk_pair.ts";

for (const dialler of [CLIENT, SERVER]) {
  const who = `the dialler is the TLS ${dialler.role}`;

  Deno.test(`${who}: bytes pass both ways, and both sides know who the other is`, () =>
    withPair(async (dialled, accepted) => {
      const isClient = dialler.role === "client";
      const [toRegistrar, toElement] = isClient ? [dialled, accepted] : [accepted, dialled];
      assert.deepEqual(toRegistrar.secured, {
        kind: "certificate",
        name: "r1.example.org",
        isRegistrar: true,
      });
      assert.deepEqual(toElement.secured, {
        kind: "certificate",
        name: "web-1.example.org",
        isRegistrar: false,
      });
      dialled.write(new Uint8Array([1, 2, 3]));
      assert.deepEqual(await accepted.read(), new Uint8Array([1, 2, 3]));
      accepted.write(new Uint8Array([4]));
      assert.deepEqual(await dialled.read(), new Uint8Array([4]));
    }, { dialler }));

  Deno.test(`${who}: every byte arrives in order, however writes and reads fall`, () =>
    withPair(async (dialled, accepted) => {
      const sent = pattern(3_000_000);
      const sizes = [1, 4, 72, 1023, 1024, 1025, 4096, 16_384, 65_535, 65_536, 200_000];
      for (let offset = 0, turn = 0; offset < sent.length; turn++) {
        const size = sizes[turn % sizes.length]!;
        dialled.write(sent.slice(offset, offset + size));
        offset += size;
      }
      assert.deepEqual(await readExactly(accepted, sent.length), sent);
    }, { dialler }));

  Deno.test(`${who}: bytes that were read belong to the reader`, () =>
    withPair(async (dialled, accepted) => {
      const parts: Uint8Array[] = [];
      for (let value = 1; value <= 50; value++) {
        dialled.write(new Uint8Array(72 * value).fill(value));
        parts.push(await readExactly(accepted, 72 * value));
      }
      parts.forEach((part, index) => assert.ok(part.every((byte) => byte === index + 1)));
    }, { dialler }));

  Deno.test(`${who}: a writer is held back by a reader that does not read, until it reads`, () =>
    withPair(async (dialled, accepted) => {
      // More than the system's own buffers take.
      const block = new Uint8Array(16_000_000);
      dialled.write(block);
      const all = dialled.write(block);
      let free = false;
      all.then(() => free = true);
      const first = await accepted.read();
      assert.equal(free, false);
      assert.ok(dialled.queuedBytes > 0);
      await readExactly(accepted, 2 * block.length - first!.length);
      await all;
      assert.equal(dialled.queuedBytes, 0);
    }, { dialler }));

  Deno.test(`${who}: after closeWrite the other side reads to the end and may still answer`, () =>
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
    }, { dialler }));

  Deno.test(`${who}: close lets queued bytes leave, though unread bytes wait`, () =>
    withPair(async (dialled, accepted) => {
      await accepted.write(new Uint8Array(10_000));
      dialled.write(new Uint8Array(500_000));
      const closed = dialled.close();
      assert.equal(await readToEnd(accepted), 500_000);
      accepted.close();
      await closed;
      assert.equal(dialled.ended, "closed-here");
      assert.equal(dialled.queuedBytes, 0);
    }, { dialler }));

  Deno.test(`${who}: close ends a pending read with null and throws away what still comes`, () =>
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
    }, { dialler }));

  Deno.test(`${who}: close gives a peer that never reads no more than its limit`, () =>
    withPair(async (dialled, accepted) => {
      while (dialled.queuedBytes < 16_000_000) dialled.write(new Uint8Array(65_536));
      const pending = dialled.read();
      await dialled.close();
      assert.equal(await pending, null);
      assert.equal(dialled.ended, "closed-here");
      assert.equal(dialled.queuedBytes, 0);
      assert.ok(await readToEnd(accepted) < 16_000_000);
    }, { dialler, options: { closeLimitMs: 50 } }));

  Deno.test(`${who}: abort ends both sides at once`, () =>
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
    }, { dialler }));
}

for (const host of ["127.0.0.1", "::1"]) {
  Deno.test(`both sides agree on the addresses over ${host}`, () =>
    withPair(async (dialled, accepted, listening) => {
      assert.notEqual(listening.port, 0);
      assert.deepEqual(dialled.remote, listening);
      assert.deepEqual(accepted.local, listening);
      assert.deepEqual(accepted.remote, dialled.local);
      assert.equal(accepted.remote.host, host);
      await dialled.close();
    }, { host }));
}

Deno.test("an IPv4 peer of a listener on :: is given as IPv4", async () => {
  const { listener, address, accepted } = await listen(await registrar(), SERVER, {
    host: "::",
    port: 0,
  });
  const dialled = await (await element()).dial({ host: "127.0.0.1", port: address.port }, {
    timeoutMs: 5000,
    tls: CLIENT,
  });
  const other = await accepted();
  assert.deepEqual(other.remote, dialled.local);
  assert.deepEqual(other.local, dialled.remote);
  dialled.abort();
  other.abort();
  await listener.close();
});

Deno.test("a reset by the other side ends the read with null and is called a reset", async () => {
  const { connect } = await import("node:tls");
  const { listener, address, accepted } = await listen(await registrar());
  const socket = connectTcp(address.port, "127.0.0.1");
  const tls = connect({
    socket,
    rejectUnauthorized: false,
    ALPNProtocols: ["asap"],
    cert: elementCertificate.cert.text,
    key: elementCertificate.key.text,
  });
  const connection = await accepted();
  const pending = connection.read();
  const gone = new Promise((resolve) => socket.once("close", resolve));
  tls.on("error", () => {});
  socket.resetAndDestroy();
  assert.equal(await pending, null);
  assert.equal(connection.ended, "reset");
  await gone;
  await connection.close();
  await listener.close();
});

Deno.test("a closed listener takes no more, and what it accepted goes on", async () => {
  const transport = await registrar();
  const { listener, address, accepted } = await listen(transport);
  const client = await element();
  const dialled = await client.dial(address, { timeoutMs: 5000, tls: CLIENT });
  const other = await accepted();
  await listener.close();
  await listener.close();
  await assert.rejects(client.dial(address, { timeoutMs: 5000, tls: CLIENT }), {
    reason: "refused",
  });
  dialled.write(new Uint8Array([1]));
  assert.deepEqual(await other.read(), new Uint8Array([1]));
  const again = await transport.listen(address, () => {}, { tls: SERVER });
  assert.deepEqual(again.address, address);
  await again.close();
  dialled.abort();
  other.abort();
});

Deno.test("dials and listeners fail as those of plain TCP do", async () => {
  const client = await element();
  const failureOf = async (host: string, port: number, more: object = {}) =>
    await client.dial({ host, port }, { timeoutMs: 5000, tls: CLIENT, ...more }).then(
      () => assert.fail("it is connected"),
      ({ reason }) => reason,
    );
  assert.equal(await failureOf("no-such-host.invalid", 3864), "unknown-host");
  assert.equal(await failureOf("255.255.255.255", 3864), "unreachable");
  assert.equal(await failureOf("127.0.0.1", 1, { signal: AbortSignal.abort() }), "closed");
  await assert.rejects(
    client.dial({ host: "127.0.0.1", port: 70_000 }, {
      timeoutMs: 1,
      tls: CLIENT,
    }),
    RangeError,
  );
  const first = await client.listen(HERE, () => {}, { tls: CLIENT });
  const listenAt = (host: string, port: number) =>
    client.listen({ host, port }, () => {}, { tls: CLIENT });
  await assert.rejects(listenAt("127.0.0.1", first.address.port), { reason: "address-in-use" });
  await assert.rejects(listenAt("192.0.2.1", 0), { reason: "address-not-available" });
  await assert.rejects(listenAt("no-such-host.invalid", 0), { reason: "unknown-host" });
  await assert.rejects(listenAt("127.0.0.1", 70_000), RangeError);
  await first.close();
});
