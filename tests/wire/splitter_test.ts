import assert from "node:assert/strict";
import fc from "fast-check";
import { asap, hex, MAX_MESSAGE_BYTES, MessageSplitter, parseHex } from "../../lib/wire/mod.ts";
import { asapMessage } from "./arbitraries.ts";

const COOKIE = asap.encode({ type: "ASAP_COOKIE", cookie: new Uint8Array([1, 2, 3, 4, 5]) });

/** Messages as hex, and what garbage is called. */
function split(splitter: MessageSplitter, chunk: Uint8Array): string[] {
  const found: string[] = [];
  for (const each of splitter.split(chunk)) {
    found.push(each.kind === "message" ? hex(each.bytes) : each.detail);
  }
  return found;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

Deno.test("splitter: a stream cut anywhere yields the same messages", () => {
  const cuts = fc.array(fc.nat(), { maxLength: 30 });
  fc.assert(
    fc.property(fc.array(asapMessage, { maxLength: 8 }), cuts, (messages, at) => {
      const encoded = messages.map((message) => asap.encode(message));
      const stream = concatenate(encoded);
      const edges = [...at.map((each) => each % (stream.length + 1)), stream.length];
      const splitter = new MessageSplitter();
      let from = 0;
      const found: string[] = [];
      for (const to of edges.sort((a, b) => a - b)) {
        found.push(...split(splitter, stream.slice(from, to)));
        from = to;
      }
      assert.deepEqual(found, encoded.map(hex));
      assert.equal(splitter.pendingBytes, 0);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("splitter: byte by byte, and the pending bytes are counted", () => {
  const splitter = new MessageSplitter();
  for (const [i, byte] of COOKIE.subarray(0, -1).entries()) {
    assert.deepEqual(split(splitter, new Uint8Array([byte])), []);
    assert.equal(splitter.pendingBytes, i + 1);
  }
  assert.deepEqual(split(splitter, COOKIE.slice(-1)), [hex(COOKIE)]);
  assert.equal(splitter.pendingBytes, 0);
});

Deno.test("splitter: padding belongs to the message, counted in its length or not", () => {
  const counted = COOKIE.slice();
  counted[3] = COOKIE.length;
  assert.notEqual(hex(counted), hex(COOKIE));
  const stream = concatenate([COOKIE, counted, COOKIE]);
  const expected = [hex(COOKIE), hex(counted), hex(COOKIE)];
  assert.deepEqual(split(new MessageSplitter(), stream), expected);
});

Deno.test("splitter: an empty chunk is nothing", () => {
  assert.deepEqual(split(new MessageSplitter(), new Uint8Array()), []);
});

Deno.test("splitter: the longest message, in one chunk and in many", () => {
  const longest = new Uint8Array(MAX_MESSAGE_BYTES);
  longest.set([0x0b, 0, 0xff, 0xff]);
  assert.deepEqual(split(new MessageSplitter(), longest), [hex(longest)]);
  const splitter = new MessageSplitter();
  for (let at = 0; at < longest.length - 1000; at += 1000) {
    assert.deepEqual(split(splitter, longest.slice(at, at + 1000)), []);
  }
  assert.deepEqual(split(splitter, longest.slice(65_000)), [hex(longest)]);
});

Deno.test("splitter: a length below 4 is garbage, and nothing comes after it", () => {
  for (const length of [0, 1, 2, 3]) {
    const splitter = new MessageSplitter();
    const stream = concatenate([COOKIE, new Uint8Array([1, 0, 0, length]), COOKIE]);
    const expected = [hex(COOKIE), `Message Length is ${length}, below 4`];
    assert.deepEqual(split(splitter, stream), expected);
    assert.deepEqual(split(splitter, COOKIE), []);
    assert.equal(splitter.pendingBytes, 0);
  }
});

/** What else is spoken on TCP ports, and the words by which it is told. */
const FOREIGN: readonly (readonly [head: string, word: RegExp])[] = [
  ["GET / HTTP/1.1\r\n", /HTTP request/],
  ["POST /v1/kv HTTP/1.1\r\n", /HTTP request/],
  ["HTTP/1.1 400 Bad Request\r\n", /HTTP response/],
  ["PRI * HTTP/2.0\r\n\r\n", /HTTP\/2/],
  ["SSH-2.0-OpenSSH_9.2\r\n", /SSH/],
  ["\x16\x03\x01\x02\x00\x01\x00", /TLS/],
];

for (const [text, word] of FOREIGN) {
  Deno.test(`splitter: ${JSON.stringify(text.slice(0, 4))} is known, cut anywhere`, () => {
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    for (let cut = 0; cut <= bytes.length; cut++) {
      const splitter = new MessageSplitter();
      const found = [
        ...split(splitter, bytes.slice(0, cut)),
        ...split(splitter, bytes.slice(cut)),
      ];
      assert.equal(found.length, 1);
      assert.match(found[0]!, word);
    }
  });
}

Deno.test("splitter: garbage comes with its first bytes, not with all of them", () => {
  const garbage = new Uint8Array(100_000).fill(0x47);
  garbage.set([0x47, 0x45, 0x54, 0x20]);
  const [only] = [...new MessageSplitter().split(garbage)];
  assert(only?.kind === "garbage");
  assert.equal(only.head.length, 256);
});

Deno.test("splitter: it holds the partial message only, and at most twice what came", () => {
  const splitter = new MessageSplitter();
  const header = parseHex("0b00ffff");
  assert.deepEqual(split(splitter, header), []);
  // A header alone must not reserve 64 KiB: ten thousand connections can send one each.
  assert(bufferOf(splitter) <= 64);
  for (let sent = 4; sent + 1000 < MAX_MESSAGE_BYTES; sent += 1000) {
    split(splitter, new Uint8Array(1000));
    assert(bufferOf(splitter) <= 2 * (sent + 1000));
    assert(bufferOf(splitter) <= MAX_MESSAGE_BYTES);
  }
});

Deno.test("splitter: a million tiny messages in one write come one by one", () => {
  const count = 1_000_000;
  const stream = new Uint8Array(4 * count);
  for (let at = 0; at < stream.length; at += 4) stream.set([0x3f, 0, 0, 4], at);
  let found = 0;
  const splitter = new MessageSplitter();
  for (const each of splitter.split(stream)) {
    assert(each.kind === "message" && each.bytes.length === 4);
    found++;
  }
  assert.equal(found, count);
  assert.equal(bufferOf(splitter), 0);
});

/** Bytes that the splitter has reserved: what must be bounded is not to be seen from outside. */
function bufferOf(splitter: MessageSplitter): number {
  return (splitter as unknown as { partial: Uint8Array }).partial.length;
}
