/** TLS with certificates over TCP: who connects is let in by its certificate. RFC 5352 §9.2. */

import { CertificateConnection } from "./certificate_connection.ts";
import { performHandshake } from "./certificate_handshake.ts";
import { type Expectation, type Verdict, verdictOn } from "./certificate_verification.ts";
import { type CertificateCredentials, CredentialsInvalid } from "./credentials.ts";
import { HandshakeGate } from "./handshakes.ts";
import { loadCredentials, type LoadedCredentials } from "./loaded_credentials.ts";
import { type ReferenceIdentity, referenceIdentity } from "./reference_identity.ts";
import { dialSecured, listenSecured, type Patience, type Refusal, requireUse } from "./securing.ts";
import { tcpTransport } from "./tcp.ts";
import type { CertificateTransport, CertificateTransportOptions } from "./tls_cert.ts";
import type {
  Address,
  Connection,
  DialOptions,
  Listener,
  ListenOptions,
  TlsUse,
  Transport,
} from "./transport.ts";

/** How a connection was made. */
interface Made {
  readonly shown: readonly Uint8Array[];
  readonly use: TlsUse;
  readonly dialled: Address | undefined;
}

/** A handshake to be performed. */
interface Task extends Patience {
  readonly use: TlsUse;
  /** Absent: the other side has dialled. */
  readonly dialled: Address | undefined;
}

/** See `certificateTransport`. */
export class TlsOverTcp implements CertificateTransport {
  readonly kind = "certificate";
  readonly #gate: HandshakeGate;
  readonly #tcp: Transport;
  readonly #closeLimitMs: number;
  readonly #now: () => number;
  readonly #made = new WeakMap<Connection, Made>();
  #credentials: LoadedCredentials;

  constructor(credentials: CertificateCredentials, options: CertificateTransportOptions) {
    this.#credentials = loadCredentials(credentials);
    this.#tcp = tcpTransport(options);
    this.#closeLimitMs = options.closeLimitMs ?? 1000;
    this.#gate = new HandshakeGate(options.handshakes);
    this.#now = options.now ?? Date.now;
  }

  // deno-lint-ignore require-await -- what is thrown shall be a rejection
  async replace(credentials: CertificateCredentials): Promise<void> {
    this.#credentials = loadCredentials(credentials);
  }

  async listen(
    address: Address,
    onConnection: (connection: Connection) => void,
    options: ListenOptions = {},
  ): Promise<Listener> {
    const use = requireUse(options.tls);
    this.#requireOwn(use);
    const secure = (tcp: Connection, patience: Patience) =>
      this.#secure(tcp, { use, dialled: undefined, ...patience });
    const listening = { tcp: this.#tcp, gate: this.#gate, options, secure };
    return await listenSecured(address, onConnection, listening);
  }

  async dial(address: Address, options: DialOptions): Promise<Connection> {
    const use = requireUse(options.tls);
    this.#requireOwn(use);
    return await dialSecured(this.#tcp, address, options, (tcp, patience) => {
      return this.#secure(tcp, { use, dialled: address, ...patience });
    });
  }

  objection(connection: Connection): string | undefined {
    const made = this.#made.get(connection);
    if (made === undefined) return "it was not made with a certificate";
    const verdict = this.#verdictOn(made.shown, made.use, made.dialled);
    return "why" in verdict ? verdict.why : undefined;
  }

  /** Performs a handshake and looks at who the other side is; a refusal leaves nothing open. */
  async #secure(tcp: Connection, task: Task): Promise<CertificateConnection | Refusal> {
    const { use, dialled } = task;
    const credentials = this.#credentials;
    const reference = dialled && referenceOf(dialled, credentials);
    if (use.role === "client" && reference !== undefined && "why" in reference) {
      tcp.abort();
      return reference;
    }
    const hostName = reference !== undefined && "name" in reference ? reference.name : undefined;
    const result = await performHandshake(tcp, credentials, use, hostName, task);
    if ("why" in result) return result;
    const { tls, stream, shown, doubt } = result;
    // What is trusted may have been replaced meanwhile.
    const verdict = this.#verdictOn(shown, use, dialled);
    const why = "why" in verdict ? verdict.why : shown.length > 0 ? doubt : undefined;
    if ("why" in verdict || why !== undefined) {
      tcp.abort();
      tls.destroy();
      stream.destroy();
      return { reason: "security", why: "why" in verdict ? verdict.why : doubtWords(why) };
    }
    const connection = new CertificateConnection(tls, stream, verdict.secured, this.#closeLimitMs);
    this.#made.set(connection, { shown, use, dialled });
    return connection;
  }

  #verdictOn(
    shown: readonly Uint8Array[],
    use: TlsUse,
    dialled: Address | undefined,
  ): Verdict {
    const credentials = this.#credentials;
    let expectation: Expectation = { use, reference: undefined };
    if (use.role === "client" && dialled !== undefined) {
      const reference = referenceOf(dialled, credentials);
      if ("why" in reference) return reference;
      expectation = { use, reference };
    }
    return verdictOn(shown, expectation, credentials, this.#now());
  }

  #requireOwn(use: TlsUse): void {
    const { own, trust } = this.#credentials;
    if (use.role === "client" || own.length > 0) return;
    throw new CredentialsInvalid(
      trust.path,
      "authorities alone are no proof: a TLS server needs a certificate of its own and its key",
    );
  }
}

function doubtWords(doubt: string | undefined): string {
  return `TLS does not trust the certificate of the other side (${doubt})`;
}

function referenceOf(
  dialled: Address,
  { serverName }: LoadedCredentials,
): ReferenceIdentity | Refusal {
  const host = serverName ?? dialled.host;
  return referenceIdentity(host) ??
    { reason: "security", why: `"${host}" is not a host name that a certificate could have` };
}
