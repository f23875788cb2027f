/** Answers of registrars, and what can be done about a failure, in the words of the options. */

import type { Attempt } from "./api.ts";
import { type ClientSecurity, PORTS, type Secured } from "./client_security.ts";
import { EXIT, ExitError } from "./exit.ts";
import { explainLibraryError } from "./failure.ts";

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
  const isCut = failed.some(({ address: { port }, reason }) =>
    port !== PORTS.plain[asked] && (reason === "closed" || reason === "reset")
  );
  return security === "plain" && isCut ? TLS_HINT : "";
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

/** Who expects TLS and gets something else hangs up without a word. */
const TLS_HINT = "; a port with TLS ends it so: if that is one, give --ca FILE or --psk-file FILE";

const PORT_WORDS: Readonly<Record<ClientSecurity, string>> = {
  plain: "without TLS",
  certificate: "of TLS with certificates (--ca)",
  psk: "of TLS with pre-shared keys (--psk-file)",
};

/** The answer of the library, or its error as an exit code, with what can be done about it. */
export async function answered<T>(
  answer: Promise<T>,
  asked: Asked,
  secured: Secured = {},
): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const known = explainLibraryError(error);
    if (known === undefined) throw error;
    const { attempts } = error as { attempts?: readonly Attempt[] };
    const hint = attempts !== undefined
      ? wrongPortHint(attempts, asked, secured.transport?.kind)
      : known.code === EXIT.security
      ? refusalHint(secured)
      : "";
    const code = isCertificateDoubted(attempts, secured) ? EXIT.security : known.code;
    throw new ExitError(code, known.message + hint, { cause: error });
  }
}

/** What to add to a rejection due to security considerations, which does not say more. */
export function refusalHint({ transport, showsCertificate }: Secured): string {
  if (transport === undefined) return "; it was asked without TLS (--ca FILE or --psk-file FILE)";
  if (transport.kind === "certificate" && showsCertificate !== true) {
    return "; no certificate was shown (--cert FILE and --key FILE)";
  }
  return "; what the registrar allows stands in its section security:, and why not in its log";
}

/**
 * Whether each registrar that was reached has hung up on this side's certificate: in TLS 1.3 there
 * is no better answer.
 */
export function isCertificateDoubted(
  attempts: readonly Attempt[] = [],
  { showsCertificate }: Secured,
): boolean {
  const reached = attempts.filter(({ reason }) => !UNREACHED.has(reason));
  return showsCertificate === true && reached.length > 0 &&
    reached.every(({ reason, detail }) =>
      reason === "security" || (detail !== undefined && (reason === "closed" || reason === "reset"))
    );
}

const UNREACHED: ReadonlySet<Attempt["reason"]> = new Set([
  "refused",
  "timed-out",
  "unreachable",
  "unknown-host",
]);
