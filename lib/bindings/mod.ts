/**
 * DHCP bindings that several servers share: records, their merge, and what a DHCP server may do.
 * Pure: no protocol, no time, no DHCP. docs/dhcp.md.
 *
 * @module
 */

export {
  type AgentEvent,
  type AgentOptions,
  type AgentOutput,
  BindingAgent,
  type Change,
  type Client,
  type Holding,
  type LeaseEvent,
  type SavedAgent,
  type WithheldReason,
} from "./agent/mod.ts";
export { addressNumber, AddressRange, addressText } from "./address_range.ts";
export { BindingTable, type Merged } from "./binding_table.ts";
export { MAX_LOST_BINDINGS, MAX_RANGE_ADDRESSES, MAX_SHARES } from "./limits.ts";
export {
  clientKey,
  compareVersions,
  contentOf,
  type Instant,
  isSameClient,
  mergeBindings,
  secondsUntil,
  stored,
  type StoredBinding,
  told,
} from "./stored_binding.ts";
export {
  contentOfServer,
  hasFlag,
  isFreed,
  isSensible,
  mergeServers,
  ownerOf,
  ownerOfShare,
  rangeOf,
  required,
  type StoredServer,
  storedServer,
  toldServer,
} from "./stored_server.ts";
