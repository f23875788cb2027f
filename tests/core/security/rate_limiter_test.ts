import assert from "node:assert/strict";
import { DEFAULT_LIMITS, DEFAULT_RATES, type Rates, seededRandom } from "../../../lib/core/mod.ts";
import { type RateKey, RateLimiter } from "../../../lib/core/security/rate_limiter.ts";

const RATES: Rates = { ...DEFAULT_RATES, registrationsPerSecond: 10, burstSeconds: 2 };

function limiter(rates: Partial<Rates> = {}, maxRateKeys = DEFAULT_LIMITS.maxRateKeys) {
  return new RateLimiter({ ...RATES, ...rates }, { maxRateKeys });
}

const network = (name: string): RateKey => ({ name, isIdentity: false });

/** How many of so many requests at once pass. */
function passing(limiter: RateLimiter, key: string, requests: number, now: number): number {
  let passed = 0;
  for (let i = 0; i < requests; i++) if (limiter.take("registrations", network(key), now)) passed++;
  return passed;
}

Deno.test("rate: a burst passes, then as many as the rate says", () => {
  const rate = limiter();
  assert.equal(passing(rate, "a", 100, 0), 20);
  assert.equal(passing(rate, "a", 100, 99), 0);
  assert.equal(passing(rate, "a", 100, 100), 1);
  assert.equal(passing(rate, "a", 100, 1_100), 10);
  assert.equal(passing(rate, "a", 100, 100_000), 20, "no more than a burst, however long ago");
});

Deno.test("rate: one who asks too often takes nothing from another, nor of another kind", () => {
  const rate = limiter();
  passing(rate, "a", 1_000, 0);
  assert.equal(passing(rate, "b", 100, 0), 20);
  assert.equal(rate.take("resolutions", network("a"), 0), true);
});

Deno.test("rate: in no time do more pass than a burst and the rate allow", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = seededRandom(seed);
    const rate = limiter();
    const passed: number[] = [];
    for (let now = 0; now < 20_000; now += Math.floor(random.fraction() * 40)) {
      if (rate.take("registrations", network("a"), now)) passed.push(now);
    }
    passed.forEach((from, first) => {
      for (let last = first; last < passed.length; last += 7) {
        const most = 20 + (passed[last]! - from) / 100;
        assert(last - first + 1 <= most + 1, `seed ${seed}: ${last - first + 1} of ${most}`);
      }
    });
    assert(passed.length >= 200, `seed ${seed}: ${passed.length} in 20 s`);
  }
});

Deno.test("rate: refusals are told once a second, with how many there were", () => {
  const rate = limiter();
  passing(rate, "a", 23, 0);
  assert.equal(rate.refused("registrations", network("a"), 0), 3);
  passing(rate, "a", 5, 10);
  assert.equal(rate.refused("registrations", network("a"), 10), undefined);
  passing(rate, "a", 12, 1_000);
  assert.equal(rate.refused("registrations", network("a"), 1_000), 7);
  assert.equal(rate.refused("registrations", network("b"), 1_000), undefined);
});

Deno.test("rate: other rates hold at once, what was spent is spent", () => {
  const rate = limiter();
  passing(rate, "a", 100, 0);
  rate.replace({ ...RATES, registrationsPerSecond: 1_000 });
  assert.equal(passing(rate, "a", 5_000, 10), 10);
});

Deno.test("rate: less than one a second passes, too, one at a time", () => {
  const rate = limiter({ registrationsPerSecond: 0.1, burstSeconds: 1 });
  assert.equal(passing(rate, "a", 5, 0), 1);
  assert.equal(passing(rate, "a", 5, 9_000), 0);
  assert.equal(passing(rate, "a", 5, 10_000), 1);
});

Deno.test("maxRateKeys: beyond it newcomers share a bucket, and the known do not", () => {
  const rate = limiter({}, 3);
  for (const key of ["a", "b", "c"]) rate.take("registrations", network(key), 0);
  let passed = 0;
  for (let i = 0; i < 1_000; i++) if (rate.take("registrations", network(`new-${i}`), 0)) passed++;
  assert.equal(passed, 20);
  assert.equal(passing(rate, "a", 100, 0), 19);
  assert.equal(rate.size, 3);
  assert.equal(rate.refused("registrations", network("new-7"), 0), 980);
  // Those that have not asked for so long that their bucket is full make room.
  assert.equal(passing(rate, "d", 100, 10_000), 20);
  assert(rate.size <= 3, `${rate.size}`);
});

Deno.test("rate: no number of networks takes the room of an identity", () => {
  const rate = limiter({}, 3);
  for (let i = 0; i < 1_000; i++) rate.take("registrations", network(`new-${i}`), 0);
  const identity = { name: "certificate:web-1", isIdentity: true };
  for (let i = 0; i < 20; i++) assert.equal(rate.take("registrations", identity, 0), true);
  assert.equal(rate.take("registrations", identity, 0), false);
});

Deno.test("rate: a slow one is not forgotten before it may ask again", () => {
  const rate = limiter({ registrationsPerSecond: 0.1, burstSeconds: 1 }, 1);
  assert.equal(passing(rate, "a", 5, 0), 1);
  assert.equal(passing(rate, "b", 1, 5_000), 1, "of the newcomers");
  assert.equal(passing(rate, "a", 5, 5_000), 0);
});
