import assert from "node:assert/strict";
import { PoolUser, Registrar, type ServeEvent } from "../../../mod.ts";
import { tcpTransport } from "../../../lib/net/mod.ts";
import { counting, echoing, elementOf, HOST, KEY } from "./served.ts";
import { SessionClient } from "./session_client.ts";

Deno.test("RFC 5352 §3.8: a session's state goes on at another element, by cookie", async () => {
  await using first = elementOf();
  await using second = elementOf({ identifier: 0x18 });
  const cookies = { keys: [KEY] };
  const here = await first.serve(counting, { cookies });
  const there = await second.serve(counting, { cookies });
  await using client = await SessionClient.begin(here.address);
  assert.deepEqual(await client.next(), { kind: "preface", hasCookie: false });
  const card = await client.hearOf("ASAP_BUSINESS_CARD");
  assert.equal(card.poolHandle, "count");
  assert.deepEqual(card.poolElements.map(({ identifier }) => identifier), [0x17]);
  client.send("abc");
  const { cookie } = await client.hearOf("ASAP_COOKIE");
  assert.equal(await client.text(2), "3;");
  await using next = await SessionClient.begin(there.address, { cookie });
  next.send("de");
  assert.equal(await next.text(2), "5;");
});

Deno.test("a session ends in order when its handler is done", async () => {
  await using element = elementOf();
  const events: ServeEvent[] = [];
  const service = await element.serve(counting, {
    cookies: { keys: [KEY] },
    onEvent: (event) => events.push(event),
  });
  await using client = await SessionClient.begin(service.address);
  client.send("x");
  client.end();
  assert.deepEqual(await client.text(2), "1;");
  assert.equal((await client.next())?.kind, "end");
  await client.connection.close();
  await service.drain({ timeoutMs: 5_000 });
  assert.equal(service.sessions, 0);
  assert.deepEqual(events.map(({ type }) => type), ["session-began", "session-ended"]);
  const [, ended] = events;
  assert(ended?.type === "session-ended" && ended.fault === undefined);
});

Deno.test("a pool of Transport Use 0 has the bytes of the application, nothing else", async () => {
  await using element = elementOf({ use: "data" });
  const service = await element.serve(echoing);
  const connection = await tcpTransport().dial(service.address, { timeoutMs: 5_000 });
  await connection.write(new TextEncoder().encode("plain"));
  assert.equal(new TextDecoder().decode((await connection.read())!), "plain");
  await connection.closeWrite();
  assert.equal(await connection.read(), null);
  assert.equal(connection.ended, "closed");
  await connection.close();
});

Deno.test("port 0 is registered as the one that is served on, and not before", async () => {
  const any = [{ host: HOST, port: 0 }] as const;
  await using registrar = await Registrar.start({ asap: any, enrp: any });
  const registrars = registrar.asap;
  await using element = elementOf({ registrars });
  await assert.rejects(element.register(), RangeError);
  const service = await element.serve(() => {});
  await element.register();
  await using user = new PoolUser({ registrars });
  const [listed] = (await user.resolve("count")).poolElements;
  assert.deepEqual(listed?.transport, {
    protocol: "tcp",
    port: service.address.port,
    use: 1,
    addresses: [HOST],
  });
});
