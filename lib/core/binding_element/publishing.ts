/** Updates to the registrar, one at a time, until each is replied to. docs/dhcp.md §5.1, §5.2. */

import { told, toldServer } from "../../bindings/mod.ts";
import { type AsapMessage, CAUSE } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import type { BindingRecords } from "./contract.ts";
import type { Session } from "./session.ts";

type Reply = Extract<AsapMessage, { type: "ASAP_BINDING_REPLY" }>;

/** The command `publish`. */
export function publish(session: Session, records: BindingRecords, now: Instant): void {
  const addresses = session.unpublished.add(records, now);
  if (addresses.length > 0) {
    session.outputs.event({ type: "addresses-refused", addresses, causes: [] });
  }
  if (records.servers.length > 0) session.isMisfit = false;
  flush(session, now);
}

/** Sends what waits, if nothing is on its way and the registrar lets this element write. */
export function flush(session: Session, now: Instant): void {
  const { home, isAdmitted, sent, isMisfit, unpublished, outputs, timers, options } = session;
  if (home === undefined || !isAdmitted || sent !== undefined) return;
  if (isMisfit || unpublished.isEmpty) return;
  const { message, ...update } = unpublished.next(session.nextRequest(), now);
  session.sent = update;
  const { poolHandle, peIdentifier, timing } = options;
  const { request } = update;
  const type = "ASAP_BINDING_UPDATE";
  outputs.send(home.association, { type, request, poolHandle, peIdentifier, ...message });
  timers.set("update-reply", now + timing.bindingReplyMs);
}

/** An ASAP_BINDING_REPLY from the registrar. */
export function onReply(session: Session, message: Reply, now: Instant): void {
  const { sent, home, outputs, timers, unpublished } = session;
  if (sent === undefined || sent.request !== message.request) {
    return session.discard(home!.association, message.type, "nothing waits for it");
  }
  session.sent = undefined;
  timers.delete("update-reply");
  session.hear(now);
  const { reject, causes = [], refused = [], servers, bindings } = message;
  if (reject && sent.servers.length > 0 && causes.some(isMisfit)) {
    session.isMisfit = true;
    return outputs.event({ type: "rejected", registrar: home!.registrar, causes, fatal: true });
  }
  if (reject) return session.onRejected(causes, now);
  session.admit(now);
  unpublished.remove(sent);
  if (refused.length > 0) outputs.event({ type: "addresses-refused", addresses: refused, causes });
  const isTaken = new Set(refused);
  outputs.event({
    type: "published",
    servers: sent.servers.map((each) => toldServer(each, now)),
    bindings: sent.bindings.filter(({ address }) => !isTaken.has(address))
      .map((each) => told(each, now)),
  });
  if (servers.length + bindings.length > 0) outputs.event({ type: "records", servers, bindings });
  flush(session, now);
}

/** Its range or share is not what the others' are: only an operator can help. */
function isMisfit({ code }: { readonly code: number }): boolean {
  return code === CAUSE.invalidValues;
}
