/** The engine against itself: the handshake in every way it may go, and what follows it. */
import assert from "node:assert/strict";
import type { CipherSuiteName, GroupName } from "../../../lib/net/tls_psk/mod.ts";
import { MAX_IDENTITY_BYTES, MIN_KEY_BYTES, PskTls } from "../../../lib/net/tls_psk/mod.ts";
import { hex } from "../../../lib/wire/hex.ts";
import {
  ALPN,
  carry,
  dataOf,
  establish,
  IDENTITY,
  KEY,
  lookupOf,
  newClient,
  newServer,
  outputs,
  pattern,
  seeded,
  written,
} from "./pair.ts";
import { records } from "./scripted_peer.ts";

const SUITES: readonly CipherSuiteName[] = [
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
];
const GROUPS: readonly GroupName[] = ["X25519", "P-256"];

for (const suite of SUITES) {
  for (const group of GROUPS) {
    Deno.test(`RFC 8446 §2.2: a handshake with ${suite} and ${group}, data both ways`, () => {
      const { client, server, told } = establish({ cipherSuites: [suite], groups: [group] });
      const expected = {
        type: "established",
        identity: IDENTITY,
        alpn: ALPN,
        cipherSuite: suite,
        group,
      };
      assert.deepEqual(told, { client: [expected], server: [expected] });
      client.send(pattern(100));
      server.send(pattern(70_000));
      const after = carry(client, server);
      assert.deepEqual(dataOf(after.server), [...pattern(100)]);
      assert.deepEqual(dataOf(after.client), [...pattern(70_000)]);
    });
  }
}

Deno.test("the server prefers ChaCha20-Poly1305 and a group of which it has a share", () => {
  const { told } = establish({ cipherSuites: [...SUITES].reverse(), groups: ["P-256", "X25519"] });
  const [established] = told.server;
  assert.equal(established?.type, "established");
  assert.equal(established.cipherSuite, "TLS_CHACHA20_POLY1305_SHA256");
  assert.equal(established.group, "P-256");
});

Deno.test("RFC 8446 §4.1.4: a client without the right share is asked for it", () => {
  const { client, server, told } = establish({}, { groups: ["P-256"] });
  assert.deepEqual(told.client[0], { ...told.server[0] });
  assert.equal(told.client[0]?.type === "established" && told.client[0].group, "P-256");
  client.send(pattern(3));
  server.send(pattern(5));
  const after = carry(client, server);
  assert.deepEqual(dataOf(after.server), [...pattern(3)]);
  assert.deepEqual(dataOf(after.client), [...pattern(5)]);
});

for (const groups of [["X25519"], ["P-256"]] as const) {
  Deno.test(`RFC 8446 §5.1: every byte of a handshake alone, the server has ${groups}`, () => {
    const client = newClient();
    const server = newServer({ groups });
    const bytewise = (bytes: Uint8Array) => [...bytes].map((byte) => Uint8Array.of(byte));
    const told = carry(client, server, bytewise);
    assert.deepEqual([...told.client, ...told.server].map(({ type }) => type), [
      "established",
      "established",
    ]);
    client.send(pattern(40));
    server.send(pattern(50));
    client.updateKeys(true);
    client.send(pattern(60));
    client.close();
    server.close();
    const after = carry(client, server, bytewise);
    assert.deepEqual(dataOf(after.server), [...pattern(40), ...pattern(60)]);
    assert.deepEqual(dataOf(after.client), [...pattern(50)]);
    assert.deepEqual(after.client.at(-1), { type: "closed" });
    assert.deepEqual(after.server.at(-1), { type: "closed" });
  });
}

Deno.test("RFC 8446 §5.1: a flight cut in two at every place, and the buffer used again", () => {
  const hello = written(newClient({ random: seeded(1) }));
  for (let at = 1; at < hello.length; at++) {
    const server = newServer({ random: seeded(2) });
    // One buffer for all that is received, as a caller may keep.
    const buffer = new Uint8Array(hello.length);
    for (const part of [hello.subarray(0, at), hello.subarray(at)]) {
      buffer.set(part);
      server.receive(buffer.subarray(0, part.length));
      buffer.fill(0xee);
    }
    const flight = written(server);
    const client = newClient({ random: seeded(1) });
    assert.deepEqual(written(client), hello);
    client.receive(flight.subarray(0, at));
    client.receive(flight.subarray(at));
    const [, established] = outputs(client);
    assert.equal(established?.type, "established", `cut at ${at}`);
  }
});

Deno.test("RFC 8446 §5.1: the client's Finished, data and close_notify in one read", () => {
  const client = newClient();
  const server = newServer();
  server.receive(written(client));
  client.receive(written(server));
  client.send(pattern(10));
  client.send(pattern(20));
  client.close();
  const all = outputs(client).flatMap((output) => output.type === "write" ? [...output.bytes] : []);
  server.receive(Uint8Array.from(all));
  const told = outputs(server);
  assert.deepEqual(told.map(({ type }) => type), ["established", "data", "data", "closed"]);
  assert.deepEqual(dataOf(told), [...pattern(10), ...pattern(20)]);
});

Deno.test("RFC 8446 §5.1 and §5.2: no record holds more than 2^14 bytes", () => {
  const { client, server } = establish();
  client.send(pattern(3 * 0x4000 + 1));
  const [write] = outputs(client);
  assert.ok(write?.type === "write");
  const lengths = records(write.bytes).map((record) => record.length - 5);
  assert.deepEqual(lengths, [0x4000 + 17, 0x4000 + 17, 0x4000 + 17, 1 + 17]);
  server.receive(write.bytes);
  assert.deepEqual(dataOf(outputs(server)), [...pattern(3 * 0x4000 + 1)]);
  client.send(new Uint8Array(0));
  assert.deepEqual(outputs(client), []);
});

