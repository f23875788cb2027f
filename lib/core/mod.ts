/**
 * The protocol as sans-I/O machines: registrar, pool element, pool user, observer.
 *
 * @module
 */

export { type Ends, Host, type HostOutput } from "./host.ts";
export { encodeMessage, Link } from "./link.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export type {
  Association,
  Connected,
  Disconnected,
  DisconnectReason,
  Input,
  Instant,
  Machine,
  Message,
  Output,
  ProtocolName,
  Received,
  SocketAddress,
  Undecodable,
} from "./machine.ts";
export { Timers } from "./timers.ts";
export {
  type HuntTiming,
  POOL_ELEMENT_TIMING,
  POOL_USER_TIMING,
  type PoolElementTiming,
  type PoolUserTiming,
  REGISTRAR_TIMING,
  type RegistrarTiming,
} from "./timing.ts";
