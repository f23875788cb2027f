import assert from "node:assert/strict";
import type { Binding, BindingServer } from "../../../../lib/wire/mod.ts";
import { HeldRecords } from "../../../../cli/dhcp/run/held_records.ts";

const server = (identifier: number, version: number) => ({ identifier, version }) as BindingServer;

function bound(address: string, counter: number, remaining: number): Binding {
  const of = { state: "BOUND", transaction: "RENEWING", server: 1, lease: 120 } as const;
  return { address, counter, remaining, hardware: "02:00:00:00:00:01", ...of };
}

Deno.test("hours without a registrar: one record of each server and address waits", () => {
  const held = new HeldRecords();
  assert(held.isEmpty);
  held.add({ servers: [server(1, 1), server(2, 5)], bindings: [] });
  for (let at = 1; at <= 100; at++) {
    held.add({ servers: [], bindings: [bound("192.0.2.10", at, 120), bound("192.0.2.11", at, 9)] });
  }
  held.add({ servers: [server(1, 2)], bindings: [] });
  const { servers, bindings } = held.asOf([]);
  assert.deepEqual(servers, [server(1, 2), server(2, 5)]);
  assert.deepEqual(bindings, [bound("192.0.2.10", 100, 120), bound("192.0.2.11", 100, 9)]);
});

Deno.test("a lease that has waited is told with what remains; what is newer is not", () => {
  const held = new HeldRecords();
  held.add({ servers: [], bindings: [bound("192.0.2.10", 1, 120), bound("192.0.2.11", 2, 120)] });
  const { bindings } = held.asOf([bound("192.0.2.10", 1, 60), bound("192.0.2.11", 3, 50)]);
  assert.deepEqual(bindings, [bound("192.0.2.10", 1, 60), bound("192.0.2.11", 2, 120)]);
});
