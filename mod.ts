/**
 * Reliable Server Pooling (RFC 3237, RFC 5351) over TCP: registrars, pool elements and pool users.
 *
 * A pool handle such as `web` names a pool of equivalent servers. Servers register in the pool at a
 * {@linkcode Registrar} as a {@linkcode PoolElement}; clients resolve the handle to living servers
 * as a {@linkcode PoolUser}, chosen by the pool's policy.
 *
 * @example
 * ```ts
 * import { PoolElement, PoolUser, Registrar } from "@rserpool/rserpool";
 *
 * const anyPort = [{ host: "127.0.0.1", port: 0 }];
 * await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort });
 * const registrars = registrar.asap;
 * await using element = new PoolElement({ registrars, poolHandle: "web", port: 8081 });
 * await element.register();
 * await using user = new PoolUser({ registrars });
 * const { poolElements } = await user.resolve("web");
 * console.log(poolElements[0]?.transport);
 * ```
 *
 * @module
 */

export * from "./lib/driver/mod.ts";
export type {
  AddressRange,
  Arbitration,
  Association,
  Attempt,
  AttemptEvent,
  AuditReason,
  BindingElementEvent,
  BindingElementTiming,
  BindingPoolView,
  BindingRecords,
  BindingRegistrarLost,
  BindingsEvent,
  ByCause,
  ByProtocol,
  CloseReason,
  DisconnectReason,
  DiscoveryEvent,
  DiscoveryTiming,
  ElementFailure,
  ElementState,
  ElementView,
  HandlespaceTally,
  HistogramView,
  HuntReason,
  HuntTiming,
  Instant,
  Limits,
  MentorFailure,
  Message,
  MessageTraffic,
  MessageType,
  ObserverEvent,
  ObserverFailure,
  OfMessage,
  OfPoolElement,
  Party,
  PeerRefused,
  PeerView,
  Permission,
  Permissions,
  PolicyTally,
  PoolElementEvent as PoolElementMachineEvent,
  PoolElementState,
  PoolElementTiming,
  PoolTally,
  PoolUserEvent,
  PoolUserTiming,
  Proof,
  ProtocolName,
  Random,
  RateKind,
  Rates,
  ReadingRights,
  RegistrarCounts,
  RegistrarEvent as RegistrarMachineEvent,
  RegistrarPoolView,
  RegistrarStatistics,
  RegistrarTiming,
  RegistrarView,
  RemovalReason,
  ResolutionFailure,
  RsplibPeers,
  SecurityKind,
  SessionTiming,
  SocketAddress,
  TablePool,
  TimingProfile,
  UserSessionFailure,
  UserSessionTiming,
} from "./lib/core/mod.ts";
export {
  BINDING_ELEMENT_PROFILES,
  DEFAULT_LIMITS,
  DEFAULT_RATES,
  DISCOVERY_TIMING,
  FAST_POOL_ELEMENT_TIMING,
  FAST_REGISTRAR_TIMING,
  Histogram,
  parseAddressRange,
  POOL_ELEMENT_TIMING,
  POOL_USER_TIMING,
  readingRights,
  REGISTRAR_TIMING,
  seededRandom,
  USER_SESSION_TIMING,
} from "./lib/core/mod.ts";
// AddressRange is a matter of permissions here; this one is the range of a DHCP pool.
export { AddressRange as BindingRange } from "./lib/bindings/mod.ts";
export * from "./lib/bindings/mod.ts";
export { type PoolUserAnswer, PoolUserSelection } from "./lib/handlespace/mod.ts";
export {
  type Address as NetAddress,
  type CertificateCredentials,
  type CertificateDescription,
  certificateFault,
  type CertificateTransport,
  certificateTransport,
  type CertificateTransportOptions,
  type CertificateWarningOptions,
  certificateWarnings,
  type Connection,
  type ConnectionEnd,
  CredentialsInvalid,
  describeCertificates,
  DialFailed,
  type DialFailure,
  type DialOptions,
  type HandshakeLimits,
  type InheritedSocket,
  inheritedSockets,
  type Listener,
  ListenFailed,
  type ListenFailure,
  type ListenOptions,
  type Pem,
  type PskCredentials,
  type PskKey,
  type PskTransport,
  pskTransport,
  type PskTransportOptions,
  type Secured,
  type SecureTransport,
  type SecurityKind as NetSecurityKind,
  type ServerCertificates,
  type ServerCredentials,
  serverCredentials,
  type ShowsCertificates,
  type TcpStream,
  tcpTransport,
  type TcpTransportOptions,
  type TlsUse,
  type Transport as NetTransport,
  type Verdict,
} from "./lib/net/mod.ts";
// The driver's PoolElement is the one that programs mean; the parameter of the messages is a value.
export { PoolElement } from "./lib/driver/mod.ts";
export type { PoolElement as PoolElementValue } from "./lib/wire/mod.ts";
export * from "./lib/wire/mod.ts";
