/** Messages that are wrong, too long, or answers; and how long answers may be. */
import assert from "node:assert/strict";
import { DNS_LIMITS } from "../../../cli/dns/limits.ts";
import type { Way } from "../../../cli/dns/responder.ts";
import { ask, queryOf, told } from "./messages.ts";
import { element, openHouse } from "./pools.ts";

const QUERY = queryOf("pool.internal", "SOA");
const WITH_EDNS = queryOf("pool.internal", "SOA", { edns: {} });
const OPT_AT = QUERY.length;

/** A query with some bytes set. */
function withBytes(bytes: Uint8Array, changes: Readonly<Record<number, number>>): Uint8Array {
  const changed = bytes.slice();
  for (const [at, byte] of Object.entries(changes)) changed[Number(at)] = byte;
  return changed;
}

/** A query with something behind it that its header counts as one more record. */
function withRecord(bytes: Uint8Array, record: readonly number[]): Uint8Array {
  return new Uint8Array([...withBytes(bytes, { 11: bytes[11]! + 1 }), ...record]);
}

const OPT = [...WITH_EDNS.slice(OPT_AT)];
const LONG = new Uint8Array(DNS_LIMITS.maxQueryBytes + 1);
LONG.set(QUERY);

const FORMERR: readonly (readonly [what: string, message: Uint8Array])[] = [
  ["no question", withBytes(QUERY.slice(0, 12), { 5: 0 })],
  ["two questions", withBytes(QUERY, { 5: 2 })],
  ["an answer in a query", withBytes(QUERY, { 7: 1 })],
  ["an authority in a query", withBytes(QUERY, { 9: 1 })],
  ["a question that is not there", QUERY.slice(0, 12)],
  ["half of a question", QUERY.slice(0, -1)],
  ["half of a name", QUERY.slice(0, 15)],
  ["a pointer in the question", withBytes(QUERY, { 12: 0xc0 })],
  ["a pointer to itself", withBytes(QUERY, { 12: 0xc0, 13: 0x0c })],
  ["a label of a kind that there is not", withBytes(QUERY, { 12: 0x40 })],
  ["something behind the question", new Uint8Array([...QUERY, 0])],
  ["a record that is not there", withBytes(QUERY, { 11: 1 })],
  ["more records than maxQueryRecords", withBytes(QUERY, { 11: DNS_LIMITS.maxQueryRecords + 1 })],
  ["65535 records", withBytes(QUERY, { 10: 255, 11: 255 })],
  ["OPT twice", withRecord(WITH_EDNS, OPT)],
  ["OPT that is not at the root", withRecord(QUERY, [1, 97, ...OPT])],
  ["half of OPT", WITH_EDNS.slice(0, -3)],
  ["OPT that is longer than the message", withBytes(WITH_EDNS, { [OPT_AT + 10]: 9 })],
  [
    "an option that is longer than OPT",
    withRecord(QUERY, [...OPT.slice(0, 9), 0, 4, 0, 8, 0, 200]),
  ],
  ["more than maxQueryBytes", LONG],
];

for (const [what, message] of FORMERR) {
  Deno.test(`${what} is FORMERR, told in 12 bytes`, async () => {
    const { responder, errors } = openHouse();
    const answer = await responder.respond(message, "udp");
    assert.equal(answer?.length, 12);
    const { rcode, packet } = told(answer);
    assert.equal(rcode, "FORMERR");
    assert.equal(packet.id, 4711);
    assert.deepEqual(errors, []);
  });
}

Deno.test("what is behind the question may hold other records than OPT", async () => {
  const { responder } = openHouse();
  // Its owner is a pointer to the question, its type one that nobody knows.
  const message = withRecord(QUERY, [0xc0, 12, 0xff, 1, 0, 1, 0, 0, 0, 0, 0, 2, 9, 9]);
  const answer = await responder.respond(message, "udp");
  assert.equal(told(answer!).rcode, "NOERROR");
});

