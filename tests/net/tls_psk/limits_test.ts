/** Every limit by its name: what it lets through, and what the one more is answered. */
import assert from "node:assert/strict";
import { EXTENSION } from "../../../lib/net/tls_psk/extensions.ts";
import { MAX_CIPHERTEXT_BYTES, MAX_PLAINTEXT_BYTES } from "../../../lib/net/tls_psk/limits.ts";
import {
  DEFAULT_PSK_TLS_LIMITS,
  MAX_IDENTITY_BYTES,
  type PskTls,
  type PskTlsLimits,
} from "../../../lib/net/tls_psk/mod.ts";
import { CONTENT } from "../../../lib/net/tls_psk/record_protection.ts";
import {
  carry,
  dataOf,
  establish,
  IDENTITY,
  KEY,
  newClient,
  newServer,
  outputs,
  pattern,
  written,
} from "./pair.ts";
import {
  type ClientHelloChanges,
  concat,
  failureOf,
  handshakeRecord,
  message,
  record,
  records,
  ScriptedClient,
  ScriptedServer,
  vector,
} from "./scripted_peer.ts";

const NOTHING = new Uint8Array(0);
const UPDATE: Uint8Array = message(24, new Uint8Array(1));
const TICKET: Uint8Array = message(
  4,
  concat(new Uint8Array(8), vector(1, KEY), vector(2, KEY), vector(2, NOTHING)),
);
const CHANGE_CIPHER_SPEC: Uint8Array = record(20, Uint8Array.of(1));

function expectRefused(tls: PskTls, alert: string, detail: RegExp): void {
  const { failure } = failureOf(tls);
  assert.ok(failure, "nothing was refused");
  assert.equal(failure.alert, alert);
  assert.match(failure.detail, detail);
}

/** A client under test, established with a scripted server. */
function establishedClient(
  limits: Partial<PskTlsLimits>,
): { client: PskTls; server: ScriptedServer } {
  const client = newClient({ limits });
  const server = new ScriptedServer(written(client));
  client.receive(handshakeRecord(server.hello()));
  client.receive(server.seal(CONTENT.handshake, server.encryptedExtensions()));
  client.receive(server.seal(CONTENT.handshake, server.finished()));
  assert.equal(outputs(client).at(-1)?.type, "established");
  server.useApplicationKeys();
  return { client, server };
}

Deno.test("maxHandshakeMessageBytes: a longer message is refused by its header", () => {
  const hello = new ScriptedClient().hello();
  const server = newServer({ limits: { maxHandshakeMessageBytes: hello.length } });
  server.receive(handshakeRecord(hello));
  written(server);
  const strict = newServer({ limits: { maxHandshakeMessageBytes: hello.length - 1 } });
  strict.receive(handshakeRecord(hello.subarray(0, 4)));
  expectRefused(strict, "illegal_parameter", /a handshake message of/);
});

Deno.test("maxHandshakeBytes: all messages until the handshake is done", () => {
  const handshake = (maxHandshakeBytes: number) => {
    const client = new ScriptedClient();
    const hello = client.hello();
    const server = newServer({
      limits: { maxHandshakeBytes: hello.length + maxHandshakeBytes },
    });
    server.receive(handshakeRecord(hello));
    client.takeFlight(written(server));
    server.receive(client.seal(CONTENT.handshake, client.finished()));
    return server;
  };
  assert.equal(outputs(handshake(36))[0]?.type, "established");
  expectRefused(handshake(35), "illegal_parameter", /bytes of handshake/);
});

Deno.test("maxHandshakeBytes: what comes after the handshake does not count", () => {
  const { client, server } = establishedClient({ maxHandshakeBytes: 400, maxTickets: 50 });
  for (let i = 0; i < 50; i++) client.receive(server.seal(CONTENT.handshake, TICKET));
  assert.deepEqual(outputs(client), []);
});

Deno.test("maxEmptyRecords: records without content in succession, and user_canceled", () => {
  const { client, server } = establishedClient({ maxEmptyRecords: 3 });
  const empty = () => client.receive(server.seal(CONTENT.application_data, NOTHING, 9));
  for (let round = 0; round < 3; round++) {
    empty();
    client.receive(server.seal(CONTENT.alert, Uint8Array.of(1, 90)));
    empty();
    client.receive(server.seal(CONTENT.application_data, pattern(1)));
  }
  assert.deepEqual(outputs(client).map(({ type }) => type), ["data", "data", "data"]);
  for (let i = 0; i < 3; i++) empty();
  assert.deepEqual(outputs(client), []);
  empty();
  expectRefused(client, "unexpected_message", /without content/);
});

