/** RFC 5353 §3.5: who takes a failed registrar over, and how. */
import assert from "node:assert/strict";
import { ADD_PE, type PoolElement } from "../../lib/wire/mod.ts";
import {
  element,
  type PeerClient,
  World,
  type WorldOptions,
} from "../core/registrar/registrar_world.ts";

const TARGET = 0x7;
/** REGISTRAR is between them. */
const [SMALLER, LARGER] = [0x1000, 0x0fffffff];
const DEAD_AFTER = 66_000;

interface Scope {
  readonly world: World;
  readonly target: PeerClient;
  readonly others: readonly PeerClient[];
}

/** A registrar with peers; one of them is to be taken over. */
function scope(identifiers: readonly number[], options: WorldOptions = {}): Scope {
  const world = new World(options);
  const target = world.peer(TARGET, { host: "192.0.2.7" });
  const others = identifiers.map((identifier, at) =>
    world.peer(identifier, { host: `192.0.2.${20 + at}` })
  );
  return { world, target, others };
}

/** The target falls silent, the others do not, until it is considered dead. */
function fail({ world, target, others }: Scope): void {
  target.attends = false;
  world.advanceWith(others, DEAD_AFTER);
  assert.deepEqual(world.told("peer-dead").map((each) => each.peer), [TARGET]);
}

function at(identifier: number): PoolElement {
  const host = `192.0.2.${100 + identifier}`;
  return element(identifier, { host, asapPort: 4000 });
}

Deno.test(
  "RFC 5353 §3.5.1: SHOULD first start the takeover arbitration process by sending an " +
    "ENRP_INIT_TAKEOVER message to all its peer servers … including the target server",
  () => {
    const tested = scope([SMALLER, LARGER]);
    fail(tested);
    for (const peer of [tested.target, ...tested.others]) {
      assert.equal(peer.takeOnly("ENRP_INIT_TAKEOVER").receiver, 0);
      assert.deepEqual(peer.takeAll("ENRP_TAKEOVER_SERVER"), []);
    }
  },
);

Deno.test(
  "RFC 5353 §3.5.1: MUST fill in the Sending Server's ID and Targeting Server's ID",
  () => {
    const tested = scope([SMALLER]);
    fail(tested);
    const { sender, target } = tested.others[0]!.takeOnly("ENRP_INIT_TAKEOVER");
    assert.deepEqual([sender, target], [tested.world.identifier, TARGET]);
  },
);

Deno.test(
  "RFC 5353 §3.5.1: SHOULD wait for an ENRP_INIT_TAKEOVER_ACK message from each of its known " +
    "peers, except that of the target server",
  () => {
    const tested = scope([SMALLER, LARGER]);
    fail(tested);
    const [first, second] = tested.others;
    first!.acknowledgeTakeover(TARGET);
    // Twice is not once of each.
    first!.acknowledgeTakeover(TARGET);
    assert.deepEqual(tested.world.told("taken-over"), []);
    // Nor is another target's.
    second!.acknowledgeTakeover(0x999);
    assert.deepEqual(tested.world.told("taken-over"), []);
    second!.acknowledgeTakeover(TARGET);
    assert.equal(tested.world.told("taken-over").length, 1);
  },
);

Deno.test(
  "RFC 5353 §3.5.1: 1. … it (itself) is the target server …, it MUST immediately announce an " +
    "ENRP_PRESENCE message to all its peer ENRP servers",
  () => {
    const { world, others } = scope([SMALLER, LARGER]);
    others[0]!.initTakeover(world.identifier);
    for (const peer of others) assert.equal(peer.takeOnly("ENRP_PRESENCE").receiver, 0);
    assert.deepEqual(others[0]!.takeAll("ENRP_INIT_TAKEOVER_ACK"), []);
  },
);

Deno.test(
  "RFC 5353 §3.5.1: 1. … The initiating server MUST stop the takeover operation by marking the " +
    "target server as 'active' and taking no further takeover actions",
  () => {
    const tested = scope([SMALLER]);
    const { world, target, others: [other] } = tested;
    target.add("web", at(1));
    fail(tested);
    target.presence();
    assert.deepEqual(world.told("takeover-stopped").map((each) => each.why), ["target-heard"]);
    assert.deepEqual(world.told("peer-active").map((each) => each.peer), [TARGET]);
    other!.acknowledgeTakeover(TARGET);
    world.advanceWith([target, other!], 20_000);
    assert.deepEqual(world.told("taken-over"), []);
    assert.deepEqual(other!.takeAll("ENRP_TAKEOVER_SERVER"), []);
    assert.deepEqual(world.homes(), { 1: TARGET });
    assert.equal(world.dials.length, 0, "no element was asked");
  },
);

