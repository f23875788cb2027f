/** What is in a pool, in all forms in which it is printed. */

import type { ClientApi } from "../api.ts";
import type { Result } from "../output.ts";
import { type PoolLike, Views } from "../views.ts";

/** A resolution or an update as a result. */
export function resultOf(api: ClientApi, pool: PoolLike): Result {
  const views = new Views(api);
  const { poolHandle } = pool;
  const elements = () =>
    pool.poolElements.map((each) => views.poolElement(each, { asapTransport: false }));
  const policy = views.policyOf(pool);
  return {
    json: () => ({
      poolHandle,
      ...(policy === undefined ? {} : { policy: views.poolPolicy(policy) }),
      poolElements: elements(),
    }),
    lines: () => elements().map((element) => ({ poolHandle, ...element })),
    table: () => views.elementTable([pool]),
    csv: () => views.elementCsv([pool]),
  };
}
