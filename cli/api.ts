/**
 * The library as the command line uses it: all of it comes from `mod.ts`, and when first needed.
 */

export type {
  AgentEvent as BindingAgentEvent,
  AgentOptions as BindingAgentOptions,
  AnnounceSettings,
  AnsweringRegistrar,
  Attempt,
  Binding,
  BindingAgent,
  BindingElement,
  BindingElementEvent,
  BindingElementSettings,
  BindingPoolView,
  BindingRecords,
  BindingServer,
  CertificateCredentials,
  Change as BindingChange,
  Connection,
  DiscoverSettings,
  ElementView,
  ErrorCause,
  HandlespaceTally,
  HistogramView,
  Holding as BindingHolding,
  InheritedSocket,
  LeaseEvent as AgentLeaseEvent,
  ListedServer,
  ListeningRegistrar,
  MulticastEvent,
  NetTransport,
  Observer,
  ObserverSettings,
  PeerView,
  Pem,
  Permission,
  Permissions,
  Policy,
  PoolElement,
  PoolElementEvent,
  PoolElementSettings,
  PoolElementTraffic,
  PoolElementValue,
  PoolHandle,
  PoolUpdate,
  PoolUser,
  PoolUserEvent,
  PoolUserSettings,
  PoolUserTraffic,
  Proof,
  PskCredentials,
  PskKey,
  Random,
  Rates,
  Registrar,
  RegistrarEvent,
  RegistrarPoolView,
  RegistrarSecurity,
  RegistrarSettings,
  RegistrarTiming,
  RegistrarTraffic,
  RegistrarView,
  RemovalReason,
  Resolution,
  ResolveOptions,
  SavedAgent as SavedBindingAgent,
  SecureTransport,
  ServerCertificates,
  ServerCredentials,
  SocketAddress,
  StoredServer as StoredBindingServer,
  TablePool,
  TimingProfile,
  Traffic,
  Transport,
  Wait,
} from "../mod.ts";

/** The library. */
export type Api = typeof import("../mod.ts");

/** What one-shot commands use of it. */
export type ClientApi = typeof import("./client_api.ts");

/** Loads the library. */
export async function loadApi(): Promise<Api> {
  return await import("../mod.ts");
}

/** Loads what one-shot commands use of it. */
export async function loadClientApi(): Promise<ClientApi> {
  return await import("./client_api.ts");
}
