import assert from "node:assert/strict";
import { annotate, asap, enrp, hex, type Protocol, Trace } from "../../lib/wire/mod.ts";
import { tsharkTree } from "./tshark_tree.ts";
import { readVectors } from "./vectors.ts";

/**
 * Vectors whose encoding may differ from their bytes, and why: only of the kinds that are known of
 * rsplib, such as padding counted in Message Length. There is none today.
 */
const DIFFERENCES: { readonly [name: string]: string } = {};

const VECTORS = readVectors();

Deno.test("vectors: there are 111, and both protocols are among them", () => {
  assert.equal(VECTORS.length, 111);
  assert.equal(VECTORS.filter(({ protocol }) => protocol === "ASAP").length, 42);
});

for (const { name, protocol, bytes, tshark } of VECTORS) {
  const codec = (protocol === "ASAP" ? asap : enrp) as Protocol<{ readonly type: string }>;

  Deno.test(`vector ${name}: decodes to what tshark says, field by field`, () => {
    const decoded = codec.decode(bytes);
    assert(decoded.ok);
    const tree = tsharkTree(decoded.message as Parameters<typeof tsharkTree>[0]);
    assert.deepEqual(tree, tshark);
    assert.equal(JSON.stringify(tree), JSON.stringify(tshark), "the fields come in another order");
  });

  Deno.test(`vector ${name}: encodes back to the same bytes`, () => {
    const decoded = codec.decode(bytes);
    assert(decoded.ok);
    assert.equal(hex(codec.encode(decoded.message)) === hex(bytes), !(name in DIFFERENCES));
  });

  Deno.test(`vector ${name}: each cut of it fails, with what could be read before the cut`, () => {
    const whole = codec.decode(bytes);
    assert(whole.ok);
    for (let length = 0; length < bytes.length; length++) {
      const cut = codec.decode(bytes.subarray(0, length));
      assert(!cut.ok);
      assert(cut.offset <= length);
      assert.equal(
        annotate(codec, bytes.subarray(0, length)).some((line) => /!!/.test(line)),
        true,
      );
      assertPart(codec.view(cut.partial), codec.view(whole.message));
    }
  });
}

Deno.test("vectors: the trace of each covers each byte once", () => {
  for (const { protocol, bytes } of VECTORS) {
    const trace = new Trace();
    (protocol === "ASAP" ? asap : enrp).decode(bytes, trace);
    let end = 0;
    for (const { offset, length } of trace.lines) {
      assert.equal(offset, end);
      end = offset + length;
    }
    assert.equal(end, bytes.length);
  }
});

/** Whatever is in the part is in the whole; its lists may be shorter. */
function assertPart(part: unknown, whole: unknown): void {
  if (typeof part !== "object" || part === null) return assert.deepEqual(part, whole);
  for (const [key, value] of Object.entries(part)) {
    assertPart(value, (whole as Record<string, unknown>)[key]);
  }
}
