/** TLS with certificates over TCP: who connects is let in by its certificate. RFC 5352 §9.2. */

import type { Socket } from "node:net";
import { Handshakes } from "./certificate_handshake.ts";
import { type Expectation, type Verdict, verdictOn } from "./certificate_verification.ts";
import { type CertificateCredentials, CredentialsInvalid } from "./credentials.ts";
import { HandshakeGate } from "./handshakes.ts";
import { loadCredentials, type LoadedCredentials } from "./loaded_credentials.ts";
import { endsOf, NodeConnection } from "./node_connection.ts";
import { dialSocket, listenForSockets } from "./node_sockets.ts";
import { type ReferenceIdentity, referenceIdentity } from "./reference_identity.ts";
import type { CertificateTransport, CertificateTransportOptions } from "./tls_cert.ts";
import {
  type Address,
  type Connection,
  DialFailed,
  type DialFailure,
  type DialOptions,
  type Listener,
  type ListenOptions,
  type TlsUse,
} from "./transport.ts";

/** What is trusted and shown at a time. */
interface Trusted {
  readonly credentials: LoadedCredentials;
  readonly handshakes: Handshakes;
}

/** How a connection was made. */
interface Made {
  readonly shown: readonly Uint8Array[];
  readonly role: TlsUse["role"];
  readonly dialled: Address | undefined;
}

/** A handshake to be performed. */
interface Task {
  readonly use: TlsUse;
  /** Absent: the other side has dialled. */
  readonly dialled: Address | undefined;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

interface Refused {
  readonly reason: DialFailure;
  readonly why: string;
}

/** See `certificateTransport`. */
export class TlsOverTcp implements CertificateTransport {
  readonly kind = "certificate";
  readonly #gate: HandshakeGate;
  readonly #options: CertificateTransportOptions;
  readonly #now: () => number;
  readonly #made = new WeakMap<Connection, Made>();
  #trusted: Trusted;

  constructor(credentials: CertificateCredentials, options: CertificateTransportOptions) {
    this.#trusted = trusted(credentials);
    this.#options = options;
    this.#gate = new HandshakeGate(options.handshakes);
    this.#now = options.now ?? Date.now;
  }

  // deno-lint-ignore require-await -- what is thrown shall be a rejection
  async replace(credentials: CertificateCredentials): Promise<void> {
    this.#trusted = trusted(credentials);
  }

