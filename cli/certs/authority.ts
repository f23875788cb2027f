/**
 * A certificate authority in memory: it signs certificates and revocation lists. X.509 as RFC 5280
 * has it, with what `openssl verify -x509_strict` asks for; keys are P-256, made by WebCrypto.
 */

import { EXIT, ExitError, UsageError } from "../exit.ts";
import { MAX_COMMON_NAME, REGISTRAR_ROLE, type SubjectName, withoutTwins } from "./names.ts";
import { blocksOf } from "./pem.ts";
import { type Issued, REASONS, type Role } from "./record.ts";
import type { JsonGeneralName, X509Certificate } from "./x509.ts";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };
const DAY_MS = 86_400_000;
/** Clocks differ: what is issued is valid at once where they run behind. */
const BACKDATED_MS = 3_600_000;
const CRL_NUMBER = "2.5.29.20";

/** Days that an authority is valid, and a certificate. */
export const AUTHORITY_DAYS = 3650;
/** See {@linkcode AUTHORITY_DAYS}. */
export const CERTIFICATE_DAYS = 365;
/** A century: nothing is for ever. */
export const MAX_DAYS = 36_500;

/** A certificate and its key, in PEM. */
export interface KeyPairText {
  readonly certificate: string;
  readonly key: string;
}

/** An authority that can sign. */
export interface Authority {
  readonly certificate: X509Certificate;
  readonly key: CryptoKey;
}

/** What is to be certified. */
export interface Request {
  readonly role: Role;
  readonly name: SubjectName;
  /** Of a registrar, or of an element that serves sessions: where else it is reached. */
  readonly addresses: readonly SubjectName[];
  readonly days: number;
}

