/**
 * Answers from a pool user's cache, kept fresh by a subscription, against a bare `Map` that is
 * looked into and awaited in the same run, in turns. Prints one JSON line a figure; medians.
 *
 * `deno run -A bench/cache.ts [ROUNDS]`.
 */

import { PoolElement, PoolUser, Registrar } from "../mod.ts";
import { median } from "./processes.ts";

const ROUNDS = Number(Deno.args[0] ?? 15);
const CALLS = 300_000;
const POOL_ELEMENTS = 3;
const HANDLE = "web";

interface Figure {
  readonly figure: string;
  /** Calls what is measured `CALLS` times; what came last is held against the truth. */
  run(): Promise<unknown> | unknown;
  readonly rates: number[];
}

const anyPort = [{ host: "127.0.0.1", port: 0 }];
await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort });
const registrars = registrar.asap;
await using stack = new AsyncDisposableStack();
for (let i = 0; i < POOL_ELEMENTS; i++) {
  const element = new PoolElement({ registrars, poolHandle: HANDLE, port: 8081 + i });
  await stack.use(element).register();
}
await using user = new PoolUser({ registrars });
await using heard = new PoolUser({ registrars, onEvent: () => {} });
for (const each of [user, heard]) {
  stack.use(each.keepFresh(HANDLE));
  await each.populate(HANDLE);
}
const bare = new Map([[HANDLE, await user.resolve(HANDLE)]]);

const control: Figure = {
  figure: "a bare `Map`, awaited",
  rates: [],
  async run() {
    let last: unknown;
    for (let i = 0; i < CALLS; i++) last = await bare.get(HANDLE);
    return last;
  },
};
const figures: readonly Figure[] = [
  control,
  {
    figure: "`await resolve()`",
    rates: [],
    async run() {
      let last: unknown;
      for (let i = 0; i < CALLS; i++) last = await user.resolve(HANDLE);
      return last;
    },
  },
  {
    figure: "`await resolve()`, events heard",
    rates: [],
    async run() {
      let last: unknown;
      for (let i = 0; i < CALLS; i++) last = await heard.resolve(HANDLE);
      return last;
    },
  },
  {
    figure: "`await select()`",
    rates: [],
    async run() {
      let last: unknown;
      for (let i = 0; i < CALLS; i++) last = await user.select(HANDLE);
      return last;
    },
  },
  {
    figure: "`cached()`",
    rates: [],
    run() {
      let last: unknown;
      for (let i = 0; i < CALLS; i++) last = user.cached(HANDLE);
      return last;
    },
  },
];

for (let round = -2; round < ROUNDS; round++) {
  for (const each of figures) {
    const start = performance.now();
    const last = await each.run();
    const seconds = (performance.now() - start) / 1000;
    if (last === undefined) throw new Error(`${each.figure} had no answer`);
    if (round >= 0) each.rates.push(CALLS / seconds); // The first rounds are a warm-up.
  }
}
for (const { figure, rates } of figures) {
  const ratios = rates.map((rate, round) => rate / control.rates[round]!);
  const per_s = Math.round(median(rates));
  console.log(JSON.stringify({ figure, per_s, ratio: Number(median(ratios).toFixed(2)) }));
}
