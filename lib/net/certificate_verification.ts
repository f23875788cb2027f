/** Who somebody is by the certificates shown, and whether that is good enough. RFC 5352 §9.2. */

import { chainFault } from "./certificate_chain.ts";
import { isRegistrar, nameOf, REGISTRAR_ROLE } from "./certificate_name.ts";
import { DerMalformed } from "./der.ts";
import type { LoadedCredentials } from "./loaded_credentials.ts";
import { parseCertificate, type ParsedCertificate } from "./parsed_certificate.ts";
import {
  matchesReference,
  namesInWords,
  type ReferenceIdentity,
  referenceText,
} from "./reference_identity.ts";
import type { Secured, TlsUse } from "./transport.ts";

/** Who somebody has turned out to be, or why that is not believed, in words. */
export type Verdict = { readonly secured: Secured } | { readonly why: string };

/** What is asked of the other side. */
export interface Expectation {
  /** How this side uses TLS: a client demands a registrar, or in a session a pool element. */
  readonly use: TlsUse;
  /** Whom this side has dialled, where it is the TLS client. */
  readonly reference: ReferenceIdentity | undefined;
}

/**
 * Looks at what the other side has shown, its own certificate first.
 *
 * @param now milliseconds since 1970.
 */
export function verdictOn(
  shown: readonly Uint8Array[],
  { use: { role, protocol }, reference }: Expectation,
  { trust }: LoadedCredentials,
  now: number,
): Verdict {
  if (shown.length === 0) {
    if (role === "client") return { why: "the other side has shown no certificate" };
    return { secured: { kind: "certificate", isRegistrar: false } };
  }
  const parsed = parseAll(shown);
  if (!Array.isArray(parsed)) return parsed;
  const fault = chainFault(parsed, role === "client" ? "server" : "client", trust, now);
  if (fault !== undefined) return { why: fault };
  const { names, subject } = parsed[0]!;
  const hasRole = isRegistrar(names);
  if (role === "client" && protocol !== "rserpool" && !hasRole) {
    return {
      why:
        `the certificate of "${subject}" has not the role of a registrar (URI ${REGISTRAR_ROLE})`,
    };
  }
  if (reference !== undefined && !matchesReference(reference, names)) {
    return {
      why: `the certificate of "${subject}" is not for ${referenceText(reference)}: ` +
        `it has ${namesInWords(reference, names)}`,
    };
  }
  return { secured: { kind: "certificate", name: nameOf(names), isRegistrar: hasRole } };
}

/** What the other side sends is not even known to be certificates. */
function parseAll(shown: readonly Uint8Array[]): ParsedCertificate[] | { why: string } {
  try {
    return shown.map(parseCertificate);
  } catch (error) {
    if (!(error instanceof DerMalformed)) throw error;
    return { why: `a certificate of the other side cannot be read: ${error.message}` };
  }
}
