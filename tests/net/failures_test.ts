/** Each way in which a dial or a listener can fail has its own reason and names the address. */
import assert from "node:assert/strict";
import {
  type Address,
  type Connection,
  DialFailed,
  formatAddress,
  ListenFailed,
  tcpTransport,
} from "../../lib/net/mod.ts";

const tcp = tcpTransport();

async function dialFailure(
  address: Address,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<DialFailed> {
  const failure = await tcp.dial(address, { timeoutMs: 5000, ...options }).then(
    (connection) => {
      connection.abort();
      return undefined;
    },
    (error) => error,
  );
  assert.ok(failure instanceof DialFailed, `not a DialFailed: ${failure}`);
  assert.equal(failure.address, address);
  return failure;
}

async function listenFailure(address: Address): Promise<ListenFailed> {
  const failure = await tcp.listen(address, () => {}).then(
    (listener) => listener.close(),
    (error) => error,
  );
  assert.ok(failure instanceof ListenFailed, `not a ListenFailed: ${failure}`);
  assert.equal(failure.address, address);
  return failure;
}

Deno.test("a dial of a port that nobody serves: refused", async () => {
  const listener = await tcp.listen({ host: "127.0.0.1", port: 0 }, () => {});
  await listener.close();
  const failure = await dialFailure(listener.address);
  assert.equal(failure.reason, "refused");
  assert.equal(
    failure.message,
    `Cannot connect to ${formatAddress(listener.address)}: connection refused`,
  );
});

for (const host of ["no-such-host.invalid", "two words", ""]) {
  Deno.test(`a dial of host "${host}": unknown-host`, async () => {
    const failure = await dialFailure({ host, port: 3863 });
    assert.equal(failure.reason, "unknown-host");
    assert.equal(failure.message, `Cannot connect to ${host}:3863: host "${host}" is unknown`);
  });
}

Deno.test("a dial that no route leads to: unreachable", async () => {
  const failure = await dialFailure({ host: "255.255.255.255", port: 3863 });
  assert.equal(failure.reason, "unreachable");
});

Deno.test("a dial that nobody answers in time: timed-out", async () => {
  // A queue of connections that nobody accepts fills up; then the system stays silent.
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = { host: "127.0.0.1", port: silent.addr.port };
  const waiting: Connection[] = [];
  let failure: unknown;
  while (failure === undefined && waiting.length < 5000) {
    await tcp.dial(address, { timeoutMs: 300 }).then(
      (connection) => waiting.push(connection),
      (error) => failure = error,
    );
  }
  for (const connection of waiting) connection.abort();
  silent.close();
  assert.ok(failure instanceof DialFailed);
  assert.equal(failure.reason, "timed-out");
  assert.equal(failure.message, `Cannot connect to ${formatAddress(address)}: timed out`);
});

Deno.test("a dial that its caller gives up: closed", async () => {
  const address = { host: "127.0.0.1", port: 1 };
  assert.equal((await dialFailure(address, { signal: AbortSignal.abort() })).reason, "closed");
  const given = new AbortController();
  const failing = dialFailure({ host: "no-such-host.invalid", port: 1 }, {
    signal: given.signal,
  });
  given.abort();
  assert.equal((await failing).reason, "closed");
});

Deno.test("a port that does not exist is the caller's mistake", async () => {
  await assert.rejects(tcp.dial({ host: "127.0.0.1", port: 70_000 }, { timeoutMs: 1 }), RangeError);
  await assert.rejects(tcp.listen({ host: "127.0.0.1", port: 70_000 }, () => {}), RangeError);
});

Deno.test("listening on a port in use: address-in-use", async () => {
  const listener = await tcp.listen({ host: "::1", port: 0 }, () => {});
  const failure = await listenFailure(listener.address);
  assert.equal(failure.reason, "address-in-use");
  assert.equal(
    failure.message,
    `Cannot listen on [::1]:${listener.address.port}: the port is in use`,
  );
  await listener.close();
});

for (const host of ["203.0.113.77", "2001:db8::77"]) {
  Deno.test(`listening on ${host}, which is not this host's: address-not-available`, async () => {
    const failure = await listenFailure({ host, port: 0 });
    assert.equal(failure.reason, "address-not-available");
    assert.ok(failure.message.endsWith("it is not an address of this host"));
  });
}

Deno.test("listening on an unknown host: unknown-host", async () => {
  assert.equal(
    (await listenFailure({ host: "no-such-host.invalid", port: 0 })).reason,
    "unknown-host",
  );
});

Deno.test({
  name: "listening without permission: permission",
  permissions: { net: ["127.0.0.1:1"] },
  async fn() {
    const failure = await listenFailure({ host: "127.0.0.1", port: 2 });
    assert.equal(failure.reason, "permission");
    assert.ok(failure.message.endsWith("permission denied"));
  },
});

Deno.test("without free descriptors accepting pauses, says so and goes on later", async () => {
  const echo = new URL("./echo_server.ts", import.meta.url).pathname;
  const child = new Deno.Command("sh", {
    args: ["-c", 'ulimit -n 64 && exec "$0" run --no-lock --allow-net "$1"', Deno.execPath(), echo],
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const port = Number((await lines.read()).value);
  const held: Connection[] = [];
  while (held.length < 100) {
    held.push(await tcp.dial({ host: "127.0.0.1", port }, { timeoutMs: 5000 }));
  }
  assert.match((await lines.read()).value!, /EMFILE|Too many open files/);
  for (const connection of held) connection.abort();
  const later = await tcp.dial({ host: "127.0.0.1", port }, { timeoutMs: 5000 });
  later.write(new Uint8Array([7]));
  assert.deepEqual(await later.read(), new Uint8Array([7]));
  await later.close();
  child.kill("SIGKILL");
  await child.status;
  await lines.cancel();
});
