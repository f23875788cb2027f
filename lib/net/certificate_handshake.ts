/**
 * TLS handshakes with certificates over `node:tls`, in either role, whoever dialled (protocol
 * decision 27). It is told to refuse nobody and reports every certificate, so that what is wrong
 * with one can be said; nobody gets a connection before it is verified.
 */

import { connect, createServer, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { CipherStream } from "./cipher_stream.ts";
import type { LoadedCredentials } from "./loaded_credentials.ts";
import type { Refusal } from "./securing.ts";
import type { ShowsCertificates } from "./tls_cert.ts";
import type { Connection, TlsUse } from "./transport.ts";

/** Certificates that one side may send. */
const CERTIFICATES_MAX = 10;

/** A finished handshake; nothing is verified yet but that each side has the key it showed. */
export interface Handshaken {
  readonly tls: TLSSocket;
  readonly stream: CipherStream;
  /** What the other side has shown, its own certificate first. */
  readonly shown: readonly Uint8Array[];
  /** Why TLS itself does not trust it; `undefined`: it does. */
  readonly doubt: string | undefined;
}

/** When a handshake is given up. */
export interface Patience {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** How a handshake has come out. */
type Settle = (result: TLSSocket | Refusal) => void;

/**
 * Performs a handshake on a TCP connection; a failed one leaves nothing open.
 *
 * @param hostName what is asked for by SNI; an address is not.
 */
export function performHandshake(
  tcp: Connection,
  credentials: LoadedCredentials,
  use: TlsUse,
  hostName: string | undefined,
  patience: Patience,
): Promise<Handshaken | Refusal> {
  const stream = new CipherStream(tcp);
  return new Promise((resolve) => {
    let isOver = false;
    const settle: Settle = (result) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(limit);
      clearTimeout(afterEnd);
      stream.off("end", onEnd);
      patience.signal?.removeEventListener("abort", onAbort);
      stream.want(false);
      const outcome = "why" in result ? result : handshaken(result, stream, use);
      // An alert leaves first, so that the other side learns as much as it may.
      if ("why" in outcome) tcp.close().then(() => stream.destroy());
      resolve(outcome);
    };
    const onAbort = () => settle({ reason: "closed", why: "closed before it was secured" });
    let afterEnd: ReturnType<typeof setTimeout> | undefined;
    // What came before the end of the stream may still finish the handshake.
    const onEnd = () => void (afterEnd = setTimeout(() => settle(CLOSED), 0));
    const limit = setTimeout(() => settle(TIMED_OUT), patience.timeoutMs);
    patience.signal?.addEventListener("abort", onAbort);
    if (patience.signal?.aborted) return onAbort();
    stream.on("error", () => {});
    stream.on("end", onEnd);
    if (use.role === "client") beClient(stream, credentials, use, hostName, settle);
    else beServer(stream, credentials, use, settle);
  });
}

function beClient(
  stream: CipherStream,
  { secureContext }: LoadedCredentials,
  use: TlsUse,
  hostName: string | undefined,
  settle: Settle,
): void {
  const tls = connect({
    socket: stream,
    secureContext,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ALPNProtocols: [use.protocol],
    servername: hostName ?? "",
  });
  tls.on("error", (error) => settle(refusalOf(error, use)));
  tls.once("secureConnect", () => settle(tls));
}

/**
 * A server that listens nowhere is handed the connection. `new TLSSocket({ isServer })` in its
 * place lets foreign authorities pass in Deno 2.9.
 */
function beServer(
  stream: CipherStream,
  { secureContext }: LoadedCredentials,
  use: TlsUse,
  settle: Settle,
): void {
  const server = createServer({
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: [use.protocol],
    // A context that is given so is not read from PEM again for each connection.
    SNICallback: (_name, done) => done(null, secureContext),
  });
  server.on("secureConnection", (tls) => {
    tls.on("error", () => {});
    settle(tls);
  });
  server.on("tlsClientError", (error) => {
    // Over a stream `node:tls` does not send it. Later alerts are encrypted, which it alone can do.
    if (!stream.hasWritten) stream.tcp.write(alertFor(error));
    settle(refusalOf(error, use));
  });
  server.emit("connection", stream);
}

/** A fatal alert of a server that has not said anything else yet. RFC 8446 §6. */
function alertFor(error: Error): Uint8Array {
  const isOtherProtocol = /NO_APPLICATION_PROTOCOL/.test(String((error as { code?: string }).code));
  const description = isOtherProtocol ? 120 : 40;
  return new Uint8Array([21, 3, 3, 0, 2, 2, description]);
}

const TIMED_OUT: Refusal = {
  reason: "timed-out",
  why: "it is connected, but TLS was not finished in time",
};
const UNREADABLE: Refusal = {
  reason: "security",
  why: "a certificate of the other side cannot be read",
};
const CLOSED: Refusal = {
  reason: "closed",
  why: "the other side closed it before it was secured",
};

function handshaken(
  tls: TLSSocket,
  stream: CipherStream,
  use: TlsUse,
): Handshaken | Refusal {
  if (tls.alpnProtocol !== use.protocol) return otherProtocol(use);
  const doubt = tls.authorized ? undefined : String(tls.authorizationError);
  const shown = certificatesShown(tls);
  if (shown === undefined) return UNREADABLE;
  return { tls, stream, shown, doubt };
}

/**
 * What the other side has shown, its own certificate first; `undefined`: it cannot be read.
 * Each certificate names the next one by its issuer; the last one names itself or none.
 * `node:tls` throws where one of them cannot be read, which whoever connects can bring about.
 */
export function certificatesShown(socket: ShowsCertificates): Uint8Array[] | undefined {
  const shown: Uint8Array[] = [];
  let next: DetailedPeerCertificate;
  try {
    next = socket.getPeerCertificate(true) as DetailedPeerCertificate;
  } catch {
    return undefined;
  }
  const seen = new Set<unknown>();
  while (next?.raw !== undefined && !seen.has(next) && shown.length < CERTIFICATES_MAX) {
    seen.add(next);
    shown.push(new Uint8Array(next.raw));
    next = next.issuerCertificate;
  }
  return shown;
}

function otherProtocol({ protocol }: TlsUse): Refusal {
  return { reason: "security", why: `the other side does not speak "${protocol}" over TLS (ALPN)` };
}

/** By the code or the words of `node:tls`, which gives both for the alerts of the other side. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/WRONG_VERSION_NUMBER|InvalidContentType/, "no TLS is spoken there"],
  [/CERTIFICATE_REQUIRED|CertificateRequired/, "the other side demands a certificate"],
  [/CERTIFICATE_EXPIRED|CertificateExpired/, "the other side says: this certificate has expired"],
  [/CERTIFICATE_REVOKED|CertificateRevoked/, "the other side says: this certificate is revoked"],
  [/UNKNOWN_CA|UnknownCA/, "the other side does not know the authority of this certificate"],
  [
    /ALERT_BAD_CERT|BadCertificate|CertificateUnknown|CERTIFICATE_UNKNOWN/,
    "the other side refuses this certificate",
  ],
  [/PROTOCOL_VERSION|ProtocolVersion/, "the other side speaks neither TLS 1.3 nor TLS 1.2"],
  [/HANDSHAKE_FAILURE|HandshakeFailure|NO_SHARED_CIPHER/, "no cipher suite is common to both"],
  [/VERIFY_LEAF_SIGNATURE/, "the other side has not proved that it has the key of its certificate"],
];

function refusalOf(error: Error, use: TlsUse): Refusal {
  const code = "code" in error ? String(error.code) : "";
  const text = `${code} ${error.message}`;
  if (/NO_APPLICATION_PROTOCOL/i.test(text)) return otherProtocol(use);
  if (code === "ECONNRESET" || code === "EPIPE") return CLOSED;
  const known = WORDS.find(([pattern]) => pattern.test(text));
  return { reason: "security", why: known?.[1] ?? `TLS failed: ${error.message}` };
}
