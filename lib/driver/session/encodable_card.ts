/** Whether a card can be sent. */

import { asap } from "../../wire/mod.ts";
import type { BusinessCard } from "./contract.ts";

/**
 * What cannot be encoded is the caller's mistake.
 *
 * @throws {RangeError} if the card is too long, or has what cannot be encoded.
 */
export function requireEncodable(card: BusinessCard, maxFailoverOrder: number): void {
  const { length } = card.poolElements;
  if (length > maxFailoverOrder) {
    throw new RangeError(`A card of ${length} elements is too long: ${maxFailoverOrder} at most`);
  }
  asap.encode({ type: "ASAP_BUSINESS_CARD", ...card });
}
