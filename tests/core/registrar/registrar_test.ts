/** The registrar as a whole: its end, its size, and whatever may come. RFC 5352 §4. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { DEFAULT_LIMITS, REGISTRAR_TIMING, RegistrarMachine } from "../../../lib/core/mod.ts";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import { asap, type AsapMessage, enrp, type EnrpMessage } from "../../../lib/wire/mod.ts";
import { type Client, element, REGISTRAR, World } from "./registrar_world.ts";

Deno.test("stop closes every association and dial, and nothing comes after", () => {
  const world = new World();
  const clients = [world.connect(), world.connect(), world.observer()];
  clients[0]!.registered("web", element(1)).registered("web", element(2));
  world.connect().registered("mail", element(3, { asapPort: 4000 })).leave();
  world.stop();
  assert(clients.every((client) => client.isClosed));
  assert.deepEqual(world.dials, []);
  const closed = world.told("association-closed").filter((each) => each.reason === "stopped");
  assert.deepEqual(closed.map((each) => each.elements), [2, 0, 0]);
  assert.deepEqual(world.events.at(-1), { type: "stopped", associations: 3, elements: 3 });
  assert.equal(world.host.deadline(), undefined);
  world.advance(1e6);
  assert.equal(world.events.at(-1)?.type, "stopped");
});

Deno.test("who connects after the end is sent away", () => {
  const world = new World();
  world.stop();
  const late = world.connect();
  assert(late.isClosed);
  world.stop();
  assert.equal(world.told("stopped").length, 1);
});

Deno.test("what is said of associations that do not exist changes nothing", () => {
  const machine = new RegistrarMachine({
    identifier: REGISTRAR,
    random: seededRandom(1),
    limits: DEFAULT_LIMITS,
    timing: REGISTRAR_TIMING,
    addressCheck: "observed",
    interfaceAddresses: () => [],
    loopbackOnly: true,
  });
  const message = {
    type: "ASAP_REGISTRATION",
    poolHandle: "web",
    poolElement: element(1),
  } as const;
  machine.handle({ type: "received", association: 2, message, unrecognized: [] }, 0);
  machine.handle({ type: "disconnected", association: 2, reason: "closed" }, 0);
  const failure = asap.decode(new Uint8Array([0x7f, 0, 0, 4]));
  assert(!failure.ok);
  machine.handle({ type: "undecodable", association: 2, failure }, 0);
  assert.equal(machine.poll(), undefined);
  assert.equal(machine.deadline(), undefined);
});

Deno.test("with many deadlines at once each input takes some, and none is lost", () => {
  const world = new World({ timing: { keepAliveCycleMs: 1e9 } });
  const client = world.connect();
  for (let identifier = 1; identifier <= 2500; identifier++) {
    client.registered("web", element(identifier, { registrationLife: 10 }));
  }
  world.now += 10_000;
  const removed: number[] = [];
  while (world.host.deadline()! <= world.now) {
    world.host.tick(world.now);
    world.drain();
    removed.push(world.removals().length);
  }
  assert.deepEqual(removed, [1000, 2000, 2500]);
});

Deno.test("100,000 elements in one pool are served, each by itself and all by deadlines", () => {
  const world = new World({
    limits: { maxElementsPerAssociation: 100_000 },
    timing: { keepAliveCycleMs: 1e7, keepAliveTimeoutMs: 1e7 },
  });
  const client = world.connect();
  // A step over all elements for each of these would take minutes.
  for (let identifier = 1; identifier <= 100_000; identifier++) {
    client.register("web", element(identifier, { registrationLife: -1 }));
    client.received.length = 0;
    world.events.length = 0;
  }
  assert.equal(client.resolve("web", 3).poolElements.length, 3);
  for (let deadlines = 0; deadlines < 10_000; deadlines++) {
    world.now = world.host.deadline()!;
    world.host.tick(world.now);
    world.drain();
    const { poolHandle, peIdentifier } = client.take("ASAP_ENDPOINT_KEEP_ALIVE");
    client.acknowledge(poolHandle, peIdentifier!);
  }
  for (let identifier = 1; identifier <= 100_000; identifier++) {
    client.send({ type: "ASAP_DEREGISTRATION", poolHandle: "web", peIdentifier: identifier });
    client.received.length = 0;
  }
  assert.equal(world.told("pool-element-removed").length, 100_000);
  assert.equal(world.told("pool-element-removed").at(-1)?.lastOfPool, true);
  assert.equal(world.host.deadline(), undefined);
});

const HANDLES = ["web", "mail", "", "x".repeat(33), "hex:00ff"];
const HOSTS = ["192.0.2.10", "192.0.2.11", "127.0.0.1"];

const poolElement = fc.record({
  identifier: fc.integer({ min: 0, max: 3 }),
  registrationLife: fc.constantFrom(-2, -1, 0, 1, 30),
  host: fc.constantFrom(...HOSTS),
  asapPort: fc.constantFrom(null, 0, 4000, 4001),
  policy: fc.constantFrom(
    { name: "round-robin" } as const,
    { name: "least-used", load: 7 } as const,
    { name: "unknown", policyType: 0, data: new Uint8Array(3) } as const,
  ),
}).map(({ identifier, ...changes }) => element(identifier, changes));

const handleAndIdentifier = fc.record({
  poolHandle: fc.constantFrom(...HANDLES),
  peIdentifier: fc.integer({ min: 0, max: 3 }),
});

const asapMessage: fc.Arbitrary<AsapMessage> = fc.oneof(
  fc.record({ poolHandle: fc.constantFrom(...HANDLES), poolElement })
    .map((fields) => ({ type: "ASAP_REGISTRATION", ...fields }) as const),
  handleAndIdentifier.map((fields) => ({ type: "ASAP_DEREGISTRATION", ...fields }) as const),
  handleAndIdentifier.map((fields) =>
    ({ type: "ASAP_ENDPOINT_KEEP_ALIVE_ACK", ...fields }) as const
  ),
  handleAndIdentifier.map((fields) => ({ type: "ASAP_ENDPOINT_UNREACHABLE", ...fields }) as const),
  fc.constantFrom(...HANDLES).map((poolHandle) =>
    ({ type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: true, poolHandle }) as const
  ),
);

const enrpMessage: fc.Arbitrary<EnrpMessage> = fc.constantFrom<EnrpMessage>(
  { type: "ENRP_HANDLE_TABLE_REQUEST", sender: 0, receiver: 0, ownChildrenOnly: false },
  { type: "ENRP_HANDLE_TABLE_REQUEST", sender: 0, receiver: 0, ownChildrenOnly: true },
  { type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 },
  { type: "ENRP_PRESENCE", sender: 0, receiver: 0, replyRequired: true },
);

type Step = (world: World, clients: Client[]) => void;

function pick<T>(values: readonly T[], index: number): T | undefined {
  return values.length === 0 ? undefined : values[index % values.length];
}

const index = fc.nat(9);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom(...HOSTS).map((host): Step => (world, clients) => {
    clients.push(world.connect(host, { protocol: clients.length % 4 === 3 ? "ENRP" : "ASAP" }));
  }),
  { weight: 6, arbitrary: fc.tuple(index, asapMessage, enrpMessage).map(sendStep) },
  fc.tuple(index, fc.uint8Array({ maxLength: 40 })).map(([i, bytes]): Step => (_, clients) => {
    const client = pick(clients, i);
    if (client !== undefined && !client.isClosed) client.sendBytes(bytes);
  }),
  index.map((i): Step => (_, clients) => pick(clients, i)?.leave()),
  fc.boolean().map((works): Step => (world, clients) => {
    if (world.dials.length === 0) return;
    if (works) clients.push(world.answerDial());
    else world.failDial("refused");
  }),
  fc.constantFrom(1, 1000, 5000, 40_000).map((ms): Step => (world) => world.advance(ms)),
);

function sendStep([i, asapMessage, enrpMessage]: [number, AsapMessage, EnrpMessage]): Step {
  return (_, clients) => {
    const client = pick(clients, i);
    if (client === undefined || client.isClosed) return;
    client.send(client.protocol === "ASAP" ? asapMessage : enrpMessage);
  };
}

/** The table as an observer downloads it. */
function table(world: World): Map<string, number[]> {
  const observer = world.observer();
  const pools = new Map<string, number[]>();
  for (;;) {
    const request = { sender: 0, receiver: 0, ownChildrenOnly: false };
    observer.send({ type: "ENRP_HANDLE_TABLE_REQUEST", ...request });
    const page = observer.take("ENRP_HANDLE_TABLE_RESPONSE");
    for (const { poolHandle, poolElements } of page.pools) {
      const identifiers = poolElements.map((each) => each.identifier);
      pools.set(poolHandle, [...pools.get(poolHandle) ?? [], ...identifiers]);
    }
    if (!page.moreToSend) return pools;
  }
}

