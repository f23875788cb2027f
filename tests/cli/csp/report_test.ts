/** Reports of the Component Status Protocol: made by hand from the format, and back. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { registrarReport } from "../../../cli/csp/registrar_report.ts";
import {
  componentId,
  type ComponentReport,
  CSP_LIMITS,
  decodeReport,
  encodeReport,
  formatComponentId,
} from "../../../cli/csp/report.ts";
import type { RegistrarView } from "../../../cli/api.ts";

/** What rsplib's pool user would send: hand-made, a byte at a time. */
function handMade(associations = 1, hostile = ""): Uint8Array {
  const bytes = new Uint8Array(288 + associations * 24);
  const view = new DataView(bytes.buffer);
  bytes.set([1, 0, bytes.length >> 8, bytes.length & 255, 0, 0, 2, 0]);
  bytes.set([3, 0, 0, 0, 0x12, 0x34, 0x56, 0x78], 8);
  view.setBigUint64(16, 5_000_000n);
  view.setUint32(24, 1_000_000);
  bytes.set(new TextEncoder().encode(`192.0.2.1${hostile}`), 28);
  bytes.set(new TextEncoder().encode("3 sessions"), 156);
  view.setUint16(284, 0x7fff);
  view.setUint16(286, associations);
  for (let i = 0; i < associations; i++) {
    bytes.set([1, 0, 0, 0, 0, 0xc0, 0xff, 0xee], 288 + i * 24);
    bytes.fill(0xff, 296 + i * 24, 304 + i * 24);
    bytes.set([0, 0, 0, 132, 0, 0, 0, 11], 304 + i * 24);
  }
  return bytes;
}

function decoded(bytes: Uint8Array): ComponentReport {
  const report = decodeReport(bytes);
  if ("failure" in report) assert.fail(report.failure);
  return report;
}

Deno.test("a report of a pool user of rsplib is read field by field", () => {
  const report = decoded(handMade());
  assert.equal(report.sender.kind, "pool user");
  assert.equal(formatComponentId(report.sender), "0x12345678");
  assert.deepEqual(
    [report.isFinal, report.intervalUs, report.location, report.status, report.timestampUs],
    [false, 1_000_000, "192.0.2.1", "3 sessions", 5_000_000n],
  );
  assert.equal(Math.round(report.workload! * 100), 50);
  assert.deepEqual(report.associations, [{
    receiver: componentId("registrar", 0xc0ffee),
    durationUs: undefined,
    flags: 0,
    protocol: 132,
    ppid: 11,
  }]);
});

Deno.test("what is hostile in a text is shown, and does nothing", () => {
  assert.equal(decoded(handMade(0, "\x1b[2J")).location, "192.0.2.1\\u{1b}[2J");
});

Deno.test("what is no report is a value that says why", () => {
  const cases: [(bytes: Uint8Array) => Uint8Array, RegExp][] = [
    [(bytes) => bytes.subarray(0, 287), /287 bytes are no report/],
    [(bytes) => bytes.with(0, 2), /type 2 is no report/],
    [(bytes) => bytes.with(3, 0), /a length of 256 in a datagram of 312 bytes/],
    [(bytes) => bytes.with(6, 1), /version 0x100 is unknown/],
    [(bytes) => bytes.with(287, 2), /2 associations in 312 bytes/],
    [(bytes) => new Uint8Array([...bytes, 0]), /a length of 312 in a datagram of 313 bytes/],
  ];
  for (const [change, words] of cases) {
    const report = decodeReport(change(handMade()));
    assert.ok("failure" in report, String(words));
    assert.match(report.failure, words);
  }
});

Deno.test("an unknown group, no workload and the last report", () => {
  const bytes = handMade(0).with(8, 0x77).with(1, 1);
  bytes.fill(0xff, 284, 286);
  const { sender, workload, isFinal } = decoded(bytes);
  assert.deepEqual([sender.kind, sender.group, workload, isFinal], [
    "unknown",
    0x77,
    undefined,
    true,
  ]);
});

