/** RFC 5352, the sentences that bind the ENRP server (the registrar) beside its pool elements. */
import assert from "node:assert/strict";
import {
  CAUSE,
  hex,
  policyTlv,
  type PoolElement,
  poolElementTlv,
  transportTlv,
} from "../../lib/wire/mod.ts";
import { codes, element, REGISTRAR, World } from "../core/registrar/registrar_world.ts";

const at11 = (identifier: number, changes: Partial<PoolElement> = {}) =>
  element(identifier, { host: "192.0.2.11", ...changes });

// §2.2.3 and §2.2.4: responses

Deno.test(
  "RFC 5352 §2.2.3: The ASAP_REGISTRATION_RESPONSE message is sent in response … to the " +
    "PE that sent an ASAP_REGISTRATION message",
  () => {
    const client = new World().connect();
    client.register("web", element(7));
    const response = client.take("ASAP_REGISTRATION_RESPONSE");
    assert.deepEqual(response, {
      type: "ASAP_REGISTRATION_RESPONSE",
      reject: false,
      poolHandle: "web",
      peIdentifier: 7,
    });
  },
);

Deno.test(
  "RFC 5352 §2.2.3: When the R flag is set to '0', this parameter … serves as a warning " +
    "…, informing it that some of its registration values may have been modified",
  () => {
    const client = new World().connect();
    const asapTransport = {
      protocol: "tcp",
      port: 4000,
      use: 0,
      addresses: ["198.51.100.7"],
    } as const;
    client.register("web", element(7, { asapTransport }));
    const { reject, causes } = client.take("ASAP_REGISTRATION_RESPONSE");
    assert.equal(reject, false);
    assert.deepEqual(codes(causes), [CAUSE.invalidValues]);
    assert.equal(hex(causes![0]!.information), hex(transportTlv(asapTransport)));
  },
);

Deno.test(
  "RFC 5352 §2.2.4: If the de-registration was successful this parameter " +
    "is not included",
  () => {
    const client = new World().connect().registered("web", element());
    assert.deepEqual(client.deregister("web", 1), {
      type: "ASAP_DEREGISTRATION_RESPONSE",
      poolHandle: "web",
      peIdentifier: 1,
    });
  },
);

// §2.2.6: what a resolution's answer has in it

Deno.test(
  "RFC 5352 §2.2.6: If present, it indicates the overall pool member selection policy of " +
    "the pool",
  () => {
    const client = new World().connect();
    client.registered("web", element(1, { policy: { name: "priority", priority: 3 } }));
    assert.equal(client.resolve("web").policy?.name, "priority");
  },
);

Deno.test(
  "RFC 5352 §2.2.6: This parameter [the policy] is not present when the response is " +
    "negative … When the response is negative, no PE parameters are included",
  () => {
    const answer = new World().connect().resolve("web");
    assert.equal(answer.policy, undefined);
    assert.deepEqual(answer.poolElements, []);
  },
);

// §2.2.7: keep-alives

Deno.test("RFC 5352 §2.2.7: Server Identifier: This is the ID of the ENRP server", () => {
  const world = new World();
  const client = world.connect().registered("web", element());
  world.advance(world.timing.keepAliveCycleMs * 1.5);
  const keepAlive = client.take("ASAP_ENDPOINT_KEEP_ALIVE");
  assert.equal(keepAlive.serverIdentifier, REGISTRAR);
  assert.equal(keepAlive.poolHandle, "web");
});

// §2.2.14: errors

Deno.test(
  "RFC 5352 §2.2.14: the ASAP endpoint that discovered the error SHOULD send back an " +
    "ASAP_ERROR message that includes an Operational Error parameter with the proper cause " +
    "code",
  () => {
    const client = new World().connect();
    client.sendBytes(new Uint8Array([0x7f, 0, 0, 4]));
    const { causes } = client.take("ASAP_ERROR");
    assert.deepEqual(causes, [
      { code: CAUSE.unrecognizedMessage, information: new Uint8Array([0x7f, 0, 0, 4]) },
    ]);
  },
);

