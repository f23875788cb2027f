/** RFC 5356, sentence by sentence: how registrars and pool users select by each policy. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { Handlespace, PoolUserSelection, seededRandom } from "../../lib/handlespace/mod.ts";
import { CAUSE, type Policy } from "../../lib/wire/mod.ts";
import { fits, tally } from "../handlespace/chi_square.ts";
import { identifiers, poolElement } from "../handlespace/pool_elements.ts";

const MAX = 0xffffffff;
const POOL = "web";

const roundRobin: Policy = { name: "round-robin" };
const random: Policy = { name: "random" };
const weightedRoundRobin = (weight: number): Policy => ({ name: "weighted-round-robin", weight });
const weightedRandom = (weight: number): Policy => ({ name: "weighted-random", weight });
const priority = (priority: number): Policy => ({ name: "priority", priority });
const leastUsed = (load: number): Policy => ({ name: "least-used", load });
const randomizedLeastUsed = (load: number): Policy => ({ name: "randomized-least-used", load });
const degraded = (load: number, degradation: number): Policy => {
  return { name: "least-used-degradation", load, degradation };
};
const priorityLeastUsed = (load: number, degradation: number): Policy => {
  return { name: "priority-least-used", load, degradation };
};

function rfc(sentence: string, hold: () => void): void {
  Deno.test(`RFC 5356 ${sentence}`, hold);
}

/** A registrar's pool with the elements 1, 2, … of these policies. */
function poolOf(...policies: readonly Policy[]): Handlespace {
  const handlespace = new Handlespace({ self: 1, random: seededRandom(policies.length) });
  policies.forEach((policy, i) => register(handlespace, i + 1, policy));
  return handlespace;
}

function register(handlespace: Handlespace, identifier: number, policy: Policy): void {
  assert.ok(handlespace.register(POOL, poolElement(identifier, policy)).granted);
}

/** The answers to so many requests for so many items: the identifiers as digits. */
function answers(handlespace: Handlespace, requests: number, items: number): string {
  return Array.from(
    { length: requests },
    () => identifiers(handlespace.select(POOL, items)).join(""),
  ).join(" ");
}

/** How often each element came first in answers of one item. */
function counts(handlespace: Handlespace, requests: number): number[] {
  const { poolElementCount } = handlespace;
  return tally(poolElementCount, requests, () => handlespace.select(POOL, 1)[0]!.identifier - 1);
}

/** What a pool user selects, one after the other, from an answer with the elements 1, 2, …. */
function poolUserSelects(count: number, ...policies: readonly Policy[]): string {
  const next = poolUserOf(policies);
  return Array.from({ length: count }, next).join("");
}

function poolUserOf(policies: readonly Policy[]): () => number {
  const selection = new PoolUserSelection({
    policy: policies[0],
    poolElements: policies.map((policy, i) => poolElement(i + 1, policy)),
  });
  const random = seededRandom(policies.length);
  return () => selection.next(random)!.identifier;
}

const repeated = (count: number, policy: Policy) => new Array<Policy>(count).fill(policy);

rfc("§3.1: 0xffffffff states that it is fully utilized (100%)", () => {
  // With degradation a load can rise to that and no further, so equals take turns again.
  const handlespace = poolOf(degraded(MAX - 1, 7), degraded(MAX, 0), degraded(MAX, 7));
  assert.equal(answers(handlespace, 5, 1), "1 2 3 1 2");
});

rfc("§3.2: A weight of 0 denotes that the pool element is not capable", () => {
  const some = poolOf(weightedRoundRobin(0), weightedRoundRobin(1));
  assert.equal(answers(some, 3, Infinity), "2 2 2");
  for (const policy of [weightedRoundRobin(0), weightedRandom(0)]) {
    assert.deepEqual(poolOf(policy, policy).select(POOL, Infinity), []);
  }
});

rfc("§4.1.1: round robin is denoted as the default policy", () => {
  const unknown: Policy = { name: "unknown", policyType: 0x80001234, data: new Uint8Array(4) };
  assert.equal(answers(poolOf(...repeated(3, unknown)), 4, 2), "12 23 31 12");
  assert.equal(poolUserSelects(4, unknown, unknown, unknown), "1231");
});

rfc("§4.1.2: starting with head. Then the head SHOULD be advanced by one element", () => {
  assert.equal(answers(poolOf(...repeated(5, roundRobin)), 6, 3), "123 234 345 451 512 123");
  assert.equal(answers(poolOf(...repeated(3, roundRobin)), 4, 9), "123 231 312 123");
});

