/** Registration: values, addresses, limits, and what is recorded. RFC 5352 §3.1. */
import assert from "node:assert/strict";
import {
  CAUSE,
  hex,
  type Policy,
  policyTlv,
  type PoolElement,
  poolElementTlv,
  poolHandleTlv,
  transportTlv,
} from "../../../lib/wire/mod.ts";
import { codes, element, World, type WorldOptions } from "./registrar_world.ts";

const { invalidValues, lackOfResources } = CAUSE;

function tcp(address: string, port = 80) {
  return { protocol: "tcp", port, use: 0, addresses: [address] } as const;
}

/** Whether an element with that user address is granted to who comes from there. */
function isGranted(options: WorldOptions, from: string, address: string): boolean {
  const client = new World(options).connect(from);
  client.register("web", element(1, { transport: tcp(address) }));
  return !client.take("ASAP_REGISTRATION_RESPONSE").reject;
}

Deno.test(
  "a pool handle is of 1 to maxHandleBytes bytes, and the handle is the " +
    "offending TLV",
  () => {
    const client = new World({ limits: { maxHandleBytes: 32 } }).connect();
    client.registered("x", element()).registered("y".repeat(32), element());
    for (const handle of ["", "z".repeat(33), "ü".repeat(17), `hex:${"00".repeat(33)}`]) {
      const causes = client.rejected(handle, element());
      assert.deepEqual(codes(causes), [invalidValues]);
      assert.equal(hex(causes[0]!.information), hex(poolHandleTlv(handle)));
    }
  },
);

Deno.test("a handle of 60,000 bytes is refused, its TLV cut to MAX_OFFENDING_TLV_BYTES", () => {
  const client = new World().connect();
  const handle = "x".repeat(60_000);
  const causes = client.rejected(handle, element());
  assert.deepEqual(causes.map((cause) => cause.information.length), [256]);
});

Deno.test("the longest handle that a registration can carry leaves its answer encodable", () => {
  const transport = { protocol: "opaque", data: new Uint8Array(0) } as const;
  for (let length = 65_480; length <= 65_495; length++) {
    const client = new World().connect();
    const causes = client.rejected("x".repeat(length), element(1, { transport }));
    assert.deepEqual(codes(causes), [invalidValues]);
  }
});

Deno.test("life 0 or below -1, PE identifier 0 and port 0 are invalid values", () => {
  const client = new World().connect();
  for (const registrationLife of [0, -2, -0x80000000]) {
    const offending = element(1, { registrationLife });
    const causes = client.rejected("web", offending);
    assert.deepEqual(codes(causes), [invalidValues]);
    assert.equal(hex(causes[0]!.information), hex(poolElementTlv(offending)));
  }
  client.registered("web", element(1, { registrationLife: -1 }));
  const transport = tcp("192.0.2.10", 0);
  const [cause] = client.rejected("web", element(2, { transport }));
  assert.equal(hex(cause!.information), hex(transportTlv(transport)));
});

Deno.test(
  "all that is wrong is said at once, for the element and in words for " +
    "the operator",
  () => {
    const world = new World();
    const transport = tcp("198.51.100.1", 0);
    const wrong = element(0, { registrationLife: 0, transport });
    const causes = world.connect().rejected("", wrong);
    assert.deepEqual(codes(causes), Array(5).fill(invalidValues));
    const [{ why } = { why: "" }] = world.told("registration-rejected");
    assert.equal(
      why,
      "the pool handle has 0 bytes, not 1 to 32; PE identifier 0; registration life 0; " +
        "port 0 in the user transport; 198.51.100.1 is not 192.0.2.10, from where " +
        "the association comes",
    );
  },
);

Deno.test("Policy Types that RFC 5356 §7.1 calls invalid are refused with the policy's TLV", () => {
  const policy: Policy = { name: "unknown", policyType: 0x40000000, data: new Uint8Array(4) };
  const causes = new World().connect().rejected("web", element(1, { policy }));
  assert.deepEqual(codes(causes), [invalidValues]);
  assert.equal(hex(causes[0]!.information), hex(policyTlv(policy)));
});