Deno.test("maxEmptyRecords: user_canceled before there are keys", () => {
  const client = newClient({ limits: { maxEmptyRecords: 1 } });
  written(client);
  client.receive(record(CONTENT.alert, Uint8Array.of(1, 90)));
  assert.deepEqual(outputs(client), []);
  client.receive(record(CONTENT.alert, Uint8Array.of(1, 90)));
  expectRefused(client, "unexpected_message", /without content/);
});

Deno.test("maxChangeCipherSpecs: records that are dropped", () => {
  const server = newServer({ limits: { maxChangeCipherSpecs: 2 } });
  server.receive(written(newClient()));
  written(server);
  server.receive(CHANGE_CIPHER_SPEC);
  server.receive(CHANGE_CIPHER_SPEC);
  assert.deepEqual(outputs(server), []);
  server.receive(CHANGE_CIPHER_SPEC);
  expectRefused(server, "unexpected_message", /too many change_cipher_spec/);
});

Deno.test("maxTickets: tickets that are ignored", () => {
  const { client, server } = establishedClient({ maxTickets: 2 });
  client.receive(server.seal(CONTENT.handshake, concat(TICKET, TICKET)));
  assert.deepEqual(outputs(client), []);
  client.receive(server.seal(CONTENT.handshake, TICKET));
  expectRefused(client, "unexpected_message", /session tickets/);
});

Deno.test("maxTickets: a server takes none at all, RFC 8446 §4.6.1", () => {
  const server = newServer();
  const client = new ScriptedClient();
  server.receive(handshakeRecord(client.hello()));
  client.takeFlight(written(server));
  server.receive(client.seal(CONTENT.handshake, client.finished()));
  outputs(server);
  client.useApplicationKeys();
  server.receive(client.seal(CONTENT.handshake, TICKET));
  expectRefused(server, "unexpected_message", /after the handshake/);
});

Deno.test("maxKeyUpdates: KeyUpdates without data between them", () => {
  const { client, server } = establishedClient({ maxKeyUpdates: 2 });
  const update = () => {
    client.receive(server.seal(CONTENT.handshake, UPDATE));
    server.updateKey();
  };
  update();
  update();
  client.receive(server.seal(CONTENT.application_data, pattern(1)));
  update();
  update();
  assert.deepEqual(dataOf(outputs(client)), [...pattern(1)]);
  update();
  expectRefused(client, "unexpected_message", /KeyUpdates without data/);
});

/** How many records were written. */
function recordCount(tls: PskTls): number {
  return outputs(tls).reduce((sum, output) => {
    return output.type === "write" ? sum + records(output.bytes).length : sum;
  }, 0);
}

Deno.test("maxRecordsPerKey: this side changes its key by itself, in time", () => {
  const { client, server } = establish({ limits: { maxRecordsPerKey: 4 } });
  // Three records of data and the KeyUpdate are under each key.
  client.send(pattern(3 * MAX_PLAINTEXT_BYTES));
  assert.equal(recordCount(client), 3);
  const other = establish({ limits: { maxRecordsPerKey: 4 } });
  const long = pattern(10 * MAX_PLAINTEXT_BYTES);
  other.client.send(long);
  const [write] = outputs(other.client);
  assert.ok(write?.type === "write");
  assert.equal(records(write.bytes).length, 10 + 3);
  other.server.receive(write.bytes);
  assert.equal(dataOf(outputs(other.server)).length, long.length);
  for (let i = 0; i < 20; i++) other.client.send(pattern(1));
  assert.equal(dataOf(carry(other.client, other.server).server).length, 20);
  server.end();
});

Deno.test("maxRecordsPerKey: this side asks for the peer's next key, once for each", () => {
  const { client, server } = establish({ limits: { maxRecordsPerKey: 3 } });
  /** How many records the client writes when the server sends so many. */
  const answers = (sent: number) => {
    for (let i = 0; i < sent; i++) server.send(pattern(1));
    for (const output of outputs(server)) if (output.type === "write") client.receive(output.bytes);
    const told = outputs(client);
    assert.equal(dataOf(told).length, sent);
    return told.flatMap((output) => output.type === "write" ? [output.bytes] : []);
  };
  assert.equal(answers(2).length, 0);
  const asked = answers(1);
  assert.equal(asked.length, 1);
  // The server has not heard of it yet: it is asked once.
  assert.equal(answers(5).length, 0);
  server.receive(asked[0]!);
  // The KeyUpdate with which it answers is under the old key, and then three records.
  assert.equal(answers(2).length, 0);
  assert.equal(answers(1).length, 1);
});

Deno.test("maxRecordsPerKey: 2 or more, and the handshake's keys are not asked about", () => {
  assert.throws(() => newClient({ limits: { maxRecordsPerKey: 1 } }), RangeError);
  const client = newClient({ limits: { maxRecordsPerKey: 2 } });
  const server = new ScriptedServer(written(client));
  client.receive(handshakeRecord(server.hello()));
  for (const byte of [...server.encryptedExtensions(), ...server.finished()]) {
    client.receive(server.seal(CONTENT.handshake, Uint8Array.of(byte)));
  }
  assert.deepEqual(outputs(client).map(({ type }) => type), ["write", "established"]);
});