rfc("§4.1.3: in a round robin fashion, starting with the first … from the beginning again", () => {
  assert.equal(poolUserSelects(7, roundRobin, roundRobin, roundRobin), "1231231");
});

rfc("§4.2.1: If all weights are 1, then WRR is just RR", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(10), (elements, items) => {
    const weighted = poolOf(...repeated(elements, weightedRoundRobin(1)));
    const plain = poolOf(...repeated(elements, roundRobin));
    assert.equal(answers(weighted, 30, items), answers(plain, 30, items));
  }));
});

rfc(
  "§4.2.2: The ratio of the number of occurrences … is the same as the ratio of the weight",
  () => {
    const weight = fc.integer({ min: 1, max: 50 });
    fc.assert(fc.property(fc.array(weight, { minLength: 1, maxLength: 9 }), (weights) => {
      const length = weights.reduce((sum, weight) => sum + weight, 0);
      const handlespace = poolOf(...weights.map(weightedRoundRobin));
      for (const _ of [1, 2, 3]) assert.deepEqual(counts(handlespace, length), weights);
    }));
  },
);

rfc("§4.2.2: The multiple entries should be as evenly distributed as possible", () => {
  assert.equal(answers(poolOf(...[1, 2, 3].map(weightedRoundRobin)), 6, 1), "3 2 3 1 2 3");
  assert.equal(answers(poolOf(...[1, 1, 4].map(weightedRoundRobin)), 6, 1), "3 1 3 3 2 3");
});

rfc("§4.2.3: The pool user SHOULD follow the same rules as RR", () => {
  assert.equal(poolUserSelects(5, weightedRoundRobin(1), weightedRoundRobin(9)), "12121");
});

rfc("§4.3.2: at most, the requested number … MUST NOT be reported more than once", () => {
  for (const policy of [random, weightedRandom(7), leastUsed(1), priorityLeastUsed(1, 1)]) {
    const handlespace = poolOf(...repeated(6, policy));
    for (let items = 0; items < 9; items++) {
      const answer = identifiers(handlespace.select(POOL, items));
      assert.equal(answer.length, Math.min(items, 6));
      assert.equal(new Set(answer).size, answer.length);
    }
  }
});

rfc("§4.3.3: Each time, randomly selecting one element from the list", () => {
  const next = poolUserOf(repeated(4, random));
  assert.ok(fits(tally(4, 20_000, () => next() - 1), [1, 1, 1, 1]));
});

rfc("§4.4.1: RAND is equal to WRAND having all weights set to 1", () => {
  for (const policy of [random, weightedRandom(1)]) {
    const each = counts(poolOf(...repeated(5, policy)), 20_000);
    assert.ok(fits(each, [1, 1, 1, 1, 1]), policy.name);
  }
});

rfc("§4.4.2: The probability … should be the ratio of the weight … to the sum of weights", () => {
  const weights = [1, 2, 0, 10, 7];
  assert.ok(fits(counts(poolOf(...weights.map(weightedRandom)), 40_000), weights));
});

rfc("§4.4.3: Each time, randomly selecting one element from the list", () => {
  const next = poolUserOf([1, 3].map(weightedRandom));
  assert.ok(fits(tally(2, 20_000, () => next() - 1), [1, 3]));
});

rfc("§4.5.2: with the highest priorities. They MUST be reported in decreasing order", () => {
  const handlespace = poolOf(...[3, 0, MAX, 7, 5].map(priority));
  assert.equal(answers(handlespace, 3, 1), "3 3 3");
  assert.equal(answers(handlespace, 2, 3), "345 345");
  assert.equal(answers(handlespace, 1, Infinity), "34512");
});

rfc("§4.5.3: The pool user MUST select the active pool element with the highest priority", () => {
  assert.equal(poolUserSelects(3, priority(3), priority(8), priority(5)), "222");
  const selection = new PoolUserSelection({
    policy: priority(1),
    poolElements: [3, 8, 5].map((each, i) => poolElement(i + 1, priority(each))),
  });
  selection.remove(2);
  assert.equal(selection.next(seededRandom(1))?.identifier, 3);
});

rfc("§5.1.2: the lowest possible ones … MUST be sorted in ascending order by load value", () => {
  const handlespace = poolOf(...[9, 3, MAX, 0, 5].map(leastUsed));
  assert.equal(answers(handlespace, 2, 3), "425 425");
  assert.equal(answers(handlespace, 1, Infinity), "42513");
  register(handlespace, 4, leastUsed(6));
  assert.equal(answers(handlespace, 1, 3), "254");
});

