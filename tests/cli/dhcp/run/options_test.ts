import assert from "node:assert/strict";
import { DHCP_RUN_OPTIONS, planDhcp } from "../../../../cli/dhcp/run/options.ts";

const RANGE = { first: "192.0.2.10", last: "192.0.2.99" };
const GIVEN = {
  pool: "dhcp/lan1",
  range: RANGE,
  share: { share: 1, shares: 2 },
  name: undefined,
  asap: undefined,
  noAsap: false,
  address: [],
};
const HOST = () => "srv-1.example";

Deno.test("a command line becomes a plan", () => {
  assert.deepEqual(planDhcp(GIVEN, ["dnsmasq", "-p0"], 0, HOST), {
    pool: "dhcp/lan1",
    ...RANGE,
    share: 1,
    shares: 2,
    name: "srv-1.example",
    command: "dnsmasq",
    arguments: ["-p0"],
  });
  assert.equal(planDhcp({ ...GIVEN, name: "a" }, ["dnsmasq"], 0, HOST).name, "a");
});

Deno.test("what is missing or too much is named", () => {
  const cases: [object, string[], number | undefined, RegExp][] = [
    [{}, [], undefined, /^dnsmasq is missing: write -- dnsmasq/],
    [{}, ["dnsmasq"], undefined, /^unexpected argument "dnsmasq"; write -- before/],
    [{}, ["web", "dnsmasq"], 1, /^unexpected argument "web"; dnsmasq stands behind --/],
    [{ pool: undefined }, ["dnsmasq"], 0, /^--pool is missing/],
    [{ range: undefined }, ["dnsmasq"], 0, /^--range is missing/],
    [{ share: undefined }, ["dnsmasq"], 0, /^--share is missing/],
    [{ noAsap: true, asap: {} }, ["dnsmasq"], 0, /^--asap and --no-asap exclude/],
    [{ address: ["192.0.2.1", "192.0.2.2"] }, ["dnsmasq"], 0, /^--address stands there more/],
  ];
  for (const [given, args, before, message] of cases) {
    assert.throws(() => planDhcp({ ...GIVEN, ...given } as typeof GIVEN, args, before, HOST), {
      name: "UsageError",
      message,
    });
  }
  assert.throws(() => planDhcp(GIVEN, ["dnsmasq"], 0, () => "my host"), {
    message: '--name is missing: the name of this host, "my host", is none',
  });
});

Deno.test("ranges, shares, names and D-Bus addresses are read, or refused in words", () => {
  const { range, share, name, dbus } = DHCP_RUN_OPTIONS;
  assert.deepEqual(range.read(["192.0.2.10-192.0.2.99"]), RANGE);
  assert.deepEqual(share.read(["16/16"]), { share: 16, shares: 16 });
  assert.equal(dbus.read(["unix:path=/run/dbus/x"]), "unix:path=/run/dbus/x");
  for (const text of ["192.0.2.10", "192.0.2.10-", "1-2", "192.0.2.10-192.0.2.300", "a-b-c"]) {
    assert.throws(() => range.read([text]), /is no range; write for example/);
  }
  assert.throws(() => range.read(["192.0.2.10-192.0.2.9"]), /ends before it begins/);
  for (const text of ["0/2", "3/2", "1/17", "1", "1/2/3", "-1/2"]) {
    assert.throws(() => share.read([text]), /is no share; write 1\/2/);
  }
  for (const text of ["", "a b", "-a", "x".repeat(64), "ü"]) {
    assert.throws(() => name.read([text]), /is no name/);
  }
  assert.throws(() => dbus.read(["tcp:host=x"]), /must be system, unix:path/);
});
