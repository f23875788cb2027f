/** What a parameter about DHCP bindings may hold, at the limit and one beyond; and hostile text. */
import assert from "node:assert/strict";
import {
  asap,
  type AsapMessage,
  type Binding,
  enrp,
  MAX_BINDING_SERVERS,
  MAX_BINDINGS_PER_MESSAGE,
  MAX_COUNTER,
  MAX_MESSAGE_BYTES,
} from "../../lib/wire/mod.ts";
import { MAX_REFUSED_BINDINGS } from "../../lib/wire/limits.ts";
import { BINDING_SAMPLES } from "./binding_samples.ts";
import { tlv } from "./surgery.ts";

const about = { request: 1, poolHandle: "dhcp/lan1", peIdentifier: 1 };
const nothing = { servers: [], bindings: [] };
const [binding] = BINDING_SAMPLES as readonly [Binding, ...Binding[]];

function replyWith(refused: readonly string[]): AsapMessage {
  return { type: "ASAP_BINDING_REPLY", reject: false, ...about, refused, ...nothing };
}

function updateWith(change: Partial<Binding>): AsapMessage {
  const bindings = [{ ...binding, ...change }];
  return { type: "ASAP_BINDING_UPDATE", ...about, servers: [], bindings };
}

/** An update whose one binding ends with a parameter that we would not write. */
function decodeWith(parameter: Uint8Array) {
  const bytes = asap.encode(updateWith({}));
  const lengthOfBinding = 4 + 28;
  const changed = new Uint8Array([
    ...bytes,
    ...parameter,
    ...new Uint8Array(-parameter.length & 3),
  ]);
  const view = new DataView(changed.buffer);
  view.setUint16(2, changed.length);
  view.setUint16(bytes.length - lengthOfBinding + 2, lengthOfBinding + parameter.length);
  return asap.decode(changed);
}

Deno.test("refused addresses: MAX_REFUSED_BINDINGS in one answer, and not one more", () => {
  const most = Array.from({ length: MAX_REFUSED_BINDINGS }, (_, at) => `10.0.0.${at}`);
  const message = replyWith(most);
  const bytes = asap.encode(message);
  const decoded = asap.decode(bytes);
  assert(decoded.ok && decoded.message.type === "ASAP_BINDING_REPLY");
  assert.deepEqual(decoded.message.refused, most);
  assert.throws(() => asap.encode(replyWith([...most, "10.0.1.0"])), /257 times Address: at most/);
  const longer = new Uint8Array([...bytes, 10, 0, 1, 0]);
  const view = new DataView(longer.buffer);
  view.setUint16(2, longer.length);
  view.setUint16(bytes.length - 4 * most.length - 2, 8 + 4 * most.length);
  const failure = asap.decode(longer);
  assert(!failure.ok);
  assert.match(failure.detail, /Address stands more than 256 times/);
});

Deno.test("acknowledgements: MAX_BINDING_SERVERS of one binding, and not one more", () => {
  const most = Array.from({ length: MAX_BINDING_SERVERS }, (_, at) => at);
  assert(asap.decode(asap.encode(updateWith({ acknowledgedBy: most }))).ok);
  const more = updateWith({ acknowledgedBy: [...most, 64] });
  assert.throws(
    () => asap.encode(more),
    new RegExp(`Cannot encode ${MAX_BINDING_SERVERS + 1} times`),
  );
  const failure = decodeWith(tlv(0x80fa, new Uint8Array(4 * (MAX_BINDING_SERVERS + 1))));
  assert(!failure.ok);
  assert.match(failure.detail, new RegExp(`stands more than ${MAX_BINDING_SERVERS} times`));
  assert(!decodeWith(tlv(0x80fa, [0, 0, 0])).ok, "half a number");
});

Deno.test("MAX_BINDINGS_PER_MESSAGE bindings as clients have them fit into one message", () => {
  const usual: Binding = {
    ...binding,
    hardware: "52:54:00:12:34:56",
    clientId: `ff:${Array.from({ length: 18 }, () => "01").join(":")}`,
    host: "a-host-name-of-25-letters",
    acknowledgedBy: Array.from({ length: 16 }, (_, at) => at),
  };
  const bindings = Array.from({ length: MAX_BINDINGS_PER_MESSAGE }, () => usual);
  const bytes = asap.encode({ type: "ASAP_BINDING_UPDATE", ...about, servers: [], bindings });
  assert(bytes.length < MAX_MESSAGE_BYTES);
});

