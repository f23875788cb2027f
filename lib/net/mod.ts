/**
 * Bytes over the world: listeners, dials and connections. Knows no message.
 *
 * @module
 */

export * from "./transport.ts";
export {
  type CertificateCredentials,
  CredentialsInvalid,
  type Pem,
  type PskCredentials,
  type PskKey,
} from "./credentials.ts";
export {
  isMulticastAddress,
  type Multicast,
  type MulticastOptions,
  type MulticastPath,
  openMulticast,
} from "./announce.ts";
export { type InheritedSocket, inheritedSockets, type TcpStream } from "./inherited.ts";
export { tcpTransport, type TcpTransportOptions } from "./tcp.ts";
export { type PskTransport, pskTransport, type PskTransportOptions } from "./psk.ts";
export { DEFAULT_HANDSHAKE_LIMITS, type HandshakeLimits } from "./handshakes.ts";
export {
  certificateFault,
  type CertificateTransport,
  certificateTransport,
  type CertificateTransportOptions,
  type CertificateWarningOptions,
  certificateWarnings,
  describeCertificates,
  type ServerCertificates,
  type ServerCredentials,
  serverCredentials,
  type ShowsCertificates,
} from "./tls_cert.ts";
export type { Verdict } from "./certificate_verification.ts";
export type { CertificateDescription } from "./certificate_description.ts";
