/** `--pool` of those who look at bindings: the DHCP pool, or the only one that there is. */

import type { AnsweringRegistrar, ClientApi, Observer, PoolHandle, Wait } from "../../api.ts";
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

/** What decides which pool is meant. */
export interface PoolOptions {
  readonly pool: string | undefined;
  readonly maxHandleBytes: number;
}

/**
 * The pool that is meant, as a registrar that keeps bindings names it.
 *
 * @throws {ExitError} if it keeps none, several, or others.
 */
export async function poolOf(
  observer: Observer,
  wait: Wait,
  options: PoolOptions,
  api: ClientApi,
): Promise<PoolHandle> {
  const wanted = wantedPool(options, api);
  const { registrar, known } = await knownPools(observer, wait);
  const which = `the registrar ${api.formatIdentifier(registrar.identifier)}`;
  if (known === undefined) throw new ExitError(EXIT.unknownPool, `${which} ${SPEAKS_NOT}`);
  return choosePool(known, wanted, `${which} keeps`);
}

/** Of a registrar that lives and does not know what bindings are. */
export const SPEAKS_NOT = "answers, but not about DHCP: it is older, or another program";

/** The pool of the option, if there is one. */
export function wantedPool(
  { pool, maxHandleBytes }: PoolOptions,
  api: ClientApi,
): PoolHandle | undefined {
  return pool === undefined ? undefined : parsePoolArgument(pool, api, maxHandleBytes);
}

/**
 * The pools that a registrar keeps bindings of; `undefined` if it answers anything else, but not
 * this, as one does that does not know the question.
 */
export async function knownPools(observer: Observer, wait: Wait): Promise<{
  readonly registrar: AnsweringRegistrar;
  readonly known: readonly PoolHandle[] | undefined;
}> {
  // Asked at the same time: silence is known only when the time is over.
  const alive = observer.peers(wait).catch(() => undefined);
  try {
    const { registrar, tables } = await observer.bindingTables(wait);
    return { registrar, known: tables.map(({ poolHandle }) => poolHandle) };
  } catch (error) {
    const answer = isRejection(error) ? undefined : await alive;
    if (answer === undefined) throw error;
    return { registrar: answer.registrar, known: undefined };
  }
}

/** Whether a registrar has answered, if only to refuse. */
export function isRejection(error: unknown): boolean {
  return (error as { readonly causes?: unknown }).causes !== undefined;
}

/**
 * The pool that is meant of those that there are; `whoKeeps` begins the sentence if there is none.
 *
 * @throws {ExitError} if there is none, several, or others.
 */
export function choosePool(
  known: readonly PoolHandle[],
  wanted: PoolHandle | undefined,
  whoKeeps: string,
): PoolHandle {
  if (wanted !== undefined && known.includes(wanted)) return wanted;
  if (known.length === 0) {
    throw new ExitError(EXIT.unknownPool, `${whoKeeps} no bindings of DHCP servers`);
  }
  if (wanted !== undefined) {
    const hint = didYouMean(wanted, known);
    const there = `; there are those of ${known.join(", ")}`;
    throw new ExitError(EXIT.unknownPool, `no bindings of the pool "${wanted}"${hint}${there}`);
  }
  if (known.length === 1) return known[0]!;
  throw new UsageError(`there are several DHCP pools, name one: --pool ${known.join(" or ")}`);
}
