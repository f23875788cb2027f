/** Pages of a binding table, by whomever they are read. docs/dhcp.md §5.4. */

import { addressNumber, MAX_RANGE_ADDRESSES } from "../bindings/mod.ts";
import type { Binding, IpAddress } from "../wire/mod.ts";

/** No address is before it: with it, a table is asked for from the beginning. */
export const BEFORE_ALL: IpAddress = "0.0.0.0";

/** No address is behind it: asking for what is there is a sign of life. */
export const AFTER_ALL: IpAddress = "255.255.255.255";

/** How far the pages of a table have come. */
export interface Progress {
  /** Bindings behind this address were asked for. */
  readonly after: IpAddress;
  /** Bindings of the pages before. */
  readonly count: number;
}

/** What is wrong with a page, if something is: a table must get on with each, so that it ends. */
export function mistakeIn(
  { bindings, moreToSend }: {
    readonly bindings: readonly Binding[];
    readonly moreToSend: boolean;
  },
  { after, count }: Progress,
): string | undefined {
  if (moreToSend && bindings.length === 0) return "an empty page that announces more";
  let last = addressNumber(after);
  for (const { address } of bindings) {
    const number = addressNumber(address);
    if (number <= last) return "a page of bindings that are not in order";
    last = number;
  }
  if (count + bindings.length <= MAX_RANGE_ADDRESSES) return undefined;
  return `a table of more than ${MAX_RANGE_ADDRESSES} bindings`;
}
