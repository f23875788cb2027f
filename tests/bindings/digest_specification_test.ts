/** docs/dhcp.md §5.5: the digest, computed from its words alone. */
import assert from "node:assert/strict";
import { BindingTable } from "../../lib/bindings/mod.ts";
import { recordOf } from "../driver/dhcp_server.ts";
import { bindingOf } from "./samples.ts";

const UINT32 = 1n << 32n;

/** FNV-1a with the prime, then the mixing, in whole numbers of 32 bits. */
function half(text: string, offset: bigint): bigint {
  let h = offset;
  for (const character of text) h = ((h ^ BigInt(character.charCodeAt(0))) * 0x01000193n) % UINT32;
  h ^= h >> 16n;
  h = h * 0x85ebca6bn % UINT32;
  h ^= h >> 13n;
  h = h * 0xc2b2ae35n % UINT32;
  return h ^ (h >> 16n);
}

function digestOf(texts: readonly string[]): string {
  const sum = [0x811c9dc5n, 0xc9dc5811n].map((offset) =>
    texts.reduce((all, text) => all ^ half(text, offset), 0n)
  );
  return sum.map((each) => each.toString(16).padStart(8, "0")).join("");
}

Deno.test("the digest of docs/dhcp.md §5.5", () => {
  const table = new BindingTable();
  const acknowledgements = [{ server: 9, claim: 1 }, { server: 10, claim: 4 }];
  const server = recordOf(1, { flags: ["withheld", "authoritative"], acknowledgements });
  const released = { state: "EXPIRED", transaction: "RELEASE", acknowledgedBy: [3, 1] } as const;
  const client = { clientId: "01:52:54:00:00:00:02", host: "laptop" };
  table.merge(
    [server],
    [bindingOf(), bindingOf({ address: "10.0.0.2", ...released, ...client })],
    0,
  );
  assert.equal(
    table.digest,
    digestOf([
      "1 10.0.0.1 1 10.0.0.12 600 dhcp1 1 3 1 authoritative,withheld 10:4,9:1",
      "10.0.0.1 BOUND SELECTING 1 1 600 52:54:00:00:00:01   ",
      "10.0.0.2 EXPIRED RELEASE 1 1 600 52:54:00:00:00:01 01:52:54:00:00:00:02 laptop 1,3",
    ]),
  );
  assert.equal(table.count, 3);
});