/** A hello that offers early data, and records of it that nobody here can read. */
const EARLY: ClientHelloChanges = { extensions: new Map([[EXTENSION.early_data, NOTHING]]) };
const EARLY_RECORD: Uint8Array = record(CONTENT.application_data, new Uint8Array(95).fill(3));

Deno.test("maxEarlyDataBytes: records of offered early data are skipped, RFC 8446 §4.2.10", () => {
  for (const [bytes, isEstablished] of [[300, true], [299, false]] as const) {
    const server = newServer({ limits: { maxEarlyDataBytes: bytes } });
    const client = new ScriptedClient();
    server.receive(handshakeRecord(client.hello(EARLY)));
    client.takeFlight(written(server));
    for (let i = 0; i < 3; i++) server.receive(EARLY_RECORD);
    if (!isEstablished) {
      expectRefused(server, "bad_record_mac", /another key/);
      continue;
    }
    server.receive(client.seal(CONTENT.handshake, client.finished()));
    assert.equal(outputs(server)[0]?.type, "established");
    server.receive(EARLY_RECORD);
    expectRefused(server, "bad_record_mac", /another key/);
  }
});

Deno.test("maxEarlyDataBytes: also before the second hello, and never unasked", () => {
  for (const [bytes, isRetried] of [[300, true], [299, false]] as const) {
    const server = newServer({ groups: ["P-256"], limits: { maxEarlyDataBytes: bytes } });
    const client = new ScriptedClient();
    server.receive(handshakeRecord(client.hello(EARLY)));
    client.retried(written(server));
    for (let i = 0; i < 3; i++) server.receive(EARLY_RECORD);
    if (!isRetried) {
      expectRefused(server, "unexpected_message", /before there are keys/);
      continue;
    }
    server.receive(handshakeRecord(client.hello({ group: "P-256" })));
    client.takeFlight(written(server));
    server.receive(EARLY_RECORD);
    expectRefused(server, "bad_record_mac", /another key/);
  }
  const unasked = newServer();
  const client = new ScriptedClient();
  unasked.receive(handshakeRecord(client.hello()));
  written(unasked);
  unasked.receive(EARLY_RECORD);
  expectRefused(unasked, "bad_record_mac", /another key/);
});

Deno.test("maxOfferedIdentities: later ones are as if unknown, all others looked up", () => {
  const { maxOfferedIdentities } = DEFAULT_PSK_TLS_LIMITS;
  for (
    const [before, isKnown] of [
      [maxOfferedIdentities - 1, true],
      [maxOfferedIdentities, false],
    ] as const
  ) {
    let lookups = 0;
    const server = newServer({
      lookup: (identity) => {
        lookups++;
        return identity.length === IDENTITY.length ? KEY : undefined;
      },
    });
    const others = Array.from({ length: before }, () => new Uint8Array(MAX_IDENTITY_BYTES));
    const client = new ScriptedClient();
    server.receive(handshakeRecord(client.hello({ identities: [...others, IDENTITY, KEY] })));
    assert.equal(lookups, maxOfferedIdentities);
    if (!isKnown) {
      expectRefused(server, "decrypt_error", /unknown/);
      continue;
    }
    const flight = written(server);
    client.takeFlight(flight);
    server.receive(client.seal(CONTENT.handshake, client.finished()));
    const [established] = outputs(server);
    assert.ok(established?.type === "established");
    assert.deepEqual(established.identity, IDENTITY);
  }
});

Deno.test("MAX_PLAINTEXT_BYTES and MAX_CIPHERTEXT_BYTES: longer records, by their headers", () => {
  for (const [type, max] of [[22, MAX_PLAINTEXT_BYTES], [23, MAX_CIPHERTEXT_BYTES]] as const) {
    const most = newServer();
    most.receive(Uint8Array.of(type, 3, 3, max >> 8, max & 0xff));
    assert.deepEqual(outputs(most), []);
    const more = newServer();
    more.receive(Uint8Array.of(type, 3, 3, (max + 1) >> 8, (max + 1) & 0xff));
    expectRefused(more, "record_overflow", /a record of/);
  }
});

Deno.test("every limit has a number", () => {
  assert.deepEqual(DEFAULT_PSK_TLS_LIMITS, {
    maxHandshakeMessageBytes: 16_384,
    maxHandshakeBytes: 32_768,
    maxEmptyRecords: 32,
    maxChangeCipherSpecs: 4,
    maxTickets: 64,
    maxKeyUpdates: 32,
    maxRecordsPerKey: 8_388_608,
    maxEarlyDataBytes: 65_536,
    maxOfferedIdentities: 8,
  });
});
