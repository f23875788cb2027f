/** A registrar that ends hands its elements over at once (protocol decision 7), on both sides. */
import assert from "node:assert/strict";
import { ADD_PE, DEL_PE, type PoolElement } from "../../../lib/wire/mod.ts";
import {
  type Client,
  element,
  type PeerClient,
  REGISTRAR,
  World,
  type WorldOptions,
} from "./registrar_world.ts";

const [FIRST, SECOND] = [0x2, 0x3];

function at(identifier: number): PoolElement {
  return element(identifier, { host: `10.0.0.${identifier}`, asapPort: 4000 });
}

/** A registrar with two peers and that many elements, told to stop. */
function stopWith(
  count: number,
  hosts: readonly number[] = [FIRST, SECOND],
  limits: WorldOptions["limits"] = {},
) {
  const world = new World({ limits });
  const peers = hosts.map((identifier) =>
    world.peer(identifier, { host: `192.0.2.${identifier}` })
  );
  const owners = Array.from({ length: count }, (_, each) => {
    const identifier = each + 1;
    return world.connect(`10.0.0.${identifier}`).registered("web", at(identifier));
  });
  for (const peer of peers) peer.received.length = 0;
  world.stop();
  return { world, peers, owners };
}

function isStopped(world: World): boolean {
  return world.told("stopped").length > 0;
}

function suggested(peer: PeerClient): number[] {
  const updates = peer.takeAll("ENRP_HANDLE_UPDATE").filter((each) => each.takeoverSuggestion);
  for (const { action, receiver, poolElement } of updates) {
    assert.deepEqual([action, receiver, poolElement.home], [ADD_PE, peer.identifier, REGISTRAR]);
  }
  return updates.map(({ poolElement }) => poolElement.identifier);
}

/** A peer that ends suggests that this registrar takes an element over. */
function heir(poolElement: PoolElement) {
  const world = new World();
  const [ending, witness] = [FIRST, SECOND].map((identifier) =>
    world.peer(identifier, { host: `192.0.2.${identifier}` })
  );
  ending!.add("web", poolElement);
  ending!.update(ADD_PE, "web", poolElement, {
    receiver: REGISTRAR,
    takeoverSuggestion: true,
  });
  return { world, ending: ending!, witness: witness! };
}

function adopt(world: World): Client {
  const endpoint = world.answerDial();
  const { home, serverIdentifier } = endpoint.take("ASAP_ENDPOINT_KEEP_ALIVE");
  assert.deepEqual([home, serverIdentifier], [true, REGISTRAR]);
  endpoint.acknowledge("web", 1);
  return endpoint;
}

Deno.test("decision 7: each element is suggested to one peer, in turn", () => {
  const { world, peers: [first, second] } = stopWith(5);
  assert.deepEqual([suggested(first!), suggested(second!)], [[1, 3, 5], [2, 4]]);
  const [event] = world.told("handing-over");
  assert.deepEqual([event?.elements, event?.peers], [5, 2]);
  assert(!isStopped(world));
});

Deno.test(
  "maxAdoptionsPerSecond bounds what is suggested to a peer at once; the rest " +
    "follows",
  () => {
    const limits = { maxAdoptionsPerSecond: 2 };
    const { world, peers: [first, second] } = stopWith(7, [FIRST, SECOND], limits);
    assert.deepEqual([suggested(first!), suggested(second!)], [[1, 3], [2, 4]]);
    second!.add("web", at(2));
    assert.deepEqual([suggested(first!), suggested(second!)], [[5], []]);
    // Who has left takes no more, and those that it was to take count for the others.
    first!.leave();
    for (const each of [1, 3]) second!.add("web", at(each));
    assert.deepEqual(suggested(second!), []);
    second!.add("web", at(4));
    assert.deepEqual(suggested(second!), [6]);
    second!.add("web", at(5));
    assert.deepEqual(suggested(second!), [7]);
    for (const each of [6, 7]) second!.add("web", at(each));
    assert(isStopped(world));
  },
);

