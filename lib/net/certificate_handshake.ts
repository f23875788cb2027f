/**
 * TLS handshakes with certificates over `node:tls`, in either role, whoever dialled (protocol
 * decision 27). It is told to refuse nobody and reports every certificate, so that what is wrong
 * with one can be said; nobody gets a connection before it is verified.
 */

import type { Socket } from "node:net";
import { connect, createServer, type Server, type TLSSocket } from "node:tls";
import type { LoadedCredentials } from "./loaded_credentials.ts";
import type { DialFailure, TlsUse } from "./transport.ts";

/** Certificates that one side may send. */
const CERTIFICATES_MAX = 10;

/** Why there is no secured connection. */
export interface Refusal {
  readonly reason: DialFailure;
  readonly why: string;
}

/** A finished handshake; nothing is verified yet but that each side has the key it showed. */
export interface Handshaken {
  readonly socket: TLSSocket;
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

/** Makes TLS of sockets with the same credentials. */
export class Handshakes {
  readonly #credentials: LoadedCredentials;
  /** By protocol. One that is made for a connection costs a fifth of the handshake. */
  readonly #servers = new Map<TlsUse["protocol"], TlsServer>();

  constructor(credentials: LoadedCredentials) {
    this.#credentials = credentials;
  }

  /** Performs one; a failed one leaves nothing open. */
  perform(
    socket: Socket,
    use: TlsUse,
    hostName: string | undefined,
    patience: Patience,
  ): Promise<Handshaken | Refusal> {
    return new Promise((resolve) => {
      let isOver = false;
      const settle = (result: TLSSocket | Refusal) => {
        if (isOver) return;
        isOver = true;
        clearTimeout(limit);
        patience.signal?.removeEventListener("abort", onAbort);
        const outcome = "why" in result ? result : handshaken(result, use);
        if ("why" in outcome) socket.destroy();
        resolve(outcome);
      };
      const onAbort = () => settle({ reason: "closed", why: "closed before it was secured" });
      const limit = setTimeout(() => settle(TIMED_OUT), patience.timeoutMs);
      patience.signal?.addEventListener("abort", onAbort);
      if (patience.signal?.aborted) return onAbort();
      socket.on("error", (error) => settle(refusalOf(error, use)));
      socket.on("close", () => settle(CLOSED));
      if (use.role === "client") this.#beClient(socket, use, hostName, settle);
      else this.#server(use).secure(socket, settle);
    });
  }

  #beClient(
    socket: Socket,
    use: TlsUse,
    hostName: string | undefined,
    settle: (result: TLSSocket | Refusal) => void,
  ): void {
    const tls = connect({
      socket,
      secureContext: this.#credentials.secureContext,
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ALPNProtocols: [use.protocol],
      servername: hostName ?? "",
    });
    tls.on("error", (error) => settle(refusalOf(error, use)));
    tls.once("close", () => settle(CLOSED));
    tls.once("secureConnect", () => settle(tls));
  }

  #server(use: TlsUse): TlsServer {
    const known = this.#servers.get(use.protocol);
    if (known !== undefined) return known;
    const server = new TlsServer(this.#credentials, use);
    this.#servers.set(use.protocol, server);
    return server;
  }
}

/**
 * A TLS server that listens nowhere: sockets are handed to it. `new TLSSocket({ isServer })` in
 * its place lets foreign authorities pass in Deno 2.9.
 */
class TlsServer {
  readonly #server: Server;
  readonly #settles = new WeakMap<object, (result: TLSSocket | Refusal) => void>();

  constructor(credentials: LoadedCredentials, use: TlsUse) {
    this.#server = createServer({
      ...credentials.contextOptions,
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: [use.protocol],
    });
    this.#server.on("secureConnection", (tls) => {
      tls.on("error", () => {});
      const settle = this.#settleOf(tls);
      if (settle === undefined) tls.destroy();
      else settle(tls);
    });
    this.#server.on("tlsClientError", (error, tls) => {
      this.#settleOf(tls)?.(refusalOf(error, use));
    });
  }

  secure(socket: Socket, settle: (result: TLSSocket | Refusal) => void): void {
    this.#settles.set(socket, settle);
    this.#server.emit("connection", socket);
  }

  /** The events tell the TLS socket alone; it knows the socket that it has wrapped. */
  #settleOf(tls: TLSSocket): ((result: TLSSocket | Refusal) => void) | undefined {
    const wrapped = (tls as { readonly _parent?: object })._parent;
    return wrapped && this.#settles.get(wrapped);
  }
}

const TIMED_OUT: Refusal = {
  reason: "timed-out",
  why: "it is connected, but TLS was not finished in time",
};
const CLOSED: Refusal = {
  reason: "closed",
  why: "the other side closed it before it was secured",
};

function handshaken(socket: TLSSocket, use: TlsUse): Handshaken | Refusal {
  if (socket.alpnProtocol !== use.protocol) return otherProtocol(use);
  const doubt = socket.authorized ? undefined : String(socket.authorizationError);
  return { socket, shown: certificatesOf(socket), doubt };
}

/** Each certificate names the next one by its issuer; the last one names itself or none. */
function certificatesOf(socket: TLSSocket): Uint8Array[] {
  const shown: Uint8Array[] = [];
  let next = socket.getPeerCertificate(true);
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
  [/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/, "the other side speaks neither TLS 1.3 nor TLS 1.2"],
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
