/** The files of certificates and keys, as `doctor` looks at them; nothing is sent. */

import type { Api, CertificateCredentials } from "../api.ts";
import { type CertificatePaths, readCertificates } from "../credential_files.ts";
import { ExitError } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import type { World } from "../world.ts";
import { type Findings, timeText, withClock } from "./finding.ts";

/** A certificate that expires sooner is warned of. */
export const EXPIRY_WARNING_MS = 14 * 24 * 60 * 60 * 1000;

/** What a certificate says. */
export type Description = Awaited<ReturnType<Api["describeCertificates"]>>[number];

/** Whose files they are. */
export interface Holder {
  /** A registrar shows its certificate as a TLS server; all others are clients. */
  readonly use: "client" | "server";
  /** Whether the certificate must have the role of a registrar. */
  readonly needsRole: boolean;
}

/** Files that can be used. */
export interface UsableFiles {
  readonly credentials: CertificateCredentials;
  /** The own certificate. */
  readonly own: Description | undefined;
}

/**
 * Looks at each file; `undefined`: nothing can be done with them.
 *
 * @param now milliseconds since 1970.
 */
export async function checkCertificateFiles(
  api: Api,
  world: World,
  paths: CertificatePaths,
  holder: Holder,
  findings: Findings,
  now: number,
): Promise<UsableFiles | undefined> {
  const credentials = await readEach(world, paths, findings);
  if (credentials === undefined) return undefined;
  try {
    await checkAuthorities(api, credentials, findings, now);
    await api.certificateTransport(credentials);
    const own = credentials.cert && await checkOwn(api, credentials, holder, findings, now);
    return { credentials, own };
  } catch (error) {
    findings.add("certificates", "wrong", wordsOf(error));
    return undefined;
  }
}

/** Reads each file, so that of several mistakes each is told. */
async function readEach(
  world: World,
  { ca, cert, key }: CertificatePaths,
  findings: Findings,
): Promise<CertificateCredentials | undefined> {
  const parts = [
    {},
    ...(cert === undefined ? [] : [{ cert }]),
    ...(key === undefined ? [] : [{ key }]),
  ];
  let credentials: CertificateCredentials | undefined;
  let isWhole = true;
  for (const part of parts) {
    try {
      credentials = { ...credentials, ...await readCertificates(world, { ca, ...part }) };
    } catch (error) {
      findings.add("certificates", "wrong", wordsOf(error));
      isWhole = false;
      // Without the authorities the others would be told for the same reason again.
      if (credentials === undefined) break;
    }
  }
  return isWhole ? credentials : undefined;
}

async function checkAuthorities(
  api: Api,
  { ca }: CertificateCredentials,
  findings: Findings,
  now: number,
): Promise<void> {
  for (const authority of await api.describeCertificates(ca)) {
    checkDates(authority, ca.path, findings, now);
  }
}

async function checkOwn(
  api: Api,
  credentials: CertificateCredentials,
  { use, needsRole }: Holder,
  findings: Findings,
  now: number,
): Promise<Description> {
  const { path } = credentials.cert!;
  const [own] = await api.describeCertificates(credentials.cert!);
  const { subject, name, isRegistrar } = own!;
  if (checkDates(own!, path, findings, now)) {
    const fault = await api.certificateFault(credentials, use, now);
    // A client may be of another authority than the registrars that it trusts.
    const isForeign = fault !== undefined && / not in /.test(fault) && use === "client";
    const hint = isForeign ? "; registrars must trust that authority" : "";
    if (fault !== undefined) {
      findings.add("certificates", isForeign ? "warning" : "wrong", `${path}: ${fault}${hint}`);
    }
  }
  const whose = `${path}: the certificate of "${subject}"`;
  if (use === "server" && !own!.uses.client) {
    const why = "is not for a TLS client (clientAuth): no peer can be dialled with it";
    findings.add("certificates", "warning", `${whose} ${why}`);
  }
  if (name === undefined) {
    const why = "it has neither a URI nor a DNS name as subjectAltName";
    findings.add("certificates", "wrong", `${whose} names nobody: ${why}`);
  }
  if (needsRole && !isRegistrar) {
    const role = "the role of a registrar (URI rserpool:registrar)";
    findings.add("certificates", "wrong", `${whose} has not ${role}`);
  }
  return own!;
}

/** Whether its dates are right; tells what they are. */
function checkDates(
  { subject, name, notBefore, notAfter }: Description,
  path: string,
  findings: Findings,
  now: number,
): boolean {
  const whose = `${path}: the certificate of "${subject}"`;
  const wrong = (words: string) => {
    findings.add("certificates", "wrong", withClock(`${whose} ${words}`, now));
    return false;
  };
  const until = timeText(notAfter.getTime());
  if (now > notAfter.getTime()) return wrong(`expired on ${until}`);
  if (now < notBefore.getTime()) {
    return wrong(`is not valid before ${timeText(notBefore.getTime())}`);
  }
  const isSoon = notAfter.getTime() - now <= EXPIRY_WARNING_MS;
  const who = name === undefined ? "" : `, of "${name}",`;
  findings.add(
    "certificates",
    isSoon ? "warning" : "ok",
    isSoon ? `${whose} expires on ${until}` : `${whose}${who} is valid until ${until}`,
  );
  return true;
}

/** What is wrong with a file, by the error that names it. */
export function wordsOf(error: unknown): string {
  if (error instanceof ExitError) return error.message;
  if (error instanceof Error && error.name === "CredentialsInvalid") return reasonOf(error);
  throw error;
}
