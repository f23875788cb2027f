/** `dump [POOL...]`: the handle table, as one registrar holds it. RFC 5353 §3.2.3. */

import type { ClientApi, TablePool as Pool } from "../api.ts";
import { type Context, defineCommand } from "../command.ts";
import { EXIT, ExitError } from "../exit.ts";
import { flag, type ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import type { Result } from "../output.ts";
import { parsePoolArgument } from "../pool_argument.ts";
import { askObserver } from "../registrars.ts";
import { Views } from "../views.ts";

const options = {
  pools: flag("--pools", "list the pools only, not their pool elements"),
};

type Options = ValuesOf<typeof options> & SharedValues;

/** The command. */
export const command = defineCommand({
  arguments: [["[POOL...]", "show these pools only"]],
  options,
  uses: ["registrar", "question", "security", "certificate", "multicast", "handle", "output"],
  notes: "The registrar that answers is asked on its ENRP port, as an observer.",
  examples: [
    ["rserpool dump", "every pool element of every pool"],
    ["rserpool dump --pools", "the pools and how many pool elements each has"],
    ["rserpool dump web -o csv > web.csv", "the pool web for a spreadsheet"],
  ],
  run,
});

async function run(context: Context, options: Options, args: readonly string[]): Promise<void> {
  const api = await context.clientApi();
  const wanted = args.map((text) => parsePoolArgument(text, api, options.maxHandleBytes));
  const table = await askObserver(
    context,
    options,
    (observer, how) => observer.handleTable(how),
  );
  const pools = wanted.length === 0 ? table.pools : pick(table.pools, wanted);
  const registrar = { identifier: api.formatIdentifier(table.registrar.identifier) };
  const resultOf = options.pools ? poolsResult : elementsResult;
  await context.stdout.printResult(resultOf(api, registrar, pools));
}

/** The wanted pools in the order in which they were asked for. */
function pick(pools: readonly Pool[], wanted: readonly string[]): Pool[] {
  return [...new Set(wanted)].map((poolHandle) => {
    const pool = pools.find((each) => each.poolHandle === poolHandle);
    if (pool !== undefined) return pool;
    throw new ExitError(EXIT.unknownPool, `the pool handle "${poolHandle}" is unknown`);
  });
}

type RegistrarView = { readonly identifier: string };

function elementsResult(api: ClientApi, registrar: RegistrarView, pools: readonly Pool[]): Result {
  const views = new Views(api);
  const elementsOf = ({ poolElements }: Pool) =>
    poolElements.map((element) => views.poolElement(element, { asapTransport: true }));
  return {
    json: () => ({
      registrar,
      pools: pools.map((pool) => ({ ...poolView(views, pool), poolElements: elementsOf(pool) })),
    }),
    lines: () =>
      pools.flatMap((pool) =>
        elementsOf(pool).map((element) => ({ poolHandle: pool.poolHandle, ...element }))
      ),
    table: () => views.elementTable(pools),
    csv: () => views.elementCsv(pools),
  };
}

function poolsResult(api: ClientApi, registrar: RegistrarView, pools: readonly Pool[]): Result {
  const views = new Views(api);
  const viewOf = (pool: Pool) => ({
    ...poolView(views, pool),
    poolElementCount: pool.poolElements.length,
  });
  const rowOf = (pool: Pool) => {
    const policy = views.policyOf(pool);
    const name = policy === undefined ? "" : api.policyName(policy);
    return [pool.poolHandle, name, String(pool.poolElements.length)];
  };
  return {
    json: () => ({ registrar, pools: pools.map(viewOf) }),
    lines: () => pools.map(viewOf),
    table: () => ({ header: ["POOL", "POLICY", "ELEMENTS"], rows: pools.map(rowOf) }),
    csv: () => ({ header: ["pool", "policy", "pool_elements"], rows: pools.map(rowOf) }),
  };
}

function poolView(views: Views, pool: Pool) {
  const policy = views.policyOf(pool);
  return {
    poolHandle: pool.poolHandle,
    ...(policy === undefined ? {} : { policy: views.poolPolicy(policy) }),
  };
}
