/** Sessions over TLS, as their handlers see them. */

import assert from "node:assert/strict";
import {
  certificateTransport,
  type PoolElementValue,
  pskTransport,
  type Secured,
  type ServedSession,
} from "../../../mod.ts";
import { hostsToListen, requireServable } from "../../../lib/driver/session/served_element.ts";
import { makeAuthority } from "../../net/certificates.ts";
import { keyOf } from "../secured.ts";
import { counting, echoing, elementOf, HOST, KEY, Told } from "./served.ts";
import { SessionClient } from "./session_client.ts";

Deno.test("a handler knows who its user is; the cookie is that user's", async () => {
  const accepted = new Map(["alice", "bob"].map((name) => [name, keyOf(name)]));
  const transport = await pskTransport({ accepted });
  const as = (identity: string) => pskTransport({ own: { identity, key: keyOf(identity) } });
  await using element = elementOf();
  const told = new Told();
  const seen: (Secured | undefined)[] = [];
  const handler = async (session: ServedSession) => {
    seen.push(session.security);
    await counting(session);
  };
  const cookies = { keys: [KEY] };
  const service = await element.serve(handler, { transport, cookies, onEvent: told.onEvent });
  await using client = await SessionClient.begin(service.address, { over: await as("alice") });
  client.send("abc");
  const { cookie } = await client.hearOf("ASAP_COOKIE");
  assert.deepEqual(seen, [{ kind: "psk", name: "alice", isRegistrar: false }]);
  assert.equal((await told.first("session-began")).security?.name, "alice");
  await using again = await SessionClient.begin(service.address, {
    cookie,
    over: await as("alice"),
  });
  again.send("d");
  assert.equal(await again.text(2), "4;");
  await using thief = await SessionClient.begin(service.address, { cookie, over: await as("bob") });
  await thief.hearOf("ASAP_ERROR");
  assert.equal(
    (await told.first("session-refused")).why,
    "its cookie is refused: it is not accepted",
  );
});

Deno.test("whoever does not get through TLS is told as refused", async () => {
  const transport = await pskTransport({ accepted: new Map([["alice", keyOf("alice")]]) });
  const mallory = await pskTransport({ own: { identity: "alice", key: keyOf("mallory") } });
  await using element = elementOf();
  const told = new Told();
  const service = await element.serve(echoing, { transport, onEvent: told.onEvent });
  await assert.rejects(SessionClient.begin(service.address, { over: mallory }), /was refused/);
  assert.match((await told.first("session-refused")).why, /is another/);
  assert.equal(service.sessions, 0);
});

Deno.test("a pool of bytes alone is secured by the same transports", async () => {
  const authority = await makeAuthority();
  const issued = await authority.issue({ names: ["web"], ips: [HOST] });
  await using element = elementOf({ use: "data" });
  const transport = await certificateTransport(authority.credentials(issued));
  const service = await element.serve(echoing, { transport });
  const user = await certificateTransport(authority.credentials());
  const tls = { role: "client", protocol: "rserpool" } as const;
  const connection = await user.dial(service.address, { timeoutMs: 5_000, tls });
  await connection.write(new TextEncoder().encode("secret"));
  assert.equal(new TextDecoder().decode((await connection.read())!), "secret");
  await connection.closeWrite();
  assert.equal(await connection.read(), null);
  await connection.close();
});

Deno.test("recheck: sessions of a user whose key was taken away are aborted", async () => {
  const accepted = new Map(["alice", "bob"].map((name) => [name, keyOf(name)]));
  const transport = await pskTransport({ accepted });
  const as = (identity: string) => pskTransport({ own: { identity, key: keyOf(identity) } });
  await using element = elementOf();
  const service = await element.serve(echoing, { transport });
  await using alice = await SessionClient.begin(service.address, { over: await as("alice") });
  await using bob = await SessionClient.begin(service.address, { over: await as("bob") });
  for (const client of [alice, bob]) {
    client.send("here");
    assert.equal(await client.text(4), "here");
  }
  assert.equal(service.recheck(), 0);
  transport.replace({ accepted: new Map([["bob", keyOf("bob")]]) });
  assert.equal(service.recheck(), 1);
  assert.deepEqual(await alice.rest(), []);
  bob.send("still");
  assert.equal(await bob.text(5), "still");
});

Deno.test("an abort of this side is no end of the user's data", async () => {
  await using element = elementOf();
  const seen = Promise.withResolvers<unknown>();
  const service = await element.serve(async (session) => {
    const receiving = session.receive().catch((error) => error);
    await session.send(new Uint8Array(1));
    seen.resolve(await receiving);
  });
  await using client = await SessionClient.begin(service.address);
  await client.text(1);
  await service.close();
  const error = await seen.promise;
  assert(error instanceof DOMException);
  assert.equal(error.name, "AbortError");
});

Deno.test("an element listens where it is registered, or everywhere if it does not know", () => {
  const tcp = (addresses: readonly string[]): PoolElementValue["transport"] => (
    { protocol: "tcp", port: 80, use: 0, addresses }
  );
  assert.deepEqual(hostsToListen(requireServable(tcp(["192.0.2.1"]))), ["192.0.2.1"]);
  assert.deepEqual(hostsToListen(requireServable(tcp([]))), ["::", "0.0.0.0"]);
  assert.deepEqual(hostsToListen(requireServable(tcp(["192.0.2.1"])), "::1"), ["::1"]);
});
