/** Keep-alives, unreachable reports and lives. RFC 5352 §3.2, §3.4 and §3.5. */
import assert from "node:assert/strict";
import { CAUSE } from "../../../lib/wire/mod.ts";
import { type Client, codes, element, World } from "./registrar_world.ts";

const forever = { registrationLife: -1 };

/** Lets a whole keep-alive cycle pass, and acknowledges nothing. */
function cycle(world: World): void {
  world.advance(world.timing.keepAliveCycleMs * 1.5);
}

Deno.test("an element that acknowledges is asked again and again, and kept", () => {
  const world = new World({ timing: { keepAliveTimeoutMs: 60_000 } });
  const client = world.connect().registered("web", element(1, forever));
  for (let times = 0; times < 20; times++) {
    cycle(world);
    client.take("ASAP_ENDPOINT_KEEP_ALIVE");
    assert.deepEqual(client.received, []);
    client.acknowledge("web", 1);
  }
  assert.deepEqual(world.removals(), []);
});

Deno.test("a keep-alive names the element only where several share the association", () => {
  const world = new World();
  const client = world.connect().registered("web", element(1));
  const ask = () => {
    world.advance(world.limits.reportProbeIntervalMs);
    world.connect("198.51.100.1").reportUnreachable("web", 1);
    client.acknowledge("web", 1);
    return client.take("ASAP_ENDPOINT_KEEP_ALIVE").peIdentifier;
  };
  assert.equal(ask(), undefined);
  client.registered("mail", element(1));
  assert.equal(ask(), 1);
  client.deregister("mail", 1);
  assert.equal(ask(), undefined);
});

Deno.test("of several elements on an association each is asked and answers for itself", () => {
  const world = new World();
  const client = world.connect();
  for (const [handle, identifier] of [["web", 1], ["web", 2], ["mail", 1]] as const) {
    client.registered(handle, element(identifier, forever));
  }
  const answered = new Set(["web 1", "mail 1"]);
  for (let rounds = 0; rounds < 400; rounds++) {
    world.advance(1000);
    for (const message of client.received.splice(0)) {
      assert.equal(message.type, "ASAP_ENDPOINT_KEEP_ALIVE");
      if (message.type !== "ASAP_ENDPOINT_KEEP_ALIVE") continue;
      const identifier = message.peIdentifier!;
      const name = `${message.poolHandle} ${identifier}`;
      if (answered.has(name)) client.acknowledge(message.poolHandle, identifier);
    }
  }
  const removed = world.told("pool-element-removed");
  assert.deepEqual(removed.map((each) => [each.poolHandle, each.identifier]), [["web", 2]]);
  assert(!client.isClosed);
});

Deno.test(
  "the association of an unreachable element ends with it, so that the " +
    "living notice",
  () => {
    const world = new World();
    const client = world.connect().registered("web", element(1, forever));
    cycle(world);
    world.advance(world.timing.keepAliveTimeoutMs);
    assert.deepEqual(world.removals(), ["keep-alive-timed-out"]);
    assert(client.isClosed);
    assert.equal(world.told("association-closed")[0]?.reason, "unreachable");
  },
);

Deno.test("an acknowledgement nobody waits for is discarded", () => {
  const world = new World();
  const client = world.connect().registered("web", element(1));
  client.acknowledge("web", 1);
  client.acknowledge("web", 2);
  client.acknowledge("mail", 1);
  world.connect().acknowledge("web", 1);
  assert.deepEqual(world.told("discarded").map((each) => each.why), [
    "no keep-alive is outstanding here",
    "unknown pool element",
    "unknown pool element",
    "no keep-alive is outstanding here",
  ]);
});

Deno.test("one outstanding keep-alive serves all reports, and a late one", () => {
  const world = new World();
  const client = world.connect().registered("web", element(1, forever));
  const reporter = world.connect("198.51.100.1");
  for (let times = 0; times < 100; times++) reporter.reportUnreachable("web", 1);
  client.take("ASAP_ENDPOINT_KEEP_ALIVE");
  assert.deepEqual(client.received, []);
  assert.deepEqual(world.removals(), []);
  assert.equal(world.told("unreachable-reported").at(-1)?.reporters, 1);
});

function reportFrom(world: World, ...hosts: number[]): void {
  for (const host of hosts) world.connect(`198.51.100.${host}`).reportUnreachable("web", 1);
}

Deno.test("the acknowledgement clears the reports: reporters cannot evict the living", () => {
  const world = new World();
  const client: Client = world.connect().registered("web", element(1, forever));
  for (let times = 0; times < 10; times++) {
    reportFrom(world, 1, 2, 3);
    client.take("ASAP_ENDPOINT_KEEP_ALIVE");
    client.acknowledge("web", 1);
    // Right after it has answered, nobody's word counts.
    reportFrom(world, 4, 5, 6, 7, 8);
    assert.deepEqual(client.received, []);
    world.advance(world.limits.reportProbeIntervalMs);
    client.take("ASAP_ENDPOINT_KEEP_ALIVE");
    client.acknowledge("web", 1);
    world.advance(world.limits.reportProbeIntervalMs);
  }
  assert.deepEqual(world.removals(), []);
  reportFrom(world, 1, 2, 3, 4);
  assert.deepEqual(world.removals(), ["unreachable-reports"]);
  assert(client.isClosed);
});

