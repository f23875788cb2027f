/** The pool user's side of ASAP as a machine. RFC 5352 §3.3, §3.5, §3.6 and §3.7. */

import { causesToReport, type ErrorCause, type PoolHandle } from "../../wire/mod.ts";
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
import type { Timers } from "../timers.ts";
import type { CachedAnswer } from "./cache.ts";
import type { PoolUserCommand, PoolUserEvent, PoolUserOptions } from "./contract.ts";
import { onHomeHeard } from "./freshness.ts";
import type { Report } from "./reports.ts";
import {
  askAll,
  cancel,
  onRequestDeadline,
  onResolutionResponse,
  onT1EnrpRequest,
  resolve,
} from "./resolution.ts";
import { Session } from "./session.ts";
import {
  askFor,
  endSubscriptions,
  reopen,
  resume,
  subscribe,
  unsubscribe,
} from "./subscriptions.ts";

/** A pool user: resolves pool handles, and reports elements that it could not reach. */
export class PoolUserMachine implements Machine<PoolUserCommand, PoolUserEvent> {
  private readonly session: Session;

  /** @throws {RangeError} if there is no registrar and it does not discover. */
  constructor(options: PoolUserOptions) {
    this.session = new Session(options);
  }

  handle(input: Input<PoolUserCommand>, now: Instant): void {
    this.take(input, now);
    resume(this.session, now);
  }

  /** RFC 5352 §6.9.1: what the command `resolve` would be answered without asking anybody. */
  cached(
    poolHandle: PoolHandle,
    items: number | undefined,
    now: Instant,
  ): CachedAnswer | undefined {
    return this.session.cache.get(poolHandle, items, now);
  }

  private take(input: Input<PoolUserCommand>, now: Instant): void {
    switch (input.type) {
      case "connected":
        return this.onConnected(input, now);
      case "received":
        return this.onReceived(input, now);
      case "undecodable":
        return this.onUndecodable(input, now);
      case "disconnected":
        return this.onDisconnected(input, now);
      case "deadline":
        return this.onDeadline(now);
      case "command":
        return this.onCommand(input.command, now);
    }
  }

  poll(): Output<PoolUserEvent> | undefined {
    return this.session.outputs.poll();
  }

  deadline(): Instant | undefined {
    const { t1, patience, deadlines, reports, subscriptions, hunt } = this.session;
    const timers = [t1, patience, deadlines, reports.end, subscriptions.asks];
    const all = [...timers.map((each) => each.next()), hunt.deadline()];
    const next = Math.min(...all.map((each) => each ?? Infinity));
    return next === Infinity ? undefined : next;
  }

  private onCommand(command: PoolUserCommand, now: Instant): void {
    const { session } = this;
    switch (command.type) {
      case "resolve":
        return resolve(session, command, now);
      case "cancel":
        cancel(session, command.request);
        return session.rest();
      case "subscribe":
        return subscribe(session, command, now);
      case "unsubscribe":
        unsubscribe(session, command.request, now);
        return session.rest();
      case "report-unreachable":
        return this.report(command, now);
      case "hint":
        return session.hunt.learn(command.registrar, command.isConfirmed, now);
      case "hint-outdated":
        return session.hunt.forget(command.registrar);
      case "purge":
        return session.cache.purge(command.poolHandle);
      case "stop":
        return this.stop(now);
    }
  }

  private onConnected({ association }: Connected, now: Instant): void {
    const { session } = this;
    const { hunt, queries, outputs, options } = session;
    const registrar = hunt.onConnected(association);
    if (registrar === undefined) return outputs.close(association);
    queries.openAssociation(association);
    if (session.home === undefined) reopen(session, now);
    if (queries.size === 0) {
      // There is nothing that it could prove itself with: a report is not answered.
      hunt.settle(association);
      hunt.prove(now);
      return session.adopt({ association, registrar, heardAt: now });
    }
    if (options.staggerMs === undefined) hunt.narrow(association);
    askAll(session, association, now);
  }

  private onDisconnected(input: Disconnected, now: Instant): void {
    const { session } = this;
    const { association, reason, detail } = input;
    session.queries.closeAssociation(association);
    if (session.hunt.onDisconnected(association, reason, detail, now)) return;
    if (session.home?.association === association) session.loseHome(reason, detail, now);
  }

  private onReceived(input: Received, now: Instant): void {
    const { session } = this;
    const { association, message } = input;
    if (!session.isOurs(association)) return;
    if (session.home?.association === association) onHomeHeard(session, now);
    if (message.type === "ASAP_HANDLE_RESOLUTION_RESPONSE") {
      onResolutionResponse(session, association, message, now);
    } else if (message.type === "ASAP_ERROR") {
      session.outputs.event({ type: "error-received", causes: message.causes });
    } else session.discard(association, message.type, "it is not for pool users");
    this.sendError(association, causesToReport(input));
  }

  private onUndecodable({ association, failure }: Undecodable, now: Instant): void {
    const { session } = this;
    if (!session.isOurs(association)) return;
    const { messageType, detail } = failure;
    session.discard(association, messageType ?? "unknown", detail);
    this.sendError(association, causesToReport(failure));
    session.hunt.remark(association, "garbage", detail);
    if (messageType !== "ASAP_HANDLE_RESOLUTION_RESPONSE") return;
    if (session.queries.owesAny(association)) session.distrust(association, detail, now);
  }

  /** RFC 5352 §2.2.14. */
  private sendError(association: Association, causes: readonly ErrorCause[]): void {
    if (causes.length === 0 || !this.session.isOurs(association)) return;
    this.session.outputs.send(association, { type: "ASAP_ERROR", causes });
  }

  /** RFC 5352 §3.5: "MUST report no more than once each time it encounters such an event." */
  private report({ poolHandle, peIdentifier, isForced }: Report, now: Instant): void {
    const { session } = this;
    const report = { poolHandle, peIdentifier, isForced };
    session.cache.removeElement(poolHandle, peIdentifier);
    if (!session.reports.admits(report, now)) {
      return session.outputs.event({ type: "report-dropped", poolHandle, peIdentifier });
    }
    if (session.home !== undefined) return session.sendReport(session.home.association, report);
    if (session.isStopped || !session.reports.add(report)) {
      return session.outputs.event({ type: "report-dropped", poolHandle, peIdentifier });
    }
    session.reports.end.set("reports", now + session.patienceMs);
    session.seek(now);
  }

  private onDeadline(now: Instant): void {
    const { session } = this;
    takeAll(session.deadlines, now, (request) => onRequestDeadline(session, request, now));
    takeAll(session.t1, now, (query) => onT1EnrpRequest(session, query, now));
    takeAll(session.patience, now, () => session.seek(now));
    takeAll(session.subscriptions.asks, now, (each) => askFor(session, each, now));
    takeAll(session.reports.end, now, () => session.dropReports());
    session.hunt.onDeadline(now);
    session.rest();
  }

  private stop(now: Instant): void {
    const { session } = this;
    session.isStopped = true;
    endSubscriptions(session, now);
    for (const query of [...session.queries]) session.failQuery(query, { why: "stopped" });
    session.dropReports();
    session.hunt.stop();
    if (session.home !== undefined) session.close(session.home.association);
    session.home = undefined;
    session.cache.purge();
  }
}

function takeAll<K>(timers: Timers<K>, now: Instant, on: (key: K) => void): void {
  for (;;) {
    const key = timers.takeDue(now);
    if (key === undefined) return;
    on(key);
  }
}
