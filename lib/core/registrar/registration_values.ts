/** RFC 5352 §3.1, rule 5: values that no registration may have. RFC 5354 §3.12.4. */

import {
  type AsapMessage,
  CAUSE,
  INFINITE_LIFE,
  poolElementTlv,
  poolHandleLength,
  poolHandleTlv,
  transportTlv,
} from "../../wire/mod.ts";
import { addressProblem } from "./addresses.ts";
import type { OpenAssociation } from "./child.ts";
import { type Rejection, rejection } from "./rejection.ts";
import type { RegistrarState } from "./state.ts";

type Registration = Extract<AsapMessage, { type: "ASAP_REGISTRATION" }>;

/** The invalid values of a registration, each with "the offending TLV"; empty if there are none. */
export function invalidValues(
  state: RegistrarState,
  open: OpenAssociation,
  message: Registration,
): Rejection[] {
  const { poolHandle, poolElement } = message;
  const { identifier, registrationLife, transport } = poolElement;
  const invalid: Rejection[] = [];
  const find = (why: string, tlv: Uint8Array) =>
    invalid.push(rejection(CAUSE.invalidValues, why, tlv));
  const length = poolHandleLength(poolHandle);
  const { maxHandleBytes } = state.options.limits;
  if (length === 0 || length > maxHandleBytes) {
    find(
      `the pool handle has ${length} bytes, not 1 to ${maxHandleBytes}`,
      poolHandleTlv(poolHandle),
    );
  }
  if (identifier === 0) find("PE identifier 0", poolElementTlv(poolElement));
  // Protocol decision 9.
  if (registrationLife === 0 || registrationLife < INFINITE_LIFE) {
    find(`registration life ${registrationLife}`, poolElementTlv(poolElement));
  }
  if (transport.protocol === "opaque") return invalid;
  if (transport.port === 0) find("port 0 in the user transport", transportTlv(transport));
  for (const address of transport.addresses) {
    const problem = addressProblem(state, open, address);
    if (problem === undefined) continue;
    find(problem, transportTlv(transport));
    break;
  }
  return invalid;
}
