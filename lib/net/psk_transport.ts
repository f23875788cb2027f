/** TLS 1.3 with pre-shared keys over TCP: who connects is let in by its key. RFC 9257. */

import type { PskCredentials, PskKey } from "./credentials.ts";
import { HandshakeGate } from "./handshakes.ts";
import type { PskTransport, PskTransportOptions } from "./psk.ts";
import { PskConnection } from "./psk_connection.ts";
import { identityText, PskKeys, quoted, sameKey } from "./psk_keys.ts";
import { type Interruption, refusalOf } from "./psk_refusals.ts";
import { dialSecured, listenSecured, type Patience, type Refusal, requireUse } from "./securing.ts";
import { tcpTransport } from "./tcp.ts";
import { PskTls } from "./tls_psk/mod.ts";
import {
  type Address,
  type Connection,
  DialFailed,
  type DialOptions,
  type Listener,
  type ListenOptions,
  type TlsUse,
  type Transport,
} from "./transport.ts";

/** By which key a connection was made. */
interface Made {
  readonly use: TlsUse;
  /** Absent: the other side has dialled. */
  readonly dialled: Address | undefined;
  readonly shown: PskKey | undefined;
  /** Of the identity that the other side has shown: where this side is the server. */
  readonly accepted: { readonly identity: string; readonly key: Uint8Array } | undefined;
}

/** See `pskTransport`. */
export class PskOverTcp implements PskTransport {
  readonly kind = "psk";
  readonly #tcp: Transport;
  readonly #gate: HandshakeGate;
  readonly #closeLimitMs: number;
  readonly #made = new WeakMap<Connection, Made>();
  #keys: PskKeys;

  constructor(credentials: PskCredentials, options: PskTransportOptions) {
    this.#keys = new PskKeys(credentials);
    this.#tcp = tcpTransport(options);
    this.#gate = new HandshakeGate(options.handshakes);
    this.#closeLimitMs = options.closeLimitMs ?? 1000;
  }

  replace(credentials: PskCredentials): void {
    this.#keys = new PskKeys(credentials);
  }

  async listen(
    address: Address,
    onConnection: (connection: Connection) => void,
    options: ListenOptions = {},
  ): Promise<Listener> {
    const use = requireUse(options.tls);
    const secure = (tcp: Connection, patience: Patience) =>
      this.#secure(tcp, use, undefined, patience);
    const listening = { tcp: this.#tcp, gate: this.#gate, options, secure };
    return await listenSecured(address, onConnection, listening);
  }

  async dial(address: Address, options: DialOptions): Promise<Connection> {
    const use = requireUse(options.tls);
    if (use.role === "client" && this.#keys.shownAt(address) === undefined) {
      throw new DialFailed(address, "security", undefined, "no pre-shared key is set for it");
    }
    return await dialSecured(this.#tcp, address, options, (tcp, patience) => {
      return this.#secure(tcp, use, address, patience);
    });
  }

  objection(connection: Connection): string | undefined {
    const made = this.#made.get(connection);
    if (made === undefined) return "it was not made with a pre-shared key";
    if (made.accepted !== undefined) {
      const { identity, key } = made.accepted;
      return changeOf(identity, key, this.#keys.accepted(identity));
    }
    const { identity, key } = made.shown!;
    const shown = this.#keys.shownAt(made.dialled);
    return changeOf(identity, key, shown?.identity === identity ? shown.key : undefined);
  }

  /** Performs a handshake; where it fails nothing is left open. */
  async #secure(
    tcp: Connection,
    use: TlsUse,
    dialled: Address | undefined,
    patience: Patience,
  ): Promise<PskConnection | Refusal> {
    const keys = this.#keys;
    const shown = use.role === "client" ? keys.shownAt(dialled) : undefined;
    if (use.role === "client" && shown === undefined) {
      tcp.abort();
      return { reason: "security", why: "there is no pre-shared key to show" };
    }
    const asked = new Map<string, boolean>();
    const connection = new PskConnection(tcp, engine(use, keys, shown, asked), this.#closeLimitMs);
    const interrupted = await handshakeWithin(connection, patience);
    const { established } = connection;
    if (interrupted !== undefined || established === undefined) {
      const refusal = refusalOf(connection, use, shown ?? asked, interrupted);
      // An alert leaves first, so that the other side learns as much as it may.
      await tcp.close();
      return refusal;
    }
    const identity = identityText(established.identity);
    connection.secured = { kind: "psk", name: identity, isRegistrar: false };
    const accepted = shown === undefined ? { identity, key: keys.accepted(identity)! } : undefined;
    this.#made.set(connection, { use, dialled, shown, accepted });
    // The keys may have been replaced meanwhile.
    const objection = this.objection(connection);
    if (objection === undefined) return connection;
    await connection.close();
    return { reason: "security", why: objection };
  }
}

/** `asked` comes to tell for which identities a server was asked, and whether it knows them. */
function engine(
  use: TlsUse,
  keys: PskKeys,
  shown: PskKey | undefined,
  asked: Map<string, boolean>,
): PskTls {
  const alpn = use.protocol;
  if (shown === undefined) {
    const lookup = (bytes: Uint8Array) => {
      const identity = identityText(bytes);
      const key = keys.accepted(identity);
      asked.set(identity, key !== undefined);
      return key;
    };
    return PskTls.server({ alpn, lookup });
  }
  const identity = new TextEncoder().encode(shown.identity);
  return PskTls.client({ alpn, identity, key: shown.key });
}

/** What has interrupted a handshake, if anything has; the connection is then aborted. */
async function handshakeWithin(
  connection: PskConnection,
  { timeoutMs, signal }: Patience,
): Promise<Interruption | undefined> {
  let interruption: Interruption | undefined;
  const interrupt = (what: Interruption) => {
    interruption ??= what;
    connection.abort();
  };
  const onAbort = () => interrupt("closed");
  const limit = setTimeout(() => interrupt("timed-out"), timeoutMs);
  signal?.addEventListener("abort", onAbort);
  try {
    if (signal?.aborted) onAbort();
    await connection.handshake();
  } finally {
    clearTimeout(limit);
    signal?.removeEventListener("abort", onAbort);
  }
  return interruption;
}

function changeOf(
  identity: string,
  key: Uint8Array,
  present: Uint8Array | undefined,
): string | undefined {
  if (present === undefined) return `the key of identity ${quoted(identity)} was removed`;
  return sameKey(key, present) ? undefined : `the key of identity ${quoted(identity)} was changed`;
}
