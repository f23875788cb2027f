/** Elements of other homes that are asked whether they live. Protocol decisions 13 and 15. */
import assert from "node:assert/strict";
import { CAUSE, type PoolElement } from "../../../lib/wire/mod.ts";
import {
  type Client,
  codes,
  element,
  type PeerClient,
  REGISTRAR,
  World,
  type WorldOptions,
} from "./registrar_world.ts";

const HOME = 0x2;
const ELSEWHERE = "192.0.2.66";

/** An element of another home, with or without an ASAP endpoint. */
function foreign(asapPort: number | null = 4000, options: WorldOptions = {}) {
  const world = new World(options);
  const home = world.peer(HOME).add("web", element(1, { asapPort }));
  const reporter = world.connect(ELSEWHERE);
  return { world, home, reporter };
}

function isSelectable(world: World): boolean {
  return world.connect().resolve("web").poolElements.length > 0;
}

function doubts(home: PeerClient) {
  return home.takeAll("ENRP_PRESENCE").map((each) => each.unreachable);
}

/** A stranger's registration of the identifier. */
function contend(world: World): Client {
  const stranger = world.connect(ELSEWHERE);
  stranger.register("web", element(1, { host: ELSEWHERE }));
  return stranger;
}

Deno.test("decision 13: a report leads to a keep-alive at the ASAP endpoint, with H=0", () => {
  const { world, reporter } = foreign();
  reporter.reportUnreachable("web", 1);
  assert.deepEqual(world.dials.map(({ protocol, to }) => [protocol, to]), [
    ["ASAP", { host: "192.0.2.10", port: 4000 }],
  ]);
  const endpoint = world.answerDial();
  const { home, serverIdentifier } = endpoint.take("ASAP_ENDPOINT_KEEP_ALIVE");
  assert.deepEqual([home, serverIdentifier], [false, REGISTRAR]);
});

Deno.test("decision 13: one that answers stays as it is, and nobody is told", () => {
  const { world, home, reporter } = foreign();
  reporter.reportUnreachable("web", 1);
  const endpoint = world.answerDial();
  endpoint.acknowledge("web", 1);
  assert(endpoint.isClosed);
  assert(isSelectable(world));
  assert.deepEqual(doubts(home), []);
  assert.deepEqual(world.homes(), { 1: HOME });
  assert.equal(world.statistics().probes, 0);
});

Deno.test("decision 13: one that cannot be reached is not handed out, and its home is told", () => {
  const ends: ((world: World) => void)[] = [
    (world) => world.failDial("refused"),
    (world) => world.answerDial().leave("reset"),
    (world) => {
      world.answerDial();
      world.advance(world.timing.keepAliveTimeoutMs);
    },
  ];
  for (const end of ends) {
    const { world, home, reporter } = foreign();
    reporter.reportUnreachable("web", 1);
    end(world);
    assert(!isSelectable(world));
    assert.deepEqual(doubts(home), [{ poolHandle: "web", peIdentifier: 1 }]);
    assert.deepEqual(world.told("pool-element-doubted").map((each) => each.home), [HOME]);
    // Only the home removes.
    assert.deepEqual(world.homes(), { 1: HOME });
    assert.equal(world.statistics().probes, 0);
  }
});

Deno.test("decision 13: the home's ADD_PE has it handed out again, its DEL_PE removes it", () => {
  const { world, home, reporter } = foreign();
  reporter.reportUnreachable("web", 1);
  world.failDial("refused");
  home.add("web", element(1, { asapPort: 4000 }));
  assert(isSelectable(world));
  world.advance(world.limits.reportProbeIntervalMs);
  reporter.reportUnreachable("web", 1);
  world.failDial("refused");
  home.delete("web", element(1));
  assert.deepEqual(world.homes(), {});
});

Deno.test("decision 13: without an ASAP endpoint a report is ignored", () => {
  const { world, home, reporter } = foreign(null);
  reporter.reportUnreachable("web", 1);
  assert.equal(world.dials.length, 0);
  assert(isSelectable(world));
  assert.deepEqual(doubts(home), []);
  assert.deepEqual(world.told("discarded").map((each) => each.messageType), [
    "ASAP_ENDPOINT_UNREACHABLE",
  ]);
});

Deno.test("decision 13: one question serves all reports", () => {
  const { world, home } = foreign();
  for (const last of [61, 62, 63, 64, 65]) {
    world.connect(`192.0.2.${last}`).reportUnreachable("web", 1);
  }
  assert.equal(world.dials.length, 1);
  world.failDial("refused");
  assert.equal(doubts(home).length, 1);
  assert.deepEqual(world.homes(), { 1: HOME }, "however many, it is not this one that removes");
});