rfc("§5.1.2: a choice of equal-loaded pool elements, round robin selection SHOULD be made", () => {
  const handlespace = poolOf(...[5, 5, 1, 5].map(leastUsed));
  assert.equal(answers(handlespace, 4, 2), "31 32 34 31");
  assert.equal(answers(poolOf(...repeated(3, leastUsed(4))), 4, 1), "1 2 3 1");
});

rfc("§5.1.3: try to use the pool elements in the order returned by the ENRP server", () => {
  assert.equal(poolUserSelects(4, leastUsed(5), leastUsed(1), leastUsed(9)), "1231");
  assert.equal(poolUserSelects(3, degraded(5, 1), degraded(1, 1)), "121");
  assert.equal(poolUserSelects(3, priorityLeastUsed(5, 1), priorityLeastUsed(1, 1)), "121");
});

rfc(
  "§5.2.2: lowest possible sum of load value + degradation counter * load degradation value",
  () => {
    // Sums: 1 has 0, 10, 20, …; 2 has 15, 18, 21, ….
    const handlespace = poolOf(degraded(0, 10), degraded(15, 3));
    assert.equal(answers(handlespace, 6, 1), "1 1 2 2 1 2");
  },
);

rfc(
  "§5.2.2: When an entry is selected … the internal degradation counter MUST be incremented by 1",
  () => {
    const handlespace = poolOf(degraded(0, 10), degraded(1, 10), degraded(15, 10));
    // After the first answer the sums are 10, 11, 15; after the second 20, 21, 15.
    assert.equal(answers(handlespace, 3, 2), "12 12 31");
  },
);

rfc(
  "§5.2.2: added or updated by registration or re-registration, this counter MUST be set to 0",
  () => {
    const handlespace = poolOf(degraded(0, 10), degraded(25, 10));
    assert.equal(answers(handlespace, 3, 1), "1 1 1");
    register(handlespace, 1, degraded(0, 10));
    assert.equal(answers(handlespace, 4, 1), "1 1 1 2");
  },
);

rfc("§5.3.1: A will be selected (50+10=60) instead of B (50+50=100)", () => {
  const percent = (part: number) => Math.round(MAX * part / 100);
  const a = priorityLeastUsed(percent(50), percent(10));
  const b = priorityLeastUsed(percent(50), percent(50));
  assert.equal(answers(poolOf(b, a), 2, 1), "2 2");
});

rfc(
  "§5.3.2: the lowest possible ones … MUST be sorted ascending by the sum of load and degradation",
  () => {
    const sums = [[MAX, MAX], [5, 0], [0, 4], [MAX, 1], [2, 9]] as const;
    const handlespace = poolOf(...sums.map(([load, more]) => priorityLeastUsed(load, more)));
    assert.equal(answers(handlespace, 2, 3), "325 325");
    assert.equal(answers(handlespace, 1, Infinity), "32541");
  },
);

rfc(
  "§5.3.2: If there is a choice of equal-valued …, round robin SHOULD be made among these",
  () => {
    const handlespace = poolOf(
      priorityLeastUsed(1, 2),
      priorityLeastUsed(2, 1),
      priorityLeastUsed(3, 0),
    );
    assert.equal(answers(handlespace, 4, 2), "12 23 31 12");
  },
);

rfc("§5.4.1: The probability is (0xFFFFFFFF - load_A) / (sum(0xFFFFFFFF-load_x))", () => {
  const loads = [0, 0x80000000, 0xc0000000, MAX];
  const handlespace = poolOf(...loads.map(randomizedLeastUsed));
  assert.ok(fits(counts(handlespace, 40_000), loads.map((load) => MAX - load)));
});

rfc("§5.4.3: the pool user: see WRAND policy", () => {
  const loads = [0, 0x80000000, MAX];
  const next = poolUserOf(loads.map(randomizedLeastUsed));
  assert.ok(fits(tally(3, 20_000, () => next() - 1), loads.map((load) => MAX - load)));
});

rfc("§7.1: 0x00000000 and 0x40000000 are reserved, invalid values", () => {
  for (const policyType of [0x00000000, 0x40000000]) {
    const policy: Policy = { name: "unknown", policyType, data: new Uint8Array() };
    const outcome = poolOf().register(POOL, poolElement(1, policy));
    assert.ok(!outcome.granted);
    assert.deepEqual(outcome.causes, [{ code: CAUSE.invalidValues, policy }]);
  }
});
