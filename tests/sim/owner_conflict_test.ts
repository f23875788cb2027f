/**
 * One PE identifier, granted to several owners by registrars that did not see each other: whoever
 * meets whom first, all tables are equal in the end (protocol decision 29).
 */
import assert from "node:assert/strict";
import {
  Cluster,
  type ClusterElement,
  type ClusterRegistrar,
  readTable,
  TIMINGS,
} from "../../lib/sim/mod.ts";

const { registrar: registrarTiming, element: elementTiming } = TIMINGS.fast;
const FAST = { registrarTiming, elementTiming };
const IDENTIFIER = 7;
const PAIRS = [[0, 1], [0, 2], [1, 2]] as const;
const ORDERS = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] as const;

interface Split {
  readonly cluster: Cluster;
  readonly registrars: readonly ClusterRegistrar[];
  readonly elements: readonly ClusterElement[];
}

/** Three registrars apart from each other, and an element at each, all with one identifier. */
function split(seed: number, hasEndpoint: boolean): Split {
  const kinds = ["certificate", "psk"] as const;
  const cluster = new Cluster({ seed, security: { kinds }, ...FAST });
  cluster.addMesh([1, 2, 3].map((identifier) => ({ name: `R${identifier}`, identifier })));
  cluster.advance(60_000);
  const { registrars } = cluster;
  for (const [a, b] of PAIRS) cluster.network.partition(registrars[a]!.host, registrars[b]!.host);
  const elements = registrars.map(({ asap }) =>
    cluster.addElement({ identifier: IDENTIFIER, registrars: [asap], hasEndpoint })
  );
  for (const element of elements) element.register();
  cluster.advance(1000);
  assert.deepEqual(elements.map(({ state }) => state), Array(3).fill("registered"));
  return { cluster, registrars, elements };
}

function heal({ cluster, registrars }: Split, order: readonly number[], pauseMs: number): void {
  for (const pair of order) {
    const [a, b] = PAIRS[pair]!;
    cluster.network.heal(registrars[a]!.host, registrars[b]!.host);
    cluster.advance(pauseMs);
  }
}

/** Who is listed: the same at all registrars that live. */
function agreed({ cluster, registrars }: Split): string[] {
  const tables = registrars.filter(({ isRunning }) => isRunning).map((each) =>
    readTable(cluster, each).pools.flatMap(({ poolElements }) =>
      poolElements.map(({ identifier, home, transport }) =>
        `${identifier} ${home} ${"addresses" in transport && transport.addresses}`
      )
    )
  );
  for (const table of tables) assert.deepEqual(table, tables[0]);
  return tables[0]!;
}

for (const hasEndpoint of [true, false]) {
  for (const [seed, order] of ORDERS.entries()) {
    for (const pauseMs of [0, 300, 20_000]) {
      const name = `${order.join("")}, ${pauseMs} ms apart, ${hasEndpoint ? "with" : "without"}`;
      Deno.test(`three owners of one identifier are one, healed ${name} endpoints`, () => {
        const world = split(seed + 1, hasEndpoint);
        heal(world, order, pauseMs);
        world.cluster.advance(600_000);
        const listed = agreed(world);
        assert.equal(listed.length, 1);
        const { elements } = world;
        const registered = elements.filter(({ state }) => state === "registered");
        assert.equal(registered.length, 1, elements.map(({ state }) => state).join());
      });
    }
  }
}

Deno.test("the registrar that decided dies: one of the others takes over whom it listed", () => {
  for (const [seed, order] of ORDERS.entries()) {
    const world = split(seed + 1, true);
    heal(world, order, 100);
    world.registrars[2]!.kill();
    world.cluster.advance(600_000);
    assert.equal(agreed(world).length, 1);
  }
});