Deno.test("decision 13: the home asks at once, and says that the element lives", () => {
  const world = new World();
  const peer = world.peer(HOME);
  const owner = world.connect().registered("web", element(1));
  peer.received.length = 0;
  peer.presence({ unreachable: { poolHandle: "web", peIdentifier: 1 } });
  assert.equal(owner.takeOnly("ASAP_ENDPOINT_KEEP_ALIVE").home, false);
  assert.deepEqual(peer.received, []);
  owner.acknowledge("web", 1);
  assert.equal(peer.takeOnly("ENRP_HANDLE_UPDATE").poolElement.home, REGISTRAR);
  // Once: the next keep-alive is one as any other.
  world.advance(45_000);
  owner.takeOnly("ASAP_ENDPOINT_KEEP_ALIVE");
  owner.acknowledge("web", 1);
  assert.deepEqual(peer.takeAll("ENRP_HANDLE_UPDATE"), []);
});

Deno.test("decision 13: … or removes it, and all are told", () => {
  const world = new World();
  const peer = world.peer(HOME);
  world.connect().registered("web", element(1));
  peer.received.length = 0;
  peer.presence({ unreachable: { poolHandle: "web", peIdentifier: 1 } });
  world.advance(world.timing.keepAliveTimeoutMs);
  assert.deepEqual(world.removals(), ["keep-alive-timed-out"]);
  assert.equal(peer.takeOnly("ENRP_HANDLE_UPDATE").action, 1);
});

Deno.test("decision 13: a lost element that is found again is announced to who doubts it", () => {
  const world = new World();
  const peer = world.peer(HOME);
  world.connect().registered("web", element(1, { asapPort: 4000 })).leave();
  peer.received.length = 0;
  peer.presence({ unreachable: { poolHandle: "web", peIdentifier: 1 } });
  world.answerDial().acknowledge("web", 1);
  assert.equal(peer.takeOnly("ENRP_HANDLE_UPDATE").poolElement.home, REGISTRAR);
});

Deno.test(
  "decision 13: what a peer says of an element of another home, or of none, is " +
    "ignored",
  () => {
    const world = new World();
    const peer = world.peer(HOME).add("web", element(1));
    for (const peIdentifier of [1, 2]) {
      peer.presence({ unreachable: { poolHandle: "web", peIdentifier } });
    }
    assert.equal(world.dials.length, 0);
    assert.deepEqual(world.homes(), { 1: HOME });
    assert(isSelectable(world));
  },
);

Deno.test("decision 13: an element that registers here while it is asked is not doubted", () => {
  const { world, home, reporter } = foreign();
  reporter.reportUnreachable("web", 1);
  world.connect().registered("web", element(1, { asapPort: 4000 }));
  home.received.length = 0;
  world.failDial("refused");
  assert(isSelectable(world));
  assert.deepEqual(doubts(home), []);
  assert.deepEqual(world.homes(), { 1: REGISTRAR });
});

Deno.test("decision 13: the ACK of another element is no answer", () => {
  const { world, reporter } = foreign();
  reporter.reportUnreachable("web", 1);
  const endpoint = world.answerDial();
  endpoint.acknowledge("web", 2);
  endpoint.acknowledge("mail", 1);
  assert.equal(world.statistics().probes, 1);
  world.advance(world.timing.keepAliveTimeoutMs);
  assert(!isSelectable(world));
});

Deno.test(
  "decision 15: another home's identifier is refused with 0x4 while its element " +
    "answers",
  () => {
    const { world } = foreign();
    const stranger = contend(world);
    assert.deepEqual(stranger.received, []);
    world.answerDial().acknowledge("web", 1);
    assert.deepEqual(codes(stranger.takeRejection()), [CAUSE.nonUniquePeIdentifier]);
    assert.deepEqual(world.homes(), { 1: HOME });
  },
);

Deno.test("decision 15: … and granted when it does not: the element is here then", () => {
  const { world, home } = foreign();
  const stranger = contend(world);
  world.failDial("refused");
  assert.equal(stranger.take("ASAP_REGISTRATION_RESPONSE").reject, false);
  assert.deepEqual(world.homes(), { 1: REGISTRAR });
  assert.equal(home.takeOnly("ENRP_HANDLE_UPDATE").poolElement.home, REGISTRAR);
  assert.deepEqual(doubts(home), []);
});

