import assert from "node:assert/strict";
import fc from "fast-check";
import { FOR_EVER } from "../../../../cli/dhcp/for_ever.ts";
import { parseArguments } from "../../../../cli/dhcp/dnsmasq/arguments.ts";
import { checkDnsmasq } from "../../../../cli/dhcp/dnsmasq/check.ts";
import { parseHost, parseRange } from "../../../../cli/dhcp/dnsmasq/dhcp_range.ts";
import { MIN_LEASE_SECONDS } from "../../../../cli/dhcp/dnsmasq/limits.ts";

const RANGE = { first: "192.0.2.10", last: "192.0.2.99" };
const GOOD = "--dhcp-range=192.0.2.10,192.0.2.99,10m";

const check = (words: string) => checkDnsmasq(parseArguments(words.split(" ")), RANGE);

Deno.test("a dhcp-range in all of its forms", () => {
  const range = (lease: number) => ({ first: "192.0.2.10", last: "192.0.2.99", lease });
  const cases: [string, unknown][] = [
    ["192.0.2.10,192.0.2.99", range(3600)],
    ["192.0.2.99,192.0.2.10", range(3600)],
    [" 192.0.2.10 , 192.0.2.99 , 5m ", range(300)],
    ["192.0.2.10,192.0.2.99,90", range(90)],
    ["192.0.2.10,192.0.2.99,2H", range(7200)],
    ["192.0.2.10,192.0.2.99,255.255.255.0,1d", range(86_400)],
    ["192.0.2.10,192.0.2.99,255.255.255.0,192.0.2.255,2w", range(1_209_600)],
    ["set:lan,tag:x,192.0.2.10,192.0.2.99,infinite", range(FOR_EVER)],
    ["lan,192.0.2.10,192.0.2.99", range(3600)],
    ["interface:eth0,192.0.2.10,192.0.2.99", range(3600)],
    ["192.0.2.0,static", undefined],
    ["192.0.2.0,proxy", undefined],
    ["2001:db8::1,2001:db8::9,64", undefined],
    ["::,constructor:eth0,ra-only", undefined],
    ["192.0.2.0,static,255.255.255.0", undefined],
  ];
  for (const [value, expected] of cases) assert.deepEqual(parseRange(value), expected, value);
  assert.match(String(parseRange("192.0.2.10")), /has no two addresses/);
  assert.match(String(parseRange("192.0.2.10,192.0.2.99,3x")), /cannot be understood/);
  assert.match(String(parseRange("192.0.2.10,192.0.2.99,1h,2h")), /cannot be understood/);
});

Deno.test("a dhcp-host has addresses and perhaps a lease time", () => {
  assert.deepEqual(parseHost("aa:bb:cc:dd:ee:ff,lap,192.0.2.5,12h"), {
    addresses: ["192.0.2.5"],
    lease: 43_200,
  });
  assert.deepEqual(parseHost("id:01:02,ignore"), { addresses: [], lease: undefined });
});

Deno.test("a configuration that serves the range is taken", () => {
  assert.deepEqual(check(`--port=0 ${GOOD} --dhcp-host=aa:bb,192.0.2.5`), {
    refusals: [],
    warnings: [],
    isAuthoritative: false,
    leaseSeconds: 600,
    leaseMax: 1091,
  });
  const full = check(`-K ${GOOD} -X 5000 --dhcp-rapid-commit --dhcp-host=aa:bb,infinite`);
  assert.deepEqual([full.refusals, full.isAuthoritative, full.leaseMax], [[], true, undefined]);
  assert.equal(full.leaseSeconds, FOR_EVER);
  assert.equal(full.warnings.length, 2);
});

Deno.test("what would break safety is refused, in one line that says what", () => {
  const cases: [string, RegExp][] = [
    ["--port=0", /^dnsmasq has no dhcp-range for --range 192\.0\.2\.10-192\.0\.2\.99$/],
    [
      "-F 192.0.2.10,192.0.2.98",
      /^dnsmasq's dhcp-range 192\.0\.2\.10,192\.0\.2\.98 is not --range/,
    ],
    [`${GOOD} -F 192.0.2.90,192.0.2.120`, /: dhcp-range 192\.0\.2\.90,192\.0\.2\.120 overlaps --r/],
    [`${GOOD} ${GOOD}`, /overlaps --range/],
    ["-F 192.0.2.10,192.0.2.99,119", /lease time of 119 s: at least 120 s/],
    [`${GOOD} -d`, /: no-daemon must not be given: dnsmasq writes no pid file/],
    [`${GOOD} -5`, /: no-ping must not be given: the ping/],
    [`${GOOD} --dhcp-script=/x`, /: dhcp-script cannot be used: rserpool needs it/],
    [`${GOOD} -l /x`, /: dhcp-leasefile cannot be used/],
    [`${GOOD} -x /x`, /: pid-file cannot be used/],
    [`${GOOD} --dhcp-scriptuser=nobody`, /: dhcp-scriptuser must be root/],
    [`${GOOD} --enable-dbus=other`, /: enable-dbus must not have a name/],
    [`${GOOD} -3 tag:x`, /: bootp-dynamic gives leases that never end/],
    [`${GOOD} --conf-script=/x`, /: conf-script makes a configuration that cannot be checked/],
    [`${GOOD} -G aa:bb,192.0.2.10`, /: dhcp-host gives 192\.0\.2\.10, which is in --range/],
    [`${GOOD} -X 1000`, /: dhcp-lease-max=1000 is too low: .* say at least 1090$/],
    [`${GOOD} -X x`, /: dhcp-lease-max=x is too low/],
    [`${GOOD} --no-p`, /^write --no-p in full: --no-ping$/],
  ];
  for (const [words, expected] of cases) {
    const { refusals } = check(words);
    assert.equal(refusals.length, 1, `${words}: ${refusals}`);
    assert.match(refusals[0]!, expected);
  }
  assert.deepEqual(check(`${GOOD} --dhcp-scriptuser=root -1`).refusals, []);
  assert.equal(MIN_LEASE_SECONDS, 120);
});

Deno.test("other ranges may stand beside ours and count for the limit of leases", () => {
  const { refusals, leaseMax } = check(`${GOOD} -F 192.0.2.100,192.0.2.109 -F 198.51.100.0,static`);
  assert.deepEqual(refusals, []);
  assert.equal(leaseMax, 1100);
});

Deno.test("whatever the words are, reading them never throws", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("--dhcp-range", "-F", "192.0.2.10,192.0.2.99", "-X", "--", "-", "infinite"),
    fc.string().map((value) => `--dhcp-range=${value}`),
    fc.string().map((value) => `--dhcp-host=192.0.2.10,${value}`),
  );
  fc.assert(fc.property(fc.array(word), (words) => {
    const { refusals, leaseSeconds, leaseMax } = checkDnsmasq(parseArguments(words), RANGE);
    assert.ok(refusals.every((refusal) => refusal.length > 0));
    assert.ok(leaseSeconds >= 0 && leaseSeconds <= FOR_EVER);
    assert.ok(leaseMax === undefined || leaseMax >= 1000);
  }));
});
