/** Listening to announcements: what every discovery does, whoever it serves. */

import type { Instant, ProtocolName, SocketAddress } from "../machine.ts";
import { type Announcement, Dropped, readAnnouncement } from "./announcement.ts";
import type { DiscoveryEvent, DiscoveryOptions, DiscoveryOutput } from "./contract.ts";
import { HintTable } from "./hints.ts";

/** Useless datagrams are told of at most this often: a flood of them must not be one of words. */
const DROP_REPORT_MS = 10_000;

/** What is done with the addresses that are heard. */
export interface HintSink {
  /** An address is worth a dial; told again when it is confirmed, as by a second announcement. */
  learned(address: SocketAddress, isConfirmed: boolean): void;
  /** It is no longer. */
  outdated(address: SocketAddress): void;
}

/** Announcements of registrars, made hints. */
export class AnnouncementListener<Command> {
  readonly hints: HintTable;
  private readonly options: DiscoveryOptions;
  private readonly sink: HintSink;
  private outputs: DiscoveryOutput<Command>[] = [];
  private droppedCount = 0;
  private reportedAt: Instant = -Infinity;

  constructor(options: DiscoveryOptions, sink: HintSink) {
    this.options = options;
    this.sink = sink;
    this.hints = new HintTable(options);
  }

  /** Reads a datagram; nothing if it is of no use. */
  read(
    protocol: ProtocolName,
    bytes: Uint8Array,
    source: SocketAddress,
    now: Instant,
  ): Announcement | undefined {
    const { limits, usualPorts } = this.options;
    const read = readAnnouncement(protocol, bytes, source, limits, usualPorts);
    if (!(read instanceof Dropped)) return read;
    this.drop(source, read.why, now);
    return undefined;
  }

  /** Takes the addresses of an announcement. */
  learn(
    protocol: ProtocolName,
    { identifier, addresses }: Announcement,
    source: SocketAddress,
    now: Instant,
  ): void {
    for (const registrar of addresses) {
      const heard = this.hints.hear(registrar, source.host, now);
      if (heard.outcome === "refused") this.drop(source, "it announces too many addresses", now);
      if (heard.outcome === "confirmed") this.sink.learned(registrar, true);
      if (heard.outcome !== "new") continue;
      if (heard.evicted !== undefined) this.outdate(heard.evicted);
      const type = "registrar-announced";
      this.tell({ type, protocol, identifier, registrar, source: source.host });
      this.sink.learned(registrar, this.hints.isConfirmed(registrar));
    }
  }

  /** T7-ENRPoutdate. */
  onDeadline(now: Instant): void {
    for (const registrar of this.hints.takeOutdated(now)) this.outdate(registrar);
  }

  command(command: Command): void {
    this.outputs.push({ type: "command", command });
  }

  announce(protocol: ProtocolName): void {
    this.outputs.push({ type: "announce", protocol });
  }

  poll(): DiscoveryOutput<Command> | undefined {
    return this.outputs.shift();
  }

  private outdate(registrar: SocketAddress): void {
    this.tell({ type: "registrar-outdated", registrar });
    this.sink.outdated(registrar);
  }

  private drop({ host: source }: SocketAddress, why: string, now: Instant): void {
    this.droppedCount++;
    if (now - this.reportedAt < DROP_REPORT_MS) return;
    this.tell({ type: "announcements-dropped", count: this.droppedCount, source, why });
    this.droppedCount = 0;
    this.reportedAt = now;
  }

  private tell(event: DiscoveryEvent): void {
    this.outputs.push({ type: "event", event });
  }
}
