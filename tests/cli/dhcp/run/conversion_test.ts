import assert from "node:assert/strict";
import type { LeaseEvent } from "../../../../cli/dhcp/dnsmasq/lease.ts";
import { MAX_HARDWARE_BYTES } from "../../../../cli/dhcp/dnsmasq/limits.ts";
import { FOR_EVER } from "../../../../cli/dhcp/for_ever.ts";
import { agentEvent, isUntimely, leaseOf } from "../../../../cli/dhcp/run/conversion.ts";

const WALL_S = 1_700_000_000;
const AT = { now: 50_000, wall: WALL_S * 1000 };
const MAC = "02:00:00:00:00:01";
const HOUR_MS = 3_600_000;

function event(action: LeaseEvent["action"], expires: number, remaining?: number): LeaseEvent {
  return { action, lease: { address: "192.0.2.10", mac: MAC, expires }, remaining };
}

Deno.test("an event that has just come has what dnsmasq says remains", () => {
  assert.deepEqual(agentEvent(event("add", WALL_S + 120, 120), AT, HOUR_MS), {
    action: "add",
    address: "192.0.2.10",
    client: { hardware: MAC, clientId: undefined, host: undefined },
    remaining: 120,
  });
});

Deno.test("one that was spooled while nobody looked has aged, as far as that can be", () => {
  const old = event("add", WALL_S - 60 + 120, 120);
  assert.equal(agentEvent(old, AT, HOUR_MS).remaining, 60);
  assert.equal(agentEvent(event("add", WALL_S - 500, 120), AT, HOUR_MS).remaining, 0);
  // Nobody can have written it before the table was saved 10 s ago: the clock was set forward.
  assert.equal(agentEvent(old, AT, 10_000).remaining, 110);
  // The clock was set back: it is no younger than now.
  assert.equal(agentEvent(event("add", WALL_S + 9_999, 120), AT, HOUR_MS).remaining, 120);
});

Deno.test("leases without an end have none, and what ended has nothing left", () => {
  assert.equal(agentEvent(event("add", 0), AT, HOUR_MS).remaining, 0xffffffff);
  assert.equal(agentEvent(event("del", 0), AT, HOUR_MS).remaining, 0xffffffff);
  assert.equal(agentEvent(event("del", WALL_S + 30), AT, HOUR_MS).remaining, 30);
  assert.equal(agentEvent(event("del", WALL_S - 30), AT, HOUR_MS).remaining, 0);
});

Deno.test("a hardware address comes back from a binding as dnsmasq had told it", () => {
  const known = [
    [MAC, MAC],
    // FireWire's and InfiniBand's clients have none: only the type is told. RFC 4390 §2.1.
    ["20-", "20"],
    [`06-${MAC}`, `06:${MAC}`],
    ["01-", "01"],
    ["1b-01:02:03:04:05:06:07:08", "1b:01:02:03:04:05:06:07:08"],
  ] as const;
  for (const [mac, hardware] of known) {
    assert.equal(hardwareOf(mac), hardware);
    assert.equal(macOf(hardware), mac);
  }
  // One that has no room is told to be a longer or shorter one, and stays that.
  const long = Array.from({ length: MAX_HARDWARE_BYTES }, () => "ee").join(":");
  for (const mac of [`20-${long}`, "07-01:02:03:04:05", long, "01:02:03:04:05"]) {
    const hardware = hardwareOf(mac);
    assert(hardware.split(":").length <= MAX_HARDWARE_BYTES, mac);
    assert.equal(hardwareOf(macOf(hardware)), hardware, mac);
  }
});

Deno.test("clients of two networks are two, though their addresses have the same bytes", () => {
  const macs = [MAC, `06-${MAC}`, `20-${MAC}`, "20-", "18-"];
  assert.equal(new Set(macs.map(hardwareOf)).size, macs.length);
});

function hardwareOf(mac: string): string {
  const lease = { address: "192.0.2.10", mac, expires: WALL_S };
  return agentEvent({ action: "del", lease }, AT, 0).client.hardware;
}

function macOf(hardware: string): string {
  const expiresAt = AT.now + HOUR_MS;
  const holding = { kind: "lease", client: { hardware }, expiresAt } as const;
  return leaseOf("192.0.2.10", holding, "02:aa", AT)!.mac;
}

Deno.test("no lease that ends becomes one for ever, and none ends at 0", () => {
  const farthest = FOR_EVER - 1;
  for (const seconds of [0, 0.001, 1, farthest - 1, farthest]) {
    const expiresAt = AT.now + seconds * 1000;
    for (const late of [0, 1, 999, 1001]) {
      const at = { now: AT.now, wall: AT.wall + late };
      const holding = { kind: "lease", client: { hardware: MAC }, expiresAt } as const;
      const { expires } = leaseOf("192.0.2.10", holding, "02:aa", at)!;
      assert(expires * 1000 > at.wall, `${seconds}`);
      const left = expires - Math.floor(at.wall / 1000);
      for (const remaining of [undefined, left]) {
        const back = agentEvent(event("old", expires, remaining), at, 0);
        assert(back.remaining > 0 && back.remaining <= farthest, `${seconds} ${back.remaining}`);
      }
    }
  }
});

Deno.test("a lease that seems over and is not shows that the clock was set", () => {
  const ended = event("del", WALL_S);
  assert(isUntimely(ended, AT.now + 60_000, AT));
  assert(!isUntimely(ended, AT.now + 1_000, AT), "it ends about now");
  assert(!isUntimely(ended, undefined, AT));
  assert(!isUntimely(event("del", WALL_S + 60), AT.now + 60_000, AT), "given back");
  assert(!isUntimely(event("old", WALL_S, 0), AT.now + 60_000, AT));
  assert(!isUntimely(event("del", 0), Infinity, AT));
});

Deno.test("what dnsmasq is given ends by the time of the day", () => {
  const client = { hardware: MAC, clientId: "01:02", host: "h" };
  const of = (expiresAt: number) =>
    leaseOf("192.0.2.10", { kind: "lease", client, expiresAt }, "02:aa", AT)!;
  assert.deepEqual(of(AT.now + 90_500), {
    address: "192.0.2.10",
    mac: MAC,
    clientId: "01:02",
    host: "h",
    expires: WALL_S + 91,
  });
  assert.equal(of(Infinity).expires, 0);
  // 0 would be for ever, and what is over is told by dnsmasq.
  assert.equal(of(AT.now - 90_000).expires, WALL_S + 1);
  assert.equal(leaseOf("192.0.2.10", { kind: "free" }, "02:aa", AT), undefined);
  assert.deepEqual(leaseOf("192.0.2.10", { kind: "placeholder" }, "02:aa", AT), {
    address: "192.0.2.10",
    mac: "02:aa",
    expires: 0,
  });
});
