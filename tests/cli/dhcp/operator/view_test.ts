/** How bindings are shown and exported, and when a share is free and whose it is. */
import assert from "node:assert/strict";
import { textOf } from "../../../../cli/commands/dhcp_export.ts";
import { heirOf, shownTime } from "../../../../cli/commands/dhcp_partner_down.ts";
import {
  type BindingView,
  BindingViews,
  shownSeconds,
} from "../../../../cli/dhcp/operator/binding_view.ts";
import { FOR_EVER } from "../../../../cli/dhcp/for_ever.ts";
import { formatIdentifier, INFINITE_LEASE } from "../../../../mod.ts";
import type { Binding } from "../../../../lib/wire/mod.ts";
import { bindingOf } from "../../../bindings/samples.ts";
import { recordOf } from "../../../driver/dhcp_server.ts";

const views = new BindingViews({ formatIdentifier }, [recordOf(1)], 1_700_000_000.4);

function shown(change: Partial<Binding> = {}): BindingView {
  return views.view(bindingOf(change));
}

Deno.test("a binding names its server, and when it ends", () => {
  assert.deepEqual(shown({ host: "laptop" }), {
    address: "10.0.0.1",
    state: "BOUND",
    hardware: "52:54:00:00:00:01",
    clientId: null,
    host: "laptop",
    server: "dhcp1",
    transaction: "SELECTING",
    counter: 1,
    leaseSeconds: 600,
    remainingSeconds: 600,
    expiresAt: 1_700_000_600,
  });
});

Deno.test("a server that nobody knows is its identifier; for ever is null", () => {
  assert.equal(FOR_EVER, INFINITE_LEASE);
  const view = shown({ server: 0xbeef, lease: INFINITE_LEASE, remaining: INFINITE_LEASE });
  assert.equal(view.server, "0x0000beef");
  assert.deepEqual([view.leaseSeconds, view.remainingSeconds, view.expiresAt], [null, null, null]);
});

Deno.test("so much time, for eyes", () => {
  const rows: [number | null, string][] = [
    [null, "for ever"],
    [0, "0s"],
    [59, "59s"],
    [60, "1m"],
    [3599, "59m59s"],
    [3720, "1h2m"],
    [90_000, "1d1h"],
  ];
  for (const [seconds, text] of rows) assert.equal(shownSeconds(seconds), text);
});

Deno.test("export --as dnsmasq: the lines of a lease file", () => {
  const leases = [
    shown({ host: "laptop", clientId: "01:52:54:00:00:00:01" }),
    shown({ address: "10.0.0.2", lease: INFINITE_LEASE, remaining: INFINITE_LEASE }),
    shown({ address: "10.0.0.3", hardware: undefined, clientId: "00:aa" }),
  ];
  assert.equal(
    textOf(leases, "dnsmasq"),
    "1700000600 52:54:00:00:00:01 10.0.0.1 laptop 01:52:54:00:00:00:01\n" +
      "0 52:54:00:00:00:01 10.0.0.2 * *\n",
  );
  assert.equal(textOf([], "dnsmasq"), "");
});

Deno.test("export --as csv: no cell is a formula", () => {
  const text = textOf([shown({ host: "-1.exec" }), shown({ host: '=a,"b' })], "csv");
  assert.equal(
    text,
    "address,hardware,client_id,host,server,expires_at\n" +
      "10.0.0.1,52:54:00:00:00:01,,'-1.exec,dhcp1,1700000600\n" +
      `10.0.0.1,52:54:00:00:00:01,,"'=a,""b",dhcp1,1700000600\n`,
  );
});

Deno.test("export --as json is a list of all fields", () => {
  assert.deepEqual(JSON.parse(textOf([shown()], "json")), [shown()]);
});

Deno.test("a share goes to the next one that is not down, round the end", () => {
  const servers = [1, 2, 3].map((each) => recordOf(each));
  assert.equal(heirOf(servers, 1), "dhcp2");
  assert.equal(heirOf(servers, 3), "dhcp1");
  const twoDown = [recordOf(1), recordOf(2, { flags: ["down"] }), recordOf(3)];
  assert.equal(heirOf(twoDown, 1), "dhcp3");
  assert.equal(heirOf([recordOf(1)], 1), undefined);
});

Deno.test("a time of today is the time; of another day it has the day", () => {
  const now = new Date(2026, 0, 31, 23, 0, 0);
  assert.equal(shownTime(new Date(2026, 0, 31, 23, 5, 9), now), "23:05:09");
  assert.equal(shownTime(new Date(2026, 1, 1, 0, 5, 0), now), "2026-02-01 00:05:00");
});
