/** How pool users, pool elements and observers find registrars by their announcements. */

import type { Instant, ProtocolName, SocketAddress } from "../machine.ts";
import type { Discovery, DiscoveryOptions, DiscoveryOutput } from "./contract.ts";
import { AnnouncementListener } from "./listener.ts";

/** What a client is told of the registrars that announce themselves. RFC 5352 §3.6. */
export type HintCommand =
  /** A registrar may be there: it joins the addresses that a server hunt tries. */
  | {
    readonly type: "hint";
    readonly registrar: SocketAddress;
    /** It was announced more than once, and is tried before others. */
    readonly isConfirmed: boolean;
  }
  /** It was not announced again in time; an association with it stays. */
  | { readonly type: "hint-outdated"; readonly registrar: SocketAddress };

/** Listens to one group: that of ASAP, or that of ENRP for an observer. */
export class ClientDiscovery implements Discovery<HintCommand> {
  private readonly protocol: ProtocolName;
  private readonly listener: AnnouncementListener<HintCommand>;
  private heardAny = false;

  constructor(protocol: ProtocolName, options: DiscoveryOptions) {
    this.protocol = protocol;
    this.listener = new AnnouncementListener(options, {
      learned: (registrar, isConfirmed) => {
        this.listener.command({ type: "hint", registrar, isConfirmed });
      },
      outdated: (registrar) => this.listener.command({ type: "hint-outdated", registrar }),
    });
  }

  /** Whether any registrar has announced itself so far. */
  get hasHeard(): boolean {
    return this.heardAny;
  }

  hear(protocol: ProtocolName, bytes: Uint8Array, source: SocketAddress, now: Instant): void {
    if (protocol !== this.protocol) return;
    const announcement = this.listener.read(protocol, bytes, source, now);
    if (announcement === undefined) return;
    this.heardAny = true;
    this.listener.learn(protocol, announcement, source, now);
  }

  onDeadline(now: Instant): void {
    this.listener.onDeadline(now);
  }

  deadline(): Instant | undefined {
    return this.listener.hints.next();
  }

  poll(): DiscoveryOutput<HintCommand> | undefined {
    return this.listener.poll();
  }
}
