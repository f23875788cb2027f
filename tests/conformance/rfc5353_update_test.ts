/** RFC 5353 §2.4 and §3.3: what changes is announced to all peers, and peers apply it. */
import assert from "node:assert/strict";
import { ADD_PE, DEL_PE, type PoolElement } from "../../lib/wire/mod.ts";
import { type Client, element, type PeerClient, World } from "../core/registrar/registrar_world.ts";

const PEER = 0x2;

function scope(): { world: World; peers: PeerClient[]; client: Client } {
  const world = new World();
  const peers = [2, 3].map((identifier) =>
    world.peer(identifier, { host: `192.0.2.${identifier}` })
  );
  return { world, peers, client: world.connect() };
}

function storedAs(world: World, poolHandle: string): readonly PoolElement[] {
  const inPool = world.listed().filter((each) => each.poolHandle === poolHandle);
  return inPool.map(({ poolHandle: _, ...poolElement }) => poolElement);
}

Deno.test(
  "RFC 5353 §3.3.1: When a new PE is granted registration …, the Home ENRP server uses this " +
    "procedure to inform all its peers",
  () => {
    const { world, peers, client } = scope();
    client.registered("web", element(1));
    for (const peer of peers) {
      const { action, poolHandle, poolElement } = peer.takeOnly("ENRP_HANDLE_UPDATE");
      assert.deepEqual([action, poolHandle], [ADD_PE, "web"]);
      assert.equal(poolElement.home, world.identifier);
    }
  },
);

Deno.test(
  "RFC 5353 §3.3.1: … or an existing PE is granted a re-registration (what is announced is new)",
  () => {
    const { peers: [peer], client } = scope();
    client.registered("web", element(1));
    peer!.received.length = 0;
    client.registered("web", element(1, { registrationLife: 77 }));
    const { action, poolElement } = peer!.takeOnly("ENRP_HANDLE_UPDATE");
    assert.deepEqual([action, poolElement.registrationLife], [ADD_PE, 77]);
  },
);

Deno.test("RFC 5353 §3.3.1: what was rejected is announced to nobody", () => {
  const { peers: [peer], client } = scope();
  client.rejected("web", element(0));
  assert.deepEqual(peer!.received, []);
});

Deno.test(
  "RFC 5353 §3.3.1: MUST announce this update to all its peers …. The complete new " +
    "information of the PE and the pool it belongs to MUST be indicated",
  () => {
    const { world, peers: [peer], client } = scope();
    const given = element(1, {
      asapPort: 4000,
      policy: { name: "weighted-round-robin", weight: 3 },
    });
    client.registered("web", given);
    const { poolHandle, poolElement } = peer!.takeOnly("ENRP_HANDLE_UPDATE");
    assert.equal(poolHandle, "web");
    assert.deepEqual(poolElement, { ...given, home: world.identifier });
  },
);

Deno.test(
  "RFC 5353 §3.3.1: SHOULD fill in its server ID in the Sending Server's ID field and leave the " +
    "Receiving Server's ID blank (i.e., all 0s)",
  () => {
    const { world, peers: [peer], client } = scope();
    client.registered("web", element(1));
    const { sender, receiver, takeoverSuggestion } = peer!.takeOnly("ENRP_HANDLE_UPDATE");
    assert.deepEqual([sender, receiver, takeoverSuggestion], [world.identifier, 0, false]);
  },
);

Deno.test(
  "RFC 5353 §3.3.1: 1. … the peer MUST create the named pool in its local handlespace and " +
    "add the PE …. It MUST then copy in all other attributes",
  () => {
    const { world, peers: [peer] } = scope();
    const given = element(1, { asapPort: 4000, registrationLife: 99, home: PEER });
    peer!.add("web", given);
    assert.deepEqual(storedAs(world, "web"), [given]);
  },
);

Deno.test(
  "RFC 5353 §3.3.1: When the new pool is created, the overall member selection policy of the " +
    "pool MUST be set to the policy type indicated by the PE",
  () => {
    const { peers: [peer], client } = scope();
    peer!.add("web", element(1, { policy: { name: "least-used", load: 9 } }));
    assert.equal(client.resolve("web").policy?.name, "least-used");
  },
);

Deno.test(
  "RFC 5353 §3.3.1: 2. If the named pool already exists … *and* the PE does not exist, the peer " +
    "MUST add the PE to the pool as a new PE",
  () => {
    const { world, peers: [peer], client } = scope();
    client.registered("web", element(1));
    const given = element(2, { registrationLife: 99, home: PEER });
    peer!.add("web", given);
    assert.deepEqual(storedAs(world, "web").map((each) => [each.identifier, each.home]), [
      [1, world.identifier],
      [2, PEER],
    ]);
    assert.deepEqual(storedAs(world, "web")[1], given);
  },
);

Deno.test(
  "RFC 5353 §3.3.1: 3. If the named pool exists *and* the PE is already a member of the " +
    "pool, the peer MUST replace the attributes of the PE",
  () => {
    const { world, peers: [peer] } = scope();
    peer!.add("web", element(1));
    const changed = element(1, { host: "192.0.2.77", registrationLife: 5, home: PEER });
    peer!.add("web", changed);
    assert.deepEqual(storedAs(world, "web"), [changed]);
    assert.equal(world.told("pool-element-updated").length, 2);
  },
);

