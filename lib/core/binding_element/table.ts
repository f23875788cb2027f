/** The registrar's table, page after page, and its signs of life. docs/dhcp.md §5.3 to §5.6. */

import type { AsapMessage, IpAddress } from "../../wire/mod.ts";
import { AFTER_ALL, BEFORE_ALL, mistakeIn, type Progress } from "../binding_pages.ts";
import type { Instant } from "../machine.ts";
import { flush } from "./publishing.ts";
import type { Session } from "./session.ts";

type Dump = Extract<AsapMessage, { type: "ASAP_BINDING_DUMP" }>;

/** A page that a registrar was asked for. */
export interface Question extends Progress {
  readonly request: number;
}

/** Asks for the whole table, and subscribes to what will change. */
export function askTable(session: Session, now: Instant): void {
  session.stopTimers("retry", "refresh");
  ask(session, BEFORE_ALL, 0, now);
}

/** Nothing was heard for a while; what is being asked has a time limit of its own. */
export function onSilence(session: Session, now: Instant): void {
  if (session.question !== undefined || session.sent !== undefined) return;
  ask(session, AFTER_ALL, 0, now);
}

/** The whole table was asked for long ago. */
export function onRefresh(session: Session, now: Instant): void {
  if (session.question === undefined) return askTable(session, now);
  session.timers.set("refresh", now + session.options.timing.bindingReplyMs);
}

/** The registrar owes an answer for too long. */
export function onNoReply(session: Session, now: Instant): void {
  session.leave("silent", undefined, now);
}

/** An ASAP_BINDING_DUMP from the registrar. */
export function onDump(session: Session, message: Dump, now: Instant): void {
  const { question, home, outputs, timers, options } = session;
  if (question === undefined || question.request !== message.request) {
    return session.discard(home!.association, message.type, "nothing waits for it");
  }
  session.question = undefined;
  timers.delete("dump-reply");
  session.hear(now);
  const { servers, bindings, moreToSend, reject, causes = [] } = message;
  if (reject) return session.onRejected(causes, now);
  const mistake = mistakeIn(message, question);
  if (mistake !== undefined) return session.leave("garbage", mistake, now);
  session.admit(now);
  const { registrar } = home!;
  if (question.after === BEFORE_ALL) {
    session.unpublished.introduce(servers);
    outputs.event({ type: "table-began", registrar });
  }
  if (servers.length + bindings.length > 0) outputs.event({ type: "records", servers, bindings });
  if (moreToSend) ask(session, bindings.at(-1)!.address, question.count + bindings.length, now);
  else if (question.after !== AFTER_ALL) {
    timers.set("refresh", now + options.timing.bindingRefreshMs);
    outputs.event({ type: "synchronized", registrar });
  }
  flush(session, now);
}

function ask(session: Session, after: IpAddress, count: number, now: Instant): void {
  const { home, outputs, timers, options } = session;
  const { poolHandle, peIdentifier, timing } = options;
  const request = session.nextRequest();
  session.question = { request, after, count };
  timers.set("dump-reply", now + timing.bindingReplyMs);
  const type = "ASAP_BINDING_DUMP_REQUEST";
  const about = { request, after, poolHandle, peIdentifier };
  outputs.send(home!.association, { type, dynamicUpdates: true, ...about });
}
