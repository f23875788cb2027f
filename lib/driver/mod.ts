/**
 * Machines connected with the world: the API for programs.
 *
 * @module
 */

export { BindingElement } from "./binding_element.ts";
export type { BindingElementSettings, BindingPage } from "./binding_element_settings.ts";
export type { HuntCounts, PoolElementTraffic, PoolUserTraffic } from "./client_traffic.ts";
export { ConnectionGate, type GateRates } from "./connection_gate.ts";
export type {
  ConnectionSecurity,
  CountBy,
  DialResult,
  RefusalReason,
  RegistrarTraffic,
  Traffic,
} from "./driver_traffic.ts";
export {
  DeregistrationRejected,
  describeAttempt,
  RegistrarUnreachable,
  RegistrationRejected,
  Rejected,
  RequestRejected,
  ResolutionRejected,
  UnknownPoolHandle,
} from "./errors.ts";
export type {
  AnnounceSettings,
  DiscoverSettings,
  MulticastEvent,
  MulticastSettings,
} from "./multicast_settings.ts";
export {
  type AnsweringRegistrar,
  type BindingsOptions,
  type BindingTables,
  type HandleTable,
  Observer,
  type ObserverSettings,
  type PartnerDown,
  type PartnerDownOptions,
  type PeerList,
  type PoolBindings,
  type RegistrarStatus,
} from "./observer.ts";
export { PoolElement } from "./pool_element.ts";
export type {
  AsapEndpointSettings,
  PoolElementEvent,
  PoolElementSettings,
} from "./pool_element_settings.ts";
export type {
  BusinessCard,
  ConnectOptions,
  Failover,
  ReceivedData,
  ServedSession,
  Session,
  SessionHandler,
} from "./session/contract.ts";
export { connectBack } from "./session/connect_back.ts";
export type { CookieSettings } from "./session/cookie_key.ts";
export type { ServeEvent } from "./session/serve_event.ts";
export { openElement, type OpenElementOptions } from "./session/open_element.ts";
export { SessionFailed, type SessionFailureReason } from "./session/session_failed.ts";
export type { AllSessions, ConnectAllOptions } from "./session/user_sessions.ts";
export { UserLost } from "./session/served_session.ts";
export type { ServeOptions, Service } from "./session/served_service.ts";
export { PoolUser } from "./pool_user.ts";
export type {
  PoolElementHandle,
  PoolUserSettings,
  ReportOptions,
  Resolution,
  ResolveOptions,
} from "./pool_user_settings.ts";
export { systemRandom } from "./random.ts";
export type { ConnectionsRefused, HandshakeRefused, RefusalEvent } from "./refusals.ts";
export { Registrar } from "./registrar.ts";
export type {
  ListeningRegistrar,
  RegistrarEvent,
  RegistrarSettings,
} from "./registrar_settings.ts";
export type { RegistrarSecurity } from "./security.ts";
export type { Wait } from "./requests.ts";
export type { PoolUpdate, WatchOptions } from "./watch.ts";
