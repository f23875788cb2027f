/**
 * Bytes over the world: what a transport offers. It knows no message, so the same driver runs
 * over plain TCP today and over TLS later.
 *
 * @module
 */

/** Where something listens: a host name or IP address without brackets, and a port, 0 to 65535. */
export interface Address {
  /** An IP address, or a name where it is dialled. */
  readonly host: string;
  /** From 0 to 65535; 0 stands for any where it is listened on. */
  readonly port: number;
}

/** Why a dial did not lead to a connection. `security`: TLS failed, and `detail` says why. */
export type DialFailure =
  | "refused"
  | "unknown-host"
  | "timed-out"
  | "unreachable"
  | "closed"
  | "security";

/** Why an address cannot be listened on. */
export type ListenFailure =
  | "address-in-use"
  | "address-not-available"
  | "permission"
  | "unknown-host"
  | "failed";

/** How a connection ended: by the other side, by its loss in the network, or by this side. */
export type ConnectionEnd = "closed" | "reset" | "timed-out" | "closed-here";

/** What secures a connection: TLS with certificates, or with a pre-shared key. */
export type SecurityKind = "certificate" | "psk";

/** How TLS is used on a connection; plain TCP has no use for it. */
export interface TlsUse {
  /**
   * Which side of TLS this process is, whoever dialled (protocol decision 27). The client demands a
   * registrar of the other side, unless `protocol` is that of sessions, which are with pool
   * elements; the server takes anybody who proves what it claims to be.
   */
  readonly role: "client" | "server";
  /**
   * What will be spoken, by its ALPN name; the other side must mean the same. `rserpool`: a session
   * of a pool user with a pool element (docs/tcp-mapping.md §15).
   */
  readonly protocol: "asap" | "enrp" | "rserpool";
}

/** Who the other side of a secured connection has proved to be. */
export interface Secured {
  /** What secures it. */
  readonly kind: SecurityKind;
  /** The name of its certificate or the identity of its key; absent: it has shown none. */
  readonly name?: string | undefined;
  /** Whether its certificate carries the role of a registrar. Of a key, permissions say so. */
  readonly isRegistrar: boolean;
}

/** What goes with a listener. */
export interface ListenOptions {
  /** What a secured transport must know of it. */
  readonly tls?: TlsUse | undefined;
  /** What is counted as one address where one may do so much; default: every address. */
  readonly networkOf?: ((host: string) => string) | undefined;
  /** Hears of who was turned away before it was a connection, and why, in words. */
  readonly onRefused?: ((remote: Address, why: string) => void) | undefined;
}

/** Limits of one dial. */
export interface DialOptions {
  /** What a secured transport must know of it. */
  readonly tls?: TlsUse | undefined;
  /** The dial is given up after so many milliseconds, the name look-up included. */
  readonly timeoutMs: number;
  /** Gives the dial up early; it then fails with reason "closed". */
  readonly signal?: AbortSignal;
}

/**
 * One stream of bytes, both ways. Only `read` tells that it is lost: a lost connection has then
 * one place to be noticed.
 */
export interface Connection {
  /** The other side as seen here, an IP address; an IPv4-mapped one is given as IPv4. */
  readonly remote: Address;
  /** This side of the connection. */
  readonly local: Address;
  /** Who the other side is, where the transport has verified it; absent on plain TCP. */
  readonly secured?: Secured | undefined;
  /** Bytes given to `write` that the system has not taken yet. */
  readonly queuedBytes: number;
  /** Whether the system has refused to take bytes: who does not read learns of an end so. */
  readonly isWriteLost?: boolean | undefined;
  /** How the connection ended; undefined while it has not. */
  readonly ended: ConnectionEnd | undefined;
  /**
   * The next bytes, at least one, now owned by the caller; null once nothing more will come.
   * Never rejects. One read at a time.
   */
  read(): Promise<Uint8Array | null>;
  /**
   * Queues bytes, which then belong to the connection and must not be changed. What is written
   * in one turn leaves together.
   *
   * @returns resolved when the system has taken all that is queued, or when that became
   * impossible; never rejects. A writer that waits for it is as slow as its reader; one that does
   * not wait watches `queuedBytes`.
   */
  write(bytes: Uint8Array): Promise<void>;
  /** Tells the other side that nothing more will be written, once all queued bytes have left. */
  closeWrite(): Promise<void>;
  /**
   * Ends the connection in order: queued bytes leave, and what still arrives is thrown away. A
   * pending `read` gives null. Resolved when it is over, which a short limit bounds.
   */
  close(): Promise<void>;
  /** Ends the connection at once; queued bytes are lost. */
  abort(): void;
}

