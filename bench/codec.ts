/**
 * Messages encoded and decoded per second, of three kinds that make up a registrar's day.
 *
 *     deno run -A bench/codec.ts [ROUNDS]
 *
 * Prints one JSON line a kind: bytes of the message, and the medians of interleaved rounds.
 */

import { asap, type AsapMessage, type PoolElement } from "../lib/wire/mod.ts";
import { median } from "./processes.ts";

const ROUNDS = Number(Deno.args[0] ?? 9);
const MESSAGES_A_ROUND = 50_000;

const element: PoolElement = {
  identifier: 0x5562e917,
  home: 0x00c0ffee,
  registrationLife: 300,
  transport: { protocol: "tcp", port: 8080, use: 0, addresses: ["192.0.2.10"] },
  policy: { name: "weighted-round-robin", weight: 10 },
  asapTransport: { protocol: "tcp", port: 40010, use: 0, addresses: ["192.0.2.10"] },
};

const MESSAGES: readonly AsapMessage[] = [
  { type: "ASAP_REGISTRATION", poolHandle: "web", poolElement: element },
  { type: "ASAP_HANDLE_RESOLUTION", dynamicUpdates: false, poolHandle: "web", items: 3 },
  {
    type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
    automaticUpdates: false,
    poolHandle: "web",
    policy: { name: "weighted-round-robin", weight: 0 },
    poolElements: [1, 2, 3].map((identifier) => ({ ...element, identifier })),
  },
];

/** Times a round; what it makes is counted, so that no compiler may leave it out. */
function perSecond(once: () => number): number {
  const start = performance.now();
  let sum = 0;
  for (let i = 0; i < MESSAGES_A_ROUND; i++) sum += once();
  const seconds = (performance.now() - start) / 1000;
  if (sum !== MESSAGES_A_ROUND * once()) throw new Error("A round made something else");
  return MESSAGES_A_ROUND / seconds;
}

const kinds = MESSAGES.map((message) => ({
  message,
  bytes: asap.encode(message),
  encoded: [] as number[],
  decoded: [] as number[],
}));

// Kinds take turns, so that a slow moment of the machine hits all of them and none for good.
for (let round = -2; round < ROUNDS; round++) {
  for (const { message, bytes, encoded, decoded } of kinds) {
    const encodes = perSecond(() => asap.encode(message).length);
    const decodes = perSecond(() => Number(asap.decode(bytes).ok));
    if (round < 0) continue; // warm-up
    encoded.push(encodes);
    decoded.push(decodes);
  }
}

for (const { message, bytes, encoded, decoded } of kinds) {
  console.log(JSON.stringify({
    message: message.type,
    bytes: bytes.length,
    encode_s: Math.round(median(encoded)),
    decode_s: Math.round(median(decoded)),
  }));
}
