/**
 * Stands in the whole program for the library for certificates, which only `certs` needs: packed in
 * a comment of its own, as yaml is.
 *
 * @module
 */

import { runPart } from "./whole_program.ts";

const x509 = await runPart("x509") as typeof import("../../cli/certs/x509.ts");

export const {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  X509Crl,
  X509CrlGenerator,
  X509CrlReason,
} = x509;
