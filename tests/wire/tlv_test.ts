/** Parameters on their own: the bytes that stand in a message, without the padding behind them. */
import assert from "node:assert/strict";
import {
  asap,
  hex,
  parseHex,
  policyTlv,
  type PoolElement,
  poolElementTlv,
  poolHandleTlv,
  transportTlv,
} from "../../lib/wire/mod.ts";

const element: PoolElement = {
  identifier: 0xd001,
  home: 0,
  registrationLife: 300,
  transport: { protocol: "tcp", port: 80, use: 0, addresses: ["192.0.2.10"] },
  policy: { name: "weighted-round-robin", weight: 7 },
};

Deno.test("a pool handle's TLV has its own length and no padding", () => {
  assert.equal(hex(poolHandleTlv("web")), "00090007" + "776562");
  assert.equal(hex(poolHandleTlv("")), "00090004");
});

Deno.test("a policy's TLV has the type and its values", () => {
  assert.equal(hex(policyTlv(element.policy)), "0008000c" + "00000002" + "00000007");
});

Deno.test("a transport's TLV has its address parameters in it", () => {
  assert.equal(
    hex(transportTlv(element.transport)),
    "00050010" + "0050" + "0000" + "00010008" + "c000020a",
  );
});

Deno.test("a pool element's TLV has transport and policy in it, and the last one's own", () => {
  const bytes = hex(poolElementTlv(element));
  assert.equal(
    bytes,
    "000a002c" + "0000d001" + "00000000" + "0000012c" + hex(transportTlv(element.transport)) +
      hex(policyTlv(element.policy)),
  );
});

Deno.test("a forced report has a parameter without a value behind the report", () => {
  const report = { type: "ASAP_ENDPOINT_UNREACHABLE", poolHandle: "web", peIdentifier: 7 } as const;
  const plain = hex(asap.encode(report));
  const forced = asap.encode({ ...report, forced: true });
  assert.equal(hex(forced), plain.replace("09000014", "09000018") + "80f40004");
  const wrong = asap.decode(parseHex(plain.replace("09000014", "0900001c") + "80f4000800000000"));
  assert(!wrong.ok);
  assert.match(wrong.detail, /Forced Report has 4 bytes too many/);
});

Deno.test("a TLV is the caller's own: the next one does not write into it", () => {
  const first = poolHandleTlv("web");
  poolHandleTlv("abc");
  assert.equal(hex(first), "00090007776562");
});
