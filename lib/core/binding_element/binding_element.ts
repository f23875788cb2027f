/** A DHCP server's side of the bindings that it shares with others. docs/dhcp.md §5.6. */

import { type AsapMessage, CAUSE, causesToReport, type ErrorCause } from "../../wire/mod.ts";
import type { Attempt } from "../attempt.ts";
import type {
  Association,
  Connected,
  Disconnected,
  Input,
  Instant,
  Machine,
  Output,
  Received,
  Undecodable,
} from "../machine.ts";
import type {
  BindingElementCommand,
  BindingElementEvent,
  BindingElementOptions,
} from "./contract.ts";
import { onDumpRequest, onTablePage, refuseOwnTable } from "./own_table.ts";
import { onReply, publish } from "./publishing.ts";
import { type BindingElementTimer, Session } from "./session.ts";
import { askTable, onDump, onNoReply, onRefresh, onSilence } from "./table.ts";

/**
 * The bindings of one DHCP server, apart from its registration as a pool element: finds a
 * registrar, is told its table and all that changes, and tells it what the DHCP server did.
 */
export class BindingElementMachine implements Machine<BindingElementCommand, BindingElementEvent> {
  private readonly session: Session;

  /** @throws {RangeError} if there is no registrar. */
  constructor(options: BindingElementOptions) {
    this.session = new Session(options);
  }

  /** Whether nothing waits to be taken by a registrar. */
  get isPublished(): boolean {
    return this.session.unpublished.isEmpty;
  }

  /** What became of the registrars since one has answered, as if time were over now. */
  get attempts(): Attempt[] {
    return this.session.hunt.attempts();
  }

  handle(input: Input<BindingElementCommand>, now: Instant): void {
    if (this.session.state === "stopped") return;
    switch (input.type) {
      case "connected":
        return this.onConnected(input, now);
      case "received":
        return this.onReceived(input, now);
      case "undecodable":
        return this.onUndecodable(input);
      case "disconnected":
        return this.onDisconnected(input, now);
      case "deadline":
        return this.onDeadline(now);
      case "command":
        return this.onCommand(input.command, now);
    }
  }

  poll(): Output<BindingElementEvent> | undefined {
    return this.session.outputs.poll();
  }

  deadline(): Instant | undefined {
    const own = this.session.timers.next();
    const hunt = this.session.hunt.deadline();
    if (own === undefined) return hunt;
    return hunt === undefined ? own : Math.min(own, hunt);
  }

  private onCommand(command: BindingElementCommand, now: Instant): void {
    const { session } = this;
    switch (command.type) {
      case "start":
        if (session.state === "idle") session.seek(now);
        session.state = "started";
        return;
      case "publish":
        return publish(session, command, now);
      case "retry":
        if (session.timers.has("retry")) askTable(session, now);
        return;
      case "table-page":
        return onTablePage(session, command);
      case "hint":
        return session.hunt.learn(command.registrar, command.isConfirmed, now);
      case "hint-outdated":
        return session.hunt.forget(command.registrar);
      case "stop":
        return this.stop();
    }
  }

  private onConnected({ association, remote }: Connected, now: Instant): void {
    const { session } = this;
    if (session.hunt.onConnected(association) === undefined) {
      return session.outputs.close(association);
    }
    // SH6: any of those that were reached will do; the first one is picked.
    const registrar = session.hunt.settle(association) ?? remote;
    session.home = { association, registrar };
    session.outputs.event({ type: "connected", registrar });
    askTable(session, now);
  }

  private onDisconnected({ association, reason, detail }: Disconnected, now: Instant): void {
    const { session } = this;
    if (session.hunt.onDisconnected(association, reason, detail, now)) return;
    if (session.home?.association === association) session.lose(reason, detail, now);
  }

  private onReceived(input: Received, now: Instant): void {
    const { session } = this;
    const { association, message } = input;
    if (association !== session.home?.association) return;
    switch (message.type) {
      case "ASAP_BINDING_DUMP":
      case "ASAP_BINDING_REPLY":
      case "ASAP_BINDING_UPDATE":
      case "ASAP_BINDING_DUMP_REQUEST":
        this.onBindings(message, now);
        break;
      case "ASAP_ERROR":
        this.onError(message.causes, now);
        break;
      default:
        session.discard(association, message.type, "it is not about bindings");
    }
    this.report(association, causesToReport(input));
  }

  private onBindings(
    message: Extract<AsapMessage, { type: `ASAP_BINDING_${string}` }>,
    now: Instant,
  ): void {
    const { session } = this;
    const { association } = session.home!;
    if (message.poolHandle !== session.options.poolHandle) {
      return session.discard(association, message.type, "it is for another pool");
    }
    if (message.type === "ASAP_BINDING_DUMP_REQUEST") return onDumpRequest(session, message, now);
    if (message.type === "ASAP_BINDING_UPDATE") {
      const { servers, bindings } = message;
      return session.outputs.event({ type: "records", servers, bindings });
    }
    if (message.peIdentifier !== session.options.peIdentifier) {
      return session.discard(association, message.type, "it is for another pool element");
    }
    if (message.type === "ASAP_BINDING_DUMP") onDump(session, message, now);
    else onReply(session, message, now);
  }

  /** RFC 5352 §2.2.14. A registrar that keeps no bindings may say so at once. */
  private onError(causes: readonly ErrorCause[], now: Instant): void {
    const { session } = this;
    session.outputs.event({ type: "error-received", causes });
    if (session.question === undefined && session.sent === undefined) return;
    if (!causes.some(({ code }) => code === CAUSE.unrecognizedMessage)) return;
    session.leave("failed", "it keeps no bindings", now);
  }

  private onUndecodable({ association, failure }: Undecodable): void {
    if (association !== this.session.home?.association) return;
    this.session.discard(association, failure.messageType ?? "unknown", failure.detail);
    this.report(association, causesToReport(failure));
  }

  /** RFC 5352 §2.2.14. */
  private report(association: Association, causes: readonly ErrorCause[]): void {
    const { home, outputs } = this.session;
    if (causes.length === 0 || association !== home?.association) return;
    outputs.send(association, { type: "ASAP_ERROR", causes });
  }

  private onDeadline(now: Instant): void {
    const { session } = this;
    for (;;) {
      const timer = session.timers.takeDue(now);
      if (timer === undefined) break;
      this.onTimer(timer, now);
    }
    session.hunt.onDeadline(now);
  }

  private onTimer(timer: BindingElementTimer, now: Instant): void {
    const { session } = this;
    switch (timer) {
      case "dump-reply":
      case "update-reply":
        return onNoReply(session, now);
      case "contact":
        return onSilence(session, now);
      case "retry":
        return askTable(session, now);
      case "refresh":
        return onRefresh(session, now);
      case "own-table":
        return refuseOwnTable(session);
    }
  }

  private stop(): void {
    const { session } = this;
    session.hunt.stop();
    if (session.home !== undefined) session.outputs.close(session.home.association);
    session.forgetHome();
    session.state = "stopped";
  }
}
