/** The network is cut in two, and healed. */
import assert from "node:assert/strict";
import { failuresOf } from "./clients.ts";
import { ALL, clusterTest } from "./cluster.ts";
import { PARTITION_MS, REUNION_MS, START_MS } from "./laws.ts";
import { tellUsers } from "./measurements.ts";
import { tell } from "./tell.ts";

const NEAR = { registrars: [1, 2, 3], elements: [1, 2, 3, 4] } as const;
const FAR = { registrars: [4, 5], elements: [5, 6, 7, 8] } as const;
const ELEMENTS = [...NEAR.elements, ...FAR.elements];

clusterTest(
  "a cut network: each side serves on, and all is one when it heals",
  4,
  async (cluster) => {
    // Of the elements of each side, two have their home on the other one.
    await cluster.register(ELEMENTS.map((each) => ({
      host: each <= 4 ? "e1" : "e2",
      registrars: each % 2 === 0 ? ALL : [5, 4, 3, 2, 1],
    })));
    const before = await cluster.settled(ALL, ELEMENTS, START_MS);
    assert.deepEqual([...before.values()], ELEMENTS.map((each) => each % 2 === 0 ? 1 : 5));
    // The first that they ask is on one side, the second on the other.
    await cluster.use([2, 4, 1, 5, 3]);
    await cluster.cut(["r4", "r5", "e2", "u1"]);
    const cutAt = Date.now();
    await Promise.all(
      [NEAR, FAR].map(({ registrars, elements }) =>
        cluster.settled(registrars, elements, PARTITION_MS)
      ),
    );
    const healedAt = Date.now();
    await cluster.heal();
    await cluster.settled(ALL, ELEMENTS, REUNION_MS);
    const reports = await cluster.finishUsers();
    tellUsers("partition", reports);
    tell(
      `partition: settled on both sides after ${healedAt - cutAt} ms; ` +
        `law: ${PARTITION_MS} ms`,
    );
    tell(`partition: settled after ${Date.now() - healedAt} ms; law: ${REUNION_MS} ms`);
    assert.deepEqual(reports.flatMap(failuresOf), []);
  },
);
