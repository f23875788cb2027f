/** Pool users that are told of every change. RFC 5352 §2.2.5, §2.2.6; protocol decision 22. */
import assert from "node:assert/strict";
import { ALL_ITEMS, CAUSE, type Policy } from "../../../lib/wire/mod.ts";
import { type Client, codes, element, type Of, World } from "./registrar_world.ts";

type Response = Of<"ASAP_HANDLE_RESOLUTION_RESPONSE">;

/** A registrar with a pool of that many elements, and one association for each of them. */
function pool(count: number, world = new World(), policy?: Policy) {
  const elements = Array.from({ length: count }, (_, index) => {
    const host = `192.0.2.${10 + index}`;
    const values = element(index + 1, { host, ...(policy && { policy }) });
    return world.connect(host).registered("web", values);
  });
  return { world, elements };
}

function subscribe(client: Client, poolHandle = "web"): Response {
  return client.resolve(poolHandle, undefined, true);
}

function identifiers({ poolElements }: Response): number[] {
  return poolElements.map((each) => each.identifier);
}

/** What came unasked, and nothing besides. */
function updates(client: Client): Response[] {
  return client.received.splice(0).map((message) => {
    assert.equal(message.type, "ASAP_HANDLE_RESOLUTION_RESPONSE");
    return message as Response;
  });
}

Deno.test("a subscriber is told the whole pool when an element comes, changes and goes", () => {
  const { world, elements } = pool(2);
  const user = world.connect("192.0.2.50");
  const answer = subscribe(user);
  assert.equal(answer.automaticUpdates, true);
  assert.deepEqual(identifiers(answer), [1, 2]);
  assert.deepEqual(updates(user), []);

  const third = world.connect("192.0.2.13").registered("web", element(3, { host: "192.0.2.13" }));
  const [came, ...more] = updates(user);
  assert.deepEqual([identifiers(came!), more.length], [[1, 2, 3], 0]);
  assert.equal(came!.automaticUpdates, true);
  assert.deepEqual(came!.policy, { name: "round-robin" });

  world.advance(1000);
  third.registered("web", element(3, { host: "192.0.2.13", registrationLife: 900 }));
  const [changed] = updates(user);
  assert.equal(changed!.poolElements[2]!.registrationLife, 900);

  world.advance(1000);
  elements[0]!.deregister("web", 1);
  assert.deepEqual(updates(user).map(identifiers), [[2, 3]]);
});

Deno.test("a re-registration that changes nothing is told to nobody", () => {
  const { world, elements } = pool(1);
  const user = world.connect("192.0.2.50");
  subscribe(user);
  elements[0]!.registered("web", element(1));
  world.advance(1000);
  assert.deepEqual(updates(user), []);
});

Deno.test("an element that is lost is not in the list until it answers", () => {
  const world = new World();
  const dialled = world.connect().registered("web", element(1, { asapPort: 4000 }));
  world.connect("192.0.2.11").registered("web", element(2, { host: "192.0.2.11" }));
  const user = world.connect("192.0.2.50");
  subscribe(user);
  dialled.leave("reset");
  assert.deepEqual(updates(user).map(identifiers), [[2]]);
  world.advance(1000);
  const found = world.answerDial();
  found.take("ASAP_ENDPOINT_KEEP_ALIVE");
  found.acknowledge("web", 1);
  assert.deepEqual(updates(user).map((each) => identifiers(each).sort()), [[1, 2]]);
});

Deno.test("updateIntervalMs: the first change is told at once, those after it together", () => {
  const { world } = pool(1, new World({ timing: { updateIntervalMs: 50 } }));
  const user = world.connect("192.0.2.50");
  subscribe(user);
  const join = (identifier: number) =>
    world.connect().registered("web", element(identifier, { host: "192.0.2.10" }));
  join(2);
  assert.deepEqual(updates(user).map((each) => identifiers(each).length), [2]);
  for (let identifier = 3; identifier <= 9; identifier++) {
    world.advance(5);
    join(identifier);
  }
  assert.deepEqual(updates(user), []);
  world.advance(14);
  assert.deepEqual(updates(user), []);
  world.advance(1);
  assert.deepEqual(updates(user).map((each) => identifiers(each).length), [9]);
  // After quiet time the first is told at once again.
  world.advance(50);
  assert.deepEqual(updates(user), []);
  join(10);
  assert.deepEqual(updates(user).map((each) => identifiers(each).length), [10]);
});

Deno.test("what many change in one input is one update", () => {
  const world = new World();
  const process = world.connect();
  for (let i = 1; i <= 20; i++) process.registered("web", element(i, { asapPort: 4000 }));
  world.connect("192.0.2.11").registered("web", element(99, { host: "192.0.2.11" }));
  world.advance(1000);
  const user = world.connect("192.0.2.50");
  subscribe(user);
  process.leave("reset");
  assert.deepEqual(updates(user).map(identifiers), [[99]]);
});

Deno.test("telling is not handing out: neither round robin nor degradation advances", () => {
  const { world } = pool(3);
  const [asks, watches] = [world.connect("192.0.2.50"), world.connect("192.0.2.51")];
  const first = () => asks.resolve("web", 1).poolElements[0]!.identifier;
  assert.equal(first(), 1);
  for (let i = 0; i < 5; i++) assert.deepEqual(identifiers(subscribe(watches)), [2, 3, 1]);
  assert.equal(first(), 2);
  world.connect("192.0.2.40").registered("web", element(4, { host: "192.0.2.40" }));
  assert.deepEqual(identifiers(updates(watches)[0]!), [3, 1, 2, 4]);
  assert.equal(first(), 3);

  const policy: Policy = { name: "least-used-degradation", load: 0, degradation: 10 };
  const degrading = pool(2, new World(), policy).world;
  const user = degrading.connect("192.0.2.50");
  for (let i = 0; i < 5; i++) subscribe(user);
  assert.deepEqual(identifiers(user.resolve("web", 1)), [1]);
  assert.deepEqual(identifiers(user.resolve("web", 1)), [2]);
});

