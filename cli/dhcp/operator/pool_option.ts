/** `--pool` of those who look at bindings: the DHCP pool, or the only one that there is. */

import type { ClientApi, Observer, PoolHandle, Wait } from "../../api.ts";
import { didYouMean } from "../../did_you_mean.ts";
import { EXIT, ExitError, UsageError } from "../../exit.ts";
import { type OptionTable, value } from "../../option.ts";
import { parsePoolArgument } from "../../pool_argument.ts";

/** The option. */
export const POOL_OPTION = {
  pool: value("--pool <POOL>", "the pool of the DHCP servers", (text) => text, {
    fallbackText: "the only one that there is",
  }),
} satisfies OptionTable;

/**
 * The pool that is meant, as a registrar that keeps bindings names it.
 *
 * @throws {ExitError} if it keeps none, several, or others.
 */
export async function poolOf(
  observer: Observer,
  wait: Wait,
  { pool, maxHandleBytes }: { readonly pool: string | undefined; readonly maxHandleBytes: number },
  api: ClientApi,
): Promise<PoolHandle> {
  const wanted = pool === undefined ? undefined : parsePoolArgument(pool, api, maxHandleBytes);
  const { registrar, tables } = await observer.bindingTables(wait);
  const known = tables.map(({ poolHandle }) => poolHandle);
  if (wanted !== undefined && known.includes(wanted)) return wanted;
  if (known.length === 0) {
    const which = `the registrar ${api.formatIdentifier(registrar.identifier)}`;
    throw new ExitError(EXIT.unknownPool, `${which} keeps no bindings of DHCP servers`);
  }
  if (wanted !== undefined) {
    const hint = didYouMean(wanted, known);
    const there = `; there are those of ${known.join(", ")}`;
    throw new ExitError(EXIT.unknownPool, `no bindings of the pool "${wanted}"${hint}${there}`);
  }
  if (known.length === 1) return known[0]!;
  throw new UsageError(`there are several DHCP pools, name one: --pool ${known.join(" or ")}`);
}