Deno.test(
  "RFC 5353 §3.5.1: 2. A. If the peer's server ID is smaller …, MUST immediately abort its own " +
    "take-over attempt … and reply … with an ENRP_INIT_TAKEOVER_ACK message",
  () => {
    const tested = scope([SMALLER, LARGER]);
    const { world, others: [smaller, larger] } = tested;
    fail(tested);
    larger!.initTakeover(TARGET);
    const ack = larger!.takeOnly("ENRP_INIT_TAKEOVER_ACK");
    assert.deepEqual([ack.sender, ack.receiver, ack.target], [world.identifier, LARGER, TARGET]);
    assert.deepEqual(world.told("takeover-stopped").map((each) => each.why), ["other-initiator"]);
    // Its own attempt is over, whatever comes.
    for (const peer of [smaller!, larger!]) peer.acknowledgeTakeover(TARGET);
    assert.deepEqual(world.told("taken-over"), []);
    assert.deepEqual(smaller!.takeAll("ENRP_TAKEOVER_SERVER"), []);
  },
);

Deno.test(
  "RFC 5353 §3.5.1: 2. A. … MUST mark the target server as 'not active' on its internal peer " +
    "list so that its status will no longer be monitored",
  () => {
    const tested = scope([LARGER]);
    const { world, others: [larger] } = tested;
    fail(tested);
    larger!.initTakeover(TARGET);
    const observer = world.observer();
    observer.send({ type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 });
    const { servers } = observer.take("ENRP_LIST_RESPONSE");
    const target = servers.find((each) => each.identifier === TARGET);
    assert.equal(target?.peerStatus?.state, "inactive");
  },
);

Deno.test(
  "RFC 5353 §3.5.1: 2. B. Otherwise, the peer MUST ignore the ENRP_INIT_TAKEOVER message",
  () => {
    const tested = scope([SMALLER]);
    const { world, others: [smaller] } = tested;
    fail(tested);
    smaller!.received.length = 0;
    smaller!.initTakeover(TARGET);
    assert.deepEqual(smaller!.received, []);
    assert.deepEqual(world.told("takeover-stopped"), []);
    // Its own attempt goes on.
    smaller!.acknowledgeTakeover(TARGET);
    assert.equal(world.told("taken-over").length, 1);
  },
);

Deno.test(
  "RFC 5353 §3.5.1: 3. … neither the target server nor is in its own takeover process, … " +
    "MUST: a) mark the target server as 'not active' … no longer be monitored",
  () => {
    const { world, target, others: [other] } = scope([SMALLER]);
    target.attends = false;
    world.advance(55_000);
    other!.initTakeover(TARGET);
    // MAX-TIME-LAST-HEARD passes, and nobody is asked.
    target.received.length = 0;
    world.advance(7_000);
    const asked = target.takeAll("ENRP_PRESENCE").filter((each) => each.replyRequired);
    assert.deepEqual(asked, []);
    assert(!world.told("peer-suspected").some((each) => each.peer === TARGET));
  },
);

Deno.test(
  "RFC 5353 §3.5.1: 3. … and b) MUST reply to the initiating server with an " +
    "ENRP_INIT_TAKEOVER_ACK message",
  () => {
    for (const initiator of [SMALLER, LARGER]) {
      const { world, others: [other] } = scope([initiator]);
      other!.initTakeover(TARGET);
      const ack = other!.takeOnly("ENRP_INIT_TAKEOVER_ACK");
      assert.deepEqual(
        [ack.sender, ack.receiver, ack.target],
        [world.identifier, initiator, TARGET],
      );
    }
  },
);

Deno.test(
  "RFC 5353 §3.5.1: Once … received the ENRP_INIT_TAKEOVER_ACK message from all …, it MUST " +
    "consider that it has won the arbitration and MUST proceed to complete the takeover",
  () => {
    const alone = scope([]);
    fail(alone);
    assert.equal(alone.world.told("taken-over").length, 1, "there is nobody to ask");
    const tested = scope([SMALLER, LARGER]);
    fail(tested);
    for (const peer of tested.others) peer.acknowledgeTakeover(TARGET);
    const [taken] = tested.world.told("taken-over");
    assert.deepEqual([taken?.target, taken?.by], [TARGET, tested.world.identifier]);
  },
);

Deno.test(
  "RFC 5353 §3.5.1: if it receives an ENRP_PRESENCE from the target server at any point …, MUST " +
    "immediately stop the takeover process and mark the status of the target server as 'active'",
  () => {
    const tested = scope([SMALLER, LARGER]);
    const { world, target, others: [first, second] } = tested;
    fail(tested);
    first!.acknowledgeTakeover(TARGET);
    target.presence();
    second!.acknowledgeTakeover(TARGET);
    assert.deepEqual(world.told("taken-over"), []);
    assert.equal(world.statistics().takeovers, 0);
    // It is monitored as before.
    target.received.length = 0;
    world.advanceWith([first!, second!], 61_000);
    assert(target.takeAll("ENRP_PRESENCE").some((each) => each.replyRequired));
  },
);

