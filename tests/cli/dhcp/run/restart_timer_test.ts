import assert from "node:assert/strict";
import type { BindingChange } from "../../../../cli/api.ts";
import { LocalLeases } from "../../../../cli/dhcp/run/local_leases.ts";
import { RESTART_TIMES, RestartTimer } from "../../../../cli/dhcp/run/restart_timer.ts";

const PLACEHOLDER = "02:aa:aa:aa:aa:aa";
const ALICE = { hardware: "02:00:00:00:00:01", clientId: "01:02" };
const { urgent, other, renewalMs } = RESTART_TIMES;

function lease(address: string, expiresAt: number, client = ALICE): BindingChange {
  return { address, holding: { kind: "lease", client, expiresAt } };
}

function held(address: string): BindingChange {
  return { address, holding: { kind: "placeholder" } };
}

function timerWith(...leases: BindingChange[]): RestartTimer {
  const local = new LocalLeases(PLACEHOLDER);
  local.start(leases);
  return new RestartTimer(local);
}

Deno.test("nothing waits for nothing", () => {
  assert.equal(timerWith().dueAt, undefined);
});

Deno.test("what is urgent waits for quiet, but not for long", () => {
  const timer = timerWith();
  timer.add([held("192.0.2.1")], true, 1000);
  assert.equal(timer.dueAt, 1000 + urgent.quietMs);
  for (let now = 1000; now <= 3000; now += 100) timer.add([held("192.0.2.2")], true, now);
  assert.equal(timer.dueAt, 1000 + urgent.longestMs);
  timer.clear();
  assert.equal(timer.dueAt, undefined);
});

Deno.test("what is not urgent waits longer, and is taken along by what is", () => {
  const timer = timerWith();
  timer.add([lease("192.0.2.1", 90_000)], false, 1000);
  assert.equal(timer.dueAt, 1000 + other.quietMs);
  for (let now = 1000; now <= 20_000; now += 1000) timer.add([held("192.0.2.2")], false, now);
  assert.equal(timer.dueAt, 1000 + other.longestMs);
  timer.add([], true, 5000);
  assert.equal(timer.dueAt, 5000 + urgent.quietMs);
});

Deno.test("a renewal elsewhere waits until the own lease would end", () => {
  const timer = timerWith(lease("192.0.2.1", 100_000), lease("192.0.2.2", 80_000));
  timer.add([lease("192.0.2.1", 160_000)], false, 1000);
  assert.equal(timer.dueAt, 100_000 - renewalMs);
  timer.add([lease("192.0.2.2", 160_000)], false, 1000);
  assert.equal(timer.dueAt, 80_000 - renewalMs);
});

Deno.test("another client's lease, or one that ends sooner, is no renewal", () => {
  const bob = { hardware: "02:00:00:00:00:02", clientId: "01:03" };
  for (const change of [lease("192.0.2.1", 160_000, bob), lease("192.0.2.1", 90_000)]) {
    const timer = timerWith(lease("192.0.2.1", 100_000));
    timer.add([change], false, 1000);
    assert.equal(timer.dueAt, 1000 + other.quietMs);
  }
});

Deno.test("leases are known as dnsmasq tells them; placeholders are none", () => {
  const local = new LocalLeases(PLACEHOLDER);
  local.start([held("192.0.2.3"), lease("192.0.2.1", 100_000)]);
  assert.equal(local.size, 1);
  const told = { address: "192.0.2.2", client: ALICE, remaining: 60 };
  local.onEvent({ action: "add", ...told }, 1000);
  assert.equal(local.at("192.0.2.2")?.endsAt, 61_000);
  local.onEvent({ action: "old", ...told, remaining: 120 }, 2000);
  assert.equal(local.at("192.0.2.2")?.endsAt, 122_000);
  local.onEvent({ action: "old", ...told, client: { hardware: PLACEHOLDER } }, 3000);
  assert.equal(local.at("192.0.2.2"), undefined);
  local.onEvent({ action: "del", ...told, address: "192.0.2.1" }, 3000);
  assert.equal(local.size, 0);
});