  async listen(
    address: Address,
    onConnection: (connection: Connection) => void,
    options: ListenOptions = {},
  ): Promise<Listener> {
    const use = requireUse(options.tls);
    this.#requireOwn(use);
    const closed = new AbortController();
    const handshakes = new Set<Promise<void>>();
    const listener = await listenForSockets(address, (socket) => {
      const handshake = this.#admit(socket, use, closed.signal, onConnection, options.onRefused);
      handshakes.add(handshake);
      void handshake.finally(() => handshakes.delete(handshake));
    }, (bound, error) => this.#options.onAcceptError?.(bound, error));
    return {
      address: listener.address,
      async close() {
        closed.abort();
        await Promise.all([listener.close(), ...handshakes]);
      },
    };
  }

  async dial(address: Address, options: DialOptions): Promise<Connection> {
    const use = requireUse(options.tls);
    this.#requireOwn(use);
    const start = performance.now();
    const socket = await dialSocket(address, options);
    const timeoutMs = Math.max(0, options.timeoutMs - (performance.now() - start));
    const task = { use, dialled: address, timeoutMs, signal: options.signal };
    const secured = await this.#secure(socket, task);
    if (secured instanceof NodeConnection) return secured;
    throw new DialFailed(address, secured.reason, undefined, secured.why);
  }

  objection(connection: Connection): string | undefined {
    const made = this.#made.get(connection);
    if (made === undefined) return "it was not made with a certificate";
    const verdict = this.#verdictOn(made.shown, made.role, made.dialled);
    return "why" in verdict ? verdict.why : undefined;
  }

  /** Leads one who has connected through its handshake, or turns it away. Never rejects. */
  async #admit(
    socket: Socket,
    use: TlsUse,
    closed: AbortSignal,
    onConnection: (connection: Connection) => void,
    onRefused: ListenOptions["onRefused"],
  ): Promise<void> {
    const remote = endsOf(socket)?.remote;
    if (remote === undefined) {
      socket.destroy();
      return;
    }
    const admission = this.#gate.enter(remote);
    if (!admission.isAdmitted) {
      socket.destroy();
      onRefused?.(remote, admission.why);
      return;
    }
    const timeoutMs = this.#gate.limits.handshakeMs;
    const secured = await this.#secure(socket, {
      use,
      dialled: undefined,
      timeoutMs,
      signal: closed,
    }).finally(admission.leave);
    if (secured instanceof NodeConnection) return onConnection(secured);
    if (!closed.aborted) onRefused?.(remote, secured.why);
  }

  /** Performs a handshake and looks at who the other side is; a refusal leaves nothing open. */
  async #secure(socket: Socket, task: Task): Promise<NodeConnection | Refused> {
    const { use, dialled } = task;
    const ends = endsOf(socket);
    const { handshakes, credentials } = this.#trusted;
    const reference = use.role === "client" && dialled !== undefined
      ? referenceOf(dialled, credentials)
      : undefined;
    if (reference !== undefined && "why" in reference) {
      socket.destroy();
      return reference;
    }
    const hostName = reference?.type === "dns" ? reference.name : undefined;
    const result = await handshakes.perform(socket, use, hostName, task);
    if ("why" in result) return result;
    const { socket: tls, shown, doubt } = result;
    // What is trusted may have been replaced meanwhile.
    const verdict = this.#verdictOn(shown, use.role, dialled);
    const why = "why" in verdict
      ? verdict.why
      : shown.length > 0 && doubt !== undefined
      ? `TLS does not trust the certificate of the other side (${doubt})`
      : undefined;
    if (why !== undefined || "why" in verdict || ends === undefined) {
      tls.destroy();
      return { reason: "security", why: why ?? "the other side has gone" };
    }
    const { closeLimitMs = 1000 } = this.#options;
    const connection = new NodeConnection(tls, ends, closeLimitMs, verdict.secured);
    this.#made.set(connection, { shown, role: use.role, dialled });
    return connection;
  }

  #verdictOn(
    shown: readonly Uint8Array[],
    role: TlsUse["role"],
    dialled: Address | undefined,
  ): Verdict {
    const { credentials } = this.#trusted;
    let expectation: Expectation = { role, reference: undefined };
    if (role === "client" && dialled !== undefined) {
      const reference = referenceOf(dialled, credentials);
      if ("why" in reference) return reference;
      expectation = { role, reference };
    }
    return verdictOn(shown, expectation, credentials, this.#now());
  }

  #requireOwn(use: TlsUse): void {
    const { own, trust } = this.#trusted.credentials;
    if (use.role === "client" || own.length > 0) return;
    throw new CredentialsInvalid(
      trust.path,
      "authorities alone are no proof: a registrar needs a certificate of its own and its key",
    );
  }
}

function trusted(credentials: CertificateCredentials): Trusted {
  const loaded = loadCredentials(credentials);
  return { credentials: loaded, handshakes: new Handshakes(loaded) };
}

function requireUse(use: TlsUse | undefined): TlsUse {
  if (use === undefined) throw new TypeError("TLS needs to know its role");
  return use;
}

function referenceOf(
  dialled: Address,
  { serverName }: LoadedCredentials,
): ReferenceIdentity | Refused {
  const host = serverName ?? dialled.host;
  return referenceIdentity(host) ??
    { reason: "security", why: `"${host}" is not a host name that a certificate could have` };
}
