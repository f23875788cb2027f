/** Permissions that change while things go wrong: who is entitled stays, who is not goes. */
import assert from "node:assert/strict";
import type { SecurityRules } from "../../lib/core/mod.ts";
import { type Random, seededRandom } from "../../lib/handlespace/mod.ts";
import {
  checkPresence,
  Cluster,
  makePlan,
  readTable,
  Simulation,
  USUAL_RULES,
} from "../../lib/sim/mod.ts";
import { seeds, withSeed } from "./seeds.ts";

const ELEMENTS = 12;
/** Quiet time of the RFC's timers, docs/simulation.md. */
const QUIET_MS = 600_000;
/** Between two reloads, at most. */
const PAUSE_MS = 40_000;
const KINDS = ["certificate", "psk"] as const;
const { identities, read } = USUAL_RULES.permissions;

/** Other words for the same. */
const EQUAL_RULES: readonly SecurityRules[] = [
  USUAL_RULES,
  { permissions: { read, identities: [...identities].reverse() } },
  { permissions: { read, identities: [...without("nobody"), ...identities] } },
  {
    permissions: {
      read: ["no-such-*"],
      identities: identities.map((each) =>
        each.register ? { ...each, register: ["p*", "*"] } : each
      ),
    },
  },
];

/** This identity may do nothing: the first entry that fits counts. */
function without(identity: string) {
  return [{ proofs: KINDS.map((kind) => ({ kind, name: identity })) }];
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]!;
}

Deno.test("reloads that change nobody's permissions disturb nobody, in a storm", () => {
  for (const seed of seeds([1, 2, 3], 3)) {
    const plan = makePlan({
      ...{ registrars: 5, elements: 20, users: 5, hours: 0, security: "both" },
      seed,
    });
    const simulation = new Simulation(plan, { keepLines: 40 });
    const random = seededRandom(seed);
    let reloads = 0;
    withSeed(seed, () => simulation.tail(40), () => {
      while (!simulation.isOver) {
        simulation.play(1 + random.below(PAUSE_MS));
        pick(random, simulation.cluster.registrars).permit(pick(random, EQUAL_RULES));
        reloads++;
      }
      assert.equal(simulation.report().violation, undefined);
    });
    assert(reloads > 20, `${reloads} reloads`);
  }
});

/** Who registers in a pool, by its identifiers at each registrar. */
function listed(cluster: Cluster): number[][] {
  return cluster.registrars.map((each) =>
    readTable(cluster, each).pools.flatMap(({ poolElements }) =>
      poolElements.map(({ identifier }) => identifier)
    )
  );
}

Deno.test("who may not register any more is listed nowhere, and comes back when it may", () => {
  for (const seed of seeds([4, 5, 6], 3)) {
    const cluster = new Cluster({ seed, latencyMs: [0, 40], security: { kinds: KINDS } });
    withSeed(seed, () => cluster.transcript.tail(), () => {
      cluster.addMesh([1, 2, 3].map((identifier) => ({ name: `R${identifier}`, identifier })));
      for (let i = 0; i < ELEMENTS; i++) {
        cluster.addElement({ poolHandle: `pool-${i % 3}`, hasEndpoint: i % 3 > 0 }).register();
      }
      cluster.advance(70_000);
      checkPresence(cluster);
      const { random, registrars, elements } = cluster;
      const banned = pick(random, elements);
      const rules = {
        permissions: { read, identities: [...without(`element-${banned.name}`), ...identities] },
      };
      // Operators reload one after the other, and one registrar is cut off or dies meanwhile.
      const [away, other] = [pick(random, registrars), pick(random, registrars)];
      const isCut = away !== other && random.below(2) === 0;
      if (isCut) cluster.network.partition(away.host, other.host);
      for (const each of registrars) {
        each.permit(rules);
        cluster.advance(random.below(PAUSE_MS));
      }
      if (isCut) cluster.network.heal(away.host, other.host);
      else away.kill();
      cluster.advance(PAUSE_MS);
      if (!isCut) away.start();
      cluster.advance(QUIET_MS);
      for (const table of listed(cluster)) {
        assert.equal(table.includes(banned.identifier), false, `${banned.name} is listed`);
        assert.equal(table.length, ELEMENTS - 1);
      }
      for (const each of registrars) {
        each.permit(USUAL_RULES);
        cluster.advance(random.below(PAUSE_MS));
      }
      banned.register();
      cluster.advance(QUIET_MS);
      checkPresence(cluster);
      for (const table of listed(cluster)) assert.equal(table.length, ELEMENTS);
    });
  }
});