// §3.1: registration

Deno.test(
  "RFC 5352 §3.1, 1: If the named pool does not exist in the handlespace, the ENRP " +
    "server MUST create a new pool with that handle … and add the PE to the pool as its " +
    "first PE",
  () => {
    const world = new World();
    const client = world.connect().registered("web", element(7));
    assert.deepEqual(client.resolve("web").poolElements.map((each) => each.identifier), [7]);
    assert.equal(world.told("pool-element-registered")[0]?.newPool, true);
  },
);

Deno.test(
  "RFC 5352 §3.1, 1: the overall member selection policy of the pool MUST be set to the " +
    "policy type indicated by the first PE",
  () => {
    const client = new World().connect();
    client.registered("web", element(1, { policy: { name: "weighted-random", weight: 4 } }));
    assert.equal(client.resolve("web").policy?.name, "weighted-random");
  },
);

Deno.test(
  "RFC 5352 §3.1, 2: If the named pool already exists …, but the requesting PE is not " +
    "currently a member of the pool, the ENRP server will add the PE as a new member",
  () => {
    const world = new World();
    const client = world.connect().registered("web", element(1)).registered("web", element(2));
    const identifiers = client.resolve("web").poolElements.map((each) => each.identifier);
    assert.deepEqual(identifiers.sort(), [1, 2]);
    assert.equal(world.told("pool-element-registered")[1]?.newPool, false);
  },
);

Deno.test(
  "RFC 5352 §3.1, 2: the server MUST check if the policy type … is consistent with those " +
    "of the pool. If different, the ENRP server MUST reject the registration",
  () => {
    const world = new World();
    const client = world.connect();
    const policy = { name: "weighted-round-robin", weight: 2 } as const;
    client.registered("web", element(1, { policy }));
    const causes = client.rejected("web", element(2));
    assert.deepEqual(codes(causes), [CAUSE.inconsistentPoolingPolicy]);
    // RFC 5354 §3.12.6: "A Pool Member Selection Policy TLV […] that indicates the overall" one
    assert.equal(hex(causes[0]!.information), hex(policyTlv(policy)));
    assert.equal(client.resolve("web").poolElements.length, 1);
  },
);

Deno.test(
  "RFC 5352 §3.1, 2: … transport type … If different, the ENRP server MUST reject the " +
    "registration",
  () => {
    const client = new World().connect().registered("web", element(1));
    const transport = { protocol: "udp", port: 80, use: 0, addresses: ["192.0.2.10"] } as const;
    const causes = client.rejected("web", element(2, { transport }));
    assert.deepEqual(codes(causes), [CAUSE.inconsistentTransportType]);
    // RFC 5354 §3.12.8: "A Transport TLV that indicates the overall pool user transport type"
    assert.equal(hex(causes[0]!.information), hex(transportTlv(element(1).transport)));
  },
);

Deno.test(
  "RFC 5352 §3.1, 2: … and transport usage … If different, the ENRP server MUST reject " +
    "the registration",
  () => {
    const client = new World().connect().registered("web", element(1));
    const transport = { protocol: "tcp", port: 80, use: 1, addresses: ["192.0.2.10"] } as const;
    const causes = client.rejected("web", element(2, { transport }));
    assert.deepEqual(codes(causes), [CAUSE.inconsistentDataControlConfiguration]);
    // RFC 5354 §3.12.9: "There is no cause-specific information."
    assert.equal(causes[0]!.information.length, 0);
  },
);

Deno.test(
  "RFC 5352 §3.1, 3: … the requesting PE is already a member of the pool, the ENRP " +
    "server SHOULD consider this as a re-registration case",
  () => {
    const world = new World();
    const client = world.connect().registered("web", element()).registered("web", element());
    assert.equal(client.resolve("web").poolElements.length, 1);
    assert.equal(world.told("pool-element-reregistered")[0]?.changed, false);
  },
);

