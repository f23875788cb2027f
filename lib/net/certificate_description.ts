/** What a certificate says, for people: `certs show` and `doctor`. */

import { createHash } from "node:crypto";
import { addressText, isRegistrar, nameOf } from "./certificate_name.ts";
import type { Pem } from "./credentials.ts";
import { certificatesIn } from "./loaded_credentials.ts";
import { EXTENDED_USE, type ParsedCertificate } from "./parsed_certificate.ts";

/** What a certificate says of its holder and itself. */
export interface CertificateDescription {
  /** `CN=web-1,O=Example`; for people, since nothing is compared with it. */
  readonly subject: string;
  /** Who has signed it. */
  readonly issuer: string;
  /** The name by which permissions know the holder; absent: it has none. */
  readonly name: string | undefined;
  /** Whether it carries the role of a registrar (protocol decision 28). */
  readonly isRegistrar: boolean;
  /** Whether it may issue certificates. */
  readonly isAuthority: boolean;
  /** Names of hosts in it. */
  readonly dnsNames: readonly string[];
  /** IP addresses in it. */
  readonly addresses: readonly string[];
  /** URIs in it. */
  readonly uris: readonly string[];
  /** Which side of TLS it is for. */
  readonly uses: { readonly server: boolean; readonly client: boolean };
  /** When it begins to be valid. */
  readonly notBefore: Date;
  /** When it ends to be valid. */
  readonly notAfter: Date;
  /** In hexadecimal digits. */
  readonly serial: string;
  /** SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` writes it. */
  readonly fingerprint: string;
}

/** @throws {CredentialsInvalid} when there is none, or one cannot be read. */
export function describeAll(pem: Pem): CertificateDescription[] {
  return certificatesIn(pem).map(describe);
}

function describe(certificate: ParsedCertificate): CertificateDescription {
  const { subject, issuer, names, serial, extendedUses } = certificate;
  const allows = (use: string) => extendedUses === undefined || extendedUses.includes(use);
  const digest = createHash("sha256").update(certificate.der).digest("hex").toUpperCase();
  return {
    subject,
    issuer,
    name: nameOf(names),
    isRegistrar: isRegistrar(names),
    isAuthority: certificate.isAuthority,
    dnsNames: names.dns,
    addresses: names.addresses.map(addressText),
    uris: names.uris,
    uses: { server: allows(EXTENDED_USE.server), client: allows(EXTENDED_USE.client) },
    notBefore: new Date(certificate.notBefore),
    notAfter: new Date(certificate.notAfter),
    serial,
    fingerprint: digest.match(/../g)!.join(":"),
  };
}
