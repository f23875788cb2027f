/** Certificates and keys as read: what is wrong with them, and what they are good for. */

import { createPrivateKey, createPublicKey } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import { dayOf, type Trust, validityFault } from "./certificate_chain.ts";
import { isRegistrar, nameOf } from "./certificate_name.ts";
import { type CertificateCredentials, CredentialsInvalid, type Pem } from "./credentials.ts";
import { parseCertificate, type ParsedCertificate, sameBytes } from "./parsed_certificate.ts";
import { type PemBlock, pemBlocks } from "./pem.ts";
import { parseRevocationList, type RevocationList, Revocations } from "./revocation.ts";

/** A certificate that expires sooner is warned of. */
const EXPIRY_WARNING_DAYS = 14;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Credentials that can be used. */
export interface LoadedCredentials {
  readonly trust: Trust;
  /** This process's own certificate, then what else its file holds. */
  readonly own: readonly ParsedCertificate[];
  readonly serverName: string | undefined;
  readonly secureContext: SecureContext;
}

/** @throws {CredentialsInvalid} naming the file and what is wrong with it. */
export function loadCredentials(credentials: CertificateCredentials): LoadedCredentials {
  const { ca, cert, key, serverName } = credentials;
  const { trust, blocks } = loadAuthorities(ca);
  if (cert !== undefined && key === undefined) {
    throw new CredentialsInvalid(cert.path, "the key of this certificate is not given");
  }
  if (key !== undefined && cert === undefined) {
    throw new CredentialsInvalid(key.path, "the certificate of this key is not given");
  }
  const own = cert !== undefined && key !== undefined ? requireOwnPair(cert, key) : [];
  const secureContext = contextOf({
    ca: blocks.map(({ text }) => text),
    cert: cert?.text,
    key: key?.text,
    minVersion: "TLSv1.2",
  }, ca);
  return { trust, own, serverName, secureContext };
}

/** What will soon keep credentials from being believed, or does already, in words. */
export function warningsOf(
  { own, trust }: LoadedCredentials,
  credentials: CertificateCredentials,
  now: number,
  role: "registrar" | "client",
): string[] {
  const warnings = trust.authorities.flatMap((authority) =>
    validityWarnings(authority, trust.path, now)
  );
  const [leaf] = own;
  if (leaf === undefined || credentials.cert === undefined) return warnings;
  const { path } = credentials.cert;
  warnings.push(...validityWarnings(leaf, path, now));
  if (role === "registrar" && !isRegistrar(leaf.names)) {
    warnings.push(
      `${path}: the certificate of "${leaf.subject}" has not the role of a registrar ` +
        "(URI rserpool:registrar)",
    );
  }
  if (nameOf(leaf.names) === undefined) {
    warnings.push(
      `${path}: the certificate of "${leaf.subject}" names nobody: it has neither a URI nor a ` +
        "DNS name as subjectAltName",
    );
  }
  return warnings;
}

/**
 * A certificate, and what else its file holds, to which a key belongs.
 *
 * @throws {CredentialsInvalid} if one of both cannot be used, or not with the other.
 */
export function requireOwnPair(cert: Pem, key: Pem): readonly ParsedCertificate[] {
  const own = certificatesIn(cert);
  requireUsable(own[0], cert);
  requireKeyOf(own[0], cert, key);
  return own;
}

/** The certificates of a file, at least one. */
export function certificatesIn(pem: Pem): [ParsedCertificate, ...ParsedCertificate[]] {
  const [first, ...others] = certificateBlocks(pem).map((block) => readCertificate(pem, block));
  if (first === undefined) {
    throw new CredentialsInvalid(pem.path, 'it holds no certificate ("BEGIN CERTIFICATE")');
  }
  return [first, ...others];
}

function loadAuthorities(ca: Pem): { trust: Trust; blocks: PemBlock[] } {
  const authorities = certificatesIn(ca);
  if (!authorities.some(({ isAuthority }) => isAuthority)) {
    throw new CredentialsInvalid(
      ca.path,
      `the certificate of "${authorities[0].subject}" is not that of an authority`,
    );
  }
  const revocations = new Revocations();
  for (const block of pemBlocks(ca.text)) {
    if (block.label !== "X509 CRL") continue;
    const fault = revocations.add(readRevocationList(ca, block), authorities);
    if (fault !== undefined) throw new CredentialsInvalid(ca.path, `it holds ${fault}`);
  }
  return { trust: { path: ca.path, authorities, revocations }, blocks: certificateBlocks(ca) };
}

function certificateBlocks(pem: Pem): PemBlock[] {
  return pemBlocks(pem.text).filter(({ label }) => label === "CERTIFICATE");
}

function readCertificate({ path }: Pem, block: PemBlock): ParsedCertificate {
  try {
    return parseCertificate(block.der);
  } catch (cause) {
    throw new CredentialsInvalid(path, `a certificate in it cannot be read${reason(cause)}`, {
      cause,
    });
  }
}

function readRevocationList({ path }: Pem, block: PemBlock): RevocationList {
  try {
    return parseRevocationList(block.der);
  } catch (cause) {
    throw new CredentialsInvalid(path, `a revocation list in it cannot be read${reason(cause)}`, {
      cause,
    });
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? `: ${error.message}` : "";
}

/** Nobody would believe it, and `node:tls` cannot even show it. */
function requireUsable({ subject, unknownCritical }: ParsedCertificate, { path }: Pem): void {
  const [critical] = unknownCritical;
  if (critical === undefined) return;
  throw new CredentialsInvalid(
    path,
    `the certificate of "${subject}" has the unknown critical extension ${critical}`,
  );
}

/** Nothing of the key is ever told: neither its bytes nor what its reader says of them. */
function requireKeyOf(certificate: ParsedCertificate, cert: Pem, key: Pem): void {
  const isPrivateKey = ({ label }: PemBlock) => label.endsWith("PRIVATE KEY");
  const block = pemBlocks(key.text).find(isPrivateKey);
  if (block === undefined) {
    throw new CredentialsInvalid(key.path, 'it holds no private key ("BEGIN PRIVATE KEY")');
  }
  if (block.label.startsWith("ENCRYPTED") || block.text.includes("ENCRYPTED")) {
    throw new CredentialsInvalid(key.path, "the key is encrypted; it must be without a passphrase");
  }
  const publicKey = publicKeyOf(block);
  if (publicKey === undefined) throw new CredentialsInvalid(key.path, "the key cannot be read");
  if (sameBytes(publicKey, certificate.publicKey)) return;
  throw new CredentialsInvalid(
    key.path,
    `the key does not belong to the certificate of "${certificate.subject}" in ${cert.path}`,
  );
}

function publicKeyOf(block: PemBlock): Uint8Array | undefined {
  try {
    const key = createPublicKey(createPrivateKey(block.text));
    return new Uint8Array(key.export({ format: "der", type: "spki" }));
  } catch {
    return undefined;
  }
}

function contextOf(options: SecureContextOptions, ca: Pem): SecureContext {
  try {
    return createSecureContext(options);
  } catch {
    throw new CredentialsInvalid(ca.path, "TLS cannot use these certificates");
  }
}

function validityWarnings(
  certificate: ParsedCertificate,
  path: string,
  now: number,
): string[] {
  const whose = `${path}: the certificate of "${certificate.subject}"`;
  const fault = validityFault(certificate, now);
  if (fault !== undefined) return [`${whose} ${fault}`];
  if (certificate.notAfter - now > EXPIRY_WARNING_DAYS * DAY_MS) return [];
  return [`${whose} expires on ${dayOf(certificate.notAfter)}`];
}