Deno.test(
  "RFC 5352 §3.1, 3: The ENRP server MUST perform the same tests on policy, transport " +
    "type, and transport use",
  () => {
    const client = new World().connect().registered("web", element());
    const policy = { name: "random" } as const;
    const transport = { protocol: "udp", port: 80, use: 1, addresses: ["192.0.2.10"] } as const;
    assert.deepEqual(codes(client.rejected("web", element(1, { policy, transport }))), [
      CAUSE.inconsistentPoolingPolicy,
      CAUSE.inconsistentTransportType,
      CAUSE.inconsistentDataControlConfiguration,
    ]);
    const [kept] = client.resolve("web").poolElements;
    assert.equal(kept?.policy.name, "round-robin");
  },
);

Deno.test(
  "RFC 5352 §3.1, 3: If the re-registration is accepted …, the ENRP server SHOULD " +
    "replace the attributes of the existing PE",
  () => {
    const client = new World().connect();
    client.registered("web", element(1, { policy: { name: "least-used", load: 5 } }));
    const transport = { protocol: "tcp", port: 81, use: 0, addresses: ["192.0.2.10"] } as const;
    const policy = { name: "least-used", load: 9 } as const;
    client.registered("web", element(1, { registrationLife: 60, transport, policy }));
    const [replaced] = client.resolve("web").poolElements;
    assert.equal(replaced?.registrationLife, 60);
    assert.deepEqual(replaced?.transport, transport);
    assert.deepEqual(replaced?.policy, policy);
  },
);

Deno.test(
  "RFC 5352 §3.1, 4: After accepting the registration, the ENRP server MUST assign " +
    "itself the owner of this PE",
  () => {
    const client = new World().connect();
    client.registered("web", element(1, { home: 0 })).registered("web", element(2, { home: 77 }));
    const homes = client.resolve("web").poolElements.map((each) => each.home);
    assert.deepEqual(homes, [REGISTRAR, REGISTRAR]);
  },
);

Deno.test(
  "RFC 5352 §3.1, 4: MUST also record the … transport address … in the ASAP Transport " +
    "parameter TLV inside the PE parameter (over TCP: the ASAP endpoint at that address)",
  () => {
    const world = new World();
    world.connect().registered("web", element(1, { asapPort: 40010 }));
    const observer = world.observer();
    const request = { sender: 0, receiver: 0, ownChildrenOnly: false };
    observer.send({ type: "ENRP_HANDLE_TABLE_REQUEST", ...request });
    const [pool] = observer.take("ENRP_HANDLE_TABLE_RESPONSE").pools;
    assert.deepEqual(pool?.poolElements[0]?.asapTransport, {
      protocol: "tcp",
      port: 40010,
      use: 0,
      addresses: ["192.0.2.10"],
    });
  },
);

Deno.test(
  "RFC 5352 §3.1, 5: The ENRP server may reject the registration due to other reasons " +
    "such as invalid values",
  () => {
    const client = new World().connect();
    const zero = element(0);
    const causes = client.rejected("web", zero);
    assert.deepEqual(codes(causes), [CAUSE.invalidValues]);
    // RFC 5354 §3.12.4: "The offending TLV that contains the invalid value(s) is included"
    assert.equal(hex(causes[0]!.information), hex(poolElementTlv(zero)));
  },
);

Deno.test("RFC 5352 §3.1, 5: … lack of resource", () => {
  const client = new World({ limits: { maxElements: 1 } }).connect();
  client.registered("web", element(1));
  const causes = client.rejected("web", element(2));
  assert.deepEqual(codes(causes), [CAUSE.lackOfResources]);
  assert.equal(causes[0]!.information.length, 0);
});

Deno.test(
  "RFC 5352 §3.1: In all above cases, the ENRP server MUST reply to the requesting PE " +
    "with an ASAP_REGISTRATION_RESPONSE message",
  () => {
    const client = new World().connect();
    client.register("web", element(1));
    client.register("web", element(1));
    client.register("web", element(0));
    const rejects = client.received.map((message) =>
      message.type === "ASAP_REGISTRATION_RESPONSE" && message.reject
    );
    assert.deepEqual(rejects, [false, false, true]);
  },
);

