/** Who is turned away from TLS with pre-shared keys, why, and what that may cost. */
import assert from "node:assert/strict";
import {
  type Connection,
  CredentialsInvalid,
  type HandshakeLimits,
  type PskCredentials,
  pskTransport,
  tcpTransport,
} from "../../lib/net/mod.ts";
import { identityText, quoted } from "../../lib/net/psk_keys.ts";
import {
  CLIENT,
  dialFailure,
  element,
  HERE,
  IDENTITY,
  KEY,
  listen,
  OTHER_KEY,
  readToEnd,
  registrar,
  relay,
  SERVER,
} from "./psk_pair.ts";

const tcp = tcpTransport();

for (
  const [what, own, words] of [
    [
      "a wrong key",
      { identity: IDENTITY, key: OTHER_KEY },
      'the key that was shown for identity "label-17" is another',
    ],
    [
      "an unknown identity",
      { identity: "a stranger\n\x9b", key: KEY },
      'unknown identity "a stranger\\n\\u009b"',
    ],
  ] as const
) {
  Deno.test(`${what} is refused, and both sides are told in words`, async () => {
    const { listener, address, refused } = await listen(await registrar());
    const failure = await dialFailure(await pskTransport({ own }), address);
    assert.equal(failure.reason, "security");
    assert.equal(
      failure.message,
      `Cannot connect to 127.0.0.1:${address.port}: the key with identity ` +
        `${quoted(own.identity)} was refused: it is unknown there, or another key`,
    );
    assert.equal(await refused(), words);
    await listener.close();
  });
}

Deno.test("who dialled and is the TLS server refuses a wrong key, too", async () => {
  const { listener, address, refused } = await listen(await element(), CLIENT);
  const other = await pskTransport({ accepted: new Map([[IDENTITY, OTHER_KEY]]) });
  const failure = await dialFailure(other, address, { tls: SERVER });
  assert.equal(failure.reason, "security");
  assert.match(await refused(), /^the key with identity "label-17" was refused/);
  await listener.close();
});

Deno.test("another application protocol is refused", async () => {
  const { listener, address } = await listen(await registrar());
  const failure = await dialFailure(await element(), address, {
    tls: { role: "client", protocol: "enrp" },
  });
  assert.equal(failure.reason, "security");
  assert.match(failure.message, /: the server does not speak "enrp"$/);
  await listener.close();
});

Deno.test("a dial without a key for the address opens no connection", async () => {
  let connections = 0;
  const listener = await tcp.listen(HERE, () => connections++);
  const key = { identity: IDENTITY, key: KEY };
  const transport = await pskTransport({ peers: new Map([["192.0.2.1:19902", key]]) });
  const failure = await dialFailure(transport, listener.address);
  assert.equal(failure.reason, "security");
  assert.match(failure.message, /: no pre-shared key is set for it$/);
  await listener.close();
  assert.equal(connections, 0);
});

/** A TCP server that treats all who connect alike. */
async function withServer(
  onConnection: (connection: Connection) => void,
  run: (address: { host: string; port: number }) => Promise<void>,
): Promise<void> {
  const accepted: Connection[] = [];
  const listener = await tcp.listen(HERE, (connection) => {
    accepted.push(connection);
    onConnection(connection);
  });
  try {
    await run(listener.address);
  } finally {
    for (const connection of accepted) connection.abort();
    await listener.close();
  }
}

Deno.test("a server that speaks no TLS is called that", () =>
  withServer(
    // An ASAP_ERROR.
    (connection) => connection.write(new Uint8Array([0x0e, 0, 0, 4])),
    async (address) => {
      const failure = await dialFailure(await element(), address);
      assert.equal(failure.reason, "security");
      assert.match(failure.message, /: no TLS is spoken there$/);
    },
  ));

