/**
 * TLS with certificates over TCP. `node:tls`, `node:net` and `node:crypto` are loaded by the first
 * who asks for it.
 */

import type { CertificateDescription } from "./certificate_description.ts";
import type { SecureContext } from "node:tls";
import type { Verdict } from "./certificate_verification.ts";
import type { CertificateCredentials, Pem } from "./credentials.ts";
import type { HandshakeLimits } from "./handshakes.ts";
import type { TcpTransportOptions } from "./tcp.ts";
import type { SecureTransport } from "./transport.ts";

/** What a transport over certificates may be told. */
export interface CertificateTransportOptions extends TcpTransportOptions {
  /** Limits of the handshakes of those who connect, where they differ from the defaults. */
  readonly handshakes?: Partial<HandshakeLimits> | undefined;
  /** The time by which certificates are valid, in milliseconds since 1970; default this host's. */
  readonly now?: (() => number) | undefined;
}

/**
 * A transport over TLS 1.3 or 1.2 with certificates (RFC 5352 §9.2). Who is TLS client demands a
 * registrar, or in a session (ALPN `rserpool`) anybody with the name that was dialled; who is TLS
 * server verifies a certificate if one is shown.
 */
export interface CertificateTransport extends SecureTransport {
  /** What secures its connections. */
  readonly kind: "certificate";
  /**
   * Trusts and shows others from now on. Open connections stay; `objection` names those that
   * should not.
   *
   * @throws {CredentialsInvalid} when they cannot be used; the old ones then stay.
   */
  replace(credentials: CertificateCredentials): Promise<void>;
}

/**
 * A transport over TLS with certificates.
 *
 * @throws {CredentialsInvalid} when they cannot be used: the file is named, and what is wrong.
 * @example
 * ```ts
 * import { CredentialsInvalid } from "./credentials.ts";
 * import { certificateTransport } from "./tls_cert.ts";
 * import assert from "node:assert/strict";
 *
 * const ca = { path: "ca.pem", text: "no certificate" };
 * await assert.rejects(certificateTransport({ ca }), (error) => {
 *   assert(error instanceof CredentialsInvalid);
 *   assert.equal(error.path, "ca.pem");
 *   return true;
 * });
 * ```
 */
export async function certificateTransport(
  credentials: CertificateCredentials,
  options: CertificateTransportOptions = {},
): Promise<CertificateTransport> {
  const { TlsOverTcp } = await import("./certificate_transport.ts");
  return new TlsOverTcp(credentials, options);
}

/** By what certificates are judged. */
export interface CertificateWarningOptions {
  /** Milliseconds since 1970; default this host's time. */
  readonly now?: number;
  /** Whom they are to be believed as. Default: a registrar. */
  readonly role?: "registrar" | "client";
}

/**
 * What will soon keep others from believing these credentials, or does already: expired or to
 * expire within 14 days, not the role of a registrar, no name. For people, a line each.
 *
 * @throws {CredentialsInvalid} when they cannot be used at all.
 */
export async function certificateWarnings(
  credentials: CertificateCredentials,
  { now = Date.now(), role = "registrar" }: CertificateWarningOptions = {},
): Promise<string[]> {
  const { loadCredentials, warningsOf } = await import("./loaded_credentials.ts");
  return warningsOf(loadCredentials(credentials), credentials, now, role);
}

/**
 * Why others who trust the same authorities will not believe this process's own certificate, in
 * words; `undefined`: they will, or there is none.
 *
 * @param use what it is shown for: a registrar is a TLS server, all others are clients.
 * @param now milliseconds since 1970.
 * @throws {CredentialsInvalid} when the credentials cannot be used at all.
 */
export async function certificateFault(
  credentials: CertificateCredentials,
  use: "client" | "server",
  now: number = Date.now(),
): Promise<string | undefined> {
  const { loadCredentials } = await import("./loaded_credentials.ts");
  const { chainFault } = await import("./certificate_chain.ts");
  const { own, trust } = loadCredentials(credentials);
  return own.length === 0 ? undefined : chainFault(own, use, trust, now);
}

/**
 * What the certificates in a file say, in its order; nobody vouches for it.
 *
 * @throws {CredentialsInvalid} when there is none, or one cannot be read.
 */
export async function describeCertificates(pem: Pem): Promise<CertificateDescription[]> {
  const { describeAll } = await import("./certificate_description.ts");
  return describeAll(pem);
}

/** What a TLS server that is none of this package is made of: one of `node:https`. */
export interface ServerCertificates {
  /** Authorities whose clients are judged; absent: clients prove nothing. */
  readonly ca?: Pem | undefined;
  /** The certificate, and those between it and the authority. */
  readonly cert: Pem;
  /** Its private key. */
  readonly key: Pem;
}

/** A socket of `node:tls` whose client was asked for a certificate. */
export interface ShowsCertificates {
  /** As `TLSSocket` has it. */
  getPeerCertificate(detailed: true): unknown;
}

/** Certificates of a TLS server that can be used. */
export interface ServerCredentials {
  /** For `SNICallback`. */
  readonly secureContext: SecureContext;
  /**
   * Who a client has proved to be, as a registrar judges who connects to it, or why it is not
   * believed. The server must have set `requestCert`.
   *
   * @param now milliseconds since 1970; default this host's time.
   */
  judge(socket: ShowsCertificates, now?: number): Verdict;
}

/**
 * Certificates for a TLS server of `node:https`, by whose clients' certificates somebody is to be
 * known as at a registrar.
 *
 * @throws {CredentialsInvalid} when they cannot be used: the file is named, and what is wrong.
 */
export async function serverCredentials(
  certificates: ServerCertificates,
): Promise<ServerCredentials> {
  const { loadServerCredentials } = await import("./server_credentials.ts");
  return loadServerCredentials(certificates);
}