Deno.test(
  "RFC 5352 §2.2.1: the IP address(es) of the PE … MUST be a subset of the IP " +
    "address(es) used in the SCTP association, regardless of the registered transport " +
    "protocol",
  () => {
    const client = new World().connect("192.0.2.10");
    for (const protocol of ["tcp", "udp", "udp-lite", "sctp"] as const) {
      const transport = { protocol, port: 80, use: 0, addresses: ["192.0.2.11"] as const };
      const causes = client.rejected(protocol, element(1, { transport }));
      assert.deepEqual(codes(causes), [CAUSE.invalidValues]);
      assert.equal(hex(causes[0]!.information), hex(transportTlv(transport)));
      const own = { ...transport, addresses: ["192.0.2.10"] };
      client.registered(protocol, element(1, { transport: own }));
    }
  },
);

// §3.2: de-registration

Deno.test(
  "RFC 5352 §3.2: … allow the registration life of the PE to expire. In this case, an " +
    "ASAP_DEREGISTRATION_RESPONSE message is sent to the PE's ASAP Endpoint",
  () => {
    const world = new World({ timing: { keepAliveCycleMs: 1_000_000 } });
    const client = world.connect().registered("web", element(1, { registrationLife: 30 }));
    world.advance(29_999);
    assert.deepEqual(client.received, []);
    world.advance(1);
    assert.equal(client.take("ASAP_DEREGISTRATION_RESPONSE").peIdentifier, 1);
    assert.deepEqual(world.removals(), ["expired"]);
    assert.deepEqual(codes(client.resolve("web").causes), [CAUSE.unknownPoolHandle]);
  },
);

Deno.test(
  "RFC 5352 §3.2: Upon receiving the message, the ENRP server SHALL remove the PE from " +
    "its handlespace",
  () => {
    const world = new World();
    const client = world.connect().registered("web", element(1)).registered("web", element(2));
    client.deregister("web", 1);
    assert.deepEqual(client.resolve("web").poolElements.map((each) => each.identifier), [2]);
    assert.equal(world.told("pool-element-removed")[0]?.lastOfPool, false);
  },
);

Deno.test(
  "RFC 5352 §3.2: if the PE is the last one of the named pool, the ENRP server will " +
    "remove the pool from the handlespace as well",
  () => {
    const world = new World();
    const client = world.connect().registered("web", element(1));
    client.deregister("web", 1);
    assert.deepEqual(codes(client.resolve("web").causes), [CAUSE.unknownPoolHandle]);
    assert.equal(world.told("pool-element-removed")[0]?.lastOfPool, true);
    client.registered("web", element(1, { policy: { name: "random" } }));
  },
);

Deno.test(
  "RFC 5352 §3.2: If the ENRP server fails to find any record of the PE …, it SHOULD " +
    "consider the de-registration granted and completed",
  () => {
    const client = new World().connect();
    assert.equal(client.deregister("web", 1).causes, undefined);
    client.registered("web", element(1));
    assert.equal(client.deregister("web", 2).causes, undefined);
    assert.equal(client.resolve("web").poolElements.length, 1);
  },
);

Deno.test(
  "RFC 5352 §2.2.2: de-registration is NOT allowed by proxy; … a PE may only de-register " +
    "itself",
  () => {
    const world = new World();
    const owner = world.connect().registered("web", element(1));
    const proxy = world.connect("192.0.2.11");
    proxy.send({ type: "ASAP_DEREGISTRATION", poolHandle: "web", peIdentifier: 1 });
    owner.take("ASAP_ENDPOINT_KEEP_ALIVE");
    owner.acknowledge("web", 1);
    const { causes } = proxy.take("ASAP_DEREGISTRATION_RESPONSE");
    assert.deepEqual(codes(causes), [CAUSE.rejectedDueToSecurityConsiderations]);
    assert.equal(proxy.resolve("web").poolElements.length, 1);
  },
);

