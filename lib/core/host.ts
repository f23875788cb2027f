/**
 * A machine with its links: bytes in, bytes out, still without the world. The driver gives it real
 * sockets and a real clock, the simulator made-up ones; so both run the same code down to the
 * bytes.
 */

import { encodeMessage, Link } from "./link.ts";
import type { Limits } from "./limits.ts";
import type {
  Association,
  DisconnectReason,
  Input,
  Instant,
  Machine,
  Message,
  ProtocolName,
  SecurityKind,
  SocketAddress,
} from "./machine.ts";
import { Timers } from "./timers.ts";
import { TrafficCount } from "./traffic.ts";

/** What the world is asked for. */
export type HostOutput<Event> =
  /** The bytes may go to other associations as well: nobody may change them. */
  | { readonly type: "write"; readonly association: Association; readonly bytes: Uint8Array }
  | {
    readonly type: "connect";
    readonly association: Association;
    readonly protocol: ProtocolName;
    readonly to: SocketAddress;
    readonly timeoutMs: number;
    readonly security?: SecurityKind | undefined;
  }
  | { readonly type: "close"; readonly association: Association }
  | { readonly type: "pause"; readonly association: Association; readonly forMs: number }
  | { readonly type: "event"; readonly event: Event };

/** Who is at the ends of a new association. */
export interface Ends {
  readonly remote: SocketAddress;
  readonly local: SocketAddress;
  readonly security?: SecurityKind | undefined;
  readonly identity?: string | undefined;
  readonly isRegistrar?: boolean | undefined;
}

/** A machine and the links of its associations. */
export class Host<Command, Event> {
  /** What has gone over its links. */
  readonly traffic = new TrafficCount();
  private readonly machine: Machine<Command, Event>;
  private readonly limits: Limits;
  private readonly links = new Map<Association, Link>();
  /** Dials under way: what will be spoken on them. */
  private readonly dials = new Map<Association, ProtocolName>();
  private readonly partials = new Timers<Association>();
  private outputs: HostOutput<Event>[] = [];
  private nextOutput = 0;
  private lastAccepted: Association = 0;
  /** What was encoded last in this step: one encoding serves all to whom the same object goes. */
  private encoded: { readonly message: Message; readonly bytes: Uint8Array } | undefined;

  constructor(machine: Machine<Command, Event>, limits: Limits) {
    this.machine = machine;
    this.limits = limits;
  }

  /** Number of open associations. */
  get associations(): number {
    return this.links.size;
  }

  /** Takes an incoming connection, or refuses it (`undefined`) when there are too many. */
  accept(protocol: ProtocolName, ends: Ends, now: Instant): Association | undefined {
    if (this.links.size >= this.limits.maxAssociations) return undefined;
    this.lastAccepted += 2;
    this.open(this.lastAccepted, protocol, ends, now);
    return this.lastAccepted;
  }

  /** A `connect` output succeeded. `false` if it is wanted no longer: close it then. */
  connected(association: Association, ends: Ends, now: Instant): boolean {
    const protocol = this.dials.get(association);
    if (protocol === undefined) return false;
    this.dials.delete(association);
    this.open(association, protocol, ends, now);
    return true;
  }

  /** Bytes came. */
  receive(association: Association, chunk: Uint8Array, now: Instant): void {
    const link = this.links.get(association);
    if (link === undefined) return;
    this.traffic.addBytesReceived(link.protocol, chunk.length);
    for (const input of link.receive(chunk)) {
      if (input.kind !== "message") this.traffic.addUndecodable(link.protocol);
      if (input.kind === "garbage") return this.abandon(association, "garbage", now, input.detail);
      if (input.kind === "failure") {
        this.step({ type: "undecodable", association, failure: input.failure }, now);
      } else {
        const { message, unrecognized } = input;
        this.traffic.addReceived(message.type);
        this.step({ type: "received", association, message, unrecognized }, now);
      }
      // The machine may have closed the association over this message.
      if (!this.links.has(association)) return;
      this.partials.delete(association);
    }
    if (!link.isPartial) this.partials.delete(association);
    else if (!this.partials.has(association)) {
      this.partials.set(association, now + this.limits.partialMessageMs);
    }
  }

  /** A connection ended, or a dial failed. */
  disconnected(
    association: Association,
    reason: DisconnectReason,
    now: Instant,
    detail?: string,
  ): void {
    if (!this.dials.delete(association) && !this.links.delete(association)) return;
    this.partials.delete(association);
    this.step({ type: "disconnected", association, reason, detail }, now);
  }

  /** Ends an association for a reason of the host's, such as a queue at its limit. */
  abandon(association: Association, reason: DisconnectReason, now: Instant, detail?: string): void {
    if (!this.links.has(association)) return;
    this.outputs.push({ type: "close", association });
    this.disconnected(association, reason, now, detail);
  }

  /** The local user asks for something. */
  command(command: Command, now: Instant): void {
    this.step({ type: "command", command }, now);
  }

  /** Time has passed. */
  tick(now: Instant): void {
    for (;;) {
      const association = this.partials.takeDue(now);
      if (association === undefined) break;
      this.abandon(association, "partial-timeout", now);
    }
    const deadline = this.machine.deadline();
    if (deadline !== undefined && deadline <= now) this.step({ type: "deadline" }, now);
  }

  /** The next thing asked of the world, or `undefined`. */
  poll(): HostOutput<Event> | undefined {
    const output = this.outputs[this.nextOutput++];
    if (output === undefined) {
      this.outputs = [];
      this.nextOutput = 0;
    }
    return output;
  }

  /** When to call `tick`. */
  deadline(): Instant | undefined {
    const own = this.partials.next();
    const machine = this.machine.deadline();
    if (own === undefined) return machine;
    return machine === undefined ? own : Math.min(own, machine);
  }

  private open(association: Association, protocol: ProtocolName, ends: Ends, now: Instant): void {
    this.links.set(association, new Link(protocol));
    this.step({ type: "connected", association, protocol, ...ends }, now);
  }

  private step(input: Input<Command>, now: Instant): void {
    this.machine.handle(input, now);
    for (;;) {
      const output = this.machine.poll();
      if (output === undefined) break;
      if (output.type === "send") this.write(output.association, output.message);
      else if (output.type === "close") this.close(output.association);
      else {
        if (output.type === "connect") this.dials.set(output.association, output.protocol);
        this.outputs.push(output);
      }
    }
    this.encoded = undefined;
  }

  /** Encodes at once, so that what the machine changes later cannot change what it sent. */
  private write(association: Association, message: Message): void {
    const link = this.links.get(association);
    if (link === undefined) return;
    if (this.encoded?.message !== message) {
      this.encoded = { message, bytes: encodeMessage(message) };
    }
    const { bytes } = this.encoded;
    this.traffic.addSent(link.protocol, message.type, bytes.length);
    this.outputs.push({ type: "write", association, bytes });
  }

  private close(association: Association): void {
    this.partials.delete(association);
    if (this.links.delete(association) || this.dials.delete(association)) {
      this.outputs.push({ type: "close", association });
    }
  }
}
