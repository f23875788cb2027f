/** Hears the reports of components. */

import { createSocket } from "node:dgram";
import { type Address, formatAddress } from "../address.ts";
import { EXIT, ExitError } from "../exit.ts";
import { COMPONENT_LIMITS } from "./components.ts";
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

/** Keeps a flood from taking the time of whoever looks at the screen. */
export class DatagramBound {
  private since = -Infinity;
  private count = 0;

  /** Whether one more is looked at. */
  admits(now: number): boolean {
    if (now - this.since >= 1_000) {
      this.since = now;
      this.count = 0;
    }
    return ++this.count <= COMPONENT_LIMITS.datagramsPerSecond;
  }
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
  const flood = new DatagramBound();
  socket.on("message", (message, { address: host, port }) => {
    if (!flood.admits(performance.now())) return;
    const report = decodeReport(message);
    if ("failure" in report) handlers.unreadable();
    else handlers.heard(report, formatAddress({ host, port }));
  });
  const close = () => new Promise<void>((resolve) => socket.close(() => resolve()));
  const { address: host, port } = socket.address();
  return { address: { host, port }, close };
}
