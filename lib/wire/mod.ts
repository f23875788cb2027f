/**
 * Bytes and messages of ASAP (RFC 5352) and ENRP (RFC 5353), with the parameters of RFC 5354 and
 * the policies of RFC 5356. No state, no time, no sockets.
 *
 * @module
 */

export { annotate } from "./annotate.ts";
export { asap, type AsapMessage } from "./asap.ts";
export { ADD_PE, DEL_PE, enrp, type EnrpMessage, type ListedServer } from "./enrp.ts";
export {
  type Binding,
  BINDING_STATES,
  BINDING_TRANSACTIONS,
  type BindingDigest,
  type BindingServer,
  type BindingServerFlag,
  type BindingState,
  type BindingTransaction,
  type ClaimAcknowledgement,
  INFINITE_LEASE,
} from "./binding.ts";
export { MAX_COUNTER } from "./binding_field.ts";
export { CAUSE, causeName } from "./cause.ts";
export { describeCause } from "./cause_detail.ts";
export { DecodeFailure } from "./decode_failure.ts";
export type { Decoded } from "./protocol.ts";
export { Protocol } from "./protocol.ts";
export { formatIdentifier, formatNumber, hex, parseHex } from "./hex.ts";
export {
  comparableAddress,
  formatIpAddress,
  type IpAddress,
  isIpv6,
  isLoopback,
  isUnspecified,
  networkOf,
  parseIpAddress,
} from "./ip_address.ts";
export {
  MAX_BINDING_SERVERS,
  MAX_BINDINGS_PER_MESSAGE,
  MAX_MESSAGE_BYTES,
  MAX_MESSAGE_LENGTH,
  MAX_OFFENDING_TLV_BYTES,
  MAX_REFUSED_BINDINGS,
} from "./limits.ts";
export {
  ALL_ITEMS,
  type ErrorCause,
  INFINITE_LIFE,
  type PeerState,
  type PeerStatus,
  type PoolElement,
  type ServerInformation,
  viewCause,
  viewPoolElement,
} from "./parameters.ts";
export type { Owner, OwnerKind } from "./owner.ts";
export { causesToReport } from "./report.ts";
export {
  loadFraction,
  POLICIES,
  type Policy,
  policyName,
  policyType,
  type UnknownPolicy,
  viewPolicy,
} from "./policy.ts";
export {
  parsePoolHandle,
  type PoolHandle,
  poolHandleBytes,
  poolHandleLength,
  poolHandleText,
} from "./pool_handle.ts";
export {
  CONTROL_PPID,
  controlFrame,
  DATA_PPID,
  dataFrames,
  endFrame,
  frameHeader,
  MAX_FRAME_PAYLOAD_BYTES,
  SESSION_PREFACE,
  SESSION_PREFACE_WITH_COOKIE,
  type SessionPiece,
  SessionSplitter,
} from "./session_frame.ts";
export { MessageSplitter, type Split } from "./splitter.ts";
export { policyTlv, poolElementBytes, poolElementTlv, poolHandleTlv, transportTlv } from "./tlv.ts";
export { Trace, type TraceLine } from "./trace.ts";
export {
  type Transport,
  transportUseName,
  USE_DATA_ONLY,
  USE_DATA_PLUS_CONTROL,
  viewTransport,
} from "./transport.ts";