Deno.test(
  "whatever comes in whatever order: nothing throws, and events, table " +
    "and end agree",
  () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 80 }), (steps) => {
        const world = new World({
          limits: { tablePageElements: 2, maxElementsPerAssociation: 3, maxDialsPerTarget: 1 },
          loopbackOnly: true,
        });
        const clients = [world.connect()];
        for (const each of steps) each(world, clients);
        assert.deepEqual([...table(world)].flatMap(namesOf).sort(), [...living(world)].sort());
        // Everybody leaves and nobody listens: no element and no deadline is left.
        for (const client of clients) client.leave();
        while (world.dials.length > 0) world.failDial("refused");
        world.advance(100_000);
        while (world.dials.length > 0) world.failDial("refused");
        world.advance(100_000);
        assert.equal(table(world).size, 0);
        assert.equal(world.host.deadline(), undefined);
      }),
      { numRuns: 1000 },
    );
  },
);

function namesOf([poolHandle, identifiers]: [string, number[]]): string[] {
  return identifiers.map((identifier) => `${poolHandle} ${identifier}`);
}

/** What the events say is registered. */
function living(world: World): Set<string> {
  const names = new Set<string>();
  for (const event of world.events) {
    if (event.type === "pool-element-registered") {
      assert(!names.has(`${event.poolHandle} ${event.identifier}`));
      names.add(`${event.poolHandle} ${event.identifier}`);
    } else if (event.type === "pool-element-reregistered") {
      assert(names.has(`${event.poolHandle} ${event.identifier}`));
    } else if (event.type === "pool-element-removed") {
      assert(names.delete(`${event.poolHandle} ${event.identifier}`));
    }
  }
  return names;
}

