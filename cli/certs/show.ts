/** `certs show`: what a file of certificates and revocation lists says, in plain words. */

import type { Context } from "../command.ts";
import { UsageError } from "../exit.ts";
import type { Result } from "../output.ts";
import { MAX_PEM_BYTES, readText } from "./directory.ts";
import { REGISTRAR_ROLE } from "./names.ts";
import { blocksOf } from "./pem.ts";
import { REASONS } from "./record.ts";
import { wordsOf } from "./view.ts";
import type { X509Certificate, X509Crl } from "./x509.ts";

type Library = typeof import("./x509.ts");

/** A certificate, as JSON has it. */
export interface CertificateView {
  readonly subject: string;
  readonly issuer: string;
  readonly serial: string;
  readonly state: "valid" | "expired" | "not yet valid";
  readonly notBefore: string;
  readonly notAfter: string;
  readonly authority: boolean;
  readonly registrar: boolean;
  /** The name by which the registrar knows its owner; none in an authority's. */
  readonly name: string | null;
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly usages: readonly string[];
  readonly publicKey: string;
  readonly sha256: string;
}

/** A revocation list, as JSON has it. */
export interface RevocationListView {
  readonly issuer: string;
  readonly number: number | null;
  readonly thisUpdate: string;
  readonly nextUpdate: string | null;
  readonly revoked: readonly {
    readonly serial: string;
    readonly at: string;
    readonly reason: string;
  }[];
}

/** Prints what a file has. */
export async function show(
  { world, stdout }: Pick<Context, "world" | "stdout">,
  path: string,
  now = new Date(),
): Promise<void> {
  const text = await readText(world, path, MAX_PEM_BYTES);
  const library = await import("./x509.ts");
  const certificates: CertificateView[] = [];
  const revocationLists: RevocationListView[] = [];
  try {
    for (const block of blocksOf(text, "CERTIFICATE")) {
      certificates.push(await viewOf(new library.X509Certificate(block), library, now));
    }
    for (const block of blocksOf(text, "X509 CRL")) {
      revocationLists.push(listViewOf(new library.X509Crl(block)));
    }
  } catch {
    throw new UsageError(`${path} has a block of PEM that is broken`);
  }
  if (certificates.length + revocationLists.length === 0) {
    throw new UsageError(nothingIn(path, text));
  }
  await stdout.printResult(result(path, certificates, revocationLists));
}

function nothingIn(path: string, text: string): string {
  const hasKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text);
  return hasKey
    ? `${path} has a private key and no certificate; that is not shown`
    : `${path} has no certificate or revocation list in PEM`;
}

async function viewOf(
  certificate: X509Certificate,
  library: Library,
  now: Date,
): Promise<CertificateView> {
  const names = certificate.getExtension(library.SubjectAlternativeNameExtension)?.names.items ??
    [];
  const namesOf = (type: string) => names.filter((each) => each.type === type).map((n) => n.value);
  const [uris, dnsNames] = [namesOf("url"), namesOf("dns")];
  const authority = certificate.getExtension(library.BasicConstraintsExtension)?.ca === true;
  const name = uris.find((uri) => uri !== REGISTRAR_ROLE) ?? dnsNames[0];
  return {
    subject: certificate.subject,
    issuer: certificate.issuer,
    serial: certificate.serialNumber.toLowerCase(),
    state: stateAt(certificate, now),
    notBefore: certificate.notBefore.toISOString(),
    notAfter: certificate.notAfter.toISOString(),
    authority,
    registrar: uris.includes(REGISTRAR_ROLE),
    name: authority ? null : name ?? null,
    dnsNames,
    uris,
    ipAddresses: namesOf("ip"),
    usages: usagesOf(certificate, library),
    publicKey: keyOf(certificate),
    sha256: new Uint8Array(await certificate.getThumbprint("SHA-256")).toHex(),
  };
}

function stateAt({ notBefore, notAfter }: X509Certificate, now: Date): CertificateView["state"] {
  if (now < notBefore) return "not yet valid";
  return notAfter < now ? "expired" : "valid";
}

function usagesOf(certificate: X509Certificate, library: Library): string[] {
  const { ExtendedKeyUsage, ExtendedKeyUsageExtension } = library;
  const usages = certificate.getExtension(ExtendedKeyUsageExtension)?.usages ?? [];
  const words: Record<string, string> = {
    [ExtendedKeyUsage.serverAuth]: "server",
    [ExtendedKeyUsage.clientAuth]: "client",
  };
  return usages.map((usage) => words[String(usage)] ?? String(usage));
}

function keyOf(certificate: X509Certificate): string {
  const algorithm = certificate.publicKey.algorithm as Algorithm & {
    readonly namedCurve?: string;
    readonly modulusLength?: number;
  };
  const size = algorithm.namedCurve ?? algorithm.modulusLength;
  return size === undefined ? algorithm.name : `${algorithm.name} ${size}`;
}

function listViewOf(list: X509Crl): RevocationListView {
  const number = list.extensions.find(({ type }) => type === "2.5.29.20")?.value;
  return {
    issuer: list.issuer,
    number: number === undefined ? null : numberOf(new Uint8Array(number)),
    thisUpdate: list.thisUpdate.toISOString(),
    nextUpdate: list.nextUpdate?.toISOString() ?? null,
    revoked: list.entries.map((entry) => ({
      serial: entry.serialNumber.toLowerCase(),
      at: entry.revocationDate.toISOString(),
      reason: reasonOf(entry.reason),
    })),
  };
}

/** The value of a short ASN.1 integer. */
function numberOf(der: Uint8Array): number {
  return der.subarray(2).reduce((value, byte) => value * 256 + byte, 0);
}

function reasonOf(code: number | undefined): string {
  const known = Object.entries(REASONS).find(([, each]) => each === (code ?? 0));
  return known?.[0] ?? String(code);
}

function result(
  file: string,
  certificates: readonly CertificateView[],
  revocationLists: readonly RevocationListView[],
): Result {
  const rows = [
    ...certificates.flatMap((view) => rowsOf("certificate", view)),
    ...revocationLists.flatMap(({ revoked, ...view }) => [
      ...rowsOf("revocation list", view),
      ...revoked.map(({ serial, at, reason }) => ["  revoked", `${serial} ${at} ${reason}`]),
    ]),
  ];
  return {
    json: () => ({ file, certificates, revocationLists }),
    lines: () => [...certificates, ...revocationLists],
    table: () => ({ header: ["WHAT", "IS"], rows }),
  };
}

function rowsOf(what: string, view: object): string[][] {
  const facts = Object.entries(view).filter(([, value]) =>
    value !== null && !(Array.isArray(value) && value.length === 0)
  ).map(([key, value]) => [`  ${wordsOf(key)}`, wordOf(value)]);
  return [[what, ""], ...facts];
}

function wordOf(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return Array.isArray(value) ? value.join(" ") : String(value);
}
