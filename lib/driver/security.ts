/** What a secured registrar is given, at its start and at a reload. docs/security.md. */

import type { Permissions, Rates } from "../core/mod.ts";
import type { CertificateCredentials, PskCredentials } from "../net/mod.ts";

/**
 * Security of a registrar: at least one kind of credentials, and who may do what. What no
 * permission allows is refused.
 *
 * @example A pool element and a pool user, each with a pre-shared key of its own. With certificates
 * the registrar has `asapTls`, the others `certificateTransport`, and all else is the same.
 * ```ts
 * import { PoolElement, PoolUser, pskTransport, Registrar } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const newKey = () => crypto.getRandomValues(new Uint8Array(32));
 * const keys = new Map([["web-1", newKey()], ["shop", newKey()]]);
 * const registrar = await Registrar.start({
 *   asapPsk: [{ host: "127.0.0.1", port: 0 }],
 *   enrpPsk: [],
 *   security: {
 *     psk: { accepted: keys },
 *     permissions: {
 *       identities: [
 *         { proofs: [{ kind: "psk", name: "web-*" }], register: ["web"] },
 *         { proofs: [{ kind: "psk", name: "shop" }], read: ["web"] },
 *       ],
 *     },
 *   },
 * });
 * const registrars = registrar.asapPsk;
 * const transportOf = (identity: string) =>
 *   pskTransport({ own: { identity, key: keys.get(identity)! } });
 *
 * const transport = await transportOf("web-1");
 * const element = new PoolElement({ registrars, transport, poolHandle: "web", port: 8081 });
 * await element.register();
 * const user = new PoolUser({ registrars, transport: await transportOf("shop") });
 * assert.equal((await user.resolve("web")).poolElements.length, 1);
 *
 * // The user may not register, whatever it calls itself.
 * const shown = await transportOf("shop");
 * const rogue = new PoolElement({ registrars, transport: shown, poolHandle: "web", port: 8081 });
 * await assert.rejects(rogue.register(), { name: "RegistrationRejected" });
 *
 * await rogue.close();
 * await user.close();
 * await element.close();
 * await registrar.stop();
 * ```
 */
export interface RegistrarSecurity {
  /** For `asapTls` and `enrpTls`, with a certificate and its key. */
  readonly certificates?: CertificateCredentials | undefined;
  /** For `asapPsk` and `enrpPsk`. */
  readonly psk?: PskCredentials | undefined;
  /** Who may do what. */
  readonly permissions: Permissions;
  /** Whether pool users without TLS may resolve; nothing else is answered without TLS. */
  readonly allowInsecureResolution?: boolean | undefined;
  /** How often one identity or address may ask, where it differs from the defaults. */
  readonly rates?: Partial<Rates> | undefined;
}