Deno.test("bytes of any message, cut anywhere, are answered as when they come at once", () => {
  const bytes = [
    asap.encode({ type: "ASAP_REGISTRATION", poolHandle: "web", poolElement: element(1) }),
    asap.encode({ type: "ASAP_HANDLE_RESOLUTION", poolHandle: "web", dynamicUpdates: false }),
    asap.encode({ type: "ASAP_DEREGISTRATION", poolHandle: "web", peIdentifier: 1 }),
  ].flatMap((message) => [...message]);
  const types = (cuts: readonly number[]) => {
    const client = new World().connect();
    client.answersGreeting = false;
    let from = 0;
    for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
      client.sendBytes(new Uint8Array(bytes.slice(from, cut)));
      from = cut;
    }
    return client.received.map((message) => message.type);
  };
  const whole = types([]);
  assert.equal(whole.length, 4);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
      assert.deepEqual(types(cuts), whole);
    }),
    { numRuns: 100 },
  );
});

Deno.test("observers and elements do not hear of each other's messages", () => {
  const world = new World();
  const observer = world.observer();
  // An ENRP_LIST_REQUEST has the type number of an ASAP_HANDLE_RESOLUTION.
  const request = enrp.encode({ type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 });
  world.connect().sendBytes(request);
  observer.sendBytes(request);
  observer.take("ENRP_LIST_RESPONSE");
  assert.deepEqual(world.told("undecodable").map((each) => each.messageType), [
    "ASAP_HANDLE_RESOLUTION",
  ]);
});
