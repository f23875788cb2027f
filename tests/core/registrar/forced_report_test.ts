/** Reports of who says that it has not tried: told, and no stronger than any. RFC 5352 §3.5. */
import assert from "node:assert/strict";
import { CAUSE } from "../../../lib/wire/mod.ts";
import { type Client, codes, element, World } from "./registrar_world.ts";
import { ANYBODY, pe, secured } from "./secured_world.ts";

const OPERATOR = { security: "psk", identity: "oncall" } as const;

const FOREVER = { registrationLife: -1 };

function force(reporter: Client, poolHandle = "web", peIdentifier = 1): void {
  reporter.send({ type: "ASAP_ENDPOINT_UNREACHABLE", poolHandle, peIdentifier, forced: true });
}

Deno.test("a forced report is told with who, pool and element, before it is judged", () => {
  const world = new World();
  world.connect().registered("web", element(1, FOREVER));
  const reporter = world.connect("198.51.100.1", { identity: "oncall" });
  force(reporter);
  const [forced] = world.told("report-forced");
  assert.equal(forced!.identity, "oncall");
  assert.equal(forced!.remote.host, "198.51.100.1");
  assert.deepEqual([forced!.poolHandle, forced!.identifier], ["web", 1]);
  assert.equal(world.told("unreachable-reported").length, 1);
});

Deno.test("one about an element that is unknown, or has just answered, is told as well", () => {
  const world = new World();
  const owner = world.connect().registered("web", element(1, FOREVER));
  const reporter = world.connect("198.51.100.1");
  force(reporter, "web", 7);
  force(reporter, "mail");
  force(reporter);
  owner.acknowledge("web", 1);
  force(reporter);
  assert.equal(world.told("report-forced").length, 4);
  assert.equal(world.told("unreachable-reported").length, 1);
  assert.deepEqual(world.told("report-forced").map(({ identity }) => identity), [
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("a report that was tried is not told as a forced one", () => {
  const world = new World();
  world.connect().registered("web", element(1, FOREVER));
  world.connect("198.51.100.1").reportUnreachable("web", 1);
  assert.deepEqual(world.told("report-forced"), []);
});

Deno.test("force is no power: the element is asked, and one reporter counts once", () => {
  const world = new World();
  const owner = world.connect().registered("web", element(1, FOREVER));
  const reporter = world.connect("198.51.100.1");
  for (let times = 0; times < 10; times++) force(reporter);
  owner.take("ASAP_ENDPOINT_KEEP_ALIVE");
  assert.equal(world.told("unreachable-reported").at(-1)!.reporters, 1);
  assert.deepEqual(world.removals(), []);
  owner.acknowledge("web", 1);
  assert.equal(world.connect().resolve("web").poolElements.length, 1);
});

Deno.test("a secured registrar takes one of whoever may report, and of nobody else", () => {
  const world = secured();
  world.connect("192.0.2.10", pe("1")).registered("web", element(1, FOREVER));
  const plain = world.connect("192.0.2.50");
  force(plain);
  assert.deepEqual(codes(plain.take("ASAP_ERROR").causes), [
    CAUSE.rejectedDueToSecurityConsiderations,
  ]);
  assert.deepEqual(world.told("report-forced"), []);
  assert.equal(world.told("refused").length, 1);
  force(world.connect("192.0.2.51", ANYBODY));
  force(world.connect("192.0.2.52", OPERATOR));
  assert.equal(world.told("report-forced").length, 2);
  assert.equal(world.told("report-forced")[1]!.identity, "psk:oncall");
});
