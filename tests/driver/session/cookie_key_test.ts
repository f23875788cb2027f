/** RFC 5352 §3.8: "a cookie should be signed by the sending PE"; RFC 5355 §2.16. */

import assert from "node:assert/strict";
import {
  COOKIE_CLOCK_SKEW_MS,
  CookieKeys,
  MAX_COOKIE_KEYS,
  maxStateBytes,
  MIN_COOKIE_KEY_BYTES,
} from "../../../lib/driver/session/cookie_key.ts";
import {
  COOKIE_OVERHEAD_BYTES,
  type CookieHolder,
  signedBytes,
} from "../../../lib/driver/session/cookie_layout.ts";
import { seededRandom } from "../../../mod.ts";

const STATE = new TextEncoder().encode("counter=42");
const HOUR_MS = 3_600_000;
const START = Date.UTC(2026, 0, 1);
const NOBODY: CookieHolder = { poolHandle: "web", secured: undefined };

function keyOf(fill: number): Uint8Array {
  return new Uint8Array(MIN_COOKIE_KEY_BYTES).fill(fill);
}

/** Keys whose time is told. */
function keysAt(now: number, ...keys: readonly Uint8Array[]): CookieKeys {
  return new CookieKeys({ keys: keys.length === 0 ? [keyOf(1)] : keys, now: () => now });
}

function signed({ poolHandle, secured }: CookieHolder = NOBODY, keys = keysAt(START)) {
  return keys.sign(STATE, poolHandle, secured);
}

function user(name: string | undefined, kind: "certificate" | "psk" = "certificate") {
  return { poolHandle: "web", secured: { kind, name, isRegistrar: false } };
}

Deno.test("what was signed for a user of a pool is accepted of it", async () => {
  const nobody = user(undefined);
  for (const holder of [NOBODY, nobody, user("alice"), user("alice", "psk")]) {
    assert.deepEqual(await keysAt(START).verify(await signed(holder), holder), STATE);
  }
  const empty = await keysAt(START).sign(new Uint8Array(0), "web", undefined);
  assert.deepEqual(await keysAt(START).verify(empty, NOBODY), new Uint8Array(0));
  assert.equal(empty.length, COOKIE_OVERHEAD_BYTES);
  assert.equal(maxStateBytes(8_192), 8_192 - COOKIE_OVERHEAD_BYTES);
});

Deno.test("a cookie with any bit turned is refused", async () => {
  const cookie = await signed();
  const keys = keysAt(START);
  for (let bit = 0; bit < 8 * cookie.length; bit++) {
    const altered = cookie.slice();
    altered[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(await keys.verify(altered, NOBODY), undefined, `bit ${bit}`);
  }
});

Deno.test("a cookie that is cut short, or has more behind it, is refused", async () => {
  const cookie = await signed();
  const keys = keysAt(START);
  for (let length = 0; length < cookie.length; length++) {
    assert.equal(await keys.verify(cookie.slice(0, length), NOBODY), undefined, `${length}`);
    assert.equal(await keys.verify(cookie.slice(length + 1), NOBODY), undefined, `${length}`);
  }
  assert.equal(await keys.verify(Uint8Array.of(...cookie, 0), NOBODY), undefined);
});

Deno.test("random bytes are refused", async () => {
  const seed = Math.floor(performance.timeOrigin + performance.now()) >>> 0;
  const random = seededRandom(seed);
  const keys = keysAt(START);
  for (let round = 0; round < 200; round++) {
    const bytes = Uint8Array.from({ length: random.below(200) }, () => random.below(256));
    if (round % 2 === 0 && bytes.length > 0) bytes[0] = 1;
    assert.equal(await keys.verify(bytes, NOBODY), undefined, `seed ${seed}, round ${round}`);
  }
});

Deno.test("a cookie of another pool is refused", async () => {
  const cookie = await signed();
  assert.equal(await keysAt(START).verify(cookie, { ...NOBODY, poolHandle: "mail" }), undefined);
});

Deno.test("a cookie of another user is refused, and one of nobody, and one to nobody", async () => {
  const holders = [NOBODY, user(undefined), user("alice"), user("bob"), user("alice", "psk")];
  for (const [i, owner] of holders.entries()) {
    const cookie = await signed(owner);
    for (const [j, thief] of holders.entries()) {
      const state = await keysAt(START).verify(cookie, thief);
      assert.deepEqual(state, i === j ? STATE : undefined, `${i} to ${j}`);
    }
  }
});

Deno.test("no byte can move from pool to user to state", () => {
  const at = { issuedAt: START, state: Uint8Array.of(0x61) };
  const bytes = (poolHandle: string, name: string, state = at.state) =>
    signedBytes({ ...at, state }, { ...user(name), poolHandle }).join();
  assert.notEqual(bytes("ab", "c"), bytes("a", "bc"));
  assert.notEqual(bytes("a", "b", Uint8Array.of(0x61)), bytes("a", "ba", new Uint8Array(0)));
});

Deno.test("a cookie of another key is refused", async () => {
  const cookie = await signed(NOBODY, keysAt(START, keyOf(2)));
  assert.equal(await keysAt(START).verify(cookie, NOBODY), undefined);
});

Deno.test("keys can be changed: the first signs, all are accepted", async () => {
  const old = await signed(NOBODY, keysAt(START, keyOf(1)));
  const both = keysAt(START, keyOf(2), keyOf(1));
  assert.deepEqual(await both.verify(old, NOBODY), STATE);
  const fresh = await signed(NOBODY, both);
  assert.deepEqual(await keysAt(START, keyOf(2)).verify(fresh, NOBODY), STATE);
  assert.equal(await keysAt(START, keyOf(1)).verify(fresh, NOBODY), undefined);
});

Deno.test("a cookie is refused once it is an hour old, or as old as is said", async () => {
  const cookie = await signed();
  assert.deepEqual(await keysAt(START + HOUR_MS).verify(cookie, NOBODY), STATE);
  assert.equal(await keysAt(START + HOUR_MS + 1).verify(cookie, NOBODY), undefined);
  const short = (now: number) =>
    new CookieKeys({ keys: [keyOf(1)], maxAgeMs: 1_000, now: () => now });
  assert.deepEqual(await short(START + 1_000).verify(cookie, NOBODY), STATE);
  assert.equal(await short(START + 1_001).verify(cookie, NOBODY), undefined);
});

Deno.test("COOKIE_CLOCK_SKEW_MS: it may come from a clock that is a minute ahead", async () => {
  const cookie = await signed();
  assert.deepEqual(await keysAt(START - COOKIE_CLOCK_SKEW_MS).verify(cookie, NOBODY), STATE);
  assert.equal(await keysAt(START - COOKIE_CLOCK_SKEW_MS - 1).verify(cookie, NOBODY), undefined);
});

Deno.test("MIN_COOKIE_KEY_BYTES, MAX_COOKIE_KEYS: unfit keys are a RangeError", () => {
  const short = keyOf(0x5a).slice(1);
  const many = Array.from({ length: MAX_COOKIE_KEYS + 1 }, (_, i) => keyOf(i));
  for (const keys of [[], [short], [keyOf(1), short], many]) {
    assert.throws(() => new CookieKeys({ keys }), (error) => {
      assert(error instanceof RangeError);
      assert.doesNotMatch(error.message, /90|5a|Z/);
      return true;
    });
  }
  for (const maxAgeMs of [0, -1, NaN]) {
    assert.throws(() => new CookieKeys({ keys: [keyOf(1)], maxAgeMs }), RangeError);
  }
  new CookieKeys({ keys: many.slice(1) });
});
