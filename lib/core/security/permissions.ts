/** Who may do what at a registrar. docs/security.md; RFC 5355 §2.1 to §2.7. */

import type { IpAddress } from "../../wire/mod.ts";
import type { SecurityKind } from "../machine.ts";

/** Addresses with the first `bits` bits in common. */
export interface AddressRange {
  /** Its first address. */
  readonly address: IpAddress;
  /** How many leading bits count: up to 32, or 128 of IPv6. */
  readonly bits: number;
}

/** How somebody proves who it is. In `name`, `*` stands for any characters. */
export interface Proof {
  /** By what it is proved. */
  readonly kind: SecurityKind;
  /** A name in the certificate, or the identity of the key. */
  readonly name: string;
}

/** What one identity may do. In patterns of pool handles, `*` stands for any characters. */
export interface Permission {
  /** Any of these proves it. */
  readonly proofs: readonly Proof[];
  /**
   * The one name of whoever has several proofs: what it owns under one of them it owns under all.
   * Absent: each proof is an identity of its own.
   */
  readonly name?: string | undefined;
  /** Pools in which it may register elements. */
  readonly register?: readonly string[] | undefined;
  /** Addresses that it may register besides the one that it is seen at. */
  readonly addresses?: readonly AddressRange[] | undefined;
  /** It may be a peer; a certificate must carry the role of a registrar besides. */
  readonly registrar?: boolean | undefined;
  /** Pools that it may resolve and see in the handle table. */
  readonly read?: readonly string[] | undefined;
  /** It may see the whole handle table and the list of peers. */
  readonly operate?: boolean | undefined;
}

/** All permissions of a secured registrar. What none of them allows is refused. */
export interface Permissions {
  /** Who may do what. */
  readonly identities: readonly Permission[];
  /** Pools that everybody over TLS may resolve, without a certificate, too. Default: none. */
  readonly read?: readonly string[] | undefined;
}