Deno.test("a rejected registration is told with the policy that the pool has", () => {
  const world = new World();
  const client = world.connect().registered("web", element(1));
  client.rejected("web", element(2, { policy: { name: "random" } }));
  const [event] = world.told("registration-rejected");
  assert.equal(event?.why, "policy random, and the pool's is round-robin");
});

Deno.test("a user address is the one that the association comes from, in either notation", () => {
  assert(isGranted({}, "192.0.2.10", "192.0.2.10"));
  assert(isGranted({}, "::ffff:192.0.2.10", "192.0.2.10"));
  assert(isGranted({}, "192.0.2.10", "::ffff:192.0.2.10"));
  assert(isGranted({}, "2001:db8::1", "2001:db8::1"));
  assert(!isGranted({}, "192.0.2.10", "192.0.2.11"));
  // The registrar's own addresses are free only to who comes from the host itself.
  assert(!isGranted({}, "192.0.2.10", "192.0.2.1"));
});

Deno.test("over the loopback any address of the host's own interfaces may be registered", () => {
  for (const from of ["127.0.0.1", "::1", "::ffff:127.0.0.1"]) {
    assert(isGranted({}, from, "192.0.2.1"), from);
    assert(!isGranted({}, from, "192.0.2.2"), from);
  }
});

Deno.test("loopback addresses may be registered only where nobody else is served", () => {
  for (
    const [from, address] of [["127.0.0.1", "127.0.0.1"], ["::1", "::1"], ["::1", "127.0.0.9"]]
  ) {
    assert(isGranted({ loopbackOnly: true }, from!, address!), address);
    assert(!isGranted({ loopbackOnly: false }, from!, address!), address);
  }
  assert(!isGranted({ loopbackOnly: true }, "192.0.2.10", "127.0.0.1"));
});

Deno.test("the interfaces are not asked for where the answer does not depend on them", () => {
  const interfaceAddresses = () => assert.fail("asked");
  const options = { interfaceAddresses, loopbackOnly: true };
  assert(isGranted(options, "192.0.2.10", "192.0.2.10"));
  assert(!isGranted(options, "192.0.2.10", "192.0.2.11"));
  assert(isGranted(options, "127.0.0.1", "127.0.0.2"));
});

Deno.test("without the address check every address may be registered but the unspecified", () => {
  const options = { addressCheck: "any" } as const;
  assert(isGranted(options, "192.0.2.10", "198.51.100.1"));
  assert(isGranted(options, "192.0.2.10", "127.0.0.1"));
  assert(!isGranted(options, "192.0.2.10", "0.0.0.0"));
  assert(!isGranted(options, "192.0.2.10", "::"));
});

Deno.test("every one of several SCTP addresses is checked; an opaque transport has none", () => {
  const client = new World().connect();
  const addresses = ["192.0.2.10", "192.0.2.11"];
  const transport = { protocol: "sctp", port: 80, use: 0, addresses } as const;
  assert.deepEqual(codes(client.rejected("web", element(1, { transport }))), [invalidValues]);
  const opaque = { protocol: "opaque", data: new Uint8Array([1, 2, 3]) } as const;
  client.registered("web", element(1, { transport: opaque }));
});

/** The ASAP Transport that is recorded for who comes from there, and whether a warning was sent. */
function recorded(from: string, asapTransport: PoolElement["asapTransport"], options = {}) {
  const world = new World({ ...options, loopbackOnly: true });
  const client = world.connect(from);
  client.register("web", element(1, { host: from, asapTransport }));
  const { reject, causes } = client.take("ASAP_REGISTRATION_RESPONSE");
  assert.equal(reject, false);
  return [client.resolve("web").poolElements[0]?.asapTransport, codes(causes)] as const;
}