Deno.test("a server that hangs up at once: closed", () =>
  withServer((connection) => connection.close(), async (address) => {
    const failure = await dialFailure(await element(), address);
    assert.equal(failure.reason, "closed");
    assert.match(failure.message, /: the other side closed it before it was secured$/);
  }));

Deno.test("a server that says nothing: timed-out, and the connection is gone", async () => {
  const gone = Promise.withResolvers<number>();
  const onConnection = (connection: Connection) => gone.resolve(readToEnd(connection));
  await withServer(onConnection, async (address) => {
    const failure = await dialFailure(await element(), address, { timeoutMs: 500 });
    assert.equal(failure.reason, "timed-out");
    assert.match(failure.message, /: it is connected, but TLS was not finished in time$/);
    assert.ok(await gone.promise > 0, "a ClientHello has come");
  });
});

Deno.test("a dial that its caller gives up during the handshake: closed", async () => {
  const giveUp = new AbortController();
  await withServer(() => giveUp.abort(), async (address) => {
    const failure = await dialFailure(await element(), address, { signal: giveUp.signal });
    assert.equal(failure.reason, "closed");
    assert.match(failure.message, /: closed before it was secured$/);
  });
});

Deno.test("nobody listens: as over TCP", async () => {
  const listener = await tcp.listen(HERE, () => {});
  await listener.close();
  assert.equal((await dialFailure(await element(), listener.address)).reason, "refused");
});

