/** Somebody wants to see what this DHCP server has itself. docs/dhcp.md §5.3. */

import { type AsapMessage, CAUSE, type ErrorCause } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import type { BindingElementCommand, BindingRecords } from "./contract.ts";
import { fitting } from "./page.ts";
import type { Session } from "./session.ts";

type DumpRequest = Extract<AsapMessage, { type: "ASAP_BINDING_DUMP_REQUEST" }>;
type TablePage = Extract<BindingElementCommand, { type: "table-page" }>;

const NO_TIME: readonly ErrorCause[] = [
  { code: CAUSE.lackOfResources, information: new Uint8Array(0) },
];
const NOTHING: BindingRecords = { servers: [], bindings: [] };

/** The registrar asks for a page: its owner is to answer. A question before it has lost. */
export function onDumpRequest(session: Session, message: DumpRequest, now: Instant): void {
  const { home, options, outputs, timers } = session;
  const { request, after, poolHandle, peIdentifier, type } = message;
  if (poolHandle !== options.poolHandle || peIdentifier !== options.peIdentifier) {
    return session.discard(home!.association, type, "it is for another pool element");
  }
  refuseOwnTable(session);
  session.asked = request;
  timers.set("own-table", now + options.timing.bindingTableMs);
  outputs.event({ type: "dump-asked", request, after });
}

/** The command `table-page`. */
export function onTablePage(session: Session, page: TablePage): void {
  if (session.asked !== page.request) return;
  const records = fitting(page);
  const moreToSend = page.moreToSend || records.bindings.length < page.bindings.length;
  answer(session, records, { moreToSend, reject: false });
}

/** The owner has not answered in time, or a newer question has come. */
export function refuseOwnTable(session: Session): void {
  if (session.asked === undefined) return;
  answer(session, NOTHING, { moreToSend: false, reject: true, causes: NO_TIME });
}

function answer(
  session: Session,
  { servers, bindings }: BindingRecords,
  how: Pick<
    Extract<AsapMessage, { type: "ASAP_BINDING_DUMP" }>,
    "moreToSend" | "reject" | "causes"
  >,
): void {
  const { home, options: { poolHandle, peIdentifier }, outputs } = session;
  const request = session.asked!;
  session.asked = undefined;
  session.timers.delete("own-table");
  const type = "ASAP_BINDING_DUMP";
  const about = { request, poolHandle, peIdentifier };
  outputs.send(home!.association, { type, ...about, ...how, servers, bindings });
}
