/** Pools that are watched, and how all of them are found. */

import assert from "node:assert/strict";
import type { PoolUpdate } from "../../../cli/api.ts";
import { Log } from "../../../cli/log.ts";
import { AllPools } from "../../../cli/watch/all_pools.ts";
import { PoolSet } from "../../../cli/watch/pool_set.ts";
import { errors } from "../fake_world.ts";
import { ELEMENT } from "../elements.ts";

/** A pool user whose answers are given by hand. */
class Teller {
  readonly watched = new Map<string, (answer: PoolUpdate | Error) => void>();

  async *watch(poolHandle: string, { signal }: { signal?: AbortSignal } = {}) {
    const waiting: (PoolUpdate | Error)[] = [];
    let wake = () => {};
    this.watched.set(poolHandle, (answer) => {
      waiting.push(answer);
      wake();
    });
    signal!.addEventListener("abort", () => wake());
    try {
      for (;;) {
        if (signal!.aborted) throw signal!.reason;
        const next = waiting.shift();
        if (next instanceof Error) throw next;
        if (next !== undefined) yield next;
        else {
          const { promise, resolve } = Promise.withResolvers<void>();
          wake = resolve;
          await promise;
        }
      }
    } finally {
      this.watched.delete(poolHandle);
    }
  }

  tell(poolHandle: string, poolElements: PoolUpdate["poolElements"]): void {
    this.watched.get(poolHandle)!({ poolHandle, poolElements });
  }
}

/** Lets all that is ready happen. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("each answer is told with the one before; a failure with its pool", async () => {
  const teller = new Teller();
  const told: string[] = [];
  const pools = new PoolSet(teller as never, {
    told: ({ poolHandle, poolElements }, before) =>
      told.push(`${poolHandle} ${before?.poolElements.length} ${poolElements.length}`),
    failed: (poolHandle, error) => told.push(`${poolHandle} ${(error as Error).message}`),
  });
  const known = pools.add("web");
  void pools.add("db");
  teller.tell("web", []);
  await known;
  teller.tell("web", [ELEMENT]);
  teller.watched.get("db")!(new Error("refused"));
  await settled();
  assert.deepEqual(told.sort(), ["db refused", "web 0 1", "web undefined 0"]);
  assert.deepEqual(pools.present().map(({ poolHandle }) => poolHandle), ["web"]);
  pools.close();
  await settled();
  assert.deepEqual([pools.size, teller.watched.size, told.length], [0, 0, 3]);
});

Deno.test("a pool has vanished when its subscription and the list say so", async () => {
  const teller = new Teller();
  const pools = new PoolSet(teller as never, { told: () => {}, failed: () => {} });
  for (const each of ["full", "empty", "listed", "unknown"]) void pools.add(each);
  teller.tell("full", [ELEMENT]);
  teller.tell("empty", []);
  teller.tell("listed", []);
  await settled();
  pools.dropVanished(new Set(["listed"]));
  const left = ["full", "empty", "listed", "unknown"].filter((each) => pools.has(each));
  assert.deepEqual(left, ["full", "listed", "unknown"]);
  pools.close();
  await settled();
});

/** Looks of `--all`: lists and failures, one after the other, and what is made of them. */
async function followed(looks: readonly (readonly string[] | Error)[]) {
  const lines: string[] = [];
  const found: string[] = [];
  const over = new AbortController();
  const rest = [...looks];
  const all = new AllPools({
    observer: {
      handleTable: () => {
        const look = rest.shift()!;
        if (rest.length === 0) over.abort();
        if (look instanceof Error) return Promise.reject(look);
        const pools = look.map((poolHandle) => ({ poolHandle, poolElements: [] }));
        return Promise.resolve({ registrar: {} as never, pools });
      },
    },
    secured: {},
    log: new Log((line) => lines.push(line)),
    timeoutMs: 1,
    intervalMs: 0.001,
    random: () => 0.5,
  });
  await all.follow((pools) => found.push([...pools].join()), over.signal);
  return { found, lines };
}

Deno.test("while no registrar answers it is said once, and that one answers again", async () => {
  const away = new errors.RegistrarUnreachable([]);
  const { found, lines } = await followed([["a", "b"], away, away, ["b"], []]);
  assert.deepEqual(found, ["a,b", "b", ""]);
  assert.equal(lines.length, 2);
  assert.match(lines[0]!, /new pools are not seen for now: no registrar answered/);
  assert.match(lines[1]!, /a registrar says again which pools there are/);
});
