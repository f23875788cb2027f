import assert from "node:assert/strict";
import fc from "fast-check";
import {
  asap,
  hex,
  loadFraction,
  parseHex,
  POLICIES,
  type Policy,
  policyName,
  policyTlv,
  policyType,
  viewPolicy,
} from "../../lib/wire/mod.ts";
import { policy } from "./arbitraries.ts";

/** Policy, Policy Type with policy-specific data, JSON view. RFC 5356 §4 and §5, then rsplib's. */
const TABLE: readonly (readonly [Policy, string, Record<string, unknown>])[] = [
  [{ name: "round-robin" }, "00000001", { name: "round-robin" }],
  [
    { name: "weighted-round-robin", weight: 10 },
    "00000002 0000000a",
    { name: "weighted-round-robin", weight: 10 },
  ],
  [{ name: "random" }, "00000003", { name: "random" }],
  [
    { name: "weighted-random", weight: 0xffffffff },
    "00000004 ffffffff",
    { name: "weighted-random", weight: 4294967295 },
  ],
  [{ name: "priority", priority: 5 }, "00000005 00000005", { name: "priority", priority: 5 }],
  [
    { name: "least-used", load: 0x40000000 },
    "40000001 40000000",
    { name: "least-used", load: 0.25, loadRaw: "0x40000000" },
  ],
  [
    { name: "least-used-degradation", load: 0xffffffff, degradation: 0x1999999a },
    "40000002 ffffffff 1999999a",
    {
      name: "least-used-degradation",
      load: 1,
      loadRaw: "0xffffffff",
      degradation: 0.1,
      degradationRaw: "0x1999999a",
    },
  ],
  [
    { name: "priority-least-used", load: 0, degradation: 1 },
    "40000003 00000000 00000001",
    {
      name: "priority-least-used",
      load: 0,
      loadRaw: "0x00000000",
      degradation: 0,
      degradationRaw: "0x00000001",
    },
  ],
  [
    { name: "randomized-least-used", load: 0x80000000 },
    "40000004 80000000",
    { name: "randomized-least-used", load: 0.5, loadRaw: "0x80000000" },
  ],
  [
    { name: "0xb0001001", load: 0, degradation: 0x1999999a },
    "b0001001 00000000 1999999a",
    {
      name: "0xb0001001",
      data: "000000001999999a",
      load: 0,
      loadRaw: "0x00000000",
      degradation: 0.1,
      degradationRaw: "0x1999999a",
    },
  ],
  [
    { name: "0xb0002001", weight: 9, weightDpf: 10, distance: 11 },
    "b0002001 00000009 0000000a 0000000b",
    {
      name: "0xb0002001",
      data: "000000090000000a0000000b",
      weight: 9,
      weightDpf: 10,
      distance: 11,
    },
  ],
  [
    { name: "0xb0002002", load: 0, loadDpf: 4294967, distance: 1 },
    "b0002002 00000000 00418937 00000001",
    {
      name: "0xb0002002",
      data: "000000000041893700000001",
      load: 0,
      loadRaw: "0x00000000",
      loadDpf: 4294967,
      distance: 1,
    },
  ],
  [
    { name: "0xb0002003", load: 0, degradation: 0, loadDpf: 2, distance: 3 },
    "b0002003 00000000 00000000 00000002 00000003",
    {
      name: "0xb0002003",
      data: "00000000000000000000000200000003",
      load: 0,
      loadRaw: "0x00000000",
      degradation: 0,
      degradationRaw: "0x00000000",
      loadDpf: 2,
      distance: 3,
    },
  ],
  [
    { name: "unknown", policyType: 0x12345678, data: parseHex("cafeba") },
    "12345678 cafeba",
    { name: "0x12345678", data: "cafeba" },
  ],
  [
    { name: "unknown", policyType: 0, data: parseHex("") },
    "00000000",
    { name: "0x00000000", data: "" },
  ],
];

for (const [value, digits, view] of TABLE) {
  const body = digits.replaceAll(" ", "");
  const length = 4 + body.length / 2;
  const parameter = "0008" + length.toString(16).padStart(4, "0") + body;

  Deno.test(`policy ${policyName(value)}: bytes, value and JSON`, () => {
    assert.equal(hex(policyTlv(value)), parameter);
    assert.deepEqual(policyIn(parameter), value);
    assert.deepEqual(viewPolicy(value), view);
    assert.equal(policyType(value), parseInt(body.slice(0, 8), 16));
  });

  Deno.test(`policy ${policyName(value)}: any other length is invalid`, () => {
    if (value.name === "unknown") return assert.deepEqual(viewPolicy(value), view);
    const longer = `0008${(length + 4).toString(16).padStart(4, "0")}${body}80000004`;
    assert.equal(failureOf(longer).cause, 0x3);
    if (length > 8) {
      const shorter = `0008${(length - 4).toString(16).padStart(4, "0")}${body.slice(0, -8)}`;
      assert.equal(failureOf(shorter).cause, 0x3);
    }
  });
}

Deno.test("policies: the nine of RFC 5356 and rsplib's seven, each type once", () => {
  assert.equal(POLICIES.filter(({ source }) => source.startsWith("RFC 5356")).length, 9);
  assert.equal(POLICIES.filter(({ source }) => source.startsWith("rsplib")).length, 7);
  assert.equal(new Set(POLICIES.map(({ type }) => type)).size, 16);
  for (const { name, type } of POLICIES) {
    if (name.startsWith("0x")) assert.equal(name, `0x${type.toString(16)}`);
  }
});

Deno.test("policies: a view is JSON, and its raw loads are exact", () => {
  fc.assert(fc.property(policy, (value) => {
    const view = viewPolicy(value);
    assert.deepEqual(JSON.parse(JSON.stringify(view)), view);
    if ("load" in value) assert.equal(Number(view.loadRaw), value.load);
    if ("degradation" in value) assert.equal(Number(view.degradationRaw), value.degradation);
  }));
});

Deno.test("loads: the fractions that people write come back as they were", () => {
  for (const fraction of [0, 0.001, 0.1, 0.25, 0.333, 0.5, 0.75, 0.9, 0.999, 1]) {
    assert.equal(loadFraction(Math.round(fraction * 0xffffffff)), fraction);
  }
});

Deno.test("policies: one of an unknown name cannot be encoded", () => {
  const wrong = { name: "fastest" } as unknown as Policy;
  assert.throws(() => policyTlv(wrong), /Cannot encode policy "fastest"/);
  const tooBig = { name: "unknown", policyType: 2 ** 32, data: parseHex("") } as const;
  assert.throws(() => policyTlv(tooBig), RangeError);
});

/** A resolution's answer with a policy in it. */
function answerWith(parameter: string) {
  const body = "0009000877656273" + parameter;
  const length = (4 + body.length / 2).toString(16).padStart(4, "0");
  return asap.decode(parseHex(`0600${length}${body}`));
}

function policyIn(parameter: string): Policy {
  const decoded = answerWith(parameter);
  assert(decoded.ok && decoded.message.type === "ASAP_HANDLE_RESOLUTION_RESPONSE");
  assert(decoded.message.policy);
  return decoded.message.policy;
}

function failureOf(parameter: string) {
  const failure = answerWith(parameter);
  assert(!failure.ok);
  assert.equal(hex(failure.offendingTlv), parameter);
  return failure;
}