Deno.test("decision 7: when all have another home it ends, and says goodbye", () => {
  const { world, peers: [first, second], owners } = stopWith(2);
  first!.add("web", at(1));
  world.advance(0);
  assert(!isStopped(world));
  second!.received.length = 0;
  second!.add("web", at(2));
  world.advance(0);
  assert(isStopped(world));
  for (const peer of [first!, second!]) {
    const { sender, target, receiver } = peer.takeOnly("ENRP_TAKEOVER_SERVER");
    assert.deepEqual([sender, target, receiver], [REGISTRAR, REGISTRAR, 0]);
    assert.deepEqual(
      peer.takeAll("ENRP_HANDLE_UPDATE").filter(({ action }) => action === DEL_PE),
      [],
    );
  }
  for (const client of [...owners, first!, second!]) assert(client.isClosed);
  assert.equal(world.host.deadline(), undefined);
});

Deno.test(
  "decision 7: an element is yielded at once while it ends: it is not asked whose it " +
    "is",
  () => {
    const { world, peers: [first], owners: [owner] } = stopWith(2);
    first!.add("web", at(1));
    assert.deepEqual(owner!.takeAll("ASAP_ENDPOINT_KEEP_ALIVE"), []);
    assert.deepEqual(world.told("pool-element-yielded").map((each) => each.identifier), [1]);
  },
);

Deno.test("decision 7: peers that do not react are not waited for longer than handoverMs", () => {
  const { world, peers } = stopWith(2);
  for (const peer of peers) peer.received.length = 0;
  world.advance(world.timing.handoverMs - 1);
  assert(!isStopped(world));
  for (const peer of peers) assert.deepEqual(peer.takeAll("ENRP_TAKEOVER_SERVER"), []);
  world.advance(1);
  assert.deepEqual(world.told("stopped").map((each) => each.elements), [2]);
  for (const peer of peers) peer.takeOnly("ENRP_TAKEOVER_SERVER");
});

Deno.test("decision 7: without peers, or without elements, it ends at once", () => {
  assert(isStopped(stopWith(3, []).world));
  const { world, peers } = stopWith(0);
  assert(isStopped(world));
  for (const peer of peers) peer.takeOnly("ENRP_TAKEOVER_SERVER");
});

Deno.test("decision 7: nothing is suggested to who is suspected or itself begins", () => {
  const world = new World({ timing: { keepAliveCycleMs: 10_000_000 } });
  const begins = world.peer(FIRST, { host: "192.0.2.2", attends: false });
  begins.list([], true);
  const suspect = world.peer(SECOND, { host: "192.0.2.3", attends: false });
  world.connect("10.0.0.1").registered("web", at(1));
  world.advance(30_000);
  begins.presence();
  world.advance(31_000);
  for (const peer of [begins, suspect]) peer.received.length = 0;
  assert.equal(world.statistics().children, 1);
  world.stop();
  assert(isStopped(world));
  for (const peer of [begins, suspect]) assert.deepEqual(suggested(peer), []);
});

Deno.test("decision 7: what is due when it ends is done no more", () => {
  const world = new World();
  const heir = world.peer(FIRST, { host: "192.0.2.2" });
  const silent = world.peer(SECOND, { host: "192.0.2.3", attends: false });
  world.connect("10.0.0.1").registered("web", element(1, { host: "10.0.0.1" }));
  world.advanceWith([heir], world.timing.maxTimeLastHeardMs);
  assert.equal(world.told("peer-suspected").length, 1);
  // MAX-TIME-NO-RESPONSE and the handover end at the same time.
  world.stop();
  world.advance(world.timing.handoverMs);
  assert.equal(world.events.at(-1)?.type, "stopped");
  assert.equal(world.dials.length, 0, "every dial is given up");
  assert(heir.isClosed && silent.isClosed);
});

