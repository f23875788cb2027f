/** A registrar that begins: what RFC 5353 §3.2 leaves open. Protocol decisions 4 and 6. */
import assert from "node:assert/strict";
import { element, REGISTRAR, server, World, type WorldOptions } from "./registrar_world.ts";

/** REGISTRAR is between them. */
const [SMALLER, LARGER] = [0x1000, 0x0fffffff];
const NO_RESPONSE = 5_000;
const MENTORS = [2, 3].map((last) => ({ host: `192.0.2.${last}`, port: 9901 }));

/** A registrar that has begun; its mentors have said who they are and nothing else. */
function begin(identifiers: readonly number[], options: WorldOptions = {}) {
  const world = new World({ mentors: MENTORS.slice(0, identifiers.length), ...options });
  world.start();
  const mentors = identifiers.map((identifier) =>
    world.answerPeerDial(identifier, { attends: false })
  );
  return { world, mentors, mentor: mentors[0]! };
}

function isServing(world: World): boolean {
  return world.told("serving").length > 0;
}

/** Its own elements of before the restart, as the mentor has them. */
function restart(options: WorldOptions = {}) {
  const { world, mentor } = begin([SMALLER], options);
  mentor.list([]);
  const own = [1, 2].map((each) =>
    element(each, { home: REGISTRAR, host: `192.0.2.${100 + each}`, asapPort: 4000 })
  );
  mentor.page([{ poolHandle: "web", poolElements: [...own, element(3, { home: SMALLER })] }]);
  world.advance(0);
  return { world, mentor };
}

Deno.test("decision 4: the largest of those who begin serves alone after twice the time", () => {
  const { world, mentors } = begin([SMALLER, 0x2000]);
  const rejectAll = () => {
    for (const mentor of mentors) {
      for (const _ of mentor.takeAll("ENRP_LIST_REQUEST")) mentor.list([], true);
    }
  };
  // The second is asked when the first has rejected.
  for (const _ of mentors) rejectAll();
  const since = world.now;
  while (!isServing(world) && world.now < since + 60_000) {
    world.advance(1_000);
    for (const _ of mentors) rejectAll();
  }
  assert(world.now - since >= 2 * NO_RESPONSE);
  assert(world.now - since <= 3 * NO_RESPONSE);
  // The others hear of it: they are audited.
  for (const mentor of mentors) {
    assert.equal(mentor.takeOnly("ENRP_HANDLE_TABLE_REQUEST").ownChildrenOnly, true);
  }
  world.connect().registered("web", element(1));
});

Deno.test("decision 4: a smaller one waits for as long as the larger one begins", () => {
  const { world, mentors } = begin([SMALLER, LARGER]);
  for (let round = 0; round < 20; round++) {
    for (const mentor of [...mentors, ...mentors]) {
      for (const _ of mentor.takeAll("ENRP_LIST_REQUEST")) mentor.list([], true);
    }
    world.advance(NO_RESPONSE);
  }
  assert(!isServing(world));
});

Deno.test("decision 4: … and downloads from it as soon as it serves", () => {
  const { world, mentor } = begin([LARGER]);
  mentor.takeOnly("ENRP_LIST_REQUEST");
  mentor.list([], true);
  // It has begun to serve, and audits.
  mentor.requestTable(true);
  mentor.takeOnly("ENRP_LIST_REQUEST");
  mentor.list([]);
  mentor.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
  mentor.page([{ poolHandle: "web", poolElements: [element(1, { home: LARGER })] }]);
  assert.deepEqual(world.told("serving").map((each) => each.elements), [1]);
});

Deno.test("decision 4: mentors that do not answer do not keep it from serving", () => {
  const { world } = begin([LARGER]);
  world.advance(2 * NO_RESPONSE);
  assert(!isServing(world));
  world.advance(2 * NO_RESPONSE);
  assert(isServing(world));
  assert.deepEqual(
    new Set(world.told("mentor-failed").map((each) => each.why)),
    new Set(["silent"]),
  );
});

