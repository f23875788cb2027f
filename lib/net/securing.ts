/** What is the same whatever secures a connection: how TLS is listened for, dialled and refused. */

import type { HandshakeGate } from "./handshakes.ts";
import {
  type Address,
  type Connection,
  DialFailed,
  type DialFailure,
  type DialOptions,
  type Listener,
  type ListenOptions,
  type TlsUse,
  type Transport,
} from "./transport.ts";

/** Why there is no secured connection. It names no key. */
export interface Refusal {
  readonly reason: DialFailure;
  readonly why: string;
}

/** When a handshake is given up. */
export interface Patience {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Performs a handshake over a connection; a refusal leaves nothing open. Never rejects. */
type Secure = (tcp: Connection, patience: Patience) => Promise<Connection | Refusal>;

/** What is listened by, and how. */
interface Listening {
  readonly tcp: Transport;
  readonly gate: HandshakeGate;
  readonly options: ListenOptions;
  readonly secure: Secure;
}

/** Listens for those who get through a handshake. */
export async function listenSecured(
  address: Address,
  onConnection: (connection: Connection) => void,
  listening: Listening,
): Promise<Listener> {
  const closed = new AbortController();
  const handshakes = new Set<Promise<void>>();
  const listener = await listening.tcp.listen(address, (tcp) => {
    const handshake = admit(tcp, closed.signal, onConnection, listening);
    handshakes.add(handshake);
    void handshake.finally(() => handshakes.delete(handshake));
  });
  return {
    address: listener.address,
    async close() {
      closed.abort();
      await Promise.all([listener.close(), ...handshakes]);
    },
  };
}

/** Leads one who has connected through its handshake, or turns it away. Never rejects. */
async function admit(
  tcp: Connection,
  closed: AbortSignal,
  onConnection: (connection: Connection) => void,
  { gate, options: { networkOf, onRefused }, secure }: Listening,
): Promise<void> {
  const { remote } = tcp;
  const admission = gate.enter(networkOf?.(remote.host) ?? remote.host);
  if (!admission.isAdmitted) {
    tcp.abort();
    onRefused?.(remote, admission.why);
    return;
  }
  const patience = { timeoutMs: gate.limits.handshakeMs, signal: closed };
  const secured = await secure(tcp, patience).finally(admission.leave);
  if (!("why" in secured)) return onConnection(secured);
  if (!closed.aborted) onRefused?.(remote, secured.why);
}

/** Dials, and secures what is connected in the time that is left. */
export async function dialSecured(
  tcp: Transport,
  address: Address,
  options: DialOptions,
  secure: Secure,
): Promise<Connection> {
  const start = performance.now();
  const connection = await tcp.dial(address, options);
  const timeoutMs = Math.max(0, options.timeoutMs - (performance.now() - start));
  const secured = await secure(connection, { timeoutMs, signal: options.signal });
  if (!("why" in secured)) return secured;
  throw new DialFailed(address, secured.reason, undefined, secured.why);
}

/** The use of TLS, which nobody may leave out. */
export function requireUse(use: TlsUse | undefined): TlsUse {
  if (use === undefined) throw new TypeError("TLS needs to know its role");
  return use;
}