Deno.test(
  "RFC 5353 §3.5.2: MUST first send, via an announcement, an ENRP_TAKEOVER_SERVER message to " +
    "inform all its active peers …. The target server's ID MUST be filled in",
  () => {
    const tested = scope([SMALLER, LARGER]);
    tested.target.add("web", at(1));
    fail(tested);
    for (const peer of tested.others) peer.received.length = 0;
    for (const peer of tested.others) peer.acknowledgeTakeover(TARGET);
    for (const peer of tested.others) {
      // First: the elements' updates come after it.
      const { sender, receiver, target } = peer.take("ENRP_TAKEOVER_SERVER");
      assert.deepEqual([sender, receiver, target], [tested.world.identifier, 0, TARGET]);
    }
  },
);

Deno.test(
  "RFC 5353 §3.5.2: The initiating server SHOULD then remove the target server from its internal " +
    "peer list",
  () => {
    const tested = scope([SMALLER]);
    fail(tested);
    assert.equal(tested.world.statistics().peers, 2);
    tested.others[0]!.acknowledgeTakeover(TARGET);
    assert.equal(tested.world.statistics().peers, 1);
    assert.deepEqual(tested.others[0]!.requestList().servers, []);
  },
);

Deno.test(
  "RFC 5353 §3.5.2: 1. mark itself as the Home ENRP server of each of the PEs originally " +
    "owned by the target server",
  () => {
    const tested = scope([SMALLER]);
    const { world, target, others: [other] } = tested;
    target.add("web", at(1)).add("mail", at(2));
    other!.add("web", at(3));
    fail(tested);
    other!.acknowledgeTakeover(TARGET);
    const self = world.identifier;
    assert.deepEqual(world.homes(), { 1: self, 2: self, 3: SMALLER });
  },
);

Deno.test(
  "RFC 5353 §3.5.2: 2. send a point-to-point ASAP_ENDPOINT_KEEP_ALIVE message, with the 'H' flag " +
    "set to '1', to each of the PEs",
  () => {
    const tested = scope([]);
    const { world, target } = tested;
    target.add("web", at(1)).add("web", at(2));
    fail(tested);
    world.advance(0);
    // The target is dialled, too, should it live.
    const dials = world.dials.filter((dial) => dial.protocol === "ASAP");
    assert.deepEqual(dials.map((dial) => dial.to.host), ["192.0.2.101", "192.0.2.102"]);
    world.dials.splice(0, Infinity, ...dials);
    for (const identifier of [1, 2]) {
      const keepAlive = world.answerDial().take("ASAP_ENDPOINT_KEEP_ALIVE");
      assert.deepEqual([keepAlive.home, keepAlive.serverIdentifier, keepAlive.poolHandle], [
        true,
        world.identifier,
        "web",
      ], String(identifier));
    }
  },
);

Deno.test(
  "RFC 5353 §3.5.2: This will trigger the PE to adopt the initiating sever as its new Home ENRP " +
    "server (and peers are told when it has)",
  () => {
    const tested = scope([SMALLER]);
    const { world, target, others: [other] } = tested;
    target.add("web", at(1));
    fail(tested);
    other!.acknowledgeTakeover(TARGET);
    world.advance(0);
    assert.deepEqual(other!.takeAll("ENRP_HANDLE_UPDATE"), []);
    world.dials.splice(0, Infinity, ...world.dials.filter((dial) => dial.protocol === "ASAP"));
    const adopted = world.answerDial();
    adopted.take("ASAP_ENDPOINT_KEEP_ALIVE");
    adopted.acknowledge("web", 1);
    const { action, poolElement } = other!.takeOnly("ENRP_HANDLE_UPDATE");
    assert.deepEqual([action, poolElement], [ADD_PE, { ...at(1), home: world.identifier }]);
    // The next keep-alive asks for no more than life.
    world.advance(45_000);
    assert.equal(adopted.takeOnly("ASAP_ENDPOINT_KEEP_ALIVE").home, false);
  },
);

Deno.test(
  "RFC 5353 §3.5.2: When a peer receives the ENRP_TAKEOVER_SERVER message …: 1. remove the " +
    "target server from its internal peer list",
  () => {
    const { world, others: [other] } = scope([SMALLER]);
    assert.equal(world.statistics().peers, 2);
    other!.initTakeover(TARGET);
    other!.takeOver(TARGET);
    assert.equal(world.statistics().peers, 1);
    assert.equal(world.statistics().takeovers, 0);
    assert.deepEqual(other!.requestList().servers, []);
  },
);

Deno.test(
  "RFC 5353 §3.5.2: 2. update the Home ENRP server of each PE in its local copy of the " +
    "handlespace to be the sender of the message, i.e., the initiating server",
  () => {
    const { world, target, others: [other] } = scope([SMALLER]);
    target.add("web", at(1)).add("mail", at(2));
    world.connect("192.0.2.103").registered("web", at(3));
    other!.initTakeover(TARGET);
    for (const each of [at(1), at(2)]) {
      other!.owns(each.identifier === 1 ? "web" : "mail", each);
    }
    other!.takeOver(TARGET);
    assert.deepEqual(world.homes(), { 1: SMALLER, 2: SMALLER, 3: world.identifier });
    // It is the initiator that asks them.
    assert.equal(world.dials.filter((dial) => dial.protocol === "ASAP").length, 0);
  },
);