for (
  const [what, words] of [
    ["an ASAP message", new Uint8Array([1, 0, 0, 8, 0, 0, 0, 0])],
    ["a request of HTTP", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n")],
  ] as const
) {
  Deno.test(`a client that sends ${what} in clear is turned away`, async () => {
    const { listener, address, refused } = await listen(await registrar());
    const client = await tcp.dial(address, { timeoutMs: 5000 });
    client.write(words);
    assert.equal(await refused(), "no TLS is spoken there");
    await readToEnd(client);
    client.abort();
    await listener.close();
  });
}

/** Connects and says no more than it is given. */
async function silentClient(
  address: { host: string; port: number },
  words = new Uint8Array(0),
): Promise<Connection> {
  const client = await tcp.dial(address, { timeoutMs: 5000 });
  await client.write(words);
  return client;
}

async function limited(handshakes: Partial<HandshakeLimits>) {
  return await listen(await registrar({ handshakes }));
}

for (const words of [new Uint8Array(0), new Uint8Array([22, 3, 1])]) {
  Deno.test(`handshakeMs ends who sends ${words.length} bytes and waits`, async () => {
    const { listener, address, refused } = await limited({ handshakeMs: 30 });
    const client = await silentClient(address, words);
    assert.equal(await refused(), "it is connected, but TLS was not finished in time");
    assert.equal(await client.read(), null);
    client.abort();
    await listener.close();
  });
}

Deno.test("handshakesAtOnce turns further ones away, until one is over", async () => {
  const { listener, address, accepted, refused } = await limited({ handshakesAtOnce: 2 });
  const slow = [await silentClient(address), await silentClient(address)];
  const third = await silentClient(address);
  assert.equal(await refused(), "more than 2 TLS handshakes at once");
  assert.equal(await third.read(), null);
  slow[0]!.abort();
  assert.equal(await refused(), "the other side closed it before it was secured");
  const dialled = await (await element()).dial(address, { timeoutMs: 5000, tls: CLIENT });
  (await accepted()).abort();
  for (const each of [dialled, third, ...slow]) each.abort();
  await listener.close();
});

Deno.test("handshakesPerSecond and burstSeconds hold back one address", async () => {
  const limits = { handshakesPerSecond: 0.001, burstSeconds: 3000 };
  const { listener, address, accepted, refused } = await limited(limits);
  const transport = await element();
  for (let count = 0; count < 3; count++) {
    const dialled = await transport.dial(address, { timeoutMs: 5000, tls: CLIENT });
    (await accepted()).abort();
    dialled.abort();
  }
  const failure = await dialFailure(transport, address);
  assert.equal(failure.reason, "closed");
  assert.match(await refused(), /^more than .* TLS handshakes a second of one address$/);
  await listener.close();
});

Deno.test("a listener that is closed ends the handshakes that go on", async () => {
  const { listener, address } = await listen(await registrar());
  const client = await silentClient(address);
  // The listener has accepted it when one that came later is through.
  const later = await (await element()).dial(address, { timeoutMs: 5000, tls: CLIENT });
  await listener.close();
  assert.equal(await client.read(), null);
  later.abort();
  client.abort();
});

const RELOADS: readonly [string, PskCredentials, string | undefined][] = [
  ["stays", { accepted: new Map([["other", OTHER_KEY], [IDENTITY, KEY.slice()]]) }, undefined],
  ["is removed", { accepted: new Map() }, 'the key of identity "label-17" was removed'],
  [
    "is changed",
    { accepted: new Map([[IDENTITY, OTHER_KEY]]) },
    'the key of identity "label-17" was changed',
  ],
];

for (const [what, credentials, objection] of RELOADS) {
  Deno.test(`a key that ${what} while it is in use`, async () => {
    const server = await registrar();
    const client = await element();
    const { listener, address, accepted } = await listen(server);
    const dialled = await client.dial(address, { timeoutMs: 5000, tls: CLIENT });
    const other = await accepted();
    assert.equal(server.objection(other), undefined);
    server.replace(credentials);
    assert.equal(server.objection(other), objection);
    assert.equal(client.objection(dialled), undefined);
    // The connection itself stays: who asks decides.
    other.write(new Uint8Array([1]));
    assert.deepEqual(await dialled.read(), new Uint8Array([1]));
    if (objection) assert.equal((await dialFailure(client, address)).reason, "security");
    dialled.abort();
    other.abort();
    await listener.close();
  });
}

Deno.test("the key that a client shows may change, for one address or for all", async () => {
  const accepted = new Map([["one", KEY], ["two", OTHER_KEY]]);
  const server = await pskTransport({ accepted });
  const { listener, address, accepted: next } = await listen(server);
  const [one, two] = [{ identity: "one", key: KEY }, { identity: "two", key: OTHER_KEY }];
  const peers = new Map([[`127.0.0.1:${address.port}`, two]]);
  const client = await pskTransport({ own: one, peers });
  const dialled = await client.dial(address, { timeoutMs: 5000, tls: CLIENT });
  const other = await next();
  assert.equal(other.secured?.name, "two");
  assert.equal(dialled.secured?.name, "two");
  client.replace({ own: two });
  assert.equal(client.objection(dialled), undefined);
  client.replace({ own: one });
  assert.equal(client.objection(dialled), 'the key of identity "two" was removed');
  client.replace({ own: { identity: "two", key: KEY } });
  assert.equal(client.objection(dialled), 'the key of identity "two" was changed');
  assert.equal(server.objection(dialled), "it was not made with a pre-shared key");
  dialled.abort();
  other.abort();
  await listener.close();
});

Deno.test("a key that is removed during a handshake does not come in by it", async () => {
  const server = await registrar();
  const { listener, address, refused } = await listen(server);
  const held = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let flights = 0;
  const between = await relay(address, async (bytes, to) => {
    if (to === "server" && ++flights === 2) {
      held.resolve();
      await released.promise;
    }
    return bytes;
  });
  const client = await element();
  // It is connected for the client, who has verified the server and then sends its Finished.
  const dialled = await client.dial(between.address, { timeoutMs: 5000, tls: CLIENT });
  await held.promise;
  server.replace({});
  released.resolve();
  assert.equal(await refused(), 'the key of identity "label-17" was removed');
  assert.equal(await dialled.read(), null);
  dialled.abort();
  await between.close();
  await listener.close();
});

const INVALID: readonly [string, PskCredentials, RegExp][] = [
  ["15 bytes", { own: { identity: "x", key: new Uint8Array(15) } }, /"x": it has 15 bytes, at/],
  ["15 bytes", { accepted: new Map([["x", new Uint8Array(15)]]) }, /"x": it has 15 bytes, at/],
  ["no identity", { own: { identity: "", key: KEY } }, /its identity is empty$/],
  ["65 bytes", { accepted: new Map([["é".repeat(33), KEY]]) }, /its identity has 66 bytes/],
  ["half a character", { own: { identity: "\ud800", key: KEY } }, /its identity is no text$/],
  [
    "a peer's 0 bytes",
    { peers: new Map([["192.0.2.1:1", { identity: "y", key: new Uint8Array(0) }]]) },
    /"y": it has 0 bytes/,
  ],
  // RFC 9257 §4.1: a ClientHello that comes back to its sender would be taken for another's.
  [
    "the key that is accepted, too,",
    { own: { identity: "r1-to-r2", key: KEY }, accepted: new Map([["r2-to-r1", KEY.slice()]]) },
    /"r1-to-r2": it is both shown and accepted here; each direction needs a key of its own$/,
  ],
  [
    "the key that is accepted, too,",
    {
      peers: new Map([["192.0.2.1:1", { identity: "r1-to-r2", key: KEY }]]),
      accepted: new Map([["r1-to-r2", KEY]]),
    },
    /"r1-to-r2": it is both shown and accepted here/,
  ],
  [
    "one key for two identities",
    { accepted: new Map([["web-1", KEY], ["other", OTHER_KEY], ["web-2", KEY.slice()]]) },
    /"web-2": it is that of "web-1", too; each identity needs a key of its own$/,
  ],
];

for (const [what, credentials, words] of INVALID) {
  const kind = Object.keys(credentials)[0];
  Deno.test(`${kind} with ${what} is refused, and what was before stays`, async () => {
    const isInvalid = (error: unknown) => {
      assert.ok(error instanceof CredentialsInvalid);
      assert.match(error.message, words);
      return true;
    };
    await assert.rejects(pskTransport(credentials), isInvalid);
    const server = await registrar();
    assert.throws(() => server.replace(credentials), isInvalid);
    const { listener, address, accepted } = await listen(server);
    const dialled = await (await element()).dial(address, { timeoutMs: 5000, tls: CLIENT });
    (await accepted()).abort();
    dialled.abort();
    await listener.close();
  });
}

Deno.test("the longest identity and the shortest key are taken, and copied", async () => {
  const identity = "é".repeat(32);
  const key = new Uint8Array(16).fill(3);
  const server = await pskTransport({ accepted: new Map([[identity, key]]) });
  const client = await pskTransport({ own: { identity, key } });
  key.fill(0);
  const { listener, address, accepted } = await listen(server);
  const dialled = await client.dial(address, { timeoutMs: 5000, tls: CLIENT });
  const other = await accepted();
  assert.equal(other.secured?.name, identity);
  const zeros = await pskTransport({ own: { identity, key } });
  assert.equal((await dialFailure(zeros, address)).reason, "security");
  dialled.abort();
  other.abort();
  await listener.close();
});

Deno.test("identities of different bytes are never the same text", () => {
  const texts = [[0x61], [0xef, 0xbb, 0xbf, 0x61], [0xef, 0xbf, 0xbd]].map((bytes) =>
    identityText(new Uint8Array(bytes))
  );
  assert.deepEqual(texts, ["a", "\ufeffa", "\ufffd"]);
  // What is no UTF-8 is an identity that nobody can be given.
  assert.equal(identityText(new Uint8Array([0xff])), "");
});

Deno.test("who does not say which side of TLS it is has made a mistake", async () => {
  const transport = await registrar();
  await assert.rejects(transport.listen(HERE, () => {}), TypeError);
  await assert.rejects(transport.dial(HERE, { timeoutMs: 1 }), TypeError);
});
