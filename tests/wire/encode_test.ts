import assert from "node:assert/strict";
import {
  asap,
  type AsapMessage,
  enrp,
  type EnrpMessage,
  MAX_MESSAGE_LENGTH,
  type PoolElement,
  type Transport,
} from "../../lib/wire/mod.ts";
import { MAX_PARAMETER_LENGTH } from "../../lib/wire/limits.ts";
import { definedParameters } from "../../lib/wire/schema.ts";

const tcp: Transport = { protocol: "tcp", port: 80, use: 0, addresses: ["192.0.2.10"] };
const element: PoolElement = {
  identifier: 1,
  home: 0,
  registrationLife: 300,
  transport: tcp,
  policy: { name: "round-robin" },
};
const none = new Uint8Array();

function registration(changes: Partial<PoolElement>): AsapMessage {
  const poolElement = { ...element, ...changes };
  return { type: "ASAP_REGISTRATION", poolHandle: "web", poolElement };
}

function withTransport(changes: object): AsapMessage {
  return registration({ transport: { ...tcp, ...changes } as Transport });
}

/** What no field can hold, and the words that say so. */
const WRONG: readonly (readonly [AsapMessage, RegExp | ErrorConstructor])[] = [
  [registration({ identifier: -1 }), /PE Identifier -1: it must be from 0 to 4294967295/],
  [registration({ identifier: 2 ** 32 }), RangeError],
  [registration({ identifier: 1.5 }), RangeError],
  [registration({ identifier: NaN }), RangeError],
  [registration({ home: 2 ** 32 }), /Home ENRP Server Identifier/],
  [registration({ registrationLife: 2 ** 31 }), /Registration Life/],
  [registration({ registrationLife: -(2 ** 31) - 1 }), /Registration Life/],
  [registration({ registrationLife: 0.5 }), /Registration Life/],
  [registration({ policy: { name: "weighted-random", weight: -1 } }), /Weight -1/],
  [registration({ policy: { name: "least-used", load: 2 ** 32 } }), /Load/],
  [withTransport({ port: 70000 }), /TCP Port 70000: it must be from 0 to 65535/],
  [withTransport({ use: -1 }), RangeError],
  [withTransport({ addresses: [] }), /0 times IPv4 or IPv6 Address: there must be exactly 1/],
  [withTransport({ addresses: ["192.0.2.1", "192.0.2.2"] }), /2 times IPv4 or IPv6 Address/],
  [withTransport({ addresses: ["example.org"] }), SyntaxError],
  [withTransport({ addresses: ["192.0.2.256"] }), SyntaxError],
  [withTransport({ addresses: ["2001:db8:::1"] }), SyntaxError],
  [withTransport({ protocol: "sctp", addresses: [] }), /there must be 1 or more/],
  [withTransport({ protocol: "quic" }), /Cannot encode Transport/],
  [{ type: "ASAP_DEREGISTRATION", poolHandle: "hex:0", peIdentifier: 1 }, SyntaxError],
  [{ type: "ASAP_DEREGISTRATION", poolHandle: "\ud800", peIdentifier: 1 }, SyntaxError],
  [{ type: "ASAP_ERROR", causes: [] }, /without a cause/],
  [{ type: "ASAP_ERROR", causes: [{ code: 0x10000, information: none }] }, /Cause Code/],
  [
    { type: "ASAP_ERROR", causes: [{ code: 0, information: new Uint8Array(0xfffc) }] },
    /Cause Length 65536/,
  ],
  [{ type: "ASAP_COOKIE", cookie: new Uint8Array(0xfffc) }, /Cookie of 65536 bytes/],
  [{ type: "ASAP_COOKIE", cookie: new Uint8Array(0xfff8) }, /ASAP_COOKIE of 65536 bytes/],
  [{ type: "ENRP_LIST_REQUEST" } as unknown as AsapMessage, /not a message of ASAP/],
];

for (const [i, [message, error]] of WRONG.entries()) {
  Deno.test(`encode ${message.type} with a wrong value, ${i}: ${error}`, () => {
    assert.throws(() => asap.encode(message), error);
    // The next message must not suffer from what was written of this one.
    assert.equal(asap.encode({ type: "ASAP_COOKIE", cookie: none }).length, 8);
  });
}

