/** What a DHCP server that shares its bindings is made of. */

import type {
  Api,
  BindingAgentOptions,
  BindingElementSettings,
  PoolElementSettings,
  SavedBindingAgent,
} from "../../api.ts";
import type { Secured } from "../../client_security.ts";
import type { Context } from "../../command.ts";
import type { ReadyFile } from "../../ready_file.ts";
import type { DnsmasqOptions } from "../dnsmasq/process.ts";
import type { Spool } from "../dnsmasq/spool.ts";
import type { Clock } from "./clock.ts";

/** What a service is made of. */
export interface DhcpServiceParts {
  readonly context: Context;
  readonly api: Api;
  readonly secured: Secured;
  readonly clock: Clock;
  readonly spool: Spool;
  /** Hardware address of placeholders. */
  readonly placeholder: string;
  readonly saved: SavedBindingAgent | undefined;
  save(agent: SavedBindingAgent): Promise<void>;
  readonly agent: Omit<BindingAgentOptions, "placeholder" | "saved">;
  readonly dnsmasq: Omit<DnsmasqOptions, "placeholder" | "onLine" | "onWarning" | "onEnd">;
  readonly bindings: Omit<BindingElementSettings, "onEvent" | "ownTable">;
  readonly element: PoolElementSettings;
  readonly syncTimeoutMs: number;
  readonly readyFile: ReadyFile;
  /** What the ready file has besides. */
  readonly ready: Readonly<Record<string, unknown>>;
}
