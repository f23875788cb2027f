import assert from "node:assert/strict";
import {
  Handlespace,
  type HandlespaceLimits,
  type RegistrationOutcome,
  seededRandom,
} from "../../lib/handlespace/mod.ts";
import { CAUSE, type Policy, type PoolElement } from "../../lib/wire/mod.ts";
import { identifiers, poolElement } from "./pool_elements.ts";

const SELF = 0xc0ffee;
const PEER = 0xbeef;

function handlespaceOf(limits: Partial<HandlespaceLimits> = {}): Handlespace {
  return new Handlespace({ self: SELF, random: seededRandom(1), limits });
}

/** What a registration was rejected for. */
function causesOf(outcome: RegistrationOutcome) {
  assert.ok(!outcome.granted);
  return outcome.causes;
}

/** What became of a registration that was granted. */
function granted(outcome: RegistrationOutcome) {
  assert.ok(outcome.granted);
  return outcome;
}

const weighted = (weight: number): Policy => ({ name: "weighted-random", weight });
const udp: PoolElement["transport"] = {
  protocol: "udp",
  port: 53,
  use: 0,
  addresses: ["192.0.2.53"],
};

Deno.test("a registration creates the pool and gives the element to this registrar", () => {
  const handlespace = handlespaceOf();
  const { entry, reRegistered, changed } = granted(handlespace.register("web", poolElement(7)));
  assert.deepEqual([reRegistered, changed], [false, true]);
  assert.equal(entry, handlespace.get("web", 7));
  assert.equal(entry.poolHandle, "web");
  assert.equal(entry.identifier, 7);
  assert.equal(entry.home, SELF);
  assert.deepEqual(entry.poolElement, poolElement(7, undefined, { home: SELF }));
  assert.deepEqual([entry.selectable, entry.consistent], [true, true]);
  assert.deepEqual(handlespace.pool("web")!.policy, { name: "round-robin" });
  assert.deepEqual([handlespace.poolCount, handlespace.poolElementCount], [1, 1]);
});

Deno.test("a pool disappears with its last element, and its attributes with it", () => {
  const handlespace = handlespaceOf();
  handlespace.register("web", poolElement(1));
  handlespace.register("web", poolElement(2));
  assert.equal(handlespace.remove("web", 1)?.identifier, 1);
  assert.notEqual(handlespace.pool("web"), undefined);
  handlespace.remove("web", 2);
  assert.equal(handlespace.pool("web"), undefined);
  assert.deepEqual([handlespace.poolCount, handlespace.poolElementCount], [0, 0]);
  granted(handlespace.register("web", poolElement(1, weighted(3), { transport: udp })));
});

Deno.test("removing what is not there does nothing", () => {
  const handlespace = handlespaceOf();
  handlespace.register("web", poolElement(1));
  assert.equal(handlespace.remove("web", 2), undefined);
  assert.equal(handlespace.remove("mail", 1), undefined);
  assert.equal(handlespace.poolElementCount, 1);
});

Deno.test("the same identifier in another pool is another element", () => {
  const handlespace = handlespaceOf();
  handlespace.register("web", poolElement(1));
  handlespace.register("mail", poolElement(1, weighted(1)));
  handlespace.remove("web", 1);
  assert.deepEqual(identifiers(handlespace.select("mail", Infinity)), [1]);
});

Deno.test("a re-registration keeps the entry, and says whether anything changed", () => {
  const handlespace = handlespaceOf();
  const { entry } = granted(handlespace.register("web", poolElement(1, weighted(5))));
  const value = entry.poolElement;
  const same = granted(handlespace.register("web", poolElement(1, weighted(5))));
  assert.equal(same.entry, entry);
  assert.deepEqual([same.reRegistered, same.changed], [true, false]);
  assert.equal(entry.poolElement, value);

  const asapTransport = { protocol: "tcp", port: 1, use: 0, addresses: ["192.0.2.1"] } as const;
  const changes = [
    poolElement(1, weighted(6)),
    poolElement(1, weighted(6), { registrationLife: 60 }),
    poolElement(1, weighted(6), { registrationLife: 60, asapTransport }),
    poolElement(1, weighted(6), {
      registrationLife: 60,
      asapTransport: { ...asapTransport, addresses: ["192.0.2.2"] },
    }),
    poolElement(1, weighted(6)),
  ];
  for (const change of changes) {
    const outcome = granted(handlespace.register("web", change));
    assert.deepEqual([outcome.reRegistered, outcome.changed], [true, true]);
    assert.deepEqual(entry.poolElement, { ...change, home: SELF });
  }
});