Deno.test(
  "decision 4: one that refuses its table serves: it is waited for, whoever is " +
    "larger",
  () => {
    const { world, mentor } = begin([SMALLER]);
    for (let round = 0; round < 20; round++) {
      for (const _ of mentor.takeAll("ENRP_LIST_REQUEST")) mentor.list([]);
      for (const _ of mentor.takeAll("ENRP_HANDLE_TABLE_REQUEST")) {
        mentor.page([], { reject: true });
      }
      world.advance(NO_RESPONSE);
    }
    assert(!isServing(world));
    mentor.takeAll("ENRP_LIST_REQUEST");
    mentor.list([]);
    mentor.page([]);
    assert(isServing(world));
  },
);

Deno.test("a mentor whose table never ends is given up", () => {
  const page = [{ poolHandle: "web", poolElements: [element(1, { home: LARGER })] }];
  for (const pools of [[], page]) {
    const { world, mentors: [mentor, backup] } = begin([LARGER, SMALLER], {
      limits: { maxElements: 10 },
    });
    mentor!.list([]);
    for (let each = 0; each < 20; each++) mentor!.page(pools, { moreToSend: true });
    assert.deepEqual(world.told("mentor-failed").map((each) => each.why), ["endless"]);
    backup!.takeOnly("ENRP_LIST_REQUEST");
    backup!.list([]);
    backup!.page([]);
    assert(isServing(world));
  }
});

Deno.test("a mentor that goes on with a table that was given up is asked for a whole one", () => {
  const { world, mentor } = begin([LARGER]);
  const page = (identifier: number, moreToSend: boolean) =>
    mentor.page([{ poolHandle: "web", poolElements: [element(identifier, { home: LARGER })] }], {
      moreToSend,
    });
  mentor.list([]);
  page(1, true);
  // It stands still for longer than is waited.
  world.advance(2 * NO_RESPONSE);
  mentor.list([]);
  mentor.received.length = 0;
  page(3, false);
  assert(!isServing(world));
  mentor.takeOnly("ENRP_HANDLE_TABLE_REQUEST");
  page(1, true);
  page(2, true);
  page(3, false);
  assert.deepEqual(world.told("serving").map((each) => each.elements), [3]);
});

Deno.test("a mentor whose association ends is given up for another one", () => {
  const { world, mentors: [mentor, backup] } = begin([SMALLER, LARGER]);
  mentor!.list([]);
  mentor!.page([{ poolHandle: "web", poolElements: [element(1, { home: SMALLER })] }], {
    moreToSend: true,
  });
  mentor!.leave("reset");
  assert.deepEqual(world.told("mentor-failed").map((each) => each.why), ["lost"]);
  backup!.takeOnly("ENRP_LIST_REQUEST");
});

Deno.test("a mentor that is lost and comes back is asked again at once", () => {
  const { world, mentor } = begin([LARGER]);
  mentor.list([], true);
  mentor.leave("reset");
  const again = world.answerPeerDial(LARGER, { attends: false });
  again.takeOnly("ENRP_LIST_REQUEST");
  again.list([]);
  again.page([]);
  assert(isServing(world));
});

Deno.test("the only mentor that is lost and cannot be dialled leaves nobody to wait for", () => {
  const { world, mentor } = begin([LARGER]);
  mentor.leave("reset");
  assert(!isServing(world));
  world.failDial("refused");
  assert(isServing(world));
});

Deno.test(
  "pages by another than the mentor, and before they are asked for, are no " +
    "download",
  () => {
    const { world, mentors: [mentor, backup] } = begin([SMALLER, LARGER]);
    const pools = [{ poolHandle: "web", poolElements: [element(1, { home: LARGER })] }];
    mentor!.page(pools);
    backup!.list([]);
    backup!.page(pools);
    assert.equal(world.statistics().poolElements, 0);
    assert(!isServing(world));
  },
);

Deno.test("updates during the download are applied, and the table is checked after it", () => {
  const { world, mentor } = begin([SMALLER]);
  mentor.list([]);
  mentor.page([{ poolHandle: "web", poolElements: [element(1, { home: SMALLER })] }], {
    moreToSend: true,
  });
  mentor.delete("web", element(1));
  mentor.received.length = 0;
  // An older page brings it back; the audit takes it away again.
  mentor.page([{ poolHandle: "web", poolElements: [element(1, { home: SMALLER })] }]);
  assert.deepEqual(world.homes(), { 1: SMALLER });
  assert.equal(mentor.takeOnly("ENRP_HANDLE_TABLE_REQUEST").ownChildrenOnly, true);
  mentor.page([]);
  assert.deepEqual(world.homes(), {});
});