Deno.test("an ASAP Transport is recorded if its host is the observed one: what is dialled", () => {
  const own = tcp("192.0.2.10", 4000);
  assert.deepEqual(recorded("192.0.2.10", own), [own, []]);
  assert.deepEqual(recorded("192.0.2.10", undefined), [undefined, []]);
  // Port 0 says that nobody listens; that is no mistake.
  assert.deepEqual(recorded("192.0.2.10", tcp("192.0.2.10", 0)), [undefined, []]);
  const warned = [undefined, [invalidValues]];
  assert.deepEqual(recorded("192.0.2.10", tcp("192.0.2.11", 4000)), warned);
  const sctp = { protocol: "sctp", port: 4000, use: 0, addresses: ["192.0.2.10"] } as const;
  assert.deepEqual(recorded("192.0.2.10", sctp), warned);
  const opaque = { protocol: "opaque", data: new Uint8Array(4) } as const;
  assert.deepEqual(recorded("192.0.2.10", opaque), warned);
  // A registrar is no attack proxy, whatever the check of user addresses is.
  const any = { addressCheck: "any" };
  assert.deepEqual(recorded("192.0.2.10", tcp("192.0.2.11", 4000), any), warned);
});

Deno.test("over the loopback an ASAP endpoint may be at any address of the host", () => {
  const own = tcp("192.0.2.1", 4000);
  assert.deepEqual(recorded("127.0.0.1", own), [own, []]);
  assert.deepEqual(recorded("127.0.0.1", tcp("192.0.2.9", 4000)), [undefined, [invalidValues]]);
});

Deno.test("maxPools, maxElements and maxElementsPerPool: the next is lack of resources", () => {
  const cases = [
    [{ maxPools: 1 }, "other", 1],
    [{ maxElements: 1 }, "web", 2],
    [{ maxElements: 1 }, "other", 1],
    [{ maxElementsPerPool: 1 }, "web", 2],
  ] as const;
  for (const [limits, handle, identifier] of cases) {
    const client = new World({ limits }).connect().registered("web", element(1));
    assert.deepEqual(codes(client.rejected(handle, element(identifier))), [lackOfResources]);
    // Whoever is in can register again, and room that becomes free is free.
    client.registered("web", element(1)).deregister("web", 1);
    client.registered(handle, element(identifier));
  }
});

Deno.test("maxElementsPerAssociation: another association may register more", () => {
  const world = new World({ limits: { maxElementsPerAssociation: 2 } });
  const client = world.connect().registered("web", element(1)).registered("mail", element(1));
  assert.deepEqual(codes(client.rejected("web", element(2))), [lackOfResources]);
  client.registered("web", element(1));
  const other = world.connect().registered("web", element(2));
  // An element that moves counts where it goes.
  assert.deepEqual(codes(other.registered("web", element(3)).rejected("web", element(4))), [
    lackOfResources,
  ]);
  client.leave();
  assert.deepEqual(codes(other.rejected("web", element(1))), [lackOfResources]);
});

Deno.test("maxElementBytes: a longer Pool Element is lack of resources", () => {
  const client = new World({ limits: { maxElementBytes: 64 } }).connect();
  const opaque = (bytes: number) =>
    element(1, { transport: { protocol: "opaque", data: new Uint8Array(bytes) } });
  // 16 of its own, 4 of the transport's header, 8 of the policy.
  client.registered("web", opaque(36));
  assert.deepEqual(codes(client.rejected("web", opaque(37))), [lackOfResources]);
});

Deno.test("limits that no message can hold, and identifier 0, are the caller's mistake", () => {
  for (const identifier of [0, -1, 1.5, 2 ** 32]) {
    assert.throws(() => new World({ identifier }), RangeError);
  }
  assert.throws(() => new World({ limits: { maxHandleBytes: 60_000 } }), RangeError);
  assert.throws(() => new World({ limits: { maxElementBytes: 40_000 } }), RangeError);
  assert.throws(() => new World({ limits: { tablePageBytes: 70_000 } }), RangeError);
});

Deno.test("the event of a registration has the element as it is recorded", () => {
  const world = new World();
  const client = world.connect().registered("web", element(1));
  const [event] = world.told("pool-element-registered");
  assert.deepEqual(event, {
    type: "pool-element-registered",
    association: client.association,
    remote: client.remote,
    poolHandle: "web",
    identifier: 1,
    element: element(1, { home: 0x00c0ffee }),
    warnings: [],
    newPool: true,
  });
  client.registered("web", element(1, { registrationLife: 60 }));
  assert.equal(world.told("pool-element-reregistered")[0]?.changed, true);
});
