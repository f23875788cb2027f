/** Certificates that their authority has taken back: revocation lists, RFC 5280 §5. */

import { distinguishedName } from "./certificate_name.ts";
import { contextTag, DerCursor, type DerElement, TAG, timeOf } from "./der.ts";
import {
  allowsKeyUsage,
  type Extension,
  hex,
  KEY_USAGE,
  type ParsedCertificate,
  parseExtensions,
  parseSigned,
  type Signed,
} from "./parsed_certificate.ts";
import { signatureFault } from "./signature.ts";

/** A revocation list taken apart; nobody has looked at its signature yet. */
export interface RevocationList extends Signed {
  /** For people. */
  readonly issuer: string;
  readonly issuerKey: string;
  /** When the next is due, in milliseconds since 1970. */
  readonly nextUpdate: number | undefined;
  /** When the certificate of a serial number was revoked. */
  readonly revoked: ReadonlyMap<string, number>;
  /** Critical extensions: none is understood here. */
  readonly unknownCritical: readonly string[];
}

/** @throws {DerMalformed} if it is no revocation list. */
export function parseRevocationList(der: Uint8Array): RevocationList {
  const { signed, body } = parseSigned(der);
  const cursor = new DerCursor(body);
  cursor.optional(TAG.integer);
  cursor.take(TAG.sequence);
  const issuer = cursor.take(TAG.sequence);
  cursor.any();
  const nextUpdate = cursor.optional(TAG.utcTime, TAG.generalizedTime);
  const entries = cursor.optional(TAG.sequence);
  const extensions = parseExtensions(cursor.optional(contextTag(0, "constructed")));
  cursor.end();
  return {
    ...signed,
    issuer: distinguishedName(issuer),
    issuerKey: hex(issuer.encoded),
    nextUpdate: nextUpdate && timeOf(nextUpdate),
    revoked: new Map(entries === undefined ? [] : entriesOf(entries)),
    unknownCritical: criticalOf(extensions),
  };
}

/** The revocation lists of the authorities that are trusted. */
export class Revocations {
  /** By the authority's public key: two may bear one name. */
  readonly #revoked = new Map<string, Map<string, number>>();

  /** What is wrong with a list; `undefined`: it is taken into account. */
  add(list: RevocationList, authorities: readonly ParsedCertificate[]): string | undefined {
    const [critical] = list.unknownCritical;
    if (critical !== undefined) {
      return `a revocation list of "${list.issuer}" with the critical extension ${critical}, ` +
        "which is not supported";
    }
    const named = authorities.filter((authority) => authority.subjectKey === list.issuerKey);
    const signer = named.find((authority) =>
      allowsKeyUsage(authority, KEY_USAGE.cRLSign) &&
      signatureFault(list, authority.publicKey) === undefined
    );
    if (signer === undefined) {
      return `a revocation list of "${list.issuer}" that no authority in this file has signed`;
    }
    const key = hex(signer.publicKey);
    const revoked = this.#revoked.get(key) ?? new Map<string, number>();
    for (const [serial, atMs] of list.revoked) revoked.set(serial, atMs);
    this.#revoked.set(key, revoked);
    return undefined;
  }

  /** When an authority has revoked a certificate, in milliseconds since 1970. */
  revokedAt(certificate: ParsedCertificate, authority: ParsedCertificate): number | undefined {
    if (this.#revoked.size === 0) return undefined;
    return this.#revoked.get(hex(authority.publicKey))?.get(certificate.serial);
  }
}

function* entriesOf(entries: DerElement): Generator<[string, number]> {
  const cursor = new DerCursor(entries);
  for (let entry = cursor.optional(TAG.sequence); entry; entry = cursor.optional(TAG.sequence)) {
    const fields = new DerCursor(entry);
    const serial = hex(fields.take(TAG.integer).content);
    // Whatever else an entry says, the certificate is not to be relied on.
    yield [serial, timeOf(fields.any())];
  }
  cursor.end();
}

function criticalOf(extensions: ReadonlyMap<string, Extension>): string[] {
  return [...extensions].filter(([, { isCritical }]) => isCritical).map(([oid]) => oid);
}
