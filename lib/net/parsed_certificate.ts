/** What a certificate says (RFC 5280 §4), whether or not anybody should believe it. */

import {
  type AlternativeNames,
  distinguishedName,
  NO_NAMES,
  parseAlternativeNames,
} from "./certificate_name.ts";
import {
  bitStringOf,
  booleanOf,
  childrenOf,
  contextTag,
  DerCursor,
  type DerElement,
  DerMalformed,
  expectTag,
  oidOf,
  readElement,
  smallIntegerOf,
  TAG,
  timeOf,
} from "./der.ts";

/** What somebody has signed, and how. */
export interface Signed {
  /** The bytes that are signed. */
  readonly signedBytes: Uint8Array;
  /** The AlgorithmIdentifier of the signature. */
  readonly algorithm: DerElement;
  /** Its object identifier. */
  readonly algorithmId: string;
  readonly signature: Uint8Array;
}

/** A certificate taken apart. Times are milliseconds since 1970. */
export interface ParsedCertificate extends Signed {
  /** The certificate as it was encoded. */
  readonly der: Uint8Array;
  /** For people. */
  readonly subject: string;
  /** For people. */
  readonly issuer: string;
  /** The encoded names in hexadecimal digits, which are compared. */
  readonly subjectKey: string;
  readonly issuerKey: string;
  /** In hexadecimal digits. */
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** The encoded SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** Absent: no basicConstraints. */
  readonly isAuthority: boolean;
  /** How many authorities may follow below this one. */
  readonly pathLength: number | undefined;
  /** The bits of keyUsage, bit 0 the highest of the first byte; absent: any use. */
  readonly keyUsage: Uint8Array | undefined;
  /** Object identifiers of extKeyUsage; absent: any use. */
  readonly extendedUses: readonly string[] | undefined;
  readonly names: AlternativeNames;
  /** Critical extensions that are not understood here. */
  readonly unknownCritical: readonly string[];
  readonly hasNameConstraints: boolean;
}

/** Bits of keyUsage (RFC 5280 §4.2.1.3). */
export const KEY_USAGE = { digitalSignature: 0, keyCertSign: 5, cRLSign: 6 } as const;
/** Object identifiers of extKeyUsage (RFC 5280 §4.2.1.12). */
export const EXTENDED_USE = {
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2",
} as const;

const EXTENSION = {
  keyUsage: "2.5.29.15",
  alternativeNames: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  extendedUse: "2.5.29.37",
} as const;

/** An extension, its value not yet looked into. */
export interface Extension {
  readonly isCritical: boolean;
  readonly value: Uint8Array;
}

/** @throws {DerMalformed} if it is no certificate. */
export function parseCertificate(der: Uint8Array): ParsedCertificate {
  const { signed, body } = parseSigned(der);
  const cursor = new DerCursor(body);
  const version = cursor.optional(contextTag(0, "constructed"));
  const serial = cursor.take(TAG.integer);
  const algorithm = cursor.take(TAG.sequence);
  if (!sameBytes(algorithm.encoded, signed.algorithm.encoded)) {
    throw new DerMalformed("two different signature algorithms");
  }
  const issuer = cursor.take(TAG.sequence);
  const validity = new DerCursor(cursor.take(TAG.sequence));
  const subject = cursor.take(TAG.sequence);
  const publicKey = cursor.take(TAG.sequence);
  cursor.optional(contextTag(1, "primitive"));
  cursor.optional(contextTag(2, "primitive"));
  const extensions = parseExtensions(cursor.optional(contextTag(3, "constructed")));
  cursor.end();
  if (extensions.size > 0 && versionOf(version) !== 2) throw new DerMalformed("version");
  return {
    ...signed,
    der,
    subject: distinguishedName(subject),
    issuer: distinguishedName(issuer),
    subjectKey: hex(subject.encoded),
    issuerKey: hex(issuer.encoded),
    serial: hex(serial.content),
    notBefore: timeOf(validity.any()),
    notAfter: timeOf(validity.any()),
    publicKey: publicKey.encoded,
    ...limitsOf(extensions),
  };
}

/** Reads the frame that certificates and revocation lists share. */
export function parseSigned(der: Uint8Array): { signed: Signed; body: DerElement } {
  const cursor = new DerCursor(readElement(der));
  const body = cursor.take(TAG.sequence);
  const algorithm = cursor.take(TAG.sequence);
  const algorithmId = oidOf(new DerCursor(algorithm).take(TAG.oid));
  const signature = bitStringOf(cursor.take(TAG.bitString));
  cursor.end();
  return { signed: { signedBytes: body.encoded, algorithm, algorithmId, signature }, body };
}

/** Reads extensions by their object identifiers; each may be there once. */
export function parseExtensions(wrapped: DerElement | undefined): Map<string, Extension> {
  const extensions = new Map<string, Extension>();
  if (wrapped === undefined) return extensions;
  const [list, ...more] = childrenOf(wrapped);
  if (list === undefined || more.length > 0) throw new DerMalformed("extensions");
  for (const extension of childrenOf(expectTag(list, TAG.sequence))) {
    const cursor = new DerCursor(extension);
    const oid = oidOf(cursor.take(TAG.oid));
    const critical = cursor.optional(TAG.boolean);
    const value = cursor.take(TAG.octetString).content;
    cursor.end();
    if (extensions.has(oid)) throw new DerMalformed(`extension ${oid} twice`);
    extensions.set(oid, { isCritical: critical !== undefined && booleanOf(critical), value });
  }
  return extensions;
}

/** Whether a bit of keyUsage is set, or no use is excluded. */
export function allowsKeyUsage({ keyUsage }: ParsedCertificate, bit: number): boolean {
  if (keyUsage === undefined) return true;
  return ((keyUsage[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
}

/** Bytes as hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether two byte strings are the same. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function versionOf(wrapped: DerElement | undefined): number {
  const [version] = wrapped === undefined ? [] : childrenOf(wrapped);
  return version === undefined ? 0 : smallIntegerOf(version);
}

function limitsOf(extensions: ReadonlyMap<string, Extension>) {
  const known: readonly string[] = Object.values(EXTENSION);
  const valueOf = (oid: string) => extensions.get(oid)?.value;
  const constraints = valueOf(EXTENSION.basicConstraints);
  const keyUsage = valueOf(EXTENSION.keyUsage);
  const extendedUse = valueOf(EXTENSION.extendedUse);
  const names = valueOf(EXTENSION.alternativeNames);
  return {
    ...basicConstraintsOf(constraints),
    keyUsage: keyUsage && bitStringOf(readElement(keyUsage)),
    extendedUses: extendedUse &&
      childrenOf(expectTag(readElement(extendedUse), TAG.sequence)).map(oidOf),
    names: names === undefined ? NO_NAMES : parseAlternativeNames(names),
    unknownCritical: [...extensions].filter(([oid, { isCritical }]) =>
      isCritical && !known.includes(oid)
    ).map(([oid]) => oid),
    hasNameConstraints: extensions.has(EXTENSION.nameConstraints),
  };
}

function basicConstraintsOf(value: Uint8Array | undefined) {
  if (value === undefined) return { isAuthority: false, pathLength: undefined };
  const cursor = new DerCursor(readElement(value));
  const isAuthority = cursor.optional(TAG.boolean);
  const pathLength = cursor.optional(TAG.integer);
  cursor.end();
  return {
    isAuthority: isAuthority !== undefined && booleanOf(isAuthority),
    pathLength: pathLength && smallIntegerOf(pathLength),
  };
}
