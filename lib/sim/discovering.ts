/** Discovery beside the machine of a process: what `lib/driver/discovery.ts` is in the world. */

import type { Discovery, DiscoveryEvent, ProtocolName, SocketAddress } from "../core/mod.ts";
import type { Multicast } from "./multicast.ts";
import type { ProcessState } from "./process.ts";
import type { Scheduler, Task } from "./scheduler.ts";
import type { Party } from "./socket.ts";

/** How soon a process that stands still is looked at again. */
const STANDSTILL_MS = 1_000;

/** What discovery works with. */
export interface DiscoveringParts<Command> {
  readonly party: Party;
  readonly scheduler: Scheduler;
  readonly multicast: Multicast;
  readonly discovery: Discovery<Command>;
  /** How its process is. */
  readonly state: () => ProcessState;
  readonly command: (command: Command) => void;
  readonly onEvent: (event: DiscoveryEvent) => void;
  /** The datagram of an announcement; clients have none. */
  readonly announcement?: (protocol: ProtocolName) => Uint8Array | undefined;
}

/** Port from which announcements are sent; nothing follows from it. */
const SOURCE_PORT = 40_000;

/** A discovery at work, as long as its process lives. */
export class Discovering<Command> {
  private readonly parts: DiscoveringParts<Command>;
  private readonly leave: () => void;
  private timer: Task | undefined;

  constructor(parts: DiscoveringParts<Command>) {
    this.parts = parts;
    const { multicast, party } = parts;
    this.leave = multicast.listen(party, (protocol, bytes, source) => {
      this.hear(protocol, bytes, source);
    });
    this.settle();
  }

  /** Ends it; a process that has ended does so by itself. */
  close(): void {
    this.leave();
    this.timer?.cancel();
  }

  private hear(protocol: ProtocolName, bytes: Uint8Array, source: SocketAddress): void {
    const { state, discovery, scheduler } = this.parts;
    if (state() === "stopped") return this.close();
    // What comes to a process that stands still is lost, as its system holds only so much.
    if (state() === "frozen") return;
    discovery.hear(protocol, bytes, source, scheduler.now);
    this.settle();
  }

  private settle(): void {
    const { discovery, command, onEvent } = this.parts;
    for (let output = discovery.poll(); output; output = discovery.poll()) {
      if (output.type === "command") command(output.command);
      else if (output.type === "event") onEvent(output.event);
      else this.announce(output.protocol);
    }
    this.arm();
  }

  private announce(protocol: ProtocolName): void {
    const { announcement, multicast, party } = this.parts;
    const bytes = announcement?.(protocol);
    if (bytes !== undefined) {
      multicast.send(protocol, bytes, { host: party.host, port: SOURCE_PORT });
    }
  }

  private arm(): void {
    this.timer?.cancel();
    const deadline = this.parts.discovery.deadline();
    if (deadline === undefined || deadline === Infinity) return;
    this.timer = this.parts.scheduler.at(Math.ceil(deadline), () => this.tick());
  }

  private tick(): void {
    const { state, discovery, scheduler } = this.parts;
    if (state() === "stopped") return this.close();
    if (state() === "frozen") {
      this.timer = scheduler.after(STANDSTILL_MS, () => this.tick());
      return;
    }
    discovery.onDeadline(scheduler.now);
    this.settle();
  }
}
