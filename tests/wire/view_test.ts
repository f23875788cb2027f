import assert from "node:assert/strict";
import {
  asap,
  type AsapMessage,
  enrp,
  type EnrpMessage,
  parseHex,
  transportUseName,
  viewCause,
  viewPoolElement,
  viewTransport,
} from "../../lib/wire/mod.ts";
import { SAMPLES } from "./samples.ts";

const element = {
  identifier: 0xd001,
  home: 0,
  registrationLife: 90000,
  transport: { protocol: "tcp", port: 7777, use: 0, addresses: ["192.0.2.10"] },
  policy: { name: "round-robin" },
} as const;
const elementView = {
  identifier: "0x0000d001",
  home: "0x00000000",
  registrationLife: 90000,
  transport: { protocol: "tcp", addresses: ["192.0.2.10"], port: 7777, use: "data" },
  policy: { name: "round-robin" },
};
const between = { sender: 0xc0ffee, receiver: 0 };
const betweenView = { sender: "0x00c0ffee", receiver: "0x00000000" };
const unknownPool = { code: 9, information: parseHex("") };
const unknownPoolView = { code: "0x0009", name: "Unknown Pool Handle", information: "" };

const ASAP: readonly (readonly [AsapMessage, Record<string, unknown>])[] = [
  [
    { type: "ASAP_REGISTRATION", poolHandle: "CalcAppPool", poolElement: element },
    { flags: [], poolHandle: "CalcAppPool", poolElement: elementView },
  ],
  [
    {
      type: "ASAP_REGISTRATION_RESPONSE",
      reject: true,
      poolHandle: "web",
      peIdentifier: 7,
      causes: [unknownPool],
    },
    { flags: ["R"], poolHandle: "web", peIdentifier: "0x00000007", causes: [unknownPoolView] },
  ],
  [
    { type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: true, poolHandle: "web", items: 3 },
    { flags: ["S"], poolHandle: "web", items: 3 },
  ],
  [
    {
      type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
      automaticUpdates: true,
      poolHandle: "web",
      policy: { name: "random" },
      poolElements: [{ ...element, asapTransport: element.transport }],
    },
    {
      flags: ["A"],
      poolHandle: "web",
      policy: { name: "random" },
      poolElements: [{ ...elementView, asapTransport: elementView.transport }],
    },
  ],
  [
    { type: "ASAP_ENDPOINT_UNREACHABLE", poolHandle: "web", peIdentifier: 7, forced: true },
    { flags: [], poolHandle: "web", peIdentifier: "0x00000007", forced: true },
  ],
  [
    {
      type: "ASAP_ENDPOINT_KEEP_ALIVE",
      home: true,
      serverIdentifier: 1,
      poolHandle: "hex:00",
    },
    { flags: ["H"], serverIdentifier: "0x00000001", poolHandle: "hex:00" },
  ],
  [
    { type: "ASAP_SERVER_ANNOUNCE", serverIdentifier: 1, transports: [element.transport] },
    { flags: [], serverIdentifier: "0x00000001", transports: [elementView.transport] },
  ],
  [{ type: "ASAP_COOKIE", cookie: parseHex("00ff") }, { flags: [], cookie: "00ff" }],
];