Deno.test("a subscriber is told all that fits one message, whatever number it names", () => {
  const world = new World({ limits: { defaultItems: 3 } });
  const client = world.connect();
  for (let i = 1; i <= 1700; i++) client.registered("web", element(i));
  const user = world.connect("192.0.2.50");
  for (const items of [undefined, 2, ALL_ITEMS]) {
    assert.equal(user.resolve("web", items, true).poolElements.length, 1637);
  }
});

Deno.test("the last element takes the subscription along", () => {
  const { world, elements } = pool(1);
  const user = world.connect("192.0.2.50");
  subscribe(user);
  elements[0]!.deregister("web", 1);
  const [end] = updates(user);
  assert.deepEqual([end!.automaticUpdates, codes(end!.causes)], [false, [CAUSE.unknownPoolHandle]]);
  world.advance(1000);
  elements[0]!.registered("web", element(1));
  world.advance(1000);
  assert.deepEqual(updates(user), []);
  assert.equal(subscribe(user).automaticUpdates, true);
});

Deno.test("a pool in which nobody can be selected ends it, too", () => {
  const { world } = pool(1, new World(), { name: "weighted-random", weight: 1 });
  const user = world.connect("192.0.2.50");
  subscribe(user);
  const none: Policy = { name: "weighted-random", weight: 0 };
  world.connect().register("web", element(1, { policy: none, host: "192.0.2.10" }));
  world.advance(world.timing.keepAliveTimeoutMs);
  const [end] = updates(user);
  assert.deepEqual(codes(end!.causes), [CAUSE.unknownPoolHandle]);
  assert.deepEqual(codes(subscribe(user).causes), [CAUSE.unknownPoolHandle]);
  assert.equal(world.statistics().subscriptions, 0);
});

Deno.test("a request without S ends it, for that pool and association only", () => {
  const { world, elements } = pool(2);
  elements[0]!.registered("mail", element(1));
  const [one, other] = [world.connect("192.0.2.50"), world.connect("192.0.2.51")];
  for (const user of [one, other]) subscribe(user);
  subscribe(one, "mail");
  assert.equal(world.statistics().subscriptions, 3);
  assert.equal(one.resolve("web").automaticUpdates, false);
  assert.equal(world.statistics().subscriptions, 2);
  elements[1]!.deregister("web", 2);
  assert.deepEqual(updates(one), []);
  assert.deepEqual(updates(other).map(identifiers), [[1]]);
  elements[0]!.registered("mail", element(1, { registrationLife: 60 }));
  assert.equal(updates(one)[0]!.poolHandle, "mail");
});

Deno.test("the end of its association is the end of a subscription, and of what is held", () => {
  const { world } = pool(1);
  const user = world.connect("192.0.2.50");
  subscribe(user);
  for (const identifier of [2, 3]) {
    world.connect().registered("web", element(identifier, { host: "192.0.2.10" }));
  }
  assert.deepEqual(pick(world), { subscriptions: 1, heldUpdates: 1 });
  user.leave();
  assert.deepEqual(pick(world), { subscriptions: 0, heldUpdates: 0 });
  world.advance(1000);
});

function pick(world: World) {
  const { subscriptions, heldUpdates } = world.statistics();
  return { subscriptions, heldUpdates };
}

Deno.test("maxSubscriptionsPerAssociation: what is beyond is answered with A=0", () => {
  const world = new World({ limits: { maxSubscriptionsPerAssociation: 2 } });
  const client = world.connect();
  for (const handle of ["a", "b", "c"]) client.registered(handle, element(1));
  const user = world.connect("192.0.2.50");
  const granted = () => ["a", "b", "c"].map((each) => subscribe(user, each).automaticUpdates);
  assert.deepEqual(granted(), [true, true, false]);
  assert.deepEqual(granted(), [true, true, false]);
  user.resolve("a");
  assert.equal(subscribe(user, "c").automaticUpdates, true);
  assert.equal(subscribe(world.connect("192.0.2.51"), "b").automaticUpdates, true);
});

Deno.test("maxSubscriptions: what is beyond is answered with A=0, as a plain request", () => {
  const { world, elements } = pool(3, new World({ limits: { maxSubscriptions: 2 } }));
  const users = [50, 51, 52].map((host) => world.connect(`192.0.2.${host}`));
  assert.deepEqual(users.map((user) => subscribe(user).automaticUpdates), [true, true, false]);
  const refused = users[2]!;
  const answers = [1, 2].map(() => identifiers(refused.resolve("web", 2, true)));
  assert.deepEqual(answers, [[2, 3], [3, 1]]);
  elements[0]!.deregister("web", 1);
  assert.deepEqual(updates(refused), []);
  users[0]!.leave();
  assert.equal(subscribe(refused).automaticUpdates, true);
});

Deno.test("many subscribers of one pool are sent one and the same encoding", () => {
  const { world } = pool(1);
  const users = Array.from({ length: 100 }, () => world.connect("192.0.2.50"));
  for (const user of users) subscribe(user);
  world.encodings.clear();
  world.connect("192.0.2.11").registered("web", element(2, { host: "192.0.2.11" }));
  const told = users.map((user) => updates(user).length);
  assert.deepEqual(new Set(told), new Set([1]));
  // One for the subscribers; the grant and the greeting of the new element.
  assert.equal(world.encodings.size, 3);
});