Deno.test("decision 6: its own identifier in the table: it owns those, and asks them first", () => {
  const { world, mentor } = restart();
  assert(!isServing(world));
  assert.equal(world.statistics().children, 2);
  const asked = world.dials.filter((dial) => dial.protocol === "ASAP");
  assert.deepEqual(asked.map((dial) => dial.to.host), ["192.0.2.101", "192.0.2.102"]);
  // Until then it answers requests for its own children with R.
  assert.equal(mentor.requestTable(true).reject, true);
  const first = world.answerDial();
  assert.equal(first.take("ASAP_ENDPOINT_KEEP_ALIVE").home, true);
  first.acknowledge("web", 1);
  assert(!isServing(world));
  // The other one is gone.
  world.failDial("refused");
  assert.deepEqual(world.told("serving").map((each) => each.elements), [2]);
  assert.deepEqual(world.homes(), { 1: REGISTRAR, 3: SMALLER });
  const [pool] = mentor.requestTable(true).pools;
  assert.deepEqual(pool!.poolElements.map((each) => each.identifier), [1]);
});

Deno.test(
  "decision 6: its own elements are asked by and by, and in whatever order they " +
    "answer",
  () => {
    const { world } = restart({ limits: { maxAdoptionsPerSecond: 1 } });
    const first = world.answerDial();
    assert.equal(world.dials.length, 0);
    world.advance(1_000);
    world.answerDial().acknowledge("web", 2);
    assert(!isServing(world));
    first.acknowledge("web", 1);
    assert(isServing(world));
  },
);

Deno.test(
  "decision 6: elements that answer late, or cannot be asked, do not hold it up for " +
    "long",
  () => {
    const { world } = restart();
    world.answerDial();
    world.advance(2 * NO_RESPONSE - 1);
    assert(!isServing(world));
    world.advance(1);
    assert(isServing(world));
  },
);

Deno.test("a registrar that stops before it serves is stopped", () => {
  const { world, mentor } = begin([LARGER]);
  world.stop();
  assert(mentor.isClosed);
  assert.equal(world.told("stopped").length, 1);
  assert.equal(world.host.deadline(), undefined);
});

Deno.test("whoever begins takes nobody over", () => {
  const { world, mentor } = begin([SMALLER]);
  const other = world.unknownPeer(LARGER, { host: "192.0.2.66", attends: false });
  other.presence();
  for (let round = 0; round < 20; round++) {
    for (const _ of mentor.takeAll("ENRP_LIST_REQUEST")) mentor.list([]);
    for (const _ of mentor.takeAll("ENRP_HANDLE_TABLE_REQUEST")) mentor.page([], { reject: true });
    world.advance(NO_RESPONSE);
  }
  assert.deepEqual(world.told("peer-dead").map((each) => each.peer), [LARGER]);
  assert.deepEqual(world.told("takeover-began"), []);
  assert.deepEqual(mentor.takeAll("ENRP_INIT_TAKEOVER"), []);
});

Deno.test(
  "a registrar that was dialled at its mentor's address by itself does not wait for " +
    "it",
  () => {
    const world = new World({ mentors: [MENTORS[0]!] });
    world.start({ enrp: [MENTORS[0]!] });
    const self = world.answerDial();
    const accepted = world.unknownPeer(REGISTRAR);
    accepted.send(self.takeOnly("ENRP_PRESENCE"));
    self.send(accepted.takeOnly("ENRP_PRESENCE"));
    assert.equal(world.told("peer-is-self").length, 1);
    assert(isServing(world), "there is nobody else");
  },
);

Deno.test("registrars of the list are dialled, and may be mentors themselves", () => {
  const { world, mentor } = begin([SMALLER]);
  mentor.list([server(0x77, "192.0.2.77")]);
  mentor.page([], { reject: true });
  const other = world.answerPeerDial(0x77, { attends: false });
  other.takeOnly("ENRP_LIST_REQUEST");
  other.list([]);
  other.page([]);
  assert(isServing(world));
});

Deno.test("what comes before it serves is closed, so that it is tried elsewhere", () => {
  const { world } = begin([LARGER]);
  const client = world.connect();
  assert(client.isClosed);
  assert.deepEqual(world.told("association-closed").map((each) => each.reason), ["initializing"]);
});