const ENRP: readonly (readonly [EnrpMessage, Record<string, unknown>])[] = [
  [
    {
      type: "ENRP_PRESENCE",
      replyRequired: true,
      ...between,
      checksum: 0x2ed1,
      serverInformation: { identifier: 1, transport: element.transport },
    },
    {
      flags: ["R"],
      ...betweenView,
      checksum: "0x2ed1",
      serverInformation: { identifier: "0x00000001", transport: elementView.transport },
    },
  ],
  [
    {
      type: "ENRP_PRESENCE",
      replyRequired: false,
      ...between,
      unreachable: { poolHandle: "web", peIdentifier: 7 },
    },
    {
      flags: [],
      ...betweenView,
      unreachable: { poolHandle: "web", peIdentifier: "0x00000007" },
    },
  ],
  [
    {
      type: "ENRP_LIST_RESPONSE",
      reject: false,
      ...between,
      servers: [
        {
          identifier: 1,
          transport: element.transport,
          peerStatus: { state: "suspect", lastHeardAgoMs: 61_000 },
        },
        {
          identifier: 2,
          transport: element.transport,
          peerStatus: { state: "0x0009" },
        },
        { identifier: 3, transport: element.transport },
      ],
    },
    {
      flags: [],
      ...betweenView,
      servers: [
        {
          identifier: "0x00000001",
          transport: elementView.transport,
          peerStatus: { state: "suspect", lastHeardAgoMs: 61_000 },
        },
        {
          identifier: "0x00000002",
          transport: elementView.transport,
          peerStatus: { state: "0x0009" },
        },
        { identifier: "0x00000003", transport: elementView.transport },
      ],
    },
  ],
  [
    {
      type: "ENRP_HANDLE_TABLE_RESPONSE",
      moreToSend: true,
      reject: true,
      ...between,
      pools: [{ poolHandle: "web", poolElements: [element] }],
    },
    {
      flags: ["M", "R"],
      ...betweenView,
      pools: [{ poolHandle: "web", poolElements: [elementView] }],
    },
  ],
  [
    {
      type: "ENRP_HANDLE_UPDATE",
      takeoverSuggestion: true,
      ...between,
      action: 1,
      poolHandle: "web",
      poolElement: element,
    },
    {
      flags: ["T"],
      ...betweenView,
      action: "0x0001",
      poolHandle: "web",
      poolElement: elementView,
    },
  ],
  [
    { type: "ENRP_TAKEOVER_SERVER", ...between, target: 5 },
    { flags: [], ...betweenView, target: "0x00000005" },
  ],
  [
    { type: "ENRP_ERROR", ...between, causes: [unknownPool] },
    { flags: [], ...betweenView, causes: [unknownPoolView] },
  ],
];

for (const [message, view] of ASAP) {
  Deno.test(`view of ${message.type}: protocol, type, flags, then its keys in wire order`, () => {
    const expected = { protocol: "ASAP", type: message.type, ...view };
    assert.equal(JSON.stringify(asap.view(message)), JSON.stringify(expected));
  });
}

for (const [message, view] of ENRP) {
  Deno.test(`view of ${message.type}: protocol, type, flags, then its keys in wire order`, () => {
    const expected = { protocol: "ENRP", type: message.type, ...view };
    assert.equal(JSON.stringify(enrp.view(message)), JSON.stringify(expected));
  });
}

Deno.test("views: every sample has one that is JSON and says its type", () => {
  for (const { protocol, message, name } of SAMPLES) {
    const view = protocol === "ASAP" ? asap.view(message) : enrp.view(message);
    assert.deepEqual(JSON.parse(JSON.stringify(view)), view, name);
    assert.equal(view.type, message.type);
  }
});

Deno.test("views: of nothing that could be read there is the protocol", () => {
  assert.deepEqual(asap.view(undefined), { protocol: "ASAP" });
  assert.deepEqual(enrp.view({ type: "ASAP_COOKIE" }), { protocol: "ENRP" });
});

Deno.test("views: transports of every protocol", () => {
  const addresses = ["192.0.2.1", "2001:db8::1"];
  assert.deepEqual(viewTransport({ protocol: "sctp", port: 1, use: 1, addresses }), {
    protocol: "sctp",
    addresses,
    port: 1,
    use: "data+control",
  });
  const dccp = {
    protocol: "dccp",
    port: 1,
    use: 0,
    serviceCode: 0x44,
    addresses: ["::1"],
  } as const;
  assert.deepEqual(viewTransport(dccp), {
    protocol: "dccp",
    addresses: ["::1"],
    port: 1,
    use: "data",
    serviceCode: "0x00000044",
  });
  assert.deepEqual(viewTransport({ protocol: "opaque", data: parseHex("00ff") }), {
    protocol: "opaque",
    data: "00ff",
  });
  assert.equal(transportUseName(7), "0x0007");
});

Deno.test("views: a pool element and an error cause on their own", () => {
  assert.deepEqual(viewPoolElement(element), elementView);
  assert.deepEqual(viewCause({ code: 0xf008, information: parseHex("0102") }), {
    code: "0xf008",
    name: "Error cause 0xf008",
    information: "0102",
  });
});

Deno.test("views: of a cut registration there is as much as was there", () => {
  const bytes = asap.encode({ type: "ASAP_REGISTRATION", poolHandle: "web", poolElement: element });
  const cut = asap.decode(bytes.subarray(0, 40));
  assert(!cut.ok);
  assert.deepEqual(asap.view(cut.partial), {
    protocol: "ASAP",
    type: "ASAP_REGISTRATION",
    flags: [],
    poolHandle: "web",
    poolElement: {
      identifier: "0x0000d001",
      home: "0x00000000",
      registrationLife: 90000,
      transport: { protocol: "tcp", port: 7777, use: "data", addresses: [] },
    },
  });
});
