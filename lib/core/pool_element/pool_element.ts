/** The pool element's side of ASAP as a machine. RFC 5352 §3.1, §3.2, §3.4 and §3.6. */

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
import type { Attempt } from "../attempt.ts";
import { causesToReport, type ErrorCause } from "../../wire/mod.ts";
import type {
  PoolElementCommand,
  PoolElementEvent,
  PoolElementOptions,
  PoolElementState,
} from "./contract.ts";
import {
  beginDeregistration,
  onDeregistrationEnd,
  onDeregistrationResponse,
  onT3Deregistration,
  sendDeregistration,
} from "./deregistration.ts";
import { onKeepAlive } from "./keep_alive.ts";
import {
  beginRegistration,
  listen,
  onHomeSilence,
  onRegistrationResponse,
  onT2Registration,
  register,
  registerChange,
} from "./registration.ts";
import { type PoolElementTimer, Session } from "./session.ts";

/**
 * One registration of one pool element. A process with several has a machine for each; associations
 * that registrars open to a shared ASAP endpoint may be shown to all of them, as each discards
 * silently what is for another pool or element (protocol decision 17).
 */
export class PoolElementMachine implements Machine<PoolElementCommand, PoolElementEvent> {
  private readonly session: Session;

  /** @throws {RangeError} if there is no registrar. */
  constructor(options: PoolElementOptions) {
    this.session = new Session(options);
  }

  /** Where the element is with its registration. */
  get state(): PoolElementState {
    const { wants, home, isRegistered } = this.session;
    if (wants === "stopped") return "stopped";
    if (wants === "nothing") return "idle";
    if (wants === "deregistration") return "deregistering";
    if (home === undefined) return "hunting";
    return isRegistered ? "registered" : "registering";
  }

  /** Server identifier of the home, where it is known. */
  get home(): number | undefined {
    return this.session.homeIdentifier;
  }

  /** What became of the registrars since the last grant, as if time were over now. */
  get attempts(): Attempt[] {
    return this.session.fates();
  }

  handle(input: Input<PoolElementCommand>, now: Instant): void {
    if (this.session.wants === "stopped") return;
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

  poll(): Output<PoolElementEvent> | undefined {
    return this.session.outputs.poll();
  }

  deadline(): Instant | undefined {
    const own = this.session.timers.next();
    const hunt = this.session.hunt.deadline();
    if (own === undefined) return hunt;
    return hunt === undefined ? own : Math.min(own, hunt);
  }

  private onCommand(command: PoolElementCommand, now: Instant): void {
    const { session } = this;
    switch (command.type) {
      case "register":
        return beginRegistration(session, now);
      case "update":
        session.policy = command.policy;
        return registerChange(session, now);
      case "transport":
        session.transport = command.transport;
        return registerChange(session, now);
      case "endpoint":
        session.endpoint = command.endpoint;
        return registerChange(session, now);
      case "hint":
        return session.hunt.learn(command.registrar, command.isConfirmed, now);
      case "hint-outdated":
        return session.hunt.forget(command.registrar);
      case "deregister":
        return beginDeregistration(session, now, command.deadline);
      case "stop":
        return this.stop();
    }
  }

  private onConnected(input: Connected, now: Instant): void {
    const { session } = this;
    const { association, local, remote } = input;
    if (session.hunt.onConnected(association) === undefined) return this.accept(input);
    // SH6: any of those that were reached will do; the first one is picked.
    const registrar = session.hunt.settle(association) ?? remote;
    session.adopt({ association, registrar, local });
    session.outputs.event({ type: "connected", registrar });
    if (session.wants === "registration") register(session, now);
    else if (session.wants === "deregistration") sendDeregistration(session, now);
  }

  /** A registrar dialled the ASAP endpoint: a full association (protocol decision 12). */
  private accept(input: Connected): void {
    const { accepted, home, options, outputs } = this.session;
    if (input.association % 2 !== 0) return outputs.close(input.association);
    accepted.set(input.association, input);
    if (accepted.size <= options.limits.maxEndpointAssociations) return;
    for (const oldest of accepted.keys()) {
      if (oldest === home?.association) continue;
      accepted.delete(oldest);
      return outputs.close(oldest);
    }
  }

  private onDisconnected(input: Disconnected, now: Instant): void {
    const { session } = this;
    const { association, reason, detail } = input;
    if (session.hunt.onDisconnected(association, reason, detail, now)) return;
    session.accepted.delete(association);
    const { home, wants } = session;
    if (home?.association !== association) return;
    const { registrar } = home;
    session.forgetHome();
    session.outputs.event({ type: "home-lost", registrar, reason, detail });
    if (wants === "nothing") return;
    session.hunt.note(registrar, reason, detail);
    session.seek("home-lost", now, registrar);
  }

  private onReceived(input: Received, now: Instant): void {
    const { session } = this;
    const { association, message } = input;
    if (!this.isOpen(association)) return;
    const isHome = association === session.home?.association;
    if (message.type === "ASAP_ENDPOINT_KEEP_ALIVE") {
      if (!onKeepAlive(session, association, message, now)) return;
    } else if (message.type === "ASAP_ERROR") {
      session.outputs.event({ type: "error-received", causes: message.causes });
    } else if (
      message.type === "ASAP_REGISTRATION_RESPONSE" ||
      message.type === "ASAP_DEREGISTRATION_RESPONSE"
    ) {
      if (!isHome) session.discard(association, message.type, "it is not from the home");
      else if (!session.isOurs(message)) {
        session.discard(association, message.type, "it is for another pool element");
      } else if (message.type === "ASAP_REGISTRATION_RESPONSE") {
        onRegistrationResponse(session, message, now);
      } else onDeregistrationResponse(session, message, now);
    } else session.discard(association, message.type, "it is not for pool elements");
    if (isHome) listen(session, now);
    this.report(association, causesToReport(input));
  }

  private onUndecodable(input: Undecodable): void {
    const { association, failure } = input;
    if (!this.isOpen(association)) return;
    this.session.discard(association, failure.messageType ?? "unknown", failure.detail);
    this.report(association, causesToReport(failure));
  }

  /** RFC 5352 §2.2.14. */
  private report(association: Association, causes: readonly ErrorCause[]): void {
    if (causes.length === 0 || !this.isOpen(association)) return;
    this.session.outputs.send(association, { type: "ASAP_ERROR", causes });
  }

  private isOpen(association: Association): boolean {
    const { home, accepted } = this.session;
    return association === home?.association || accepted.has(association);
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

  private onTimer(timer: PoolElementTimer, now: Instant): void {
    const { session } = this;
    switch (timer) {
      case "T2-registration":
        return onT2Registration(session, now);
      case "T3-deregistration":
        return onT3Deregistration(session, now);
      case "T4-reregistration":
        return register(session, now);
      case "home-silence":
        return onHomeSilence(session, now);
      case "deregistration-end":
        return onDeregistrationEnd(session);
    }
  }

  private stop(): void {
    const { session } = this;
    session.hunt.stop();
    if (session.home !== undefined) session.outputs.close(session.home.association);
    for (const association of session.accepted.keys()) {
      if (association !== session.home?.association) session.outputs.close(association);
    }
    session.forgetHome();
    session.stopTimers("deregistration-end");
    session.wants = "stopped";
  }
}
