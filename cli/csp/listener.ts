/** Hears the reports of components. */

import { createSocket } from "node:dgram";
import { type Address, formatAddress } from "../address.ts";
import { EXIT, ExitError } from "../exit.ts";
import { socketFailure } from "./socket_failure.ts";
import { type ComponentReport, decodeReport } from "./report.ts";

/** What is done with datagrams. */
export interface CspHandlers {
  heard(report: ComponentReport, from: string): void;
  unreadable(): void;
}

/** A socket that hears reports. */
export interface CspListener {
  readonly address: Address;
  close(): Promise<void>;
}

/**
 * Listens for reports.
 *
 * @throws {ExitError} if the address cannot be bound.
 */
export async function listenForReports(
  at: Address,
  handlers: CspHandlers,
): Promise<CspListener> {
  const socket = createSocket(at.host.includes(":") ? "udp6" : "udp4");
  const bound = Promise.withResolvers<void>();
  socket.once("error", bound.reject);
  socket.bind({ port: at.port, address: at.host, exclusive: true }, bound.resolve);
  try {
    await bound.promise;
  } catch (error) {
    socket.close();
    const words = `cannot listen on ${formatAddress(at)} (--csp): ${socketFailure(error)}`;
    throw new ExitError(EXIT.world, words, { cause: error });
  }
  socket.removeAllListeners("error");
  // An ICMP error is nothing to somebody who only listens.
  socket.on("error", () => {});
  socket.on("message", (message, { address: host, port }) => {
    const report = decodeReport(message);
    if ("failure" in report) handlers.unreadable();
    else handlers.heard(report, formatAddress({ host, port }));
  });
  const close = () => new Promise<void>((resolve) => socket.close(() => resolve()));
  const { address: host, port } = socket.address();
  return { address: { host, port }, close };
}
