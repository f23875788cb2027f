/** What a registrar shows of DHCP bindings to its own operator. */
import assert from "node:assert/strict";
import { World } from "../registrar_world.ts";
import { at, dhcp, POOL, recordOf } from "./dhcp_world.ts";

Deno.test("a registrar without DHCP servers shows no DHCP pool", () => {
  assert.deepEqual(new World().view().bindingPools(), []);
});

Deno.test("a registrar shows servers, bindings by state, what was lost, and who is told", () => {
  const world = new World();
  const one = dhcp(world, 1).introduced().subscribed();
  dhcp(world, 2).introduced({ flags: ["withheld"] });
  const other = { hardware: "52:54:00:00:00:02", counter: 2 };
  one.says({ bindings: [at("10.0.0.1"), at("10.0.0.2"), at("10.0.0.3", { state: "EXPIRED" })] });
  one.says({ bindings: [at("10.0.0.2", other)] });
  const [pool, ...others] = world.view().bindingPools();
  assert.deepEqual(others, []);
  const { poolHandle, servers, bindings, lost, subscriptions } = pool!;
  assert.deepEqual([poolHandle, bindings, lost, subscriptions], [POOL, 3, 1, 1]);
  assert.deepEqual(servers, [recordOf(1), recordOf(2, { flags: ["withheld"] })]);
  assert.deepEqual(pool!.states(), { BOUND: 2, EXPIRED: 1, BINDABLE: 0, UNAVAILABLE: 0 });
});

Deno.test("what was lost is shown until it would have ended", () => {
  const world = new World();
  const one = dhcp(world, 1).introduced();
  one.says({ bindings: [at("10.0.0.2", { lease: 60, remaining: 60 })] });
  one.says({ bindings: [at("10.0.0.2", { hardware: "52:54:00:00:00:02", counter: 2 })] });
  const lost = () => world.view().bindingPools()[0]!.lost;
  assert.equal(lost(), 1);
  world.advance(60_000);
  assert.equal(lost(), 0);
});