Deno.test("decision 7: to stop twice is to stop once", () => {
  const { world, peers: [first] } = stopWith(1, [FIRST]);
  world.stop();
  assert(!isStopped(world));
  assert.deepEqual(suggested(first!), [1]);
  world.advance(world.timing.handoverMs);
  world.stop();
  assert.equal(world.told("stopped").length, 1);
});

Deno.test("decision 7: children that go meanwhile, however, are waited for no longer", () => {
  const ends: ((world: World, owner: Client) => void)[] = [
    (_, owner) => void owner.deregister("web", 1),
    (world, owner) => {
      owner.reportUnreachable("web", 1);
      world.advance(world.timing.keepAliveTimeoutMs - 1);
      assert(!isStopped(world));
      world.advance(1);
    },
  ];
  for (const end of ends) {
    const { world, peers: [first], owners: [owner] } = stopWith(1, [FIRST]);
    end(world, owner!);
    assert(isStopped(world));
    first!.takeOnly("ENRP_TAKEOVER_SERVER");
  }
});

Deno.test(
  "decision 7: the heir asks with H=1, and tells all after the ACK, the old home " +
    "included",
  () => {
    const { world, ending, witness } = heir(at(1));
    for (const peer of [ending, witness]) peer.received.length = 0;
    adopt(world);
    for (const peer of [ending, witness]) {
      const { action, poolElement } = peer.takeOnly("ENRP_HANDLE_UPDATE");
      assert.deepEqual([action, poolElement.home], [ADD_PE, REGISTRAR]);
    }
    assert.deepEqual(world.homes(), { 1: REGISTRAR });
  },
);

Deno.test(
  "decision 7: who has no ASAP endpoint is told by nobody: the heir claims it at " +
    "once",
  () => {
    const { world, ending } = heir(element(1));
    assert.equal(ending.takeOnly("ENRP_HANDLE_UPDATE").poolElement.home, REGISTRAR);
    assert.equal(world.statistics().graceTimers, 1);
    world.connect().registered("web", element(1));
    world.advance(world.timing.elementGraceMs);
    assert.deepEqual(world.homes(), { 1: REGISTRAR });
  },
);

Deno.test("decision 7: nobody takes over by suggestion what is not the sender's", () => {
  const world = new World();
  const [first, second] = [FIRST, SECOND].map((identifier) =>
    world.peer(identifier, { host: `192.0.2.${identifier}` })
  );
  second!.add("web", at(1));
  const owner = world.connect("10.0.0.2").registered("web", at(2));
  const suggestion = { receiver: REGISTRAR, takeoverSuggestion: true };
  first!.update(ADD_PE, "web", { ...at(1), home: SECOND }, {
    ...suggestion,
    poolElement: { ...at(1), home: SECOND },
  });
  assert.equal(world.dials.length, 0);
  // One's own child is contested, whatever is suggested.
  first!.update(ADD_PE, "web", at(2), suggestion);
  assert.equal(world.dials.length, 0);
  owner.acknowledge("web", 2);
  assert.deepEqual(world.homes(), { 1: SECOND, 2: REGISTRAR });
});

Deno.test("decision 7: a registrar that ends itself takes nothing over by suggestion", () => {
  const { world, peers: [first] } = stopWith(1, [FIRST]);
  first!.update(ADD_PE, "web", at(9), { receiver: REGISTRAR, takeoverSuggestion: true });
  assert.equal(world.dials.length, 0);
  assert.equal(world.statistics().children, 1);
});

Deno.test("decision 7: a suggestion to remove, or of an unknown action, is none", () => {
  const world = new World();
  const peer = world.peer(FIRST);
  for (const action of [DEL_PE, 7]) {
    peer.update(action, "web", at(1), { receiver: REGISTRAR, takeoverSuggestion: true });
  }
  assert.equal(world.dials.length, 0);
  assert.deepEqual(world.homes(), {});
});
