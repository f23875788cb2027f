/**
 * Bytes over the world: listeners, dials and connections. Knows no message.
 *
 * @module
 */

export * from "./transport.ts";
export { tcpTransport, type TcpTransportOptions } from "./tcp.ts";