/** An address that accepts connections. */
export interface Listener {
  /** As it turned out: port 0 is replaced by the port that the system chose. */
  readonly address: Address;
  /** Stops accepting; accepted connections stay. Resolved when the port is free again. */
  close(): Promise<void>;
}

/** A way to reach others. */
export interface Transport {
  /**
   * Accepts connections until the listener is closed.
   *
   * @throws {ListenFailed} when the address cannot be listened on.
   */
  listen(
    address: Address,
    onConnection: (connection: Connection) => void,
    options?: ListenOptions,
  ): Promise<Listener>;
  /**
   * Connects to an address; of a host name, every address is tried.
   *
   * @throws {DialFailed} when that leads to no connection. Nothing is left open.
   */
  dial(address: Address, options: DialOptions): Promise<Connection>;
}

/** A transport over TLS. */
export interface SecureTransport extends Transport {
  /** What secures it. */
  readonly kind: SecurityKind;
  /**
   * Why a connection of this transport would not be made again with what is trusted now, in words;
   * `undefined`: it would.
   */
  objection(connection: Connection): string | undefined;
}

/** Writes an address as people do: `127.0.0.1:3863`, `[::1]:3863`. */
export function formatAddress(address: Address): string {
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `${host}:${address.port}`;
}

/** A dial that led to no connection. Nothing is left open. */
export class DialFailed extends Error {
  /** The name of the class. */
  override readonly name = "DialFailed";

  /** Of what was dialled, and why it failed. */
  constructor(
    /** What was dialled. */
    readonly address: Address,
    /** Why there is no connection. */
    readonly reason: DialFailure,
    options?: ErrorOptions,
    /** More of it for people. */
    readonly detail?: string,
  ) {
    const because = detail ??
      (reason === "unknown-host" ? `host "${address.host}" is unknown` : dialFailureWords[reason]);
    super(`Cannot connect to ${formatAddress(address)}: ${because}`, options);
  }
}

const dialFailureWords: Record<Exclude<DialFailure, "unknown-host">, string> = {
  "refused": "connection refused",
  "timed-out": "timed out",
  "unreachable": "unreachable",
  "closed": "closed before it was connected",
  "security": "it could not be secured",
};

/** An address that cannot be listened on. Nothing is left open. */
export class ListenFailed extends Error {
  /** The name of the class. */
  override readonly name = "ListenFailed";

  /** Of what was to be listened on, and why that failed. */
  constructor(
    /** What was to be listened on. */
    readonly address: Address,
    /** Why that is not possible. */
    readonly reason: ListenFailure,
    options?: ErrorOptions,
  ) {
    const because = reason === "unknown-host"
      ? `host "${address.host}" is unknown`
      : reason === "failed"
      ? causeWords(options?.cause)
      : listenFailureWords[reason];
    super(`Cannot listen on ${formatAddress(address)}: ${because}`, options);
  }
}

const listenFailureWords: Record<Exclude<ListenFailure, "unknown-host" | "failed">, string> = {
  "address-in-use": "the port is in use",
  "address-not-available": "it is not an address of this host",
  "permission": "permission denied",
};

function causeWords(cause: unknown): string {
  return cause instanceof Error ? cause.message : "the system refused";
}
