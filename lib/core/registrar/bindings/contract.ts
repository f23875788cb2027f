/** What a registrar's machine tells of bindings. docs/dhcp.md. */

import type { BindingServerFlag, IpAddress, PoolHandle } from "../../../wire/mod.ts";
import type { OfMessage, OfPoolElement } from "../contract.ts";

/** What a registrar's machine tells of bindings. */
export type BindingsEvent =
  /** The first DHCP server of a pool has said that it is one, here or at a peer. docs/dhcp.md. */
  | { readonly type: "binding-table-created"; readonly poolHandle: PoolHandle }
  /** There are as many DHCP pools as there may be. */
  | { readonly type: "binding-pool-refused"; readonly poolHandle: PoolHandle }
  /** Two clients have one address: the lease of one is lost. docs/dhcp.md §2.4. */
  | {
    readonly type: "binding-lost";
    readonly poolHandle: PoolHandle;
    /** The address that both were granted. */
    readonly ipAddress: IpAddress;
    /** Hardware address of the client that has lost it. */
    readonly hardware: string;
    /** The DHCP server that had granted it. */
    readonly server: number;
    /** Hardware address of the client that has it. */
    readonly winner: string;
    readonly winnerServer: number;
  }
  /** A DHCP server's record is another one: it is new, down, or back. docs/dhcp.md §3. */
  | (OfPoolElement & {
    readonly type: "dhcp-server-changed";
    readonly name: string;
    readonly flags: readonly BindingServerFlag[];
  })
  /** A DHCP server tells of addresses that are not its pool's. docs/dhcp.md §6. */
  | (OfPoolElement & OfMessage & {
    readonly type: "bindings-refused";
    readonly addresses: readonly IpAddress[];
  })
  /** What a DHCP server tells is refused whole: it is told why. docs/dhcp.md §5.2. */
  | (OfPoolElement & OfMessage & {
    readonly type: "binding-update-rejected";
    readonly cause: number;
    readonly why: string;
  })
  /** An operator's word that a DHCP server is down is refused. docs/dhcp.md §3.5. */
  | (OfMessage & {
    readonly type: "partner-down-rejected";
    readonly poolHandle: PoolHandle;
    readonly why: string;
  })
  /** A peer's bindings are asked for, as it has others. docs/dhcp.md §5.5. */
  | {
    readonly type: "binding-download-began";
    readonly peer: number;
    readonly poolHandle: PoolHandle;
  }
  /** A peer has not told its bindings: it is asked again when it next says that they differ. */
  | {
    readonly type: "binding-download-failed";
    readonly peer: number;
    readonly poolHandle: PoolHandle;
    readonly why: string;
  }
  | {
    readonly type: "binding-table-received";
    readonly peer: number;
    readonly poolHandle: PoolHandle;
    readonly received: number;
  };