Deno.test("encode: a checksum of 17 bits, and a pool without elements", () => {
  const between = { sender: 1, receiver: 2 };
  const presence: EnrpMessage = {
    type: "ENRP_PRESENCE",
    replyRequired: false,
    ...between,
    checksum: 0x10000,
  };
  assert.throws(() => enrp.encode(presence), /PE Checksum 65536/);
  const table: EnrpMessage = {
    type: "ENRP_HANDLE_TABLE_RESPONSE",
    moreToSend: false,
    reject: false,
    ...between,
    pools: [{ poolHandle: "web", poolElements: [] }],
  };
  assert.throws(() => enrp.encode(table), /0 times Pool Element: there must be 1 or more/);
});

Deno.test("encode: one of MAX_PARAMETER_LENGTH fits into no message", () => {
  const cookie = new Uint8Array(MAX_PARAMETER_LENGTH - 4);
  assert.throws(() => asap.encode({ type: "ASAP_COOKIE", cookie }), /ASAP_COOKIE of 65539 bytes/);
  const longer = new Uint8Array(MAX_PARAMETER_LENGTH - 3);
  assert.throws(
    () => asap.encode({ type: "ASAP_COOKIE", cookie: longer }),
    /Cookie of 65536 bytes/,
  );
});

Deno.test("encode: the largest of everything goes out and comes back", () => {
  const cookie = new Uint8Array(MAX_MESSAGE_LENGTH - 8).fill(0xab);
  const largest = asap.encode({ type: "ASAP_COOKIE", cookie });
  assert.equal(largest.length, 0x10000);
  const decoded = asap.decode(largest);
  assert(decoded.ok);
  assert.deepEqual(decoded.message, { type: "ASAP_COOKIE", cookie });

  const poolElements = Array.from({ length: 1600 }, (_, i) => ({ ...element, identifier: i + 1 }));
  const answer: AsapMessage = {
    type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
    automaticUpdates: false,
    poolHandle: "web",
    poolElements,
  };
  const bytes = asap.encode(answer);
  assert.equal(bytes.length, 64_012);
  const again = asap.decode(bytes);
  assert(again.ok);
  assert.deepEqual(again.message, answer);
});

Deno.test("encode: what is returned is the caller's own", () => {
  const first = asap.encode({ type: "ASAP_COOKIE", cookie: new Uint8Array([1, 2, 3, 4]) });
  const copy = first.slice();
  asap.encode({ type: "ASAP_COOKIE", cookie: new Uint8Array([9, 9, 9, 9]) });
  assert.deepEqual(first, copy);
});

Deno.test("decode: what is returned does not hold the bytes that it was read from", () => {
  const bytes = asap.encode({ type: "ASAP_COOKIE", cookie: new Uint8Array([1, 2, 3, 4]) });
  const decoded = asap.decode(bytes);
  assert(decoded.ok && decoded.message.type === "ASAP_COOKIE");
  bytes.fill(0);
  assert.deepEqual(decoded.message.cookie, new Uint8Array([1, 2, 3, 4]));
  const unknown = new Uint8Array([0x7f, 0, 0, 8, 1, 2, 3, 4]);
  const failure = asap.decode(unknown);
  unknown.fill(0);
  assert(!failure.ok);
  assert.deepEqual(failure.offendingTlv, new Uint8Array([0x7f, 0, 0, 8, 1, 2, 3, 4]));
});

Deno.test("our own parameters are of types that others skip and do not report", () => {
  const own = definedParameters().filter(({ source }) => source.startsWith("docs/"));
  assert.deepEqual(own.map(({ name }) => name), [
    "Lost Bindings",
    "Peer Status",
    "Unreachable Report",
    "Owner",
    "Forced Report",
    "Binding Tables",
    "Binding",
    "Hardware Address",
    "Client Identifier",
    "Host Name",
    "Acknowledgements",
    "Binding Server",
    "DHCP Server Name",
    "Claim Acknowledgement",
    "Binding Digest",
    "Refused Bindings",
  ]);
  for (const { name, type } of own) assert.equal(type >>> 14, 0b10, name);
});
