/** What simulated runs of several registrars have found, each in as few steps as show it. */
import assert from "node:assert/strict";
import { ADD_PE } from "../../../lib/wire/mod.ts";
import { element, REGISTRAR, World } from "./registrar_world.ts";

const [TARGET, OTHER] = [0x7, 0x1000];
const DEAD_AFTER = 66_000;

Deno.test("seed 117: who registers before its turn to be adopted keeps its association", () => {
  // One each 10 ms.
  const world = new World({ limits: { maxAdoptionsPerSecond: 100 } });
  const target = world.peer(TARGET, { host: "192.0.2.7" });
  for (const identifier of [1, 2, 3]) {
    target.add("web", element(identifier, { host: `192.0.2.10${identifier}` }));
  }
  target.attends = false;
  world.advance(DEAD_AFTER);
  assert.deepEqual(world.told("taken-over").map((each) => each.elements), [3]);
  const owner = world.connect("192.0.2.103").registered(
    "web",
    element(3, { host: "192.0.2.103" }),
  );
  world.advance(15_500);
  const { identifier } = world.listed()[0]!;
  assert.equal(identifier, 3);
  assert(!owner.isClosed);
});

Deno.test("seed 278: a table that is still on its way does not undo a handover", () => {
  const world = new World({ mentors: [{ host: "192.0.2.2", port: 9901 }] });
  world.start();
  const mentor = world.answerPeerDial(OTHER, { attends: false });
  mentor.list([]);
  const handed = element(1, { host: "192.0.2.101", asapPort: 4000 });
  mentor.update(ADD_PE, "web", handed);
  mentor.update(ADD_PE, "web", handed, { receiver: REGISTRAR, takeoverSuggestion: true });
  world.answerDial().acknowledge("web", 1);
  mentor.page([{ poolHandle: "web", poolElements: [{ ...handed, home: OTHER }] }]);
  world.advance(0);
  assert.equal(world.told("serving").length, 1);
  assert.deepEqual(world.homes(), { 1: REGISTRAR });
  assert.equal(world.statistics().children, 1);
});

Deno.test("seed 1069: a peer that another one has taken over must begin anew, if it lives", () => {
  const world = new World();
  const target = world.peer(TARGET, { host: "192.0.2.7" });
  const other = world.peer(OTHER, { host: "192.0.2.8" });
  other.takeOver(TARGET);
  assert(target.isClosed, "over a new association both audit each other");
  assert(!other.isClosed);
});

Deno.test("seed 100059: a peer that was initializing is asked for its list once it serves", () => {
  const world = new World();
  const peer = world.unknownPeer(OTHER, { attends: false });
  peer.presence();
  peer.take("ENRP_LIST_REQUEST");
  peer.list([], true);
  peer.takeAll("ENRP_LIST_REQUEST");
  peer.requestTable(true);
  peer.takeOnly("ENRP_LIST_REQUEST");
  // It is asked once.
  peer.list([]);
  peer.received.length = 0;
  peer.requestTable(true);
  assert.deepEqual(peer.takeAll("ENRP_LIST_REQUEST"), []);
});
