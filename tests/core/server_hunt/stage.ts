/** A machine on a stage: what it is told, what it asks for and tells, under virtual time. */

import assert from "node:assert/strict";
import {
  type Association,
  type DisconnectReason,
  encodeMessage,
  type Input,
  type Instant,
  type Machine,
  type Message,
  type ProtocolName,
  type SocketAddress,
} from "../../../lib/core/mod.ts";
import { asap, DecodeFailure, enrp, parseHex } from "../../../lib/wire/mod.ts";

/** A registrar's address by number: 192.0.2.1, 192.0.2.2, … */
export function registrar(number: number, port = 3863): SocketAddress {
  return { host: `192.0.2.${number}`, port };
}

/** The host on which the machine runs. */
export const LOCAL: SocketAddress = { host: "198.51.100.7", port: 50_000 };

interface Dial {
  readonly association: Association;
  readonly to: SocketAddress;
  readonly at: Instant;
}

interface Sent {
  readonly association: Association;
  readonly message: Message;
  readonly at: Instant;
}

const STEPS_MAX = 100_000;

/** Plays one machine; every input is followed by a complete drain, as the contract demands. */
export class Stage<Command, Event extends { readonly type: string }> {
  now: Instant = 1_000_000;
  readonly machine: Machine<Command, Event>;
  private readonly protocol: ProtocolName;
  private dials: Dial[] = [];
  private messages: Sent[] = [];
  private told: Event[] = [];
  private closes: Association[] = [];
  private readonly targets = new Map<Association, SocketAddress>();
  readonly open = new Set<Association>();
  private lastAccepted = 0;

  constructor(machine: Machine<Command, Event>, protocol: ProtocolName = "ASAP") {
    this.machine = machine;
    this.protocol = protocol;
  }

  command(command: Command): void {
    this.step({ type: "command", command });
  }

  /** A dial succeeds. */
  connect(association: Association, local = LOCAL): void {
    this.open.add(association);
    const remote = this.targets.get(association)!;
    const { protocol } = this;
    this.step({ type: "connected", association, protocol, remote, local });
  }

  /** A registrar dials the machine's own endpoint. */
  accept(from: SocketAddress, local = LOCAL): Association {
    this.lastAccepted += 2;
    const association = this.lastAccepted;
    this.open.add(association);
    const { protocol } = this;
    this.step({ type: "connected", association, protocol, remote: from, local });
    return association;
  }

  /** A dial fails, or an association ends. */
  disconnect(association: Association, reason: DisconnectReason, detail?: string): void {
    this.open.delete(association);
    this.step({ type: "disconnected", association, reason, detail });
  }

  receive(association: Association, message: Message, unrecognized: readonly Uint8Array[] = []) {
    this.step({ type: "received", association, message, unrecognized });
  }

  /** A message comes in hex, to be read by the codec: what it keeps from a machine is kept. */
  receiveHex(association: Association, text: string): void {
    const bytes = parseHex(text);
    const decoded = this.protocol === "ASAP" ? asap.decode(bytes) : enrp.decode(bytes);
    if (decoded.ok) this.receive(association, decoded.message, decoded.unrecognized);
    else this.step({ type: "undecodable", association, failure: decoded });
  }

  /** Bytes come that are no message. */
  receiveBroken(
    association: Association,
    facts: { messageType?: string; report?: boolean; cause?: number; detail?: string },
  ): void {
    const { cause = 0x3, detail = "Port is cut off", report = true, messageType } = facts;
    const offendingTlv = new Uint8Array([0, 9, 0, 4]);
    const failure = new DecodeFailure({ cause, offset: 4, detail, offendingTlv, report });
    failure.messageType = messageType;
    this.step({ type: "undecodable", association, failure });
  }

  /** Time passes; every deadline on the way is met when it is due. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (let steps = 0;; steps++) {
      assert(steps < STEPS_MAX, "the machine's deadlines do not advance");
      const deadline = this.machine.deadline();
      if (deadline === undefined || deadline > end) break;
      this.now = Math.max(this.now, deadline);
      this.step({ type: "deadline" });
    }
    this.now = end;
  }

  /** Dials since the last look. */
  takeDials(): Dial[] {
    return this.dials.splice(0);
  }

  /** The one dial since the last look. */
  takeDial(): Dial {
    const [dial, ...more] = this.takeDials();
    assert(dial !== undefined, "nothing was dialled");
    assert.equal(more.length, 0, "more was dialled than one");
    return dial;
  }

  /** Messages since the last look. */
  takeSent(): Sent[] {
    return this.messages.splice(0);
  }

  /** The messages since the last look, by type. */
  takeTypes(): string[] {
    return this.takeSent().map((sent) => sent.message.type);
  }

  /** The one message since the last look, of this type. */
  takeMessage<T extends Message["type"]>(type: T): Extract<Message, { type: T }> {
    const [sent, ...more] = this.takeSent();
    assert(sent !== undefined, "nothing was sent");
    assert.equal(more.length, 0, "more was sent than one message");
    assert.equal(sent.message.type, type);
    return sent.message as Extract<Message, { type: T }>;
  }

  takeEvents(): Event[] {
    return this.told.splice(0);
  }

  /** The events of a type since the last look; the others are dropped. */
  takeEventsOf<T extends Event["type"]>(type: T): Extract<Event, { type: T }>[] {
    return this.takeEvents().filter((event): event is Extract<Event, { type: T }> =>
      event.type === type
    );
  }

  takeClosed(): Association[] {
    return this.closes.splice(0);
  }

  private step(input: Input<Command>): void {
    this.machine.handle(input, this.now);
    for (;;) {
      const output = this.machine.poll();
      if (output === undefined) return;
      if (output.type === "event") this.told.push(output.event);
      else if (output.type === "connect") {
        const { association, to } = output;
        assert.equal(output.protocol, this.protocol);
        assert(output.timeoutMs > 0);
        this.targets.set(association, to);
        this.dials.push({ association, to, at: this.now });
      } else if (output.type === "send") {
        const { association, message } = output;
        assert(this.open.has(association), `sent ${message.type} on no open association`);
        assert(encodeMessage(message).length >= 4);
        this.messages.push({ association, message, at: this.now });
      } else {
        this.open.delete(output.association);
        this.closes.push(output.association);
      }
    }
  }
}