Deno.test("an inconsistent policy is rejected, with the pool's", () => {
  const handlespace = handlespaceOf();
  handlespace.register("web", poolElement(1, weighted(5)));
  assert.deepEqual(causesOf(handlespace.register("web", poolElement(2))), [
    { code: CAUSE.inconsistentPoolingPolicy, policy: weighted(5) },
  ]);
  granted(handlespace.register("web", poolElement(2, weighted(0))));
});

Deno.test("unknown policies are consistent if their Policy Types are equal", () => {
  const handlespace = handlespaceOf();
  const unknown = (policyType: number, ...data: number[]): Policy => {
    return { name: "unknown", policyType, data: new Uint8Array(data) };
  };
  granted(handlespace.register("web", poolElement(1, unknown(0x80000001))));
  granted(handlespace.register("web", poolElement(2, unknown(0x80000001, 1, 2, 3, 4))));
  const [cause] = causesOf(handlespace.register("web", poolElement(3, unknown(0x80000002))));
  assert.equal(cause?.code, CAUSE.inconsistentPoolingPolicy);
  assert.equal(
    granted(handlespace.register("web", poolElement(2, unknown(0x80000001, 1, 2, 3, 5)))).changed,
    true,
  );
});

Deno.test("an inconsistent transport type is rejected, with the pool's", () => {
  const handlespace = handlespaceOf();
  const first = poolElement(1);
  handlespace.register("web", first);
  assert.deepEqual(
    causesOf(handlespace.register("web", poolElement(2, undefined, { transport: udp }))),
    [{ code: CAUSE.inconsistentTransportType, transport: first.transport }],
  );
});

Deno.test("an inconsistent transport use is rejected", () => {
  const handlespace = handlespaceOf();
  const transport = { protocol: "tcp", port: 80, use: 1, addresses: ["192.0.2.2"] } as const;
  handlespace.register("web", poolElement(1));
  assert.deepEqual(
    causesOf(handlespace.register("web", poolElement(2, undefined, { transport }))),
    [
      { code: CAUSE.inconsistentDataControlConfiguration },
    ],
  );
});

Deno.test("all that is inconsistent is told at once", () => {
  const handlespace = handlespaceOf();
  handlespace.register("web", poolElement(1));
  const outcome = handlespace.register(
    "web",
    poolElement(2, weighted(1), { transport: { ...udp, use: 1 } }),
  );
  assert.deepEqual(causesOf(outcome).map((cause) => cause.code), [
    CAUSE.inconsistentPoolingPolicy,
    CAUSE.inconsistentTransportType,
    CAUSE.inconsistentDataControlConfiguration,
  ]);
});

Deno.test("an opaque transport is consistent with opaque transports alone, and has no use", () => {
  const handlespace = handlespaceOf();
  const opaque = (...data: number[]) => {
    return { transport: { protocol: "opaque", data: new Uint8Array(data) } } as const;
  };
  granted(handlespace.register("web", poolElement(1, undefined, opaque(1, 2, 3))));
  granted(handlespace.register("web", poolElement(2, undefined, opaque())));
  assert.deepEqual(causesOf(handlespace.register("web", poolElement(3))).map(({ code }) => code), [
    CAUSE.inconsistentTransportType,
  ]);
});

Deno.test("the Policy Types that RFC 5356 §7.1 calls invalid are rejected", () => {
  for (const policyType of [0x00000000, 0x40000000]) {
    const policy: Policy = { name: "unknown", policyType, data: new Uint8Array() };
    const handlespace = handlespaceOf();
    assert.deepEqual(causesOf(handlespace.register("web", poolElement(1, policy))), [
      { code: CAUSE.invalidValues, policy },
    ]);
    assert.equal(handlespace.poolCount, 0);
  }
});

Deno.test("a rejected re-registration leaves the element as it was", () => {
  const handlespace = handlespaceOf();
  const { entry } = granted(handlespace.register("web", poolElement(1)));
  const before = entry.poolElement;
  causesOf(handlespace.register("web", poolElement(1, weighted(1))));
  assert.equal(handlespace.get("web", 1), entry);
  assert.equal(entry.poolElement, before);
  assert.deepEqual(identifiers(handlespace.select("web", 1)), [1]);
});

Deno.test("limits: maxPools, maxElements, maxElementsPerPool lead to lack of resources", () => {
  const lack = [{ code: CAUSE.lackOfResources }];
  for (const limits of [{ maxPools: 1 }, { maxElements: 2 }, { maxElementsPerPool: 2 }]) {
    const handlespace = handlespaceOf(limits);
    granted(handlespace.register("web", poolElement(1)));
    granted(handlespace.register("web", poolElement(2)));
    const beyond = "maxPools" in limits ? "mail" : "web";
    assert.deepEqual(causesOf(handlespace.register(beyond, poolElement(3))), lack);
    assert.deepEqual(causesOf(handlespace.merge(beyond, poolElement(3))), lack);
    assert.deepEqual([handlespace.poolCount, handlespace.poolElementCount], [1, 2]);
    // What is there may be registered again, and what goes makes room.
    granted(handlespace.register("web", poolElement(2)));
    handlespace.remove("web", 1);
    handlespace.remove("web", 2);
    granted(handlespace.register(beyond, poolElement(3)));
  }
});

