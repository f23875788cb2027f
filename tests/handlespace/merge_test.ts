/** What peers say is taken over whatever the attributes are (protocol decision 8). */
import assert from "node:assert/strict";
import { Handlespace, seededRandom } from "../../lib/handlespace/mod.ts";
import { CAUSE, type Policy } from "../../lib/wire/mod.ts";
import { identifiers, poolElement } from "./pool_elements.ts";

const SELF = 1;
const PEER = 2;
const random: Policy = { name: "random" };

function handlespaceOf(): Handlespace {
  return new Handlespace({ self: SELF, random: seededRandom(1) });
}

const selected = (handlespace: Handlespace) => {
  return identifiers(handlespace.select("web", Infinity)).sort((a, b) => a - b);
};

Deno.test("merging stores the element with the home that the peer names", () => {
  const handlespace = handlespaceOf();
  const value = poolElement(5, undefined, { home: PEER });
  const outcome = handlespace.merge("web", value);
  assert.ok(outcome.granted && outcome.changed && !outcome.reRegistered);
  assert.equal(outcome.entry.poolElement, value);
  const again = handlespace.merge("web", { ...value });
  assert.ok(again.granted && !again.changed && again.reRegistered);
  const moved = handlespace.merge("web", { ...value, home: 3 });
  assert.ok(moved.granted && moved.changed);
  assert.deepEqual([...handlespace.homes()], [3]);
});

Deno.test("the element with the lowest identifier decides; others stay listed, unselected", () => {
  const handlespace = handlespaceOf();
  for (const identifier of [20, 30]) handlespace.register("web", poolElement(identifier));
  handlespace.merge("web", poolElement(25, random, { home: PEER }));
  assert.equal(handlespace.pool("web")!.policy.name, "round-robin");
  assert.equal(handlespace.get("web", 25)!.consistent, false);
  assert.deepEqual(selected(handlespace), [20, 30]);

  handlespace.merge("web", poolElement(10, random, { home: PEER }));
  assert.equal(handlespace.pool("web")!.policy.name, "random");
  assert.deepEqual(selected(handlespace), [10, 25]);
  assert.deepEqual(identifiers(handlespace.poolElements()), [20, 30, 25, 10]);
});

Deno.test("what differs is rejected when it registers again, and accepted once it agrees", () => {
  const handlespace = handlespaceOf();
  handlespace.register("web", poolElement(20));
  handlespace.merge("web", poolElement(10, random, { home: PEER }));
  const outcome = handlespace.register("web", poolElement(20));
  assert.ok(!outcome.granted);
  assert.deepEqual(outcome.causes, [{ code: CAUSE.inconsistentPoolingPolicy, policy: random }]);
  assert.deepEqual(selected(handlespace), [10]);
  assert.ok(handlespace.register("web", poolElement(20, random)).granted);
  assert.deepEqual(selected(handlespace), [10, 20]);
});

Deno.test("when the element that decided goes, the next decides", () => {
  const handlespace = handlespaceOf();
  handlespace.register("web", poolElement(20));
  handlespace.merge("web", poolElement(10, random, { home: PEER }));
  handlespace.merge("web", poolElement(30, random, { home: PEER }));
  assert.deepEqual(selected(handlespace), [10, 30]);
  handlespace.remove("web", 10);
  assert.deepEqual(selected(handlespace), [20]);
  handlespace.remove("web", 20);
  assert.deepEqual(selected(handlespace), [30]);
  assert.equal(handlespace.pool("web")!.policy.name, "random");
});

Deno.test("the only element may change its attributes by its home's word", () => {
  const handlespace = handlespaceOf();
  handlespace.merge("web", poolElement(10, undefined, { home: PEER }));
  handlespace.merge("web", poolElement(10, random, { home: PEER }));
  assert.equal(handlespace.pool("web")!.policy.name, "random");
  assert.deepEqual(selected(handlespace), [10]);
});

Deno.test("transport type and transport use are decided likewise", () => {
  const handlespace = handlespaceOf();
  const use1 = { protocol: "tcp", port: 1, use: 1, addresses: ["192.0.2.9"] } as const;
  const udp = { protocol: "udp", port: 1, use: 0, addresses: ["192.0.2.9"] } as const;
  handlespace.register("web", poolElement(20));
  handlespace.merge("web", poolElement(30, undefined, { home: PEER, transport: use1 }));
  handlespace.merge("web", poolElement(40, undefined, { home: PEER, transport: udp }));
  assert.deepEqual(selected(handlespace), [20]);
  handlespace.merge("web", poolElement(10, undefined, { home: PEER, transport: use1 }));
  assert.deepEqual(handlespace.pool("web")!.transport, use1);
  assert.deepEqual(selected(handlespace), [10, 30]);
});

Deno.test("what is in grace stays unselected when another element decides", () => {
  const handlespace = handlespaceOf();
  handlespace.merge("web", poolElement(20, random, { home: PEER }));
  handlespace.merge("web", poolElement(30, undefined, { home: PEER }));
  handlespace.setSelectable("web", 30, false);
  handlespace.remove("web", 20);
  assert.deepEqual(selected(handlespace), []);
  assert.equal(handlespace.get("web", 30)!.consistent, true);
  handlespace.setSelectable("web", 30, true);
  assert.deepEqual(selected(handlespace), [30]);
});
