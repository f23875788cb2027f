/** Which registrars are asked, and how long: `-r`, `--enrp-registrar` and `--timeout`. */

import { formatAddress } from "./address.ts";
import type { Attempt, Observer, SocketAddress, Wait } from "./api.ts";
import { followAttempts } from "./attempt_log.ts";
import { type ClientSecurity, clientSecurity, PORTS, securedTransport } from "./client_security.ts";
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
  const usual = PORTS[clientSecurity(context, options)].ASAP;
  return givenRegistrars(context, options).map(({ host, port = usual }) => ({ host, port }));
}

/**
 * The ENRP addresses of `--enrp-registrar`, or else of `-r`.
 *
 * @throws {UsageError} if `-r` has a port: it is that of ASAP, and that of ENRP cannot be guessed.
 */
function enrpAddresses(context: Context, options: SharedValues): readonly SocketAddress[] {
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

/** The protocol in which a registrar is asked. */
export type Asked = "ASAP" | "ENRP";

/** What to add to attempts that reached the usual port of something else. */
export function wrongPortHint(
  attempts: readonly Attempt[],
  asked: Asked,
  security: ClientSecurity = "plain",
): string {
  const failed = attempts.filter(({ reason }) => MISUNDERSTANDINGS.has(reason));
  for (const { address: { port } } of failed) {
    for (const [kind, ports] of Object.entries(PORTS) as [ClientSecurity, Ports][]) {
      if (kind === security) {
        const other = asked === "ASAP" ? "ENRP" : "ASAP";
        if (port !== ports[other]) continue;
        return `; ${port} is the usual port of ${other}, and this asks in ${asked}`;
      }
      if (port !== ports.ASAP && port !== ports.ENRP) continue;
      return `; ${port} is a usual port ${PORT_WORDS[kind]}, and this asks ${PORT_WORDS[security]}`;
    }
  }
  return "";
}

type Ports = typeof PORTS[ClientSecurity];

/** What happens where another language is spoken. */
const MISUNDERSTANDINGS: ReadonlySet<Attempt["reason"]> = new Set([
  "garbage",
  "silent",
  "closed",
  "reset",
  "security",
]);

const PORT_WORDS: Readonly<Record<ClientSecurity, string>> = {
  plain: "without TLS",
  certificate: "of TLS with certificates (--ca)",
  psk: "of TLS with pre-shared keys (--psk-file)",
};

/** The answer of the library, or its error as an exit code. */
export async function answered<T>(
  answer: Promise<T>,
  asked: Asked,
  security?: ClientSecurity,
): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const known = explainLibraryError(error);
    if (known === undefined) throw error;
    const { attempts = [] } = error as { attempts?: readonly Attempt[] };
    throw new ExitError(known.code, known.message + wrongPortHint(attempts, asked, security), {
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
  const { transport } = await securedTransport(context, options);
  const observer = new api.Observer({
    registrars,
    staggerMs: staggerMs(registrars, timeoutMs),
    ...discoverSettings(context, options),
    ...followAttempts(context.log, api),
    ...(transport && { transport }),
  });
  try {
    return await answered(question(observer, { timeoutMs }), "ENRP", transport?.kind);
  } finally {
    void observer.close();
  }
}
