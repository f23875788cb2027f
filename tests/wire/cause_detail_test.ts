import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CAUSE,
  describeCause,
  policyTlv,
  poolHandleTlv,
  type Transport,
  transportTlv,
} from "../../lib/wire/mod.ts";

const TCP: Transport = { protocol: "tcp", port: 80, use: 0, addresses: ["127.0.0.1"] };

Deno.test("a cause is told by its RFC name and the value that it carries", () => {
  const table: [code: number, information: Uint8Array, words: string][] = [
    [
      CAUSE.inconsistentPoolingPolicy,
      policyTlv({ name: "least-used", load: 0 }),
      "Inconsistent Pooling Policy (the pool's policy is least-used)",
    ],
    [
      CAUSE.inconsistentTransportType,
      transportTlv(TCP),
      "Inconsistent Transport Type (the pool's transport type is tcp)",
    ],
    [
      CAUSE.invalidValues,
      transportTlv(TCP),
      "Invalid Values (in the TCP Transport: 127.0.0.1, port 80)",
    ],
    [CAUSE.invalidValues, poolHandleTlv("web"), "Invalid Values (in the Pool Handle)"],
    [CAUSE.nonUniquePeIdentifier, new Uint8Array(0), "Non-unique PE Identifier"],
    [CAUSE.inconsistentPoolingPolicy, new Uint8Array(0), "Inconsistent Pooling Policy"],
    [0xf001, new Uint8Array(4), "Error cause 0xf001"],
  ];
  for (const [code, information, words] of table) {
    assert.equal(describeCause({ code, information }), words);
  }
});

Deno.test("whatever a cause carries, it is told", () => {
  const cause = fc.record({
    code: fc.integer({ min: 0, max: 0xb }),
    information: fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.uint8Array({ maxLength: 64 }).map((bytes) => {
        const tlv = transportTlv(TCP);
        tlv.set(bytes.subarray(0, tlv.length - 4), 4);
        return tlv;
      }),
    ),
  });
  fc.assert(
    fc.property(cause, (cause) => assert.ok(describeCause(cause).length > 0)),
    { verbose: 1 },
  );
});