for (let opcode = 1; opcode < 16; opcode++) {
  Deno.test(`opcode ${opcode} is NOTIMP`, async () => {
    const { responder } = openHouse();
    const answer = await responder.respond(withBytes(QUERY, { 2: opcode << 3 }), "udp");
    const { rcode, packet } = told(answer!);
    assert.equal(rcode, "NOTIMP");
    assert.equal((answer![2]! >> 3) & 15, opcode);
    assert.equal(packet.type, "response");
  });
}

Deno.test("answers, and what is shorter than a header, are not answered", () => {
  const { responder } = openHouse();
  assert.equal(responder.respond(withBytes(QUERY, { 2: 0x80 }), "udp"), undefined);
  for (let length = 0; length < 12; length++) {
    assert.equal(responder.respond(QUERY.slice(0, length), "tcp"), undefined);
  }
});

Deno.test("no answer is answered: nothing goes back and forth between two servers", async () => {
  const { responder } = openHouse();
  for (const message of [QUERY, ...FORMERR.map(([, each]) => each)]) {
    const answer = await responder.respond(message, "udp");
    assert.equal(await responder.respond(answer!, "udp"), undefined);
  }
});

interface SizeRow {
  readonly elements: number;
  readonly size?: number;
  readonly way?: Way;
  readonly most: number;
  readonly isTruncated?: boolean;
  readonly answers: number;
  readonly hasGlue?: boolean;
}

const SIZES: readonly SizeRow[] = [
  { elements: 3, most: 512, answers: 3, hasGlue: true },
  { elements: 8, most: 512, answers: 8 },
  { elements: 20, most: 512, answers: 10, isTruncated: true },
  { elements: 20, size: 100, most: 512, answers: 10, isTruncated: true },
  { elements: 20, size: 1232, most: 1232, answers: 20 },
  { elements: 32, size: 65535, most: 1232, answers: 25, isTruncated: true },
  { elements: 32, way: "tcp", most: 65535, answers: 32, hasGlue: true },
  { elements: 100, way: "tcp", most: 65535, answers: DNS_LIMITS.maxElements, hasGlue: true },
];

for (const { elements, size, way = "udp", most, ...expected } of SIZES) {
  const { answers, isTruncated = false, hasGlue = false } = expected;
  Deno.test(`${elements} elements over ${way} at ${size ?? "no EDNS"}`, async () => {
    const { responder, user } = openHouse();
    user.put("web", Array.from({ length: elements }, (_, i) => element(i + 1)));
    const answer = await ask(responder, "_web._tcp.pool.internal", "SRV", {
      way,
      ...(size !== undefined && { edns: { size } }),
    });
    assert.ok(answer.bytes.length <= most, `${answer.bytes.length}`);
    assert.equal(answer.flags.includes("tc"), isTruncated);
    assert.equal(answer.answers.length, answers);
    const others = answer.additionals.filter((each) => !each.startsWith("OPT"));
    assert.equal(others.length, hasGlue ? answers : 0);
  });
}

Deno.test("an answer is at most 1232 bytes for the 40 of its query", async () => {
  const { responder, user } = openHouse();
  user.put("w", Array.from({ length: 128 }, (_, i) => element(i + 1)));
  for (const type of ["A", "SRV", "ANY", "AAAA"]) {
    const name = type === "SRV" ? "_w._tcp.pool.internal" : "w.pool.internal";
    const { bytes } = await ask(responder, name, type, { edns: { size: 65535 } });
    assert.ok(bytes.length <= DNS_LIMITS.maxUdpBytes);
  }
  const { bytes } = await ask(responder, "w.pool.internal", "ANY");
  assert.ok(bytes.length < 80);
});

Deno.test("a question that shows a defect is SERVFAIL, and told", async () => {
  const { responder, user, errors } = openHouse();
  user.cached = () => {
    throw new Error("a defect");
  };
  const { rcode } = await ask(responder, "web.pool.internal", "A");
  assert.equal(rcode, "SERVFAIL");
  assert.match(errors[0]!, /a defect/);
});