for (const [who, requestPeer] of [["client", true], ["client", false], ["server", true]] as const) {
  Deno.test(`RFC 8446 §4.6.3: KeyUpdate of the ${who}, update_requested ${requestPeer}`, () => {
    const { client, server } = establish();
    const [from, to] = who === "client" ? [client, server] : [server, client];
    for (let times = 0; times < 5; times++) {
      from.updateKeys(requestPeer);
      from.send(pattern(10 + times));
      for (const output of outputs(from)) if (output.type === "write") to.receive(output.bytes);
      const answered = outputs(to);
      assert.deepEqual(dataOf(answered), [...pattern(10 + times)]);
      const replies = answered.filter(({ type }) => type === "write").length;
      assert.equal(replies, requestPeer ? 1 : 0);
      for (const output of answered) if (output.type === "write") from.receive(output.bytes);
      to.send(pattern(7));
      assert.deepEqual(dataOf(carry(to, from).server), [...pattern(7)]);
    }
  });
}

Deno.test("RFC 8446 §4.6.3: KeyUpdates of both that cross", () => {
  let { client, server } = establish();
  client.updateKeys(true);
  server.updateKeys(true);
  // A KeyUpdate does not wait for data.
  assert.deepEqual([written(client).length, written(server).length], [27, 27]);
  ({ client, server } = establish());
  client.updateKeys(true);
  server.updateKeys(true);
  client.send(pattern(8));
  server.send(pattern(9));
  const told = carry(client, server);
  assert.deepEqual(dataOf(told.server), [...pattern(8)]);
  assert.deepEqual(dataOf(told.client), [...pattern(9)]);
});

Deno.test("RFC 8446 §6.1: each side closes alone; an end after it is no failure", () => {
  const { client, server } = establish();
  client.close();
  client.close();
  const told = carry(client, server);
  assert.deepEqual(told, { client: [], server: [{ type: "closed" }] });
  server.send(pattern(5));
  server.updateKeys(true);
  server.end();
  assert.deepEqual(dataOf(carry(client, server).client), [...pattern(5)]);
  assert.throws(() => client.send(pattern(1)), /close\(\)/);
  client.updateKeys(false);
  server.close();
  assert.deepEqual(carry(client, server), { client: [{ type: "closed" }], server: [] });
  client.end();
  client.receive(pattern(100));
  assert.deepEqual(outputs(client), []);
});

Deno.test("RFC 8446 §6.1: an end without close_notify is a failure, in each phase", () => {
  const { client } = establish();
  const expected = (detail: string) => [{
    type: "failed",
    failure: { alert: "none", sent: false, detail },
  }];
  client.end();
  assert.deepEqual(outputs(client), expected("the stream ended without close_notify"));
  const server = newServer();
  server.end();
  assert.deepEqual(outputs(server), expected("the stream ended before the handshake was done"));
});

Deno.test("a handshake that is given up has failed on both sides", () => {
  const client = newClient();
  const server = newServer();
  client.close();
  const told = carry(client, server);
  const [ofClient, ofServer] = [told.client.at(-1), told.server.at(-1)];
  assert.ok(ofClient?.type === "failed" && ofServer?.type === "failed");
  assert.deepEqual([ofClient.failure.alert, ofClient.failure.sent], ["close_notify", true]);
  assert.deepEqual([ofServer.failure.alert, ofServer.failure.sent], ["close_notify", false]);
});

Deno.test("nothing is sent before the handshake is done, nor after a failure", () => {
  const client = newClient();
  assert.throws(() => client.send(pattern(1)), /handshake/);
  assert.throws(() => client.updateKeys(true), /handshake/);
  client.end();
  outputs(client);
  client.send(pattern(1));
  client.updateKeys(true);
  client.close();
  client.end();
  client.receive(pattern(1));
  assert.deepEqual(outputs(client), []);
});

Deno.test("RFC 9257 §6: identities of 1 to 64 bytes, keys of 16 and more; RFC 7301 names", () => {
  const most = new Uint8Array(MAX_IDENTITY_BYTES);
  const least = new Uint8Array(MIN_KEY_BYTES).fill(1);
  establish({ identity: most, key: least }, { lookup: lookupOf(most, least) });
  const one = new Uint8Array(1);
  establish({ identity: one }, { lookup: lookupOf(one, KEY) });
  assert.throws(() => newClient({ identity: new Uint8Array(0) }), RangeError);
  assert.throws(() => newClient({ identity: new Uint8Array(MAX_IDENTITY_BYTES + 1) }), RangeError);
  assert.throws(() => newClient({ key: new Uint8Array(MIN_KEY_BYTES - 1) }), RangeError);
  for (const alpn of ["", "a".repeat(256), "ä"]) {
    assert.throws(() => newClient({ alpn }), RangeError);
    assert.throws(() => PskTls.server({ alpn, lookup: () => undefined }), RangeError);
  }
});

Deno.test("what a lookup throws is told to nobody", () => {
  const server = newServer({
    lookup: () => {
      throw new Error("the password is swordfish");
    },
  });
  server.receive(written(newClient()));
  const told = outputs(server);
  const failed = told.at(-1);
  assert.ok(failed?.type === "failed");
  assert.equal(failed.failure.alert, "internal_error");
  assert.doesNotMatch(JSON.stringify(told), /swordfish/);
});

Deno.test("no output but the records knows the key", () => {
  const { told } = establish();
  assert.equal(JSON.stringify(told).includes(hex(KEY)), false);
});
