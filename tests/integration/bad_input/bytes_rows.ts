/** Bad bytes on the wire: the RFC's error, or a close with a logged reason. */
import { asap, enrp, type PoolElementValue } from "../../../mod.ts";
import { type BytesRow, bytesRow } from "./bytes_row.ts";

/** A parameter or message header, RFC 5354 §3: type and length, then the value. */
function tlv(type: number, value: Uint8Array = new Uint8Array(0)): Uint8Array {
  const bytes = new Uint8Array((4 + value.length + 3) & ~3);
  new DataView(bytes.buffer).setUint16(0, type);
  new DataView(bytes.buffer).setUint16(2, 4 + value.length);
  bytes.set(value, 4);
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

/** A message with parameters at its end that it has no place for. */
function withParameters(message: Uint8Array, ...parameters: Uint8Array[]): Uint8Array {
  const longer = joined(message, ...parameters);
  new DataView(longer.buffer).setUint16(2, longer.length);
  return longer;
}

function text(words: string): Uint8Array {
  return new TextEncoder().encode(words);
}

const ELEMENT: PoolElementValue = {
  identifier: 0x1234,
  home: 0,
  registrationLife: 300,
  transport: { protocol: "tcp", port: 8080, use: 0, addresses: ["127.0.0.1"] },
  policy: { name: "round-robin" },
};

function registration(changed: Partial<PoolElementValue>, poolHandle = "bad"): Uint8Array {
  const poolElement = { ...ELEMENT, ...changed };
  return asap.encode({ type: "ASAP_REGISTRATION", poolHandle, poolElement });
}

const RESOLUTION = asap.encode({
  type: "ASAP_HANDLE_RESOLUTION",
  dynamicUpdates: false,
  poolHandle: "nobody",
});
const UNKNOWN_POOL = "ASAP_HANDLE_RESOLUTION_RESPONSE: Unknown Pool Handle";
const HTTP_REQUEST = text("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: curl/8\r\n\r\n");

/** A Pool Handle parameter, RFC 5354 §3.9, of so many bytes. */
function longHandle(bytes: number): Uint8Array {
  return tlv(0x0009, new Uint8Array(bytes).fill(0x78));
}

/** Parameters of one type, each the whole value of the one around it. */
function nested(type: number, depth: number): Uint8Array {
  const bytes = new Uint8Array(4 * depth);
  const view = new DataView(bytes.buffer);
  for (let level = 0; level < depth; level++) {
    view.setUint16(4 * level, type);
    view.setUint16(4 * level + 2, 4 * (depth - level));
  }
  return bytes;
}

function repeated(bytes: Uint8Array, count: number): Uint8Array {
  const all = new Uint8Array(bytes.length * count);
  for (let at = 0; at < count; at++) all.set(bytes, at * bytes.length);
  return all;
}

const FRAMING: readonly BytesRow[] = [
  {
    input: "HTTP",
    protocol: "ASAP",
    bytes: () => HTTP_REQUEST,
    answer: ["closed"],
    logged: /garbage.*HTTP/,
  },
  {
    input: "HTTP",
    protocol: "ENRP",
    bytes: () => HTTP_REQUEST,
    answer: ["closed"],
    logged: /garbage.*HTTP/,
  },
  {
    input: "a Message Length below 4",
    protocol: "ASAP",
    bytes: () => new Uint8Array([5, 0, 0, 3]),
    answer: ["closed"],
    logged: /garbage.*Message Length is 3/,
  },
  {
    input: "a Message Length of 0",
    protocol: "ENRP",
    bytes: () => new Uint8Array(64),
    answer: ["closed"],
    logged: /garbage.*Message Length is 0/,
  },
  {
    input: "half a message, and silence",
    protocol: "ASAP",
    bytes: () => RESOLUTION.subarray(0, 9),
    answer: ["closed"],
    logged: /partial-timeout/,
  },
  {
    input: "half a header, and silence",
    protocol: "ENRP",
    bytes: () => new Uint8Array([5, 0]),
    answer: ["closed"],
    logged: /partial-timeout/,
  },
];

const SIZES: readonly BytesRow[] = [
  {
    input: "65,535 bytes of an unknown message",
    protocol: "ASAP",
    bytes: () => tlv(0x7f00, new Uint8Array(65_531)),
    answer: ["ASAP_ERROR: Unrecognized Message"],
  },
  {
    input: "65,535 bytes of a resolution, most of them a parameter to skip",
    protocol: "ASAP",
    bytes: () => {
      const rest = 65_535 - RESOLUTION.length - 4;
      const longer = joined(RESOLUTION, tlv(0x8abc, new Uint8Array(rest)));
      new DataView(longer.buffer).setUint16(2, 65_535);
      return longer;
    },
    answer: [UNKNOWN_POOL],
  },
  {
    input: "a 60,000-byte handle to resolve",
    protocol: "ASAP",
    bytes: () => withParameters(tlv(0x0500), longHandle(60_000)),
    answer: [UNKNOWN_POOL],
  },
  {
    input: "a 60,000-byte handle to register in",
    protocol: "ASAP",
    bytes: () => registration({}, "x".repeat(60_000)),
    answer: ["ASAP_REGISTRATION_RESPONSE: Invalid Values"],
    logged: /60000 bytes, not 1 to 32/,
  },
  {
    input: "ten thousand parameters nested",
    protocol: "ASAP",
    bytes: () => withParameters(tlv(0x0100), longHandle(3), nested(0x000a, 10_000)),
    answer: ["ASAP_ERROR: Invalid Values"],
    logged: /undecodable/,
  },
  {
    input: "ten thousand parameters nested in an error cause",
    protocol: "ASAP",
    bytes: () => withParameters(tlv(0x0e00), nested(0x000c, 10_000)),
    answer: [],
  },
  {
    input: "ten thousand unknown parameters that ask for a report",
    protocol: "ASAP",
    bytes: () => withParameters(RESOLUTION, repeated(tlv(0xcabc), 10_000)),
    answer: [
      UNKNOWN_POOL,
      `ASAP_ERROR: ${Array(8).fill("Unrecognized Parameter").join(", ")}`,
    ],
  },
  {
    input: "a million tiny messages in one write",
    protocol: "ASAP",
    bytes: () => repeated(tlv(0x3f00), 1_000_000),
    answer: [],
  },
  {
    input: "a million tiny messages in one write",
    protocol: "ENRP",
    bytes: () => repeated(tlv(0x3f00), 1_000_000),
    answer: [],
  },
];

/** RFC 5354 §4, the two highest bits of a message's type; 10 and 11 are reserved. */
const MESSAGE_TYPES: readonly BytesRow[] = (["ASAP", "ENRP"] as const).flatMap((protocol) => [
  {
    input: "an unknown message type, action bits 00",
    protocol,
    bytes: () => tlv(0x3f00),
    answer: [],
  },
  {
    input: "an unknown message type, action bits 01",
    protocol,
    bytes: () => tlv(0x7f00),
    answer: [`${protocol}_ERROR: Unrecognized Message`],
  },
  {
    input: "an unknown message type, action bits 10",
    protocol,
    bytes: () => tlv(0xbf00),
    answer: [],
  },
  {
    input: "an unknown message type, action bits 11",
    protocol,
    bytes: () => tlv(0xff00),
    answer: [],
  },
]);

/** RFC 5354 §3, the two highest bits of a parameter's type. */
const PARAMETER_TYPES: readonly BytesRow[] = [
  {
    input: "an unknown parameter, action bits 00",
    type: 0x0abc,
    answer: [],
  },
  {
    input: "an unknown parameter, action bits 01",
    type: 0x4abc,
    answer: ["ASAP_ERROR: Unrecognized Parameter"],
  },
  {
    input: "an unknown parameter, action bits 10",
    type: 0x8abc,
    answer: [UNKNOWN_POOL],
  },
  {
    input: "an unknown parameter, action bits 11",
    type: 0xcabc,
    answer: [UNKNOWN_POOL, "ASAP_ERROR: Unrecognized Parameter"],
  },
].map(({ input, type, answer }) => ({
  input,
  protocol: "ASAP",
  bytes: () => withParameters(RESOLUTION, tlv(type)),
  answer,
}));

const VALUES: readonly BytesRow[] = [
  { input: "PE identifier 0", changed: { identifier: 0 }, logged: /PE identifier 0/ },
  { input: "life 0", changed: { registrationLife: 0 }, logged: /registration life 0/ },
  { input: "life -2", changed: { registrationLife: -2 }, logged: /registration life -2/ },
  {
    input: "port 0",
    changed: { transport: { ...ELEMENT.transport, port: 0 } as PoolElementValue["transport"] },
    logged: /port 0/,
  },
].map(({ input, changed, logged }) => ({
  input,
  protocol: "ASAP",
  bytes: () => registration(changed),
  answer: ["ASAP_REGISTRATION_RESPONSE: Invalid Values"],
  logged,
}));

const STRANGERS: readonly BytesRow[] = [
  {
    input: "ENRP",
    protocol: "ASAP",
    bytes: () => enrp.encode({ type: "ENRP_LIST_REQUEST", sender: 0, receiver: 0 }),
    answer: ["ASAP_ERROR: Invalid Values"],
  },
  {
    input: "an error, which is never answered with an error",
    protocol: "ASAP",
    bytes: () => withParameters(tlv(0x0e00), tlv(0x7abc)),
    answer: [],
  },
  {
    input: "an update by an observer",
    protocol: "ENRP",
    bytes: () =>
      enrp.encode({
        type: "ENRP_HANDLE_UPDATE",
        sender: 0,
        receiver: 0,
        takeoverSuggestion: false,
        action: 1,
        poolHandle: "bystander",
        poolElement: ELEMENT,
      }),
    answer: ["ENRP_ERROR: Rejected due to security considerations"],
    logged: /update-rejected/,
  },
];

/** The rows. */
export const BYTES_ROWS = [
  ...FRAMING,
  ...SIZES,
  ...MESSAGE_TYPES,
  ...PARAMETER_TYPES,
  ...VALUES,
  ...STRANGERS,
].map(bytesRow);