Deno.test("decision 15: without an ASAP endpoint there is no way to ask: it is granted", () => {
  const { world } = foreign(null);
  const stranger = contend(world);
  assert.equal(stranger.take("ASAP_REGISTRATION_RESPONSE").reject, false);
  assert.deepEqual(world.homes(), { 1: REGISTRAR });
});

Deno.test(
  "decision 15: the element itself, from its own address, registers anywhere at " +
    "once",
  () => {
    const { world } = foreign();
    world.connect("192.0.2.10").registered("web", element(1, { asapPort: 4000 }));
    assert.equal(world.dials.length, 0);
    assert.deepEqual(world.homes(), { 1: REGISTRAR });
  },
);

Deno.test("decision 15: a stranger de-registers nobody's element", () => {
  for (const asapPort of [4000, null]) {
    const { world, reporter } = foreign(asapPort);
    const { causes } = reporter.deregister("web", 1);
    assert.deepEqual(codes(causes), [CAUSE.rejectedDueToSecurityConsiderations]);
    assert.equal(world.dials.length, 0);
    assert.deepEqual(world.homes(), { 1: HOME });
  }
});

Deno.test("decision 15: who waits for the answer and leaves is forgotten", () => {
  const { world } = foreign();
  contend(world).leave();
  world.failDial("refused");
  assert.deepEqual(world.homes(), { 1: HOME });
});

Deno.test("one question serves a report and a contender", () => {
  const { world, home, reporter } = foreign();
  reporter.reportUnreachable("web", 1);
  const stranger = contend(world);
  assert.equal(world.dials.length, 1);
  world.failDial("refused");
  assert.equal(stranger.take("ASAP_REGISTRATION_RESPONSE").reject, false);
  assert(isSelectable(world));
  assert.equal(doubts(home).length, 1);
});

function elements(count: number): PoolElement[] {
  return Array.from({ length: count }, (_, each) => {
    const host = `10.0.0.${each + 1}`;
    return element(each + 1, { host, asapPort: 4000 });
  });
}

Deno.test("maxProbes: no more are asked at once; reports beyond are ignored", () => {
  const world = new World({ limits: { maxProbes: 2 } });
  const home = world.peer(HOME);
  for (const each of elements(3)) home.add("web", each);
  const reporter = world.connect(ELSEWHERE);
  for (const identifier of [1, 2, 3]) reporter.reportUnreachable("web", identifier);
  assert.equal(world.dials.length, 2);
  assert.equal(world.statistics().probes, 2);
  assert.equal(world.told("discarded").length, 1);
  world.failDial("refused");
  reporter.reportUnreachable("web", 3);
  assert.equal(world.dials.length, 2);
});

Deno.test(
  "maxProbes: nobody's identifier is given away unasked; who asks again has its " +
    "turn",
  () => {
    const { world, reporter } = foreign(4000, { limits: { maxProbes: 1 } });
    world.peer(0x3, { host: "192.0.2.3" }).add("mail", elements(1)[0]!);
    reporter.reportUnreachable("mail", 1);
    const stranger = contend(world);
    assert.deepEqual(stranger.received, []);
    assert.equal(world.dials.length, 1);
    world.failDial("refused");
    stranger.register("web", element(1, { host: ELSEWHERE }));
    world.answerDial().acknowledge("web", 1);
    assert.deepEqual(codes(stranger.takeRejection()), [CAUSE.nonUniquePeIdentifier]);
    assert.equal(world.listed().find((each) => each.poolHandle === "web")?.home, HOME);
  },
);

Deno.test("decision 15: one that asks again and again waits once, and is answered once", () => {
  const { world } = foreign();
  const stranger = contend(world);
  for (let time = 0; time < 100; time++) {
    stranger.register("web", element(1, { host: ELSEWHERE }));
  }
  assert.equal(world.told("ownership-contested").length, 1);
  world.answerDial().acknowledge("web", 1);
  assert.equal(stranger.takeAll("ASAP_REGISTRATION_RESPONSE").length, 1);
});

Deno.test("maxDialsPerTarget: one host is not dialled more for the sake of reports", () => {
  const world = new World({ limits: { maxDialsPerTarget: 2 } });
  const home = world.peer(HOME);
  for (const identifier of [1, 2, 3]) {
    home.add("web", element(identifier, { asapPort: 4000 + identifier }));
  }
  const reporter = world.connect(ELSEWHERE);
  for (const identifier of [1, 2, 3]) reporter.reportUnreachable("web", identifier);
  assert.equal(world.dials.length, 2);
  world.advance(1_000);
  reporter.reportUnreachable("web", 3);
  assert.equal(world.dials.length, 3);
});
