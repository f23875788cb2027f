/** Discovery alone, moved by hand through virtual time. */

import {
  DEFAULT_LIMITS,
  type Discovery,
  DISCOVERY_TIMING,
  type DiscoveryEvent,
  type DiscoveryOptions,
  encodePresence,
  encodeServerAnnounce,
  type Instant,
  type Limits,
  type ProtocolName,
  type SocketAddress,
} from "../../../lib/core/mod.ts";
import { seededRandom } from "../../../lib/handlespace/mod.ts";

/** Options of a discovery with some limits of its own. */
export function discoveryOptions(limits: Partial<Limits> = {}, seed = 1): DiscoveryOptions {
  return {
    timing: DISCOVERY_TIMING,
    limits: { ...DEFAULT_LIMITS, ...limits },
    random: seededRandom(seed),
  };
}

/** The address of a registrar by its number. */
export function address(number: number, port = 3863): SocketAddress {
  return { host: `192.0.${number >> 8}.${number & 0xff}`, port };
}

/** A discovery and what it put out. */
export class DiscoveryStage<Command> {
  now: Instant;
  readonly discovery: Discovery<Command>;
  readonly commands: { readonly at: Instant; readonly command: Command }[] = [];
  readonly announced: { readonly at: Instant; readonly protocol: ProtocolName }[] = [];
  readonly events: DiscoveryEvent[] = [];

  constructor(discovery: Discovery<Command>, now: Instant) {
    this.discovery = discovery;
    this.now = now;
  }

  /** A datagram comes. */
  hear(protocol: ProtocolName, bytes: Uint8Array, source: SocketAddress): void {
    this.discovery.hear(protocol, bytes, source, this.now);
    this.drain();
  }

  /** An ASAP_SERVER_ANNOUNCE comes from a registrar's own address. */
  hearAsap(identifier: number, registrar: SocketAddress, source = registrar): void {
    this.hear("ASAP", encodeServerAnnounce(identifier, [registrar]), source);
  }

  /** An ENRP_PRESENCE comes from a registrar's own address. */
  hearEnrp(identifier: number, registrar: SocketAddress, source = registrar): void {
    this.hear("ENRP", encodePresence(identifier, registrar), source);
  }

  /** Time passes, deadline by deadline. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const deadline = this.discovery.deadline();
      if (deadline === undefined || deadline > end) break;
      this.now = Math.max(this.now, deadline);
      this.discovery.onDeadline(this.now);
      this.drain();
    }
    this.now = end;
  }

  private drain(): void {
    for (;;) {
      const output = this.discovery.poll();
      if (output === undefined) return;
      if (output.type === "event") this.events.push(output.event);
      else if (output.type === "announce") {
        this.announced.push({ at: this.now, protocol: output.protocol });
      } else this.commands.push({ at: this.now, command: output.command });
    }
  }
}
