/**
 * The agent beside a DHCP server: what the server is to have at each address, and what others are
 * told. Pure.
 *
 * @module
 */

export { BindingAgent } from "./agent.ts";
export type {
  AgentEvent,
  AgentOptions,
  AgentOutput,
  Change,
  Client,
  Holding,
  LeaseEvent,
  SavedAgent,
  WithheldReason,
} from "./contract.ts";