Deno.test(
  "RFC 5352 §3.2: If the de-registration is rejected, the ENRP server MUST indicate the " +
    "rejection by including the proper Operational Error parameter",
  () => {
    const world = new World();
    world.connect().registered("web", element(1)).leave();
    const { causes } = world.connect("192.0.2.11").deregister("web", 1);
    assert.deepEqual(codes(causes), [CAUSE.rejectedDueToSecurityConsiderations]);
  },
);

// §3.3: handle resolution

Deno.test(
  "RFC 5352 §3.3: If the pool exists, the Home ENRP server MUST compose and send back an " +
    "ASAP_HANDLE_RESOLUTION_RESPONSE message to the requesting PU",
  () => {
    const world = new World();
    world.connect().registered("web", element(1));
    const answer = world.connect("198.51.100.1").resolve("web");
    assert.equal(answer.poolHandle, "web");
    assert.equal(answer.causes, undefined);
  },
);

Deno.test(
  "RFC 5352 §3.3: the ENRP server SHOULD list all the PEs currently registered in this " +
    "pool",
  () => {
    const client = new World().connect();
    for (let identifier = 1; identifier <= 100; identifier++) {
      client.registered("web", element(identifier));
    }
    assert.equal(client.resolve("web").poolElements.length, 100);
  },
);

Deno.test(
  "RFC 5352 §3.3: MUST also include a pool member selection policy parameter …, if the " +
    "current pool member selection policy is not Round-Robin (here always)",
  () => {
    const client = new World().connect();
    client.registered("rr", element(1));
    client.registered("random", element(1, { policy: { name: "random" } }));
    assert.equal(client.resolve("rr").policy?.name, "round-robin");
    assert.equal(client.resolve("random").policy?.name, "random");
  },
);

Deno.test(
  "RFC 5352 §3.3: If the named pool does not exist …, the ENRP server MUST reject … " +
    "carrying an Unknown Pool Handle error",
  () => {
    const { causes } = new World().connect().resolve("nobody");
    assert.deepEqual(causes, [{ code: CAUSE.unknownPoolHandle, information: new Uint8Array(0) }]);
  },
);

// §3.5: unreachable endpoints

Deno.test(
  "RFC 5352 §3.5: Upon the reception of an ASAP_ENDPOINT_UNREACHABLE message, an ENRP " +
    "server MUST immediately send a point-to-point ASAP_ENDPOINT_KEEP_ALIVE message to the " +
    "PE in question (the H flag in the message SHOULD be set to '0')",
  () => {
    const world = new World();
    const client = world.connect().registered("web", element(1));
    world.connect("198.51.100.1").reportUnreachable("web", 1);
    assert.equal(client.take("ASAP_ENDPOINT_KEEP_ALIVE").home, false);
  },
);

Deno.test(
  "RFC 5352 §3.5: If this ASAP_ENDPOINT_KEEP_ALIVE fails …, the ENRP server MUST " +
    "consider the PE as truly unreachable and MUST remove the PE from its handlespace",
  () => {
    const world = new World();
    world.connect().registered("web", element(1));
    world.connect("198.51.100.1").reportUnreachable("web", 1);
    world.advance(world.timing.keepAliveTimeoutMs - 1);
    assert.deepEqual(world.removals(), []);
    world.advance(1);
    assert.deepEqual(world.removals(), ["keep-alive-timed-out"]);
  },
);

Deno.test(
  "RFC 5352 §3.5: If the ASAP_ENDPOINT_KEEP_ALIVE message is transmitted successfully to " +
    "the PE, the ENRP server MUST retain the PE in its handlespace",
  () => {
    const world = new World();
    const client = world.connect().registered("web", element(1));
    world.connect("198.51.100.1").reportUnreachable("web", 1);
    client.take("ASAP_ENDPOINT_KEEP_ALIVE");
    client.acknowledge("web", 1);
    world.advance(world.timing.keepAliveTimeoutMs);
    assert.deepEqual(world.removals(), []);
    assert.equal(client.resolve("web").poolElements.length, 1);
  },
);

