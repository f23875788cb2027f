/** Which registrars are asked, and how long: `-r`, `--enrp-registrar` and `--timeout`. */

import { ASAP_PORT, ENRP_PORT, formatAddress } from "./address.ts";
import type { Attempt, Observer, SocketAddress, Wait } from "./api.ts";
import { followAttempts } from "./attempt_log.ts";
import type { Context } from "./command.ts";
import { discoverSettings } from "./discovery_options.ts";
import { ExitError, UsageError } from "./exit.ts";
import { explainLibraryError } from "./failure.ts";
import type { SharedValues } from "./options.ts";

/** The longest time for which a registrar is asked alone. */
export const MAX_STAGGER_MS = 1_000;

/** The registrars of `-r`; with `--discover` the default is none. */
function givenRegistrars(context: Context, options: SharedValues): SharedValues["registrar"] {
  return options.discover && context.sourceOf("registrar") === "default" ? [] : options.registrar;
}

/** The ASAP addresses of `-r`. */
export function asapAddresses(context: Context, options: SharedValues): SocketAddress[] {
  return givenRegistrars(context, options).map(({ host, port }) => ({
    host,
    port: port ?? ASAP_PORT,
  }));
}

/**
 * The ENRP addresses of `--enrp-registrar`, or else of `-r`.
 *
 * @throws {UsageError} if `-r` has a port: it is that of ASAP, and that of ENRP cannot be guessed.
 */
function enrpAddresses(context: Context, options: SharedValues): readonly SocketAddress[] {
  if (options.enrpRegistrar.length > 0) return options.enrpRegistrar;
  return givenRegistrars(context, options).map(({ host, port }) => {
    if (port === undefined) return { host, port: ENRP_PORT };
    const written = formatAddress({ host, port });
    throw new UsageError(
      `-r ${written} names an ASAP port, and this command asks on ENRP: ` +
        `add --enrp-registrar HOST:PORT`,
    );
  });
}

/** When the next registrar is asked, too; the first answer wins. */
export function staggerMs(registrars: readonly unknown[], timeoutMs: number): number {
  return Math.min(MAX_STAGGER_MS, timeoutMs / registrars.length);
}

/** The protocol in which a registrar is asked. */
export type Asked = "ASAP" | "ENRP";

/** What to add to attempts that reached the usual port of the other protocol. */
export function wrongPortHint(attempts: readonly Attempt[], asked: Asked): string {
  const [port, other] = asked === "ASAP" ? [ENRP_PORT, "ENRP"] : [ASAP_PORT, "ASAP"];
  const isThere = attempts.some(({ address, reason }) =>
    address.port === port && (reason === "garbage" || reason === "silent")
  );
  return isThere ? `; ${port} is the usual port of ${other}, and this asks in ${asked}` : "";
}

/** The answer of the library, or its error as an exit code. */
export async function answered<T>(answer: Promise<T>, asked: Asked): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const known = explainLibraryError(error);
    if (known === undefined) throw error;
    const { attempts = [] } = error as { attempts?: readonly Attempt[] };
    throw new ExitError(known.code, known.message + wrongPortHint(attempts, asked), {
      cause: error,
    });
  }
}

/** Asks a registrar on its ENRP port, as an observer: the first answer of those in the options. */
export async function askObserver<T>(
  context: Context,
  options: SharedValues,
  question: (observer: Observer, wait: Wait) => Promise<T>,
): Promise<T> {
  const registrars = enrpAddresses(context, options);
  const api = await context.clientApi();
  const { timeout: timeoutMs } = options;
  const observer = new api.Observer({
    registrars,
    staggerMs: staggerMs(registrars, timeoutMs),
    ...discoverSettings(context, options),
    ...followAttempts(context.log, api),
  });
  try {
    return await answered(question(observer, { timeoutMs }), "ENRP");
  } finally {
    void observer.close();
  }
}
