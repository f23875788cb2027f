/** docs/dhcp.md §7 has the numbers that hold. */

import assert from "node:assert/strict";
import {
  MAX_LOST_BINDINGS,
  MAX_RANGE_ADDRESSES,
  MAX_SHARES,
  MAX_TAKEN_COUNTER,
} from "../../lib/bindings/limits.ts";
import { DEFAULT_LIMITS } from "../../lib/core/limits.ts";
import { DOWNLOAD_MS } from "../../lib/core/registrar/bindings/audit.ts";
import { MAX_PAGE_BYTES } from "../../lib/core/registrar/bindings/pages.ts";
import { RELAY_MS } from "../../lib/core/registrar/bindings/relay.ts";
import { PRUNE_MS } from "../../lib/core/registrar/bindings/update.ts";
import {
  MAX_BINDING_SERVERS,
  MAX_BINDINGS_PER_MESSAGE,
  MAX_REFUSED_BINDINGS,
} from "../../lib/wire/limits.ts";

const LIMITS: readonly (readonly [row: string, ...numbers: number[]])[] = [
  ["DHCP pools of a registrar", DEFAULT_LIMITS.maxBindingPools],
  ["associations that are told", DEFAULT_LIMITS.maxBindingSubscriptions],
  ["addresses of a range", MAX_RANGE_ADDRESSES],
  ["counters, claims and versions", MAX_TAKEN_COUNTER - 1],
  ["shares", MAX_SHARES],
  ["servers of a pool", MAX_BINDING_SERVERS],
  ["bindings in a message that is sent", MAX_BINDINGS_PER_MESSAGE, MAX_PAGE_BYTES],
  ["refused addresses in an answer", MAX_REFUSED_BINDINGS],
  ["leases lost to another client", MAX_LOST_BINDINGS],
  ["the time a DHCP server has for a page of its own", RELAY_MS / 1000],
  ["the time a peer has for its whole table", DOWNLOAD_MS / 1000],
  ["how often a registrar looks", PRUNE_MS / 1000],
];

const text = await Deno.readTextFile(new URL("../../docs/dhcp.md", import.meta.url));
const section = text.slice(text.indexOf("## 7. Limits"), text.indexOf("## 8. "));

for (const [row, ...numbers] of LIMITS) {
  Deno.test(`docs/dhcp.md §7 says what holds of ${row}`, () => {
    const line = section.split("\n").find((each) => each.startsWith(`| ${row}`));
    assert(line !== undefined, "the row is missing");
    const atMost = line.split("|")[2]!;
    const told = atMost.match(/\d[\d,]*/g)?.map((each) => Number(each.replaceAll(",", "")));
    assert.deepEqual(told, numbers);
  });
}
