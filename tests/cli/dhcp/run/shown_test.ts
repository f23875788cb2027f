import assert from "node:assert/strict";
import { BindingAgent } from "../../../../lib/bindings/mod.ts";
import { ownAddresses } from "../../../../cli/dhcp/run/own_addresses.ts";
import { dhcpMeasures, dhcpReadiness, shownDhcp } from "../../../../cli/dhcp/run/shown.ts";

const agent = new BindingAgent({
  self: 7,
  name: "a",
  first: "192.0.2.10",
  last: "192.0.2.19",
  share: 1,
  shares: 2,
  lease: 120,
  authoritative: false,
  placeholder: "02:aa:aa:aa:aa:aa",
  unavailable: ["192.0.2.11"],
}, 1000);

const STATE = {
  agent,
  now: 1000,
  dnsmasqPid: undefined,
  isServing: false,
  isPublished: false,
  from: "disk",
  registrar: undefined,
  starts: new Map([["first", 1]]),
  events: new Map([["add", 2]]),
} as const;

Deno.test("what a server shows of itself", () => {
  const formatIdentifier = (identifier: number) => `0x${identifier}`;
  const shown = shownDhcp(STATE, { poolHandle: "dhcp/lan1", self: 7 }, { formatIdentifier });
  assert.deepEqual(shown, {
    poolHandle: "dhcp/lan1",
    identifier: "0x7",
    serves: false,
    dnsmasqPid: null,
    registrar: null,
    from: "disk",
    shareConfirmed: false,
    published: false,
    bindings: { BOUND: 0, EXPIRED: 0, BINDABLE: 0, UNAVAILABLE: 1 },
    servers: [{
      identifier: "0x7",
      name: "a",
      range: "192.0.2.10-192.0.2.19",
      share: "1/2",
      flags: ["withheld"],
    }],
  });
  const measured = dhcpMeasures(STATE);
  assert.equal(measured.mayGive, false);
  assert.equal(measured.bindings.get("UNAVAILABLE"), 1);
});

Deno.test("ready is who serves", () => {
  assert.deepEqual(dhcpReadiness(STATE), { isReady: false, reason: "dnsmasq does not run" });
  assert.equal(dhcpReadiness({ ...STATE, isServing: true }).isReady, true);
});

Deno.test("addresses of this host are found, those of the range", () => {
  const range = { includes: (address: string) => address.startsWith("192.0.2.") };
  const at = (address: string, family: "IPv4" | "IPv6" = "IPv4") => ({ address, family });
  const here = [at("127.0.0.1"), at("192.0.2.11"), at("192.0.2.::1", "IPv6")];
  assert.deepEqual(ownAddresses(range, here), ["192.0.2.11"]);
});
