import assert from "node:assert/strict";
import fc from "fast-check";
import { checksumOf, identifierSum, poolHandleSum } from "../../lib/handlespace/checksum.ts";
import { Handlespace, seededRandom } from "../../lib/handlespace/mod.ts";
import { poolHandleText } from "../../lib/wire/mod.ts";
import { internetChecksum, peBlock } from "./internet_checksum.ts";
import { poolElement } from "./pool_elements.ts";

const element = fc.record({
  handle: fc.uint8Array({ minLength: 1, maxLength: 9 }).map(poolHandleText),
  identifier: fc.integer({ min: 0, max: 0xffffffff }),
});

Deno.test("the checksum of nothing is 0xffff", () => {
  assert.equal(checksumOf(0), 0xffff);
  assert.equal(new Handlespace({ self: 1, random: seededRandom(1) }).checksum(), 0xffff);
});

Deno.test("the checksum equals RFC 1071's over the byte blocks", () => {
  fc.assert(fc.property(fc.array(element), (elements) => {
    const blocks = elements.flatMap((each) => peBlock(each.handle, each.identifier));
    const sum = elements.reduce(
      (sum, { handle, identifier }) => sum + poolHandleSum(handle) + identifierSum(identifier),
      0,
    );
    assert.equal(checksumOf(sum), internetChecksum(blocks));
  }));
});

Deno.test("words that add up to 0xffff give checksum 0, not that of nothing", () => {
  assert.equal(internetChecksum([0xff, 0xff]), 0);
  for (const sum of [0xffff, 2 * 0xffff, 0xffff * 0x1_0000_0000]) assert.equal(checksumOf(sum), 0);
});

Deno.test("a handle of odd length is padded with zeros", () => {
  assert.equal(poolHandleSum("a"), 0x6100);
  assert.equal(poolHandleSum("abc"), 0x6162 + 0x6300);
  assert.equal(poolHandleSum(poolHandleText(new Uint8Array([0, 1, 0xff]))), 0x0001 + 0xff00);
});

Deno.test("RFC 1071 §3's example", () => {
  // Words 0001 f203 f4f5 f6f7 add up to ddf2.
  const words = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
  assert.equal(internetChecksum(words), 0xffff - 0xddf2);
});

Deno.test("RFC 5353 §3.6.2: adding and subtracting in any order is as counting anew", () => {
  const step = fc.record({
    handle: fc.constantFrom("web", "mail", "hex:ffff", "hex:fffeffff00"),
    identifier: fc.constantFrom(0, 1, 0xffff, 0xffff0000, 0xffffffff),
    home: fc.integer({ min: 1, max: 2 }),
    remove: fc.boolean(),
  });
  fc.assert(fc.property(fc.array(step, { size: "+1" }), (steps) => {
    const handlespace = new Handlespace({ self: 1, random: seededRandom(1) });
    for (const { handle, identifier, home, remove } of steps) {
      if (remove) handlespace.remove(handle, identifier);
      else handlespace.merge(handle, poolElement(identifier, undefined, { home }));
      for (const each of [1, 2]) {
        const blocks = [...handlespace.poolElements()].filter((entry) => entry.home === each)
          .flatMap((entry) => peBlock(entry.poolHandle, entry.identifier));
        assert.equal(handlespace.checksum(each), internetChecksum(blocks));
      }
    }
  }));
});

Deno.test("the checksum collides, as protocol decision 3 says", () => {
  const checksum = (web: number, mail: number) => {
    const handlespace = new Handlespace({ self: 1, random: seededRandom(1) });
    handlespace.register("web", poolElement(web));
    handlespace.register("mail", poolElement(mail));
    return handlespace.checksum();
  };
  assert.equal(checksum(1, 2), checksum(2, 1));
  assert.notEqual(checksum(1, 2), checksum(1, 3));
});
