/**
 * The observer: asks registrars on their ENRP side without being one (docs/tcp-mapping.md §3.8).
 * RFC 5353 §2.2, §2.3, §2.5 and §2.6.
 */

import { causesToReport, type EnrpMessage, type ErrorCause } from "../../wire/mod.ts";
import type {
  Association,
  Disconnected,
  Input,
  Instant,
  Machine,
  Output,
  Received,
  Undecodable,
} from "../machine.ts";
import type { HintCommand } from "../discovery/client_discovery.ts";
import { keyOf } from "../known_registrars.ts";
import { Outputs } from "../outputs.ts";
import type { ObserverCommand, ObserverEvent, ObserverOptions } from "./contract.ts";
import { Inquiry, type Question } from "./inquiry.ts";

type Hint = Extract<HintCommand, { readonly type: "hint" }>;

/** Asks for lists of registrars and for handle tables; each request has associations of its own. */
export class ObserverMachine implements Machine<ObserverCommand, ObserverEvent> {
  private readonly options: ObserverOptions;
  private readonly outputs = new Outputs<ObserverEvent>();
  private readonly inquiries = new Map<number, Inquiry>();
  /** Registrars that announce themselves. */
  private readonly hints = new Map<string, Hint>();
  private isStopped = false;

  /** @throws {RangeError} if there is no registrar and it does not discover. */
  constructor(options: ObserverOptions) {
    if (options.registrars.length === 0 && options.discovers !== true) {
      throw new RangeError("Cannot observe: at least one registrar is needed");
    }
    this.options = options;
  }

  handle(input: Input<ObserverCommand>, now: Instant): void {
    switch (input.type) {
      case "connected":
        this.inquiryOf(input.association)?.onConnected(input.association);
        break;
      case "received":
        this.onReceived(input, now);
        break;
      case "undecodable":
        this.onUndecodable(input, now);
        break;
      case "disconnected":
        this.onDisconnected(input, now);
        break;
      case "deadline":
        for (const inquiry of this.inquiries.values()) inquiry.onDeadline(now);
        break;
      case "command":
        this.onCommand(input.command, now);
        break;
    }
    this.sweep();
  }

  poll(): Output<ObserverEvent> | undefined {
    return this.outputs.poll();
  }

  deadline(): Instant | undefined {
    if (this.inquiries.size === 0) return undefined;
    return Math.min(...[...this.inquiries.values()].map((each) => each.deadline()));
  }

  private onCommand(command: ObserverCommand, now: Instant): void {
    switch (command.type) {
      case "list":
      case "handle-table":
      case "binding-tables":
      case "bindings":
      case "partner-down":
        return this.ask(command, now);
      case "hint":
      case "hint-outdated":
        return this.onHint(command, now);
      case "cancel":
        return this.inquiries.get(command.request)?.end();
      case "stop":
        this.isStopped = true;
        for (const inquiry of this.inquiries.values()) inquiry.fail({ why: "stopped" });
    }
  }

  private onHint(hint: HintCommand, now: Instant): void {
    const { registrar } = hint;
    if (hint.type === "hint") this.hints.set(keyOf(registrar), hint);
    else this.hints.delete(keyOf(registrar));
    for (const { hunt } of this.inquiries.values()) {
      if (hint.type === "hint") hunt.learn(registrar, hint.isConfirmed, now);
      else hunt.forget(registrar);
    }
  }

  private ask(question: Question, now: Instant): void {
    const inquiry = new Inquiry(question, this.options, this.outputs);
    if (this.isStopped) return inquiry.fail({ why: "stopped" });
    this.inquiries.get(question.request)?.end();
    this.inquiries.set(question.request, inquiry);
    for (const { registrar, isConfirmed } of this.hints.values()) {
      inquiry.hunt.learn(registrar, isConfirmed, now);
    }
    inquiry.start(now);
  }

  private onDisconnected({ association, reason, detail }: Disconnected, now: Instant): void {
    this.inquiryOf(association)?.onDisconnected(association, reason, detail, now);
  }

  private onReceived(input: Received, now: Instant): void {
    const { association, message } = input;
    const inquiry = this.inquiryOf(association);
    if (inquiry === undefined || !message.type.startsWith("ENRP_")) return;
    // Only a link that speaks ENRP leads here.
    if (!inquiry.onMessage(association, message as EnrpMessage, now)) {
      const why = "it is not what was asked for";
      this.outputs.event({ type: "discarded", association, messageType: message.type, why });
    }
    this.sendError(association, causesToReport(input));
  }

  private onUndecodable({ association, failure }: Undecodable, now: Instant): void {
    const inquiry = this.inquiryOf(association);
    if (inquiry === undefined) return;
    const { messageType, detail } = failure;
    const type = messageType ?? "unknown";
    this.outputs.event({ type: "discarded", association, messageType: type, why: detail });
    this.sendError(association, causesToReport(failure));
    inquiry.onUndecodable(association, messageType, detail, now);
  }

  /** RFC 5353 §2.10. */
  private sendError(association: Association, causes: readonly ErrorCause[]): void {
    if (causes.length === 0 || this.inquiryOf(association) === undefined) return;
    this.outputs.send(association, { type: "ENRP_ERROR", sender: 0, receiver: 0, causes });
  }

  private inquiryOf(association: Association): Inquiry | undefined {
    for (const inquiry of this.inquiries.values()) {
      if (!inquiry.isOver && inquiry.associations.has(association)) return inquiry;
    }
    return undefined;
  }

  private sweep(): void {
    for (const [request, inquiry] of this.inquiries) {
      if (inquiry.isOver) this.inquiries.delete(request);
    }
  }
}