Deno.test("keptAssociations: of many the first are kept, and all are counted", () => {
  const report = decoded(handMade(300));
  assert.equal(report.associations.length, CSP_LIMITS.keptAssociations);
  assert.equal(report.associationCount, 300);
});

const reports = fc.record({
  sender: fc.tuple(
    fc.constantFrom("registrar" as const, "pool element" as const, "pool user" as const),
    fc.nat(0xffffffff),
  ).map(([kind, object]) => componentId(kind, object)),
  isFinal: fc.boolean(),
  timestampUs: fc.bigInt(0n, (1n << 64n) - 1n),
  intervalUs: fc.nat(0xffffffff),
  location: fc.string({ maxLength: 100 }).map((text) => text.replace(/[^\x20-\x7e]/g, "")),
  status: fc.string({ maxLength: 100 }).map((text) => text.replace(/[^\x20-\x7e]/g, "")),
  workload: fc.option(fc.constantFrom(0, 1), { nil: undefined }),
  associations: fc.array(
    fc.record({
      receiver: fc.nat(0xffffffff).map((object) => componentId("pool element", object)),
      durationUs: fc.option(fc.bigInt(0n, 1n << 60n), { nil: undefined }),
      flags: fc.nat(0xffff),
      protocol: fc.nat(0xffff),
      ppid: fc.nat(0xffffffff),
    }, { noNullPrototype: true }),
    { maxLength: 5 },
  ),
}).map((report) => ({ ...report, associationCount: report.associations.length }));

Deno.test("what is written is read again as it was", () => {
  fc.assert(fc.property(reports, (report) => {
    assert.deepEqual(decodeReport(encodeReport(report)), report);
  }));
});

Deno.test("fuzz: no bytes make it fail, and texts stay harmless", () => {
  const flipped = fc.tuple(fc.nat(311), fc.nat(255)).map(([at, byte]) => handMade().with(at, byte));
  const any = fc.oneof(fc.uint8Array({ maxLength: 700 }), flipped);
  fc.assert(
    fc.property(any, (bytes) => {
      const report = decodeReport(bytes);
      if ("failure" in report) return;
      assert.doesNotMatch(report.location + report.status, /\p{Cc}/u);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("a text that is too long is cut to textBytes, between two characters, with a NUL", () => {
  const report = { ...decoded(handMade(0)), status: "\u00e4".repeat(100), associations: [] };
  const bytes = encodeReport(report);
  assert.equal(bytes.length, 288);
  assert.equal(bytes[155 + CSP_LIMITS.textBytes], 0);
  assert.equal(decoded(bytes).status, "\u00e4".repeat(63));
});

function registrarView(peers: number): RegistrarView {
  const status = { state: "active" as const };
  const all = Array.from({ length: peers }, (_, i) => ({ identifier: i + 1, status }));
  return {
    identifier: 0xc0ffee,
    state: "serving",
    statistics: { pools: 2, poolElements: 5, children: 3 },
    peers: [...all, { identifier: 0xdead, status: { state: "suspect" } }],
  } as unknown as RegistrarView;
}

const FACTS = { location: "host", intervalMs: 1000, upMs: 2500, workload: 0.25, isFinal: false };

Deno.test("a registrar reports itself, and as associations the peers that it hears", () => {
  const report = registrarReport(registrarView(1), FACTS);
  assert.equal(report.sender.kind, "registrar");
  assert.equal(report.status, "2 pools, 5 PEs (3 own), 2 peers");
  assert.deepEqual([report.timestampUs, report.intervalUs], [2_500_000n, 1_000_000]);
  assert.deepEqual(report.associations.map(({ receiver }) => formatComponentId(receiver)), [
    "0x00000001",
  ]);
  const [{ protocol, ppid } = {}] = report.associations;
  assert.deepEqual([protocol, ppid], [6, 12]);
});

Deno.test("sentAssociations: a report fits into 1,232 bytes, the least MTU of IPv6 allows", () => {
  const report = registrarReport(registrarView(100), FACTS);
  const bytes = encodeReport(report);
  assert.ok(bytes.length <= 1_232, String(bytes.length));
  assert.equal(decoded(bytes).associations.length, CSP_LIMITS.sentAssociations);
});
