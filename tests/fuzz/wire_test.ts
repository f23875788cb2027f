/**
 * Mutated, truncated and spliced messages against the codec, and streams of them against the
 * splitter. FUZZ_MESSAGES says how many (a million is the full count), FUZZ_SEED repeats a run.
 */

import assert from "node:assert/strict";
import { seededRandom } from "../../lib/handlespace/random.ts";
import {
  annotate,
  asap,
  CAUSE,
  causesToReport,
  type DecodeFailure,
  enrp,
  hex,
  MAX_MESSAGE_BYTES,
  MAX_OFFENDING_TLV_BYTES,
  MessageSplitter,
  type Protocol,
} from "../../lib/wire/mod.ts";
import { MAX_UNRECOGNIZED_REPORTED } from "../../lib/wire/limits.ts";
import { SAMPLES } from "../wire/samples.ts";
import { readVectors } from "../wire/vectors.ts";
import { type Corpus, mutate } from "./wire_mutations.ts";

type Codec = Protocol<{ readonly type: string }>;

const MESSAGES = Number(Deno.env.get("FUZZ_MESSAGES") ?? 250_000);
const SEED = Number(Deno.env.get("FUZZ_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);
const CAUSES: readonly number[] = [
  CAUSE.unrecognizedParameter,
  CAUSE.unrecognizedMessage,
  CAUSE.invalidValues,
];
const CODECS = [asap, enrp] as unknown as readonly [Codec, Codec];

/** Captured messages and ours, a few of which fill all that Message Length can say. */
function corpusOf(protocol: "ASAP" | "ENRP"): Corpus {
  const codec = protocol === "ASAP" ? CODECS[0] : CODECS[1];
  const vectors = readVectors().filter((each) => each.protocol === protocol);
  const samples = SAMPLES.filter((each) => each.protocol === protocol);
  return [
    ...vectors.map(({ bytes }) => bytes),
    ...samples.map(({ message }) => codec.encode(message)),
  ];
}

/** As many of the smallest parameters as a message can hold: most values for the fewest bytes. */
function crowded(type: number, head: number, parameter: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(MAX_MESSAGE_BYTES - 4);
  bytes.set([type, 0, bytes.length >> 8, bytes.length & 0xff]);
  for (let at = head; at + parameter.length <= bytes.length; at += parameter.length) {
    bytes.set(parameter, at);
  }
  return bytes;
}

Deno.test(`fuzz: ${MESSAGES} messages broken (FUZZ_SEED=${SEED}) never throw, hang, swell`, () => {
  const random = seededRandom(SEED);
  const corpora = [corpusOf("ASAP"), corpusOf("ENRP")] as const;
  let valid = 0;
  for (let i = 0; i < MESSAGES; i++) {
    const which = i & 1;
    const corpus = corpora[which]!;
    const bytes = mutate(corpus[random.below(corpus.length)]!, random, corpus);
    // One in eight is read as the other protocol's, whose types overlap.
    const codec = CODECS[random.below(8) === 0 ? 1 - which : which]!;
    try {
      if (check(codec, bytes)) valid++;
      if (i % 16 === 0) checkAnnotated(codec, bytes);
    } catch (error) {
      throw new Error(`message ${i} of FUZZ_SEED=${SEED}, ${codec.name} ${hex(bytes)}`, {
        cause: error,
      });
    }
  }
  // Mutations that are all rejected, or all harmless, would try nothing.
  assert(valid > MESSAGES / 10 && valid < MESSAGES * 9 / 10, `${valid} of ${MESSAGES} are valid`);
});

Deno.test(`fuzz: messages full of smallest parameters (FUZZ_SEED=${SEED}) do not swell`, () => {
  const random = seededRandom(SEED);
  const crowds = [
    crowded(0x0a, 8, [0x00, 0x10, 0, 4]), // Opaque Transports without data
    crowded(0x0b, 4, [0xc1, 0x23, 0, 4]), // unknown, to be skipped and reported
    crowded(0x0b, 4, [0x81, 0x23, 0, 4]), // unknown, to be skipped
    crowded(0x01, 4, [0x00, 0x0a, 0xff, 0xfc]), // each the rest of the message, nested as it says
    crowded(0x0e, 8, [0x00, 0x03, 0, 4]).fill(0, 4, 8).fill(0x0c, 5, 6), // error causes
    crowded(0x06, 4, [0x00, 0x08, 0, 8, 0, 0, 0, 1]), // policies
  ];
  for (const crowd of crowds) {
    for (let i = 0; i < 40; i++) {
      check(CODECS[0], i === 0 ? crowd : mutate(crowd, random, crowds));
    }
  }
});

Deno.test(`fuzz: broken streams (FUZZ_SEED=${SEED}) are split alike however they are cut`, () => {
  const random = seededRandom(SEED);
  const corpus = corpusOf("ASAP");
  for (let i = 0; i < MESSAGES / 100; i++) {
    const parts = Array.from({ length: 1 + random.below(8) }, () => {
      const bytes = corpus[random.below(corpus.length)]!;
      return random.below(4) === 0 ? mutate(bytes, random, corpus) : bytes;
    });
    const stream = Uint8Array.from(parts.flatMap((part) => [...part]));
    const whole = splitAt(stream, () => stream.length);
    const cut = splitAt(stream, () => 1 + random.below(40));
    assert.deepEqual(cut, whole, `stream ${i} of FUZZ_SEED=${SEED}: ${hex(stream)}`);
  }
});

/** Decodes; what is valid must survive another round, what is not must say why. */
function check(codec: Codec, bytes: Uint8Array): boolean {
  const decoded = codec.decode(bytes);
  assert(decoded.unrecognized.length <= MAX_UNRECOGNIZED_REPORTED);
  for (const tlv of decoded.unrecognized) assert(tlv.length <= MAX_OFFENDING_TLV_BYTES);
  if (!decoded.ok) {
    checkFailure(codec, bytes, decoded);
    return false;
  }
  const { message } = decoded;
  assert(weightOf(message) <= 8 * bytes.length + 64, "the value outweighs its bytes");
  const encoded = codec.encode(message);
  assert(encoded.length <= Math.max(bytes.length + 3, 8));
  const again = codec.decode(encoded);
  assert(again.ok && equal(again.message, message), "decodes to another value");
  assert.equal(codec.view(message).type, message.type);
  return true;
}

function checkFailure(codec: Codec, bytes: Uint8Array, failure: DecodeFailure): void {
  assert(CAUSES.includes(failure.cause));
  assert(failure.offset >= 0 && failure.offset <= bytes.length);
  assert(failure.detail.length > 0 && failure.detail.length < 200);
  assert(failure.offendingTlv.length <= MAX_OFFENDING_TLV_BYTES);
  assert(causesToReport(failure).length <= MAX_UNRECOGNIZED_REPORTED + 1);
  assert(weightOf(failure.partial) <= 8 * bytes.length + 64);
  assert.equal(codec.view(failure.partial).protocol, codec.name);
}

/** Annotated hex shows all bytes, once each. */
function checkAnnotated(codec: Codec, bytes: Uint8Array): void {
  const column = annotate(codec, bytes).map((line) => line.slice(6, 29).replaceAll(" ", ""));
  assert.equal(column.join(""), hex(bytes));
}

/** Bytes, letters and members of a value: a bound on what holding it costs. */
function weightOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (value instanceof Uint8Array) {
    assert(value.buffer.byteLength === value.length, "a value holds on to more bytes than its own");
    return value.length;
  }
  if (typeof value !== "object" || value === null) return 1;
  let weight = 1;
  for (const member of Object.values(value)) weight += weightOf(member);
  return weight;
}

/** Structural equality: a hundred times as fast as the assertion that explains itself. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => equal(a[key as keyof typeof a], b[key as keyof typeof b]));
}

function splitAt(stream: Uint8Array, size: () => number): string[] {
  const splitter = new MessageSplitter();
  const found: string[] = [];
  for (let at = 0; at < stream.length;) {
    const next = at + size();
    for (const each of splitter.split(stream.slice(at, next))) {
      found.push(each.kind === "message" ? hex(each.bytes) : each.kind);
    }
    assert(splitter.pendingBytes < MAX_MESSAGE_BYTES);
    at = next;
  }
  return found;
}
