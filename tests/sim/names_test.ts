/** Names and addresses of hosts. */

import assert from "node:assert/strict";
import { hostAddress } from "../../lib/sim/names.ts";

Deno.test("hosts of a network have addresses of their own, however many there are", () => {
  const numbers = [1, 255, 256, 65_535, 65_536, 100_000, 1_000_000];
  const all = numbers.map((number) => hostAddress(1, number));
  assert.deepEqual(all, [
    ...["10.1.0.1", "10.1.0.255", "10.1.1.0", "10.1.255.255", "11.1.0.0", "11.1.134.160"],
    "25.1.66.64",
  ]);
});
