/** Negative answers to who may not read or write bindings at all. docs/dhcp.md §6. */

import type { AsapMessage, EnrpMessage, ErrorCause } from "../../../wire/mod.ts";
import type { OpenAssociation } from "../child.ts";
import type { RegistrarState } from "../state.ts";

type Asap<Type extends AsapMessage["type"]> = Extract<AsapMessage, { type: Type }>;
type Enrp<Type extends EnrpMessage["type"]> = Extract<EnrpMessage, { type: Type }>;

/** To a DHCP server, or whoever claims to be one. */
export function rejectBindings(
  state: RegistrarState,
  open: OpenAssociation,
  message: Asap<"ASAP_BINDING_UPDATE" | "ASAP_BINDING_DUMP_REQUEST">,
  cause: ErrorCause,
): void {
  const { request, poolHandle, peIdentifier } = message;
  const of = { reject: true, request, poolHandle, peIdentifier, causes: [cause] } as const;
  const nothing = { servers: [], bindings: [] };
  if (message.type === "ASAP_BINDING_UPDATE") {
    return state.send(open, { type: "ASAP_BINDING_REPLY", ...of, ...nothing });
  }
  state.send(open, { type: "ASAP_BINDING_DUMP", moreToSend: false, ...of, ...nothing });
}

/** To an observer. */
export function rejectObserver(
  state: RegistrarState,
  open: OpenAssociation,
  message: Enrp<"ENRP_BINDING_UPDATE" | "ENRP_BINDING_DUMP_REQUEST">,
  cause: ErrorCause,
): void {
  const { sender: receiver, request, poolHandle } = message;
  const { identifier: sender } = state.options;
  const of = { sender, receiver, request, reject: true, causes: [cause] } as const;
  if (message.type === "ENRP_BINDING_UPDATE") {
    const { poolHandle } = message;
    return state.send(open, { type: "ENRP_BINDING_REPLY", ...of, poolHandle, servers: [] });
  }
  const nothing = { tables: [], servers: [], bindings: [] };
  state.send(open, {
    type: "ENRP_BINDING_DUMP",
    ...of,
    poolHandle,
    moreToSend: false,
    ...nothing,
  });
}
