/** RFC 5355 §2.8: what a legitimate pool element has said is said again. */

import assert from "node:assert/strict";
import { PoolElement, Registrar, type SecurityKind, type SocketAddress } from "../../mod.ts";
import { tcpTransport } from "../../lib/net/mod.ts";
import { ANY } from "../driver/secured.ts";
import { recordsOf, Relay } from "./relay.ts";
import { Events, LIMIT, registration, SecuredCluster, Speaker } from "./secured_cluster.ts";

const KINDS: readonly SecurityKind[] = ["certificate", "psk"];

/** Says recorded bytes on a new connection, and waits until that is ended by the other side. */
async function replay(bytes: Uint8Array, to: SocketAddress): Promise<void> {
  const connection = await tcpTransport().dial(to, LIMIT);
  void connection.write(bytes);
  void connection.closeWrite();
  while (await connection.read() !== null);
  await connection.close();
}

/** How often an element came and went. */
function comingsAndGoings(events: Events, identifier: number): [number, number] {
  const count = (type: "pool-element-registered" | "pool-element-removed") =>
    events.of(type).filter((each) => each.identifier === identifier).length;
  return [count("pool-element-registered"), count("pool-element-removed")];
}

Deno.test("RFC 5355 §2.8: “The protocol MUST prevent replay attacks”", async (t) => {
  for (const kind of KINDS) await t.step(kind, (t) => replayAll(kind, t));
});

/** Says again what an element has said, which changes nothing. */
async function replayAll(kind: SecurityKind, t: Deno.TestContext): Promise<void> {
  await using cluster = await SecuredCluster.make({ registrars: 1, keys: ["web-2"] });
  const [events] = cluster.events as [Events];
  const to = cluster.at("asap", kind);
  await t.step("all that an element has said, on a new connection", async () => {
    await using relay = await Relay.open(to);
    await using element = new PoolElement({
      registrars: [relay.address],
      poolHandle: "web",
      port: 8082,
      addresses: ["192.0.2.20"],
      transport: await cluster.as(kind, "web-2"),
    });
    await element.register(LIMIT);
    await element.deregister(LIMIT);
    await element.close();
    assert.deepEqual(comingsAndGoings(events, element.identifier), [1, 1]);
    await replay(relay.heard("to-server"), to);
    const { remote, why } = await events.first("handshake-refused");
    assert.equal(remote.host, "127.0.0.1");
    assert.notEqual(why, "");
    assert.deepEqual(comingsAndGoings(events, element.identifier), [1, 1]);
    await cluster.assertUntouched();
  });
  await t.step("each record again, within the connection", async () => {
    const over = await cluster.as(kind, "web-2");
    for (let i = 0, total = 1; i < total; i++) {
      await using relay = await Relay.open(to);
      await using victim = await Speaker.asap(relay.address, over);
      const { poolHandle, poolElement } = registration(0x2000 + i);
      const peIdentifier = poolElement.identifier;
      victim.say({ type: "ASAP_REGISTRATION", poolHandle, poolElement });
      assert.equal((await victim.hearOf("ASAP_REGISTRATION_RESPONSE")).reject, false);
      victim.say({ type: "ASAP_DEREGISTRATION", poolHandle, peIdentifier });
      await victim.hearOf("ASAP_DEREGISTRATION_RESPONSE");
      const records = recordsOf(relay.heard("to-server"));
      total = records.length;
      await relay.inject("to-server", records[i]!);
      assert.equal(await victim.hear(), undefined, `record ${i} of ${total} is heard again`);
      const ended = await events.first(
        "association-closed",
        ({ remote }) => remote.port === relay.onward.port,
      );
      // The operator sees that it did not end in order.
      assert.notEqual(ended.reason, "closed");
      assert.deepEqual(comingsAndGoings(events, peIdentifier), [1, 1]);
    }
    await cluster.assertUntouched();
  });
}

Deno.test("RFC 5355 §2.8: without security the same replay succeeds", async () => {
  const events = new Events();
  const { onEvent } = events;
  await using registrar = await Registrar.start({ asap: ANY, enrp: ANY, onEvent });
  await using relay = await Relay.open(registrar.asap[0]!);
  await using element = new PoolElement({
    registrars: [relay.address],
    poolHandle: "web",
    port: 8082,
  });
  await element.register(LIMIT);
  const registered = relay.heard("to-server");
  await element.deregister(LIMIT);
  const { identifier } = element;
  assert.deepEqual(comingsAndGoings(events, identifier), [1, 1]);
  await relay.inject("to-server", registered);
  const again = () => comingsAndGoings(events, identifier)[0] === 2;
  await events.first("pool-element-registered", again);
});
