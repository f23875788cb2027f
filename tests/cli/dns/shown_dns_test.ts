/** What `dns --http` shows: pools that are kept fresh, and whether a registrar answers. */

import assert from "node:assert/strict";
import { dnsReadiness, shownDns } from "../../../cli/dns/shown_dns.ts";
import { element, openHouse } from "./pools.ts";

Deno.test("pools that are asked for, those that are unknown, and what may be", async () => {
  const { user, views } = openHouse();
  user.put("web", [element(1), element(2)]);
  await views.view("web");
  await views.view("nope");
  const { pools, unknownPools, maxPools, outstanding } = shownDns(views, 7);
  assert.deepEqual(pools.map(({ poolHandle, poolElements }) => [poolHandle, poolElements]), [
    ["web", 2],
  ]);
  assert.ok(pools[0]!.askedAgoMs >= 0);
  assert.deepEqual({ unknownPools, maxPools, outstanding }, {
    unknownPools: 1,
    maxPools: 7,
    outstanding: 0,
  });
});

Deno.test("it is ready unless the last question was in vain, or it stops", async () => {
  const { user, views } = openHouse();
  assert.equal(dnsReadiness(views, false).isReady, true);
  user.isAway = true;
  await views.view("web");
  const { isReady, reason } = dnsReadiness(views, false);
  assert.deepEqual([isReady, reason.split(":")[0]], [false, "no registrar answers"]);
  assert.deepEqual(dnsReadiness(openHouse().views, true), { isReady: false, reason: "stopping" });
});
