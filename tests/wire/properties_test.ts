import assert from "node:assert/strict";
import fc from "fast-check";
import {
  annotate,
  asap,
  CAUSE,
  causesToReport,
  enrp,
  hex,
  type Protocol,
} from "../../lib/wire/mod.ts";
import { asapMessage, enrpMessage } from "./arbitraries.ts";
import { insert, seamsOf, tlv } from "./surgery.ts";

type Message = { readonly type: string };
const codecs: readonly (readonly [Protocol<Message>, fc.Arbitrary<Message>])[] = [
  [asap as unknown as Protocol<Message>, asapMessage],
  [enrp as unknown as Protocol<Message>, enrpMessage],
];

/** The default number of runs is 100; a message takes microseconds. */
const RUNS = { numRuns: 1000 };

/** Unknown types: no definition has these, whatever their two highest bits are. */
const unknownType = fc.integer({ min: 0x100, max: 0x3ffe }).filter((type) => type !== 0x3f);
const value = fc.uint8Array({ maxLength: 300 });

for (const [codec, messages] of codecs) {
  const property = (name: string, check: (message: Message, bytes: Uint8Array) => void) =>
    Deno.test(`${codec.name}: ${name}`, () => {
      fc.assert(fc.property(messages, (message) => check(message, codec.encode(message))), RUNS);
    });

  property("encode, then decode is the identity", (message, bytes) => {
    const decoded = codec.decode(bytes);
    assert(decoded.ok);
    assert.deepEqual(decoded.message, message);
    assert.deepEqual(decoded.unrecognized, []);
  });

  property("encode is canonical: a multiple of four bytes, zero padding", (_, bytes) => {
    const length = bytes[2]! << 8 | bytes[3]!;
    assert.equal(bytes.length, (length + 3) & ~3);
    assert(bytes.subarray(length).every((byte) => byte === 0));
    const decoded = codec.decode(bytes);
    assert(decoded.ok);
    assert.equal(hex(codec.encode(decoded.message)), hex(bytes));
  });

  property("Message Length may count the padding, which may be any bytes", (message, bytes) => {
    const length = bytes[2]! << 8 | bytes[3]!;
    const ones = bytes.slice().fill(0xff, length);
    assert.deepEqual(messageIn(codec, ones), message);
    assert.deepEqual(messageIn(codec, bytes.subarray(0, length)), message);
    new DataView(ones.buffer).setUint16(2, bytes.length);
    assert.deepEqual(messageIn(codec, ones), message);
  });

  property(
    "a view is JSON with the type, and so is that of every cut message",
    (message, bytes) => {
      assertJson(codec.view(message), codec.name, message.type);
      for (let length = 0; length < bytes.length; length += 3) {
        const cut = codec.decode(bytes.subarray(0, length));
        if (!cut.ok) assertJson(codec.view(cut.partial), codec.name, message.type);
      }
    },
  );

  property("annotated hex has all the bytes, and nothing that controls a terminal", (_, bytes) => {
    for (const some of [bytes, bytes.subarray(0, bytes.length >> 1)]) {
      const lines = annotate(codec, some);
      const column = lines.map((line) => line.slice(6, 29).replaceAll(" ", "")).join("");
      assert.equal(column, hex(some));
      // deno-lint-ignore no-control-regex -- control characters are what must not be there
      for (const line of lines) assert.doesNotMatch(line, /[\x00-\x1f\x7f-\x9f\u200e-\u202e]/);
    }
  });

  Deno.test(`${codec.name}: skippable unknown parameters anywhere change nothing`, () => {
    const bits = fc.constantFrom(0x8000, 0xc000);
    fc.assert(
      fc.property(messages, bits, unknownType, value, fc.nat(), (message, action, type, v, at) => {
        const parameter = tlv(action | type, v);
        const { changed } = withParameter(codec, message, parameter, at);
        const decoded = codec.decode(changed);
        assert(decoded.ok);
        assert.deepEqual(decoded.message, message);
        const isReported = action === 0xc000 && !message.type.endsWith("_ERROR");
        const expected = isReported
          ? [{ code: CAUSE.unrecognizedParameter, information: parameter.slice(0, 256) }]
          : [];
        assert.deepEqual(causesToReport(decoded), expected);
      }),
      RUNS,
    );
  });

  Deno.test(`${codec.name}: other unknown parameters anywhere stop the message`, () => {
    const bits = fc.constantFrom(0x0000, 0x4000);
    fc.assert(
      fc.property(messages, bits, unknownType, value, fc.nat(), (message, action, type, v, at) => {
        const parameter = tlv(action | type, v);
        const { changed, offset } = withParameter(codec, message, parameter, at);
        const failure = codec.decode(changed);
        assert(!failure.ok);
        assert.equal(failure.cause, CAUSE.unrecognizedParameter);
        assert.equal(failure.offset, offset);
        assert.equal(failure.messageType, message.type);
        const isReported = action === 0x4000 && !message.type.endsWith("_ERROR");
        assert.equal(failure.report, isReported);
        assert.deepEqual(failure.offendingTlv, parameter.slice(0, 256));
        const information = parameter.slice(0, 256);
        const expected = { code: CAUSE.unrecognizedParameter, information };
        assert.deepEqual(causesToReport(failure), isReported ? [expected] : []);
      }),
      RUNS,
    );
  });
}

function messageIn(codec: Protocol<Message>, bytes: Uint8Array): Message {
  const decoded = codec.decode(bytes);
  assert(decoded.ok);
  return decoded.message;
}

function withParameter(
  codec: Protocol<Message>,
  message: Message,
  parameter: Uint8Array,
  at: number,
): { readonly changed: Uint8Array; readonly offset: number } {
  const bytes = codec.encode(message);
  const seams = seamsOf(codec, bytes);
  const seam = seams[at % seams.length]!;
  return { changed: insert(bytes, seam, parameter), offset: seam.offset };
}

function assertJson(view: Record<string, unknown>, protocol: string, type: string): void {
  const text = JSON.stringify(view);
  assert.deepEqual(JSON.parse(text), view);
  assert.equal(view.protocol, protocol);
  if ("type" in view) assert.equal(view.type, type);
}