Deno.test("names and identifiers that would mean something elsewhere are never read", () => {
  const bytesOf = (text: string) => Array.from(text, (each) => each.charCodeAt(0));
  for (const host of ["", "a b", "a\n", "a;rm", "*", "$(x)", 'a"', "\xe9", "a".repeat(64), "a/b"]) {
    const failure = decodeWith(tlv(0x80f9, bytesOf(host)));
    assert(!failure.ok, JSON.stringify(host));
    assert.match(failure.detail, /Host Name (is longer|has other characters)/);
    assert.throws(() => asap.encode(updateWith({ host })), RangeError, JSON.stringify(host));
  }
  assert(decodeWith(tlv(0x80f9, bytesOf("a".repeat(63)))).ok);
  for (const [type, most] of [[0x80f7, 16], [0x80f8, 255]] as const) {
    assert(decodeWith(tlv(type, new Uint8Array(most))).ok);
    for (const length of [0, most + 1]) {
      assert(!decodeWith(tlv(type, new Uint8Array(length))).ok, `${type} of ${length}`);
    }
  }
  const bad = ["", "1", "0g", "01:", ":01", "01-02", "01 02", "AA", Array(17).fill("01").join(":")];
  for (const hardware of bad) {
    assert.throws(() => asap.encode(updateWith({ hardware })), RangeError, hardware);
  }
});

Deno.test("counters are at most 2^48, states and transactions those of the draft", () => {
  assert(asap.decode(asap.encode(updateWith({ counter: MAX_COUNTER }))).ok);
  for (const counter of [-1, 0.5, MAX_COUNTER + 1, NaN]) {
    assert.throws(() => asap.encode(updateWith({ counter })), /Counter .* from 0 to 2\^48/);
  }
  const bytes = asap.encode(updateWith({}));
  const at = (offset: number, ...values: number[]) => {
    const changed = bytes.slice();
    changed.set(values, bytes.length - 28 + offset);
    return asap.decode(changed);
  };
  assert(at(0, 10, 0, 0, 9).ok);
  assert(!at(4, 0, 4).ok, "state 4");
  assert(!at(6, 0, 7).ok, "transaction 7");
  assert(at(8, 0, 1, 0, 0, 0, 0, 0, 0).ok, "2^48");
  assert(!at(8, 0, 1, 0, 0, 0, 0, 0, 1).ok, "2^48 + 1");
});

Deno.test("a digest has sixteen digits", () => {
  const presence = (digest: string) =>
    enrp.encode({
      type: "ENRP_PRESENCE",
      replyRequired: false,
      sender: 1,
      receiver: 0,
      bindingTables: [{ poolHandle: "web", count: 0, digest }],
    });
  assert(presence("0123456789abcdef").length > 0);
  for (const digest of ["", "0123456789abcde", "0123456789ABCDEF", "0123456789abcdefa"]) {
    assert.throws(() => presence(digest), /16 hexadecimal digits/);
  }
});

Deno.test("a registrar that knows nothing of bindings reads a presence as one without them", () => {
  const presence = { type: "ENRP_PRESENCE", replyRequired: false, sender: 1, receiver: 0 } as const;
  const table = { poolHandle: "dhcp/lan1", count: 9, digest: "0123456789abcdef" };
  const bytes = enrp.encode({ ...presence, checksum: 7, bindingTables: [table] });
  // Another type of the same action bits: such as it does not know.
  const foreign = bytes.slice();
  const at = foreign.findIndex((each, i) => each === 0x80 && foreign[i + 1] === 0xf5);
  foreign.set([0x80, 0x00], at);
  const decoded = enrp.decode(foreign);
  assert(decoded.ok);
  assert.deepEqual(decoded.message, { ...presence, checksum: 7 });
  assert.deepEqual(decoded.unrecognized, []);
});