/** Makes the certificate of an authority, signed by itself. */
export async function makeAuthority(name: string, days: number, now: Date): Promise<KeyPairText> {
  const x509 = await import("./x509.ts");
  const keys = await makeKeys();
  const { KeyUsageFlags } = x509;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: [{ CN: [name] }],
    ...lifetime(days, now),
    keys,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString("pem")}\n`, key: await keyText(keys.privateKey) };
}

/**
 * An authority from its files.
 *
 * @throws {UsageError} if they are none, or do not belong together.
 */
export async function openAuthority(
  certificate: { readonly path: string; readonly text: string },
  key: { readonly path: string; readonly text: string },
): Promise<Authority> {
  const x509 = await import("./x509.ts");
  const block = blocksOf(certificate.text, "CERTIFICATE")[0];
  if (block === undefined) throw new UsageError(`${certificate.path} has no certificate in PEM`);
  let own: X509Certificate;
  try {
    own = new x509.X509Certificate(block);
  } catch {
    throw new UsageError(`${certificate.path} has no certificate that can be read`);
  }
  const { signing, spki } = await importKey(key);
  if (new Uint8Array(own.publicKey.rawData).toHex() !== spki.toHex()) {
    throw new UsageError(`${key.path} is not the key of ${certificate.path}`);
  }
  return { certificate: own, key: signing };
}

/**
 * Issues a certificate with a new key. It does not outlive its authority.
 *
 * @throws {ExitError} exit 1 if the authority has expired.
 */
export async function issueCertificate(
  authority: Authority,
  request: Request,
  now: Date,
): Promise<KeyPairText & { readonly issued: Issued }> {
  const x509 = await import("./x509.ts");
  const end = authority.certificate.notAfter;
  if (end <= now) {
    throw new ExitError(EXIT.world, `the authority has expired on ${end.toISOString()}`);
  }
  const { notBefore, notAfter } = lifetime(request.days, now, end);
  const serial = randomSerial();
  const keys = await makeKeys();
  const { ExtendedKeyUsage, KeyUsageFlags } = x509;
  const isRegistrar = request.role === "registrar";
  const role = { type: "url", value: REGISTRAR_ROLE } as const;
  const names = withoutTwins([
    request.name,
    ...(isRegistrar ? [role] : []),
    ...request.addresses,
  ]);
  // Who is reached somewhere is a TLS server there: registrars, and elements that serve sessions.
  const usages = isRegistrar || request.addresses.length > 0
    ? [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]
    : [ExtendedKeyUsage.clientAuth];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial,
    subject: [{ CN: [commonName(request, serial)] }],
    issuer: authority.certificate.subjectName.toJSON(),
    notBefore,
    notAfter,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages),
      new x509.SubjectAlternativeNameExtension(names as JsonGeneralName[]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
    ],
  });
  return {
    certificate: `${certificate.toString("pem")}\n`,
    key: await keyText(keys.privateKey),
    issued: {
      serial,
      name: request.name.value,
      role: request.role,
      notBefore: notBefore.toISOString(),
      notAfter: notAfter.toISOString(),
      addresses: request.addresses.map(({ value }) => value),
    },
  };
}

/**
 * Signs a revocation list. It is handed out by hand, in a file, and nothing renews it by itself: so
 * it lasts as long as its authority, as an expired one would have every peer refused.
 */
export async function signRevocationList(
  authority: Authority,
  certificates: readonly Issued[],
  number: number,
  now: Date,
): Promise<string> {
  const x509 = await import("./x509.ts");
  const list = await x509.X509CrlGenerator.create({
    issuer: authority.certificate.subjectName.toJSON(),
    thisUpdate: wholeSeconds(now.getTime()),
    nextUpdate: authority.certificate.notAfter,
    signingKey: authority.key,
    signingAlgorithm: SIGNING,
    entries: certificates.flatMap(({ serial, revoked }) =>
      revoked === undefined ? [] : [{
        serialNumber: serial,
        revocationDate: new Date(revoked.at),
        // RFC 5280 §5.3.1: rather absent than unspecified.
        ...(revoked.reason === "unspecified" ? {} : { reason: REASONS[revoked.reason] }),
      }]
    ),
    extensions: [
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      new x509.Extension(CRL_NUMBER, false, derInteger(number)),
    ],
  });
  // RFC 7468 §4: the library's own word for it is another, which OpenSSL does not know.
  return `${x509.PemConverter.encode(list.rawData, "X509 CRL")}\n`;
}

/** A name that people see; the names that count are in the subjectAltName. */
function commonName({ name, role }: Request, serial: string): string {
  return name.value.length <= MAX_COMMON_NAME ? name.value : `${role} ${serial.slice(0, 8)}`;
}

function lifetime(days: number, now: Date, end?: Date): { notBefore: Date; notAfter: Date } {
  const notAfter = now.getTime() + days * DAY_MS;
  return {
    notBefore: wholeSeconds(now.getTime() - BACKDATED_MS),
    notAfter: wholeSeconds(Math.min(notAfter, end?.getTime() ?? notAfter)),
  };
}

/** X.509 has no fractions of seconds. */
function wholeSeconds(milliseconds: number): Date {
  return new Date(Math.floor(milliseconds / 1000) * 1000);
}

/** RFC 5280 §4.1.2.2: positive and unique; random, so that no counter can be lost. */
function randomSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = bytes[0]! & 0x7f | 0x40;
  return bytes.toHex();
}

function makeKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
}

async function keyText(key: CryptoKey): Promise<string> {
  const { PemConverter } = await import("./x509.ts");
  return `${PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

/** The key to sign with, and what a certificate says of it. */
async function importKey(
  file: { readonly path: string; readonly text: string },
): Promise<{ signing: CryptoKey; spki: Uint8Array }> {
  const { PemConverter } = await import("./x509.ts");
  try {
    const bytes = PemConverter.decodeFirst(file.text);
    const signing = await crypto.subtle.importKey("pkcs8", bytes, CURVE, true, ["sign"]);
    const { d: _, key_ops: _ops, ...open } = await crypto.subtle.exportKey("jwk", signing);
    const verifying = await crypto.subtle.importKey("jwk", open, CURVE, true, ["verify"]);
    return { signing, spki: new Uint8Array(await crypto.subtle.exportKey("spki", verifying)) };
  } catch {
    // What the library says might have a part of the key.
    throw new UsageError(`${file.path} is no private key on the curve P-256 in PEM`);
  }
}

/** RFC 5280 §5.2.3: a list's number, as ASN.1 has integers. */
function derInteger(number: number): Uint8Array<ArrayBuffer> {
  const hex = number.toString(16);
  const digits = hex.padStart(hex.length + hex.length % 2, "0");
  const bytes = Uint8Array.fromHex(/^[89a-f]/.test(digits) ? `00${digits}` : digits);
  return new Uint8Array([2, bytes.length, ...bytes]);
}