Deno.test("reports count for two keep-alive cycles", () => {
  const timing = { keepAliveCycleMs: 1000, keepAliveTimeoutMs: 10_000, maxBadPeReport: 3 };
  const world = new World({ timing });
  world.connect().registered("web", element(1, forever));
  reportFrom(world, 1, 2, 3);
  world.advance(2000);
  reportFrom(world, 4);
  assert.equal(world.told("unreachable-reported").at(-1)?.reporters, 1);
  assert.deepEqual(world.removals(), []);
});

Deno.test("reporters are told apart by their identity, where they have proved one", () => {
  const world = new World();
  world.connect().registered("web", element(1));
  const report = (host: string, identity: string) =>
    world.connect(host, { identity }).reportUnreachable("web", 1);
  for (const last of [1, 2, 3, 4, 5]) report(`198.51.100.${last}`, "one user");
  assert.equal(world.told("unreachable-reported").at(-1)?.reporters, 1);
  for (const identity of ["a", "b", "c"]) report("198.51.100.1", identity);
  assert.deepEqual(world.removals(), ["unreachable-reports"]);
});

Deno.test("maxReporters: the reporter that was silent longest is forgotten first", () => {
  const limits = { maxReporters: 5 };
  const world = new World({ limits, timing: { maxBadPeReport: 4 } });
  world.connect().registered("web", element(1));
  reportFrom(world, 1, 2, 3, 4);
  assert.equal(world.told("unreachable-reported").at(-1)?.reporters, 4);
  reportFrom(world, 5);
  assert.deepEqual(world.removals(), ["unreachable-reports"]);
  // MAX-BAD-PE-REPORT can be exceeded even if fewer reporters are to be remembered.
  const few = new World({ limits: { maxReporters: 2 }, timing: { maxBadPeReport: 4 } });
  few.connect().registered("web", element(1));
  reportFrom(few, 1, 2, 3, 4, 5);
  assert.deepEqual(few.removals(), ["unreachable-reports"]);
});

Deno.test("reports about nobody are discarded", () => {
  const world = new World();
  reportFrom(world, 1);
  assert.equal(world.told("discarded")[0]?.why, "unknown pool element");
});

Deno.test("reports about a lost element count while its endpoint is dialled", () => {
  const world = new World();
  world.connect().registered("web", element(1, { asapPort: 4000 })).leave();
  reportFrom(world, 1, 2, 3);
  assert.deepEqual(world.removals(), []);
  reportFrom(world, 4);
  assert.deepEqual(world.removals(), ["unreachable-reports"]);
  assert.deepEqual(world.dials, []);
});

Deno.test("a re-registration moves the end of life, an infinite life has none", () => {
  const world = new World({ timing: { keepAliveCycleMs: 1e9 } });
  const client = world.connect().registered("web", element(1, { registrationLife: 30 }));
  world.advance(29_999);
  client.registered("web", element(1, { registrationLife: 30 }));
  world.advance(29_999);
  assert.deepEqual(world.removals(), []);
  client.registered("web", element(1, forever));
  world.advance(1e8);
  assert.deepEqual(world.removals(), []);
  client.registered("web", element(1, { registrationLife: 1 }));
  world.advance(1000);
  assert.deepEqual(world.removals(), ["expired"]);
  client.take("ASAP_DEREGISTRATION_RESPONSE");
  assert(!client.isClosed);
});

Deno.test("the longest life that a registration can name ends after that many seconds", () => {
  const world = new World({ timing: { keepAliveCycleMs: 1e15 } });
  world.connect().registered("web", element(1, { registrationLife: 0x7fffffff }));
  world.advance(0x7fffffff * 1000 - 1);
  assert.deepEqual(world.removals(), []);
  world.advance(1);
  assert.deepEqual(world.removals(), ["expired"]);
});

Deno.test("an element whose life ends while it is lost is removed without a message", () => {
  const world = new World();
  world.connect().registered("web", element(1, { registrationLife: 1, asapPort: 4000 })).leave();
  world.advance(1000);
  assert.deepEqual(world.removals(), ["expired"]);
  assert.deepEqual(world.dials, []);
});

Deno.test("all weights 0: nobody can be handed out, which is Unknown Pool Handle", () => {
  const world = new World();
  const client = world.connect();
  const policy = { name: "weighted-round-robin", weight: 0 } as const;
  client.registered("web", element(1, { policy }));
  assert.deepEqual(codes(client.resolve("web").causes), [CAUSE.unknownPoolHandle]);
  client.registered("web", element(1, { policy: { ...policy, weight: 1 } }));
  assert.equal(client.resolve("web").poolElements.length, 1);
});
