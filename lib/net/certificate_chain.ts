/**
 * Whether a certificate leads to an authority that is trusted: the path validation of RFC 5280 §6,
 * without policies and name constraints, which are refused. It says why not, for people.
 */

import {
  allowsKeyUsage,
  EXTENDED_USE,
  KEY_USAGE,
  type ParsedCertificate,
  sameBytes,
} from "./parsed_certificate.ts";
import type { Revocations } from "./revocation.ts";
import { signatureFault } from "./signature.ts";

/** Certificates from the one shown to the authority, both included. */
const PATH_LENGTH_MAX = 8;
/** Signatures looked at for one path: many authorities of one name must not cost more. */
const SIGNATURES_MAX = 32;

/** What a certificate is shown for. */
export type CertificateUse = keyof typeof EXTENDED_USE;

/** Who is trusted. */
export interface Trust {
  /** The file of the authorities, for people. */
  readonly path: string;
  readonly authorities: readonly ParsedCertificate[];
  readonly revocations: Revocations;
}

const USE_WORDS: Readonly<Record<CertificateUse, string>> = {
  server: "a TLS server (serverAuth)",
  client: "a TLS client (clientAuth)",
};

/**
 * Why a certificate is not to be believed, in words; `undefined`: it is valid.
 *
 * @param shown the certificate, then what else the other side has sent, in any order.
 * @param now milliseconds since 1970.
 */
export function chainFault(
  shown: readonly ParsedCertificate[],
  use: CertificateUse,
  trust: Trust,
  now: number,
): string | undefined {
  const [leaf, ...others] = shown;
  if (leaf === undefined) return "no certificate was shown";
  const fault = leafFault(leaf, use) ?? ownFault(leaf, now);
  if (fault !== undefined) return `the certificate of "${leaf.subject}" ${fault}`;
  return new Search(others, use, trust, now).faultOf([leaf]);
}

/** A day for people. */
export function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z");
}

/** Why it is not valid at a time, in words. */
export function validityFault(certificate: ParsedCertificate, now: number): string | undefined {
  if (now > certificate.notAfter) return `expired on ${dayOf(certificate.notAfter)}`;
  if (now >= certificate.notBefore) return undefined;
  return `is not valid before ${dayOf(certificate.notBefore)} (is this host's clock right?)`;
}

function leafFault(leaf: ParsedCertificate, use: CertificateUse): string | undefined {
  if (leaf.isAuthority) return "is that of an authority, which proves nobody's name";
  if (!allowsKeyUsage(leaf, KEY_USAGE.digitalSignature)) {
    return "is not for digital signatures (keyUsage)";
  }
  return useFault(leaf, use);
}

function useFault(certificate: ParsedCertificate, use: CertificateUse): string | undefined {
  const { extendedUses } = certificate;
  if (extendedUses === undefined || extendedUses.includes(EXTENDED_USE[use])) return undefined;
  return `is not for ${USE_WORDS[use]}`;
}

/** What is wrong with a certificate, whoever has issued it. */
function ownFault(certificate: ParsedCertificate, now: number): string | undefined {
  const [critical] = certificate.unknownCritical;
  if (critical !== undefined) return `has the unknown critical extension ${critical}`;
  if (certificate.hasNameConstraints) return "has name constraints, which are not supported";
  return validityFault(certificate, now);
}

/** The search for a path upwards; the first fault found is told if there is none. */
class Search {
  readonly #others: readonly ParsedCertificate[];
  readonly #use: CertificateUse;
  readonly #trust: Trust;
  readonly #now: number;
  #signatures = 0;

  constructor(
    others: readonly ParsedCertificate[],
    use: CertificateUse,
    trust: Trust,
    now: number,
  ) {
    this.#others = others;
    this.#use = use;
    this.#trust = trust;
    this.#now = now;
  }

  /** Why the path so far, the certificate shown first, leads nowhere. */
  faultOf(path: readonly ParsedCertificate[]): string | undefined {
    const below = path.at(-1)!;
    let fault: string | undefined;
    for (const authority of this.#trust.authorities) {
      if (authority.subjectKey !== below.issuerKey) continue;
      const found = this.#linkFault(path, authority);
      if (found === undefined) return undefined;
      fault ??= found;
    }
    for (const other of this.#others) {
      if (other.subjectKey !== below.issuerKey) continue;
      if (path.includes(other) || path.length + 2 > PATH_LENGTH_MAX) continue;
      const found = this.#linkFault(path, other) ?? this.faultOf([...path, other]);
      if (found === undefined) return undefined;
      fault ??= found;
    }
    return fault ?? this.#unknownIssuer(below);
  }

  #unknownIssuer(below: ParsedCertificate): string {
    const whose = `the certificate of "${below.subject}"`;
    const { path } = this.#trust;
    if (below.subjectKey === below.issuerKey) return `${whose} is self-signed and not in ${path}`;
    return `${whose} was issued by "${below.issuer}", which is not in ${path}`;
  }

  /** Why an authority has not issued the last of a path, or must not have. */
  #linkFault(
    path: readonly ParsedCertificate[],
    authority: ParsedCertificate,
  ): string | undefined {
    const below = path.at(-1)!;
    const whose = `the certificate of "${below.subject}"`;
    if (++this.#signatures > SIGNATURES_MAX) return `${whose} has too many possible issuers`;
    const signature = signatureFault(below, authority.publicKey);
    if (signature !== undefined) {
      return `${whose} is not by ${this.#words(authority)}: ${signature}`;
    }
    const fault = this.#authorityFault(path, authority);
    if (fault !== undefined) {
      return `${whose} was issued by ${this.#words(authority)}, which ${fault}`;
    }
    const revokedAt = this.#trust.revocations.revokedAt(below, authority);
    return revokedAt === undefined ? undefined : `${whose} was revoked on ${dayOf(revokedAt)}`;
  }

  #authorityFault(
    path: readonly ParsedCertificate[],
    authority: ParsedCertificate,
  ): string | undefined {
    if (!authority.isAuthority) return "is not an authority (basicConstraints)";
    if (!allowsKeyUsage(authority, KEY_USAGE.keyCertSign)) {
      return "may not sign certificates (keyUsage)";
    }
    if (path.length - 1 > (authority.pathLength ?? Infinity)) {
      return `allows only ${authority.pathLength} authorities below it`;
    }
    return useFault(authority, this.#use) ?? ownFault(authority, this.#now) ??
      this.#withdrawal(authority);
  }

  /** Trust in an authority ends where another one in the same file has revoked it. RFC 5280 §5. */
  #withdrawal(authority: ParsedCertificate): string | undefined {
    for (const above of this.#trust.authorities) {
      if (above.subjectKey !== authority.issuerKey) continue;
      const revokedAt = this.#trust.revocations.revokedAt(authority, above);
      if (revokedAt === undefined || signatureFault(authority, above.publicKey)) continue;
      return `was revoked on ${dayOf(revokedAt)}`;
    }
    return undefined;
  }

  #words(authority: ParsedCertificate): string {
    const isTrusted = this.#trust.authorities.some(({ der }) => sameBytes(der, authority.der));
    return isTrusted ? `"${authority.subject}" in ${this.#trust.path}` : `"${authority.subject}"`;
  }
}
