/** Which registrars are asked, and how long: `-r`, `--enrp-registrar` and `--timeout`. */

import { formatAddress } from "./address.ts";
import type { Observer, SocketAddress, Wait } from "./api.ts";
import { followAttempts } from "./attempt_log.ts";
import { answered } from "./answer.ts";
import { clientSecurity, PORTS, securedTransport } from "./client_security.ts";
import type { Context } from "./command.ts";
import { discoverSettings } from "./discovery_options.ts";
import { UsageError } from "./exit.ts";
import type { SharedValues } from "./options.ts";

/** The longest time for which a registrar is asked alone. */
export const MAX_STAGGER_MS = 1_000;

/** The registrars of `-r`; with `--discover` the default is none. */
function givenRegistrars(context: Context, options: SharedValues): SharedValues["registrar"] {
  return options.discover && context.sourceOf("registrar") === "default" ? [] : options.registrar;
}

/** The ASAP addresses of `-r`. */
export function asapAddresses(context: Context, options: SharedValues): SocketAddress[] {
  const usual = PORTS[clientSecurity(context, options)].ASAP;
  return givenRegistrars(context, options).map(({ host, port = usual }) => ({ host, port }));
}

/**
 * The ENRP addresses of `--enrp-registrar`, or else of `-r`.
 *
 * @throws {UsageError} if `-r` has a port: it is that of ASAP, and that of ENRP cannot be guessed.
 */
export function enrpAddresses(context: Context, options: SharedValues): readonly SocketAddress[] {
  const usual = PORTS[clientSecurity(context, options)].ENRP;
  if (options.enrpRegistrar.length > 0) return options.enrpRegistrar;
  return givenRegistrars(context, options).map(({ host, port }) => {
    if (port === undefined) return { host, port: usual };
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

/** Asks a registrar on its ENRP port, as an observer: the first answer of those in the options. */
export async function askObserver<T>(
  context: Context,
  options: SharedValues,
  question: (observer: Observer, wait: Wait) => Promise<T>,
): Promise<T> {
  const registrars = enrpAddresses(context, options);
  const api = await context.clientApi();
  const { timeout: timeoutMs } = options;
  const secured = await securedTransport(context, options);
  const { transport } = secured;
  const observer = new api.Observer({
    registrars,
    staggerMs: staggerMs(registrars, timeoutMs),
    ...discoverSettings(context, options),
    ...followAttempts(context.log, api),
    ...(transport && { transport }),
  });
  try {
    return await answered(question(observer, { timeoutMs }), "ENRP", secured);
  } finally {
    void observer.close();
  }
}
