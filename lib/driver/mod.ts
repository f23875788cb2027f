/**
 * Machines connected with the world: the API for programs.
 *
 * @module
 */

export {
  DeregistrationRejected,
  describeAttempt,
  RegistrarUnreachable,
  RegistrationRejected,
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
  type HandleTable,
  Observer,
  type ObserverSettings,
  type PeerList,
  type RegistrarStatus,
} from "./observer.ts";
export {
  type AsapEndpointSettings,
  PoolElement,
  type PoolElementEvent,
  type PoolElementSettings,
} from "./pool_element.ts";
export { PoolUser } from "./pool_user.ts";
export type {
  PoolUserSettings,
  ReportOptions,
  Resolution,
  ResolveOptions,
} from "./pool_user_settings.ts";
export type { ConnectionsRefused, HandshakeRefused, RefusalEvent } from "./refusals.ts";
export { Registrar } from "./registrar.ts";
export type { RegistrarEvent, RegistrarSettings } from "./registrar_settings.ts";
export type { RegistrarSecurity } from "./security.ts";
export type { Wait } from "./requests.ts";
export type { PoolUpdate, WatchOptions } from "./watch.ts";
