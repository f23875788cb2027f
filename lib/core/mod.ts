/**
 * The protocol as sans-I/O machines: registrar, pool element, pool user, observer.
 *
 * @module
 */

export {
  ANNOUNCED_PORTS,
  type Announcement,
  Dropped,
  encodePresence,
  encodeServerAnnounce,
  readAnnouncement,
} from "./discovery/announcement.ts";
export { ClientDiscovery, type HintCommand } from "./discovery/client_discovery.ts";
export type {
  Discovery,
  DiscoveryEvent,
  DiscoveryOptions,
  DiscoveryOutput,
} from "./discovery/contract.ts";
export { type PeerHintCommand, RegistrarDiscovery } from "./discovery/registrar_discovery.ts";
export { type AnnouncedAddresses, announcementFrom } from "./discovery/served.ts";
export { BindingElementMachine } from "./binding_element/binding_element.ts";
export type {
  BindingElementCommand,
  BindingElementEvent,
  BindingElementOptions,
  BindingRecords,
  BindingRegistrarLost,
} from "./binding_element/contract.ts";
export { BINDING_ELEMENT_PROFILES, type BindingElementTiming } from "./binding_element/timing.ts";
export { Histogram, type HistogramView, WORK_BOUNDS_MS } from "./histogram.ts";
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
  SecurityKind,
  SocketAddress,
  Undecodable,
} from "./machine.ts";
export { type BindingQuestion, bindingRequest } from "./observer/bindings.ts";
export type {
  ObserverCommand,
  ObserverEvent,
  ObserverFailure,
  ObserverOptions,
  TablePool,
} from "./observer/contract.ts";
export { ObserverMachine } from "./observer/observer.ts";
export type {
  AsapEndpoint,
  ElementDescription,
  HuntReason,
  PoolElementCommand,
  PoolElementEvent,
  PoolElementOptions,
  PoolElementState,
} from "./pool_element/contract.ts";
export { PoolElementMachine } from "./pool_element/pool_element.ts";
export type {
  PoolUserCommand,
  PoolUserEvent,
  PoolUserOptions,
  ResolutionFailure,
} from "./pool_user/contract.ts";
export { PoolUserMachine } from "./pool_user/pool_user.ts";
export type { BindingsEvent } from "./registrar/bindings/contract.ts";
export type { AuditReason } from "./registrar/audit.ts";
export type { Arbitration, RsplibPeers } from "./registrar/compat.ts";
export type {
  CloseReason,
  OfMessage,
  OfPoolElement,
  RegistrarCommand,
  RegistrarEvent,
  RegistrarOptions,
  RemovalReason,
  SecurityOptions,
  SecurityRules,
  ServedAddresses,
} from "./registrar/contract.ts";
export type { ByCause, RegistrarCounts } from "./registrar/counts.ts";
export type { BindingPoolView } from "./registrar/bindings/view.ts";
export type { MentorFailure } from "./registrar/initialization.ts";
export type { PeerRefused } from "./registrar/peer_refusal.ts";
export { RegistrarMachine } from "./registrar/registrar.ts";
export type { RegistrarStatistics } from "./registrar/statistics.ts";
export type { HandlespaceTally, PolicyTally, PoolTally } from "./registrar/tally.ts";
export type {
  ElementState,
  ElementView,
  PeerView,
  RegistrarPoolView,
  RegistrarView,
} from "./registrar/view.ts";
export type { Party } from "./security/authorize.ts";
export { parseAddressRange } from "./security/address_range.ts";
export type { AddressRange, Permission, Permissions, Proof } from "./security/permissions.ts";
export { type ReadingRights, readingRights } from "./security/reading.ts";
export { DEFAULT_RATES, type RateKind, type Rates } from "./security/rates.ts";
export { TokenBucket } from "./security/token_bucket.ts";
export type { Attempt, AttemptEvent } from "./attempt.ts";
export type {
  ElementSession,
  ElementSessionInput,
  ElementSessionOptions,
  ElementSessionOutput,
  SessionFault,
} from "./session/element_contract.ts";
export { MuxElementSession } from "./session/element_session.ts";
export { LoadReports } from "./session/load_reports.ts";
export { PlainElementSession } from "./session/plain_element_session.ts";
export { readControl } from "./session/control_channel.ts";
export { type ElementWire, type WirePiece, wireTo } from "./session/element_wire.ts";
export type {
  ElementFailure,
  KnownPool,
  UserSessionFailure,
  UserSessionInput,
  UserSessionOutput,
} from "./session/user_contract.ts";
export { UserSession } from "./session/user_session.ts";
export type { ByProtocol, MessageTraffic, MessageType, TrafficCount } from "./traffic.ts";
export { Timers } from "./timers.ts";
export {
  DISCOVERY_TIMING,
  type DiscoveryTiming,
  FAST_POOL_ELEMENT_TIMING,
  FAST_REGISTRAR_TIMING,
  type HuntTiming,
  POOL_ELEMENT_PROFILES,
  POOL_ELEMENT_TIMING,
  POOL_USER_TIMING,
  type PoolElementTiming,
  type PoolUserTiming,
  REGISTRAR_PROFILES,
  REGISTRAR_TIMING,
  type RegistrarTiming,
  SESSION_TIMING,
  type SessionTiming,
  type TimingProfile,
  USER_SESSION_TIMING,
  type UserSessionTiming,
} from "./timing.ts";
export { PoolUserSelection, type Random, randomFrom, seededRandom } from "../handlespace/mod.ts";