Deno.test(
  "RFC 5353 §3.3.2: When an existing PE is granted de-registration or is removed … for some " +
    "other reasons, … MUST use this procedure to inform all its peers",
  () => {
    const removals: [string, (world: World, client: Client) => void][] = [
      ["deregistered", (_, client) => void client.deregister("web", 1)],
      ["expired", (world) => world.advance(300_000)],
      ["keep-alive-timed-out", (world) => world.advance(60_000)],
      ["association-lost", (world, client) => {
        client.leave();
        world.advance(world.timing.elementGraceMs);
      }],
    ];
    for (const [reason, end] of removals) {
      const world = new World(
        reason === "expired" ? { timing: { keepAliveCycleMs: 10_000_000 } } : {},
      );
      const peers = [2, 3].map((identifier) =>
        world.peer(identifier, { host: `192.0.2.${identifier}` })
      );
      const client = world.connect().registered("web", element(1));
      for (const peer of peers) peer.received.length = 0;
      end(world, client);
      assert.deepEqual(world.removals(), [reason]);
      for (const peer of peers) {
        const [update] = peer.takeAll("ENRP_HANDLE_UPDATE");
        assert.equal(update?.action, DEL_PE, reason);
      }
    }
  },
);

Deno.test(
  "RFC 5353 §3.3.2: MUST announce the PE removal …. The complete information of the PE and the " +
    "pool it belongs to MUST be indicated in the message",
  () => {
    const { world, peers, client } = scope();
    client.registered("web", element(1, { asapPort: 4000 }));
    for (const peer of peers) peer.received.length = 0;
    client.deregister("web", 1);
    for (const peer of peers) {
      const { poolHandle, poolElement } = peer.takeOnly("ENRP_HANDLE_UPDATE");
      assert.equal(poolHandle, "web");
      assert.deepEqual(poolElement, element(1, { asapPort: 4000, home: world.identifier }));
    }
  },
);

Deno.test(
  "RFC 5353 §3.3.2: MUST fill in its server ID in the Sending Server's ID field and leave the " +
    "Receiving Server's ID blank (i.e., set to all 0s)",
  () => {
    const { world, peers: [peer], client } = scope();
    client.registered("web", element(1));
    peer!.received.length = 0;
    client.deregister("web", 1);
    const { sender, receiver } = peer!.takeOnly("ENRP_HANDLE_UPDATE");
    assert.deepEqual([sender, receiver], [world.identifier, 0]);
  },
);

Deno.test(
  "RFC 5353 §3.3.2: MUST first find the pool and the PE in its own handlespace, and then remove " +
    "the PE from its local handlespace",
  () => {
    const { world, peers: [peer] } = scope();
    peer!.add("web", element(1)).add("web", element(2));
    peer!.delete("web", element(1));
    assert.deepEqual(storedAs(world, "web").map((each) => each.identifier), [2]);
  },
);

Deno.test(
  "RFC 5353 §3.3.2: If the removed PE is the last one in the pool, the peer MUST also delete the " +
    "pool from its local handlespace",
  () => {
    const { world, peers: [peer] } = scope();
    peer!.add("web", element(1)).add("mail", element(2));
    peer!.delete("web", element(1));
    assert.equal(world.statistics().pools, 1);
    // The next pool of that name has the policy of its own first element.
    peer!.add("web", element(3, { policy: { name: "random" } }));
    assert.equal(world.connect().resolve("web").policy?.name, "random");
  },
);

Deno.test(
  "RFC 5353 §3.3.2: If the peer fails to find the PE or the pool in its handlespace, it " +
    "SHOULD take no further actions",
  () => {
    const { world, peers: [peer, other], client } = scope();
    client.registered("web", element(1));
    for (const each of [peer!, other!]) each.received.length = 0;
    const before = world.events.length;
    peer!.delete("web", element(2)).delete("mail", element(1));
    assert.equal(world.events.length, before);
    assert.deepEqual([...peer!.received, ...other!.received], []);
    assert.equal(world.statistics().poolElements, 1);
  },
);

Deno.test(
  "RFC 5353 §2.4: Other values are reserved by IETF and MUST NOT be used (what comes is discarded)",
  () => {
    const { world, peers: [peer] } = scope();
    peer!.add("web", element(1));
    for (const action of [2, 0xffff]) peer!.update(action, "web", element(1));
    assert.equal(world.told("discarded").length, 2);
    assert.deepEqual(storedAs(world, "web").map((each) => each.identifier), [1]);
  },
);

Deno.test(
  "RFC 5353 §1.1: A PE MUST only have one Home ENRP server at any given time",
  () => {
    const { world, peers: [first, second], client } = scope();
    first!.add("web", element(1));
    second!.add("web", element(1));
    assert.deepEqual(storedAs(world, "web").map((each) => each.home), [second!.identifier]);
    client.registered("web", element(1));
    assert.deepEqual(storedAs(world, "web").map((each) => each.home), [world.identifier]);
  },
);