Deno.test("an element that is not selectable stays listed and is not handed out", () => {
  const handlespace = handlespaceOf();
  for (const identifier of [1, 2, 3]) handlespace.register("web", poolElement(identifier));
  handlespace.setSelectable("web", 2, false);
  handlespace.setSelectable("web", 2, false);
  assert.equal(handlespace.get("web", 2)?.selectable, false);
  assert.deepEqual(identifiers(handlespace.select("web", Infinity)), [1, 3]);
  assert.deepEqual(identifiers(handlespace.poolElements()), [1, 2, 3]);
  handlespace.setSelectable("web", 2, true);
  handlespace.setSelectable("web", 2, true);
  assert.deepEqual(identifiers(handlespace.select("web", Infinity)), [3, 1, 2]);
});

Deno.test("a re-registration makes an element selectable again, a peer's word does not", () => {
  const handlespace = handlespaceOf();
  handlespace.register("web", poolElement(1));
  handlespace.setSelectable("web", 1, false);
  handlespace.merge("web", poolElement(1, undefined, { home: PEER }));
  assert.deepEqual(handlespace.select("web", 1), []);
  handlespace.register("web", poolElement(1));
  assert.deepEqual(identifiers(handlespace.select("web", 1)), [1]);
});

Deno.test("selecting from what does not exist, or nothing, gives nothing", () => {
  const handlespace = handlespaceOf();
  assert.deepEqual(handlespace.select("web", 3), []);
  handlespace.register("web", poolElement(1));
  assert.deepEqual(handlespace.select("web", 0), []);
});

Deno.test("changing the home moves an element between the registrars' possessions", () => {
  const handlespace = handlespaceOf();
  handlespace.register("web", poolElement(1));
  handlespace.register("mail", poolElement(2));
  const before = handlespace.checksum();
  assert.equal(handlespace.changeHome("web", 1, PEER), true);
  assert.equal(handlespace.changeHome("web", 1, PEER), false);
  assert.equal(handlespace.changeHome("web", 9, PEER), false);
  assert.equal(handlespace.get("web", 1)?.home, PEER);
  assert.equal(handlespace.get("web", 1)?.poolElement.home, PEER);
  assert.deepEqual(identifiers(handlespace.ownedBy(SELF)), [2]);
  assert.deepEqual(identifiers(handlespace.ownedBy(PEER)), [1]);
  assert.deepEqual([...handlespace.homes()], [SELF, PEER]);
  assert.equal(handlespace.countOwnedBy(PEER), 1);
  handlespace.register("web", poolElement(1));
  assert.deepEqual([...handlespace.homes()], [SELF]);
  assert.equal(handlespace.countOwnedBy(PEER), 0);
  assert.equal(handlespace.checksum(PEER), 0xffff);
  assert.equal(handlespace.checksum(), before);
});

Deno.test("a table can be read in pages while it changes", () => {
  const handlespace = handlespaceOf();
  for (let n = 1; n <= 6; n++) handlespace.register(n % 2 === 0 ? "a" : "b", poolElement(n));
  const table = handlespace.poolElements();
  const page = (size: number) => Array.from({ length: size }, () => table.next().value?.identifier);
  assert.deepEqual(page(2), [1, 3]);
  handlespace.remove("b", 5);
  handlespace.remove("b", 1);
  handlespace.remove("a", 4);
  handlespace.register("a", poolElement(8));
  handlespace.register("c", poolElement(7));
  assert.deepEqual(page(3), [2, 6, 8]);
  for (const identifier of [2, 6, 8]) handlespace.remove("a", identifier);
  handlespace.register("a", poolElement(9));
  // The pool came anew, after c.
  assert.deepEqual(page(3), [7, 9, undefined]);
});

Deno.test("one registrar's elements can be read in pages while they change", () => {
  const handlespace = handlespaceOf();
  for (let n = 1; n <= 4; n++) {
    handlespace.merge("web", poolElement(n, undefined, { home: n === 3 ? SELF : PEER }));
  }
  const table = handlespace.ownedBy(PEER);
  assert.equal(table.next().value?.identifier, 1);
  handlespace.changeHome("web", 2, SELF);
  handlespace.changeHome("web", 3, PEER);
  assert.deepEqual(identifiers(table), [4, 3]);
});
