/**
 * TLS 1.3 with pre-shared keys over TCP. The engine and `node:crypto` are loaded by the first who
 * asks for it.
 */

import type { PskCredentials } from "./credentials.ts";
import type { HandshakeLimits } from "./handshakes.ts";
import type { TcpTransportOptions } from "./tcp.ts";
import type { SecureTransport } from "./transport.ts";

/** What a transport over pre-shared keys may be told. */
export interface PskTransportOptions extends TcpTransportOptions {
  /** Limits of the handshakes of those who connect, where they differ from the defaults. */
  readonly handshakes?: Partial<HandshakeLimits> | undefined;
}

/** A transport over TLS 1.3 with pre-shared keys (RFC 9257), with forward secrecy. */
export interface PskTransport extends SecureTransport {
  /** What secures its connections. */
  readonly kind: "psk";
  /**
   * Trusts other keys from now on. Open connections stay; `objection` names those that should not.
   *
   * @throws {CredentialsInvalid} when an identity or a key is unfit; the old ones then stay.
   */
  replace(credentials: PskCredentials): void;
}

/**
 * A transport over TLS 1.3 with pre-shared keys.
 *
 * @throws {CredentialsInvalid} when an identity or a key is unfit.
 * @example
 * ```ts
 * import { pskTransport } from "./psk.ts";
 * import assert from "node:assert/strict";
 *
 * const key = crypto.getRandomValues(new Uint8Array(32));
 * const registrar = await pskTransport({ accepted: new Map([["web-1", key]]) });
 * const element = await pskTransport({ own: { identity: "web-1", key } });
 *
 * const listener = await registrar.listen(
 *   { host: "127.0.0.1", port: 0 },
 *   async (accepted) => {
 *     assert.equal(accepted.secured?.name, "web-1");
 *     await accepted.write(new Uint8Array([1, 2, 3, 4]));
 *     await accepted.close();
 *   },
 *   { tls: { role: "server", protocol: "asap" } },
 * );
 * const connection = await element.dial(listener.address, {
 *   timeoutMs: 5000,
 *   tls: { role: "client", protocol: "asap" },
 * });
 * assert.deepEqual(await connection.read(), new Uint8Array([1, 2, 3, 4]));
 * await connection.close();
 * await listener.close();
 * ```
 */
export async function pskTransport(
  credentials: PskCredentials,
  options: PskTransportOptions = {},
): Promise<PskTransport> {
  const { PskOverTcp } = await import("./psk_transport.ts");
  return new PskOverTcp(credentials, options);
}
