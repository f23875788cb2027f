/** What a secured registrar is given, at its start and at a reload. docs/security.md. */

import type { Permissions, Rates } from "../core/mod.ts";
import type { CertificateCredentials, PskCredentials } from "../net/mod.ts";

/** Security of a registrar: at least one kind of credentials, and who may do what. */
export interface RegistrarSecurity {
  /** For `asapTls` and `enrpTls`, with a certificate and its key. */
  readonly certificates?: CertificateCredentials | undefined;
  /** For `asapPsk` and `enrpPsk`. */
  readonly psk?: PskCredentials | undefined;
  readonly permissions: Permissions;
  /** Whether pool users without TLS may resolve; nothing else is answered without TLS. */
  readonly allowInsecureResolution?: boolean | undefined;
  /** How often one identity or address may ask, where it differs from the defaults. */
  readonly rates?: Partial<Rates> | undefined;
}
