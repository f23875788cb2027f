/** Certificates for a TLS server of `node:https`: its own, and who its clients prove to be. */

import { createSecureContext, type SecureContext } from "node:tls";
import { certificatesShown } from "./certificate_handshake.ts";
import { type Verdict, verdictOn } from "./certificate_verification.ts";
import { CredentialsInvalid, type Pem } from "./credentials.ts";
import { loadCredentials, type LoadedCredentials, requireOwnPair } from "./loaded_credentials.ts";
import type { ServerCertificates, ServerCredentials, ShowsCertificates } from "./tls_cert.ts";

/** As a registrar judges who connects to it: chain, dates and revocations. RFC 5280 §6. */
const USE = { role: "server", protocol: "enrp" } as const;

/** @throws {CredentialsInvalid} naming the file and what is wrong with it. */
export function loadServerCredentials({ ca, cert, key }: ServerCertificates): ServerCredentials {
  const trusted = ca === undefined ? undefined : loadCredentials({ ca, cert, key });
  return {
    secureContext: trusted?.secureContext ?? contextOf(cert, key),
    judge: (socket, now = Date.now()) => judge(trusted, socket, now),
  };
}

function contextOf(cert: Pem, key: Pem): SecureContext {
  requireOwnPair(cert, key);
  try {
    return createSecureContext({ cert: cert.text, key: key.text, minVersion: "TLSv1.2" });
  } catch {
    throw new CredentialsInvalid(cert.path, "TLS cannot use this certificate");
  }
}

function judge(
  trusted: LoadedCredentials | undefined,
  socket: ShowsCertificates,
  now: number,
): Verdict {
  if (trusted === undefined) return { secured: { kind: "certificate", isRegistrar: false } };
  const shown = certificatesShown(socket);
  if (shown === undefined) return { why: "a certificate of the other side cannot be read" };
  return verdictOn(shown, { use: USE, reference: undefined }, trusted, now);
}
