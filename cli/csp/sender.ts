/** Sends the reports of a registrar, for as long as it runs. */

import { createSocket, type Socket } from "node:dgram";
import { cpuUsage } from "node:process";
import { type Address, formatAddress } from "../address.ts";
import type { RegistrarView } from "../api.ts";
import { socketFailure } from "./socket_failure.ts";
import type { Log } from "../log.ts";
import { registrarReport } from "./registrar_report.ts";
import { encodeReport } from "./report.ts";

/** What a sender needs. */
export interface CspSenderParts {
  readonly servers: readonly Address[];
  readonly intervalMs: number;
  readonly view: () => RegistrarView;
  readonly log: Log;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

/** How long the last report may take. */
const LAST_MS = 500;

/** Reports now and every interval; the last report says that it is the last. */
export class CspSender {
  private readonly parts: CspSenderParts;
  private readonly sockets = new Map<Address, Socket>();
  private readonly location = hostName();
  private readonly startedAt: number;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly failed = new Set<Address>();
  private used = cpuMs();
  private usedAt: number;

  constructor(parts: CspSenderParts) {
    this.parts = parts;
    this.startedAt = this.usedAt = parts.now();
    this.timer = setInterval(() => void this.report(false), parts.intervalMs);
    void this.report(false);
  }

  /** Sends the last report. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    let late: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => late = setTimeout(resolve, LAST_MS));
    await Promise.race([this.report(true), patience]);
    clearTimeout(late);
    for (const socket of this.sockets.values()) socket.close();
    this.sockets.clear();
  }

  private async report(isFinal: boolean): Promise<void> {
    const { view, intervalMs, now, servers } = this.parts;
    const bytes = encodeReport(registrarReport(view(), {
      location: this.location,
      intervalMs,
      upMs: now() - this.startedAt,
      workload: this.workload(),
      isFinal,
    }));
    await Promise.all(servers.map((server) => this.send(server, bytes)));
  }

  private send(server: Address, bytes: Uint8Array): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    try {
      this.socketOf(server).send(bytes, server.port, server.host, (error) => {
        this.tell(server, error ?? undefined);
        resolve();
      });
    } catch (error) {
      this.tell(server, error);
      resolve();
    }
    return promise;
  }

  /** A socket for each server: their addresses may be of different families. */
  private socketOf(server: Address): Socket {
    const known = this.sockets.get(server);
    if (known !== undefined) return known;
    const socket = createSocket(server.host.includes(":") ? "udp6" : "udp4");
    // Nobody listens: somebody may begin to, later.
    socket.on("error", () => {});
    this.sockets.set(server, socket);
    return socket;
  }

  /** Says once that a server cannot be reported to, and that it can again. */
  private tell(server: Address, error: unknown): void {
    const { log } = this.parts;
    const where = formatAddress(server);
    if (error === undefined) {
      if (!this.failed.delete(server)) return;
      return log.event("notice", "csp-reports", { server: where }, `reports to ${where} again`);
    }
    if (this.failed.has(server)) return;
    this.failed.add(server);
    const words = `cannot report to ${where} (--csp-server): ${socketFailure(error)}; trying on`;
    log.event("warning", "csp-failed", { server: where }, words);
  }

  /** The share of a processor since the last report. */
  private workload(): number | undefined {
    const now = this.parts.now();
    const used = cpuMs();
    const passed = now - this.usedAt;
    const share = passed <= 0 ? undefined : (used - this.used) / passed;
    this.used = used;
    this.usedAt = now;
    return share;
  }
}

function cpuMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}

function hostName(): string {
  try {
    return Deno.hostname();
  } catch {
    return ""; // Whoever may not know is still heard.
  }
}