Deno.test(
  "RFC 5352 §3.5: If the counter exceeds the protocol threshold MAX-BAD-PE-REPORT, the " +
    "ENRP server SHOULD remove the PE from its handlespace",
  () => {
    const world = new World();
    world.connect().registered("web", element(1));
    const reportFrom = (last: number) =>
      world.connect(`198.51.100.${last}`).reportUnreachable("web", 1);
    for (let last = 1; last <= world.timing.maxBadPeReport; last++) reportFrom(last);
    assert.deepEqual(world.removals(), []);
    reportFrom(100);
    assert.deepEqual(world.removals(), ["unreachable-reports"]);
  },
);

Deno.test(
  "RFC 5352 §3.5: If the sending of ASAP_ENDPOINT_KEEP_ALIVE to a PE fails, the ENRP " +
    "server MUST consider the PE as unreachable and MUST remove the PE",
  () => {
    const world = new World();
    world.connect().registered("web", element(1));
    world.advance(world.timing.keepAliveCycleMs * 1.5 + world.timing.keepAliveTimeoutMs);
    assert.deepEqual(world.removals(), ["keep-alive-timed-out"]);
  },
);

Deno.test(
  "RFC 5352 §3.5: varying the time between two ASAP_ENDPOINT_KEEP_ALIVE messages to the " +
    "same PE randomly by plus/minus 50 percent",
  () => {
    const world = new World({ timing: { keepAliveCycleMs: 10_000 } });
    const client = world.connect().registered("web", element(1, { registrationLife: -1 }));
    const intervals: number[] = [];
    let last = world.now;
    while (intervals.length < 2000) {
      world.advance(world.host.deadline()! - world.now);
      if (client.received.length === 0) continue;
      client.take("ASAP_ENDPOINT_KEEP_ALIVE");
      client.acknowledge("web", 1);
      intervals.push(world.now - last);
      last = world.now;
    }
    assert(Math.min(...intervals) >= 5_000 && Math.max(...intervals) < 15_000);
    assert(Math.min(...intervals) < 5_200 && Math.max(...intervals) > 14_800);
    const mean = intervals.reduce((sum, each) => sum + each) / intervals.length;
    assert(Math.abs(mean - 10_000) < 250, `mean ${mean}`);
  },
);

Deno.test(
  "RFC 5352 §3.5: … MUST distribute the ASAP_ENDPOINT_KEEP_ALIVE message traffic over a " +
    "time period",
  () => {
    const world = new World({ timing: { keepAliveCycleMs: 10_000 } });
    const clients = Array.from({ length: 200 }, (_, i) => {
      return world.connect().registered(`pool ${i}`, element(1));
    });
    const sent = Array.from({ length: 10 }, () => {
      const before = clients.reduce((sum, { received }) => sum + received.length, 0);
      world.advance(1000);
      return clients.reduce((sum, { received }) => sum + received.length, -before);
    });
    // From 5 s on: never more than twice the even share in a second.
    assert.deepEqual(sent.slice(0, 5), [0, 0, 0, 0, 0]);
    assert(sent.slice(5).every((count) => count > 0 && count <= 40), sent.join(" "));
  },
);

Deno.test(
  "RFC 5354 §3.12.5: the PE Identifier it chooses has already been used by another PE in " +
    "the pool",
  () => {
    const world = new World();
    const first = world.connect().registered("web", element(1));
    const second = world.connect("192.0.2.11");
    second.register("web", at11(1));
    first.take("ASAP_ENDPOINT_KEEP_ALIVE");
    first.acknowledge("web", 1);
    const causes = second.takeRejection();
    assert.deepEqual(codes(causes), [CAUSE.nonUniquePeIdentifier]);
    // "There is no cause-specific information."
    assert.equal(causes[0]!.information.length, 0);
    // In another pool the identifier is free.
    second.registered("mail", at11(1));
  },
);
