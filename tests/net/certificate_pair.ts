/** Two ends of a connection over certificates, in either role, whoever dials. */
import assert from "node:assert/strict";
import {
  type Address,
  type CertificateTransport,
  certificateTransport,
  type CertificateTransportOptions,
  type Connection,
  DialFailed,
  type Listener,
  type TlsUse,
} from "../../lib/net/mod.ts";
import { type Issued, makeAuthority, REGISTRAR } from "./certificates.ts";

export const HERE: Address = { host: "127.0.0.1", port: 0 };
export const CLIENT: TlsUse = { role: "client", protocol: "asap" };
export const SERVER: TlsUse = { role: "server", protocol: "asap" };

export const authority = await makeAuthority();
/** Has the same name as the trusted one. */
export const foreignAuthority = await makeAuthority();
export const REGISTRAR_WISH = {
  names: ["r1.example.org", "localhost"],
  ips: ["127.0.0.1", "::1"],
  uris: [REGISTRAR],
};
export const ELEMENT_WISH = { names: ["web-1.example.org"], eku: ["client"] } as const;
export const registrarCertificate = await authority.issue(REGISTRAR_WISH);
export const elementCertificate = await authority.issue(ELEMENT_WISH);

/** A registrar with the right certificate, or with another. */
export function registrar(
  options?: CertificateTransportOptions,
  issued: Issued = registrarCertificate,
): Promise<CertificateTransport> {
  return certificateTransport(authority.credentials(issued), options);
}

/** An element with the right certificate, or with another. */
export function element(
  options?: CertificateTransportOptions,
  issued: Issued = elementCertificate,
): Promise<CertificateTransport> {
  return certificateTransport(authority.credentials(issued), options);
}

/** A listener that keeps what it hears. */
export interface Listening {
  readonly listener: Listener;
  readonly address: Address;
  /** The next that is accepted; the one after that is another promise. */
  accepted(): Promise<Connection>;
  /** The next word of who was turned away. */
  refused(): Promise<string>;
  /** How many were accepted so far. */
  acceptedCount(): number;
}

function queue<T>() {
  const items: T[] = [];
  const waiting: ((item: T) => void)[] = [];
  let count = 0;
  return {
    count: () => count,
    put(item: T) {
      count += 1;
      if (waiting.length > 0) waiting.shift()!(item);
      else items.push(item);
    },
    take(): Promise<T> {
      if (items.length > 0) return Promise.resolve(items.shift()!);
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

export async function listen(
  transport: CertificateTransport,
  tls = SERVER,
  at = HERE,
): Promise<Listening> {
  const accepted = queue<Connection>();
  const refused = queue<string>();
  const listener = await transport.listen(at, accepted.put, {
    tls,
    onRefused: (_remote, why) => refused.put(why),
  });
  return {
    listener,
    address: listener.address,
    accepted: accepted.take,
    refused: refused.take,
    acceptedCount: accepted.count,
  };
}

/** How a pair is made. */
export interface PairOptions {
  readonly dialler?: TlsUse;
  readonly options?: CertificateTransportOptions;
  readonly host?: string;
}

/** A connection and its accepted other end; both are aborted at the end. */
export async function withPair(
  run: (dialled: Connection, accepted: Connection, listening: Address) => Promise<void>,
  { dialler = CLIENT, options, host = "127.0.0.1" }: PairOptions = {},
): Promise<void> {
  const isClient = dialler.role === "client";
  const dialling = await (isClient ? element(options) : registrar(options));
  const listening = await listen(
    await (isClient ? registrar(options) : element(options)),
    isClient ? SERVER : CLIENT,
    { host, port: 0 },
  );
  const dialled = await dialling.dial(listening.address, { timeoutMs: 5000, tls: dialler });
  const accepted = await listening.accepted();
  try {
    await run(dialled, accepted, listening.address);
  } finally {
    dialled.abort();
    accepted.abort();
    await listening.listener.close();
  }
}

/** Fails if a dial does not. */
export async function dialFailure(
  transport: CertificateTransport,
  address: Address,
  options: { timeoutMs?: number; signal?: AbortSignal; tls?: TlsUse } = {},
): Promise<DialFailed> {
  const dialled = transport.dial(address, { timeoutMs: 5000, tls: CLIENT, ...options });
  const failure = await dialled.then((connection) => connection.abort(), (error) => error);
  assert.ok(failure instanceof DialFailed, `not a DialFailed: ${failure}`);
  assert.equal(failure.address, address);
  return failure;
}
