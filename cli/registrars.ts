/**
 * Asking one registrar after another: the next one is asked after a share of the time, or when the one
 * before has failed; the first answer wins.
 */

import { type Address, formatAddress } from "./address.ts";
import type { Context } from "./command.ts";
import { UsageError } from "./exit.ts";
import { type Attempt, explainLibraryError, noRegistrar } from "./failure.ts";
import type { SharedValues } from "./options.ts";

const ASAP_PORT = 3863;
const ENRP_PORT = 9901;
/** The longest time for which a registrar is asked alone. */
const MAX_SHARE_MS = 1_000;

/** The ASAP addresses of `-r`. */
export function asapAddresses(options: SharedValues): Address[] {
  return options.registrar.map(({ host, port }) => ({ host, port: port ?? ASAP_PORT }));
}

/**
 * The ENRP addresses of `--enrp-registrar`, or else of `-r`.
 *
 * @throws {UsageError} if `-r` has a port: it is that of ASAP, and that of ENRP cannot be guessed.
 */
export function enrpAddresses(options: SharedValues): readonly Address[] {
  if (options.enrpRegistrar.length > 0) return options.enrpRegistrar;
  return options.registrar.map(({ host, port }) => {
    if (port === undefined) return { host, port: ENRP_PORT };
    const written = formatAddress({ host, port });
    throw new UsageError(
      `-r ${written} names an ASAP port; this command asks on ENRP: add --enrp-registrar HOST:PORT`,
    );
  });
}

/** A question to one registrar. Resources it opens are closed when the signal aborts. */
export type Ask<T> = (address: Address, timeoutMs: number, signal: AbortSignal) => Promise<T>;

/**
 * The first answer of several registrars. A rejection or an unknown pool handle is an answer, too.
 *
 * @throws {ExitError} with what each registrar did, if none answered rightly in time.
 */
export async function firstAnswer<T>(
  context: Context,
  addresses: readonly Address[],
  timeoutMs: number,
  ask: Ask<T>,
): Promise<T> {
  const { causeName } = await context.api();
  const start = performance.now();
  const share = Math.min(MAX_SHARE_MS, timeoutMs / addresses.length);
  const others = new AbortController();
  const attempts: Attempt[] = [];
  const askOne = async (address: Address) => {
    const left = Math.max(1, timeoutMs - (performance.now() - start));
    try {
      return { answer: await ask(address, left, others.signal) };
    } catch (error) {
      if (!isUnreachable(error)) throw explainLibraryError(error, causeName) ?? error;
      attempts.push(...attemptsOf(error, address));
    }
  };
  try {
    return await race(addresses, share, askOne, () => noRegistrar(attempts));
  } finally {
    others.abort();
  }
}

/** Starts one after another, each after its share or the failure of the one before. */
async function race<T>(
  addresses: readonly Address[],
  shareMs: number,
  askOne: (address: Address) => Promise<{ answer: T } | undefined>,
  failure: () => Error,
): Promise<T> {
  const asked: Promise<{ answer: T } | undefined>[] = [];
  const { promise: settled, resolve, reject } = Promise.withResolvers<T>();
  let done = false;
  const finish = () => done = true;
  settled.then(finish, finish);
  for (const address of addresses) {
    if (done) break;
    const one = askOne(address);
    one.then((found) => found && resolve(found.answer), reject);
    asked.push(one);
    await pauseUnless(shareMs, Promise.race([settled, one]));
  }
  Promise.allSettled(asked).then(() => reject(failure()));
  return await settled;
}

/** Waits for a time, or until something has happened, whatever it is. */
async function pauseUnless(milliseconds: number, event: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, milliseconds));
  await Promise.race([late, event.then(() => {}, () => {})]);
  clearTimeout(timer);
}

function isUnreachable(error: unknown): boolean {
  return error instanceof Error && error.name === "RegistrarUnreachable";
}

function attemptsOf(error: unknown, address: Address): readonly Attempt[] {
  const { attempts } = error as { attempts?: readonly Attempt[] };
  return attempts?.length ? attempts : [{ address, reason: "silent" }];
}
