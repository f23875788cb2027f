import assert from "node:assert/strict";
import fc from "fast-check";
import {
  cleanClientId,
  cleanHost,
  cleanLease,
  cleanMac,
  type Lease,
  leaseTable,
  tableLine,
} from "../../../../cli/dhcp/dnsmasq/lease.ts";
import {
  MAX_CLIENT_ID_BYTES,
  MAX_HARDWARE_BYTES,
  MAX_HOST_LENGTH,
} from "../../../../cli/dhcp/dnsmasq/limits.ts";

const LEASE: Lease = {
  address: "192.0.2.7",
  mac: "aa:bb:cc:00:00:07",
  clientId: "01:aa:bb",
  host: "printer-7",
  expires: 1_800_000_000,
};

Deno.test("a lease is a line of five tokens, as dnsmasq reads them", () => {
  assert.equal(tableLine(LEASE), "1800000000 aa:bb:cc:00:00:07 192.0.2.7 printer-7 01:aa:bb");
  const bare = { address: "192.0.2.8", mac: "06-aa:bb", expires: 0 };
  assert.equal(tableLine(bare), "0 06-aa:bb 192.0.2.8 * *");
});

Deno.test("a host name or client identifier that is unsafe is left out, the lease stays", () => {
  for (const host of ["a b", "a\nb", "", "*", "é", "a".repeat(MAX_HOST_LENGTH + 1), "$(id)"]) {
    assert.equal(cleanHost(host), undefined, host);
    assert.equal(tableLine({ ...LEASE, host })?.split(" ").length, 5);
  }
  for (const clientId of ["1", "01:", "01 02", "zz", "01:02\n", "0102"]) {
    assert.equal(cleanClientId(clientId), undefined, clientId);
  }
  assert.equal(cleanHost("a".repeat(MAX_HOST_LENGTH)), "a".repeat(MAX_HOST_LENGTH));
});

Deno.test("a client identifier is kept up to what dnsmasq's hook shows whole", () => {
  const bytes = (count: number) => Array(count).fill("0A").join(":");
  assert.equal(cleanClientId(bytes(MAX_CLIENT_ID_BYTES))?.length, 299);
  assert.equal(cleanClientId(bytes(MAX_CLIENT_ID_BYTES + 1)), undefined);
});

Deno.test("a hardware address has at most sixteen bytes", () => {
  const bytes = (count: number) => Array(count).fill("0A").join(":");
  assert.equal(cleanMac(bytes(MAX_HARDWARE_BYTES)), bytes(MAX_HARDWARE_BYTES).toLowerCase());
  assert.equal(cleanMac(`20-${bytes(MAX_HARDWARE_BYTES)}`)?.length, 50);
  assert.equal(cleanMac(bytes(MAX_HARDWARE_BYTES + 1)), undefined);
  assert.equal(cleanMac("20-"), "20-", "InfiniBand's clients tell none");
  for (const mac of ["", "-", "aa:", "aa bb", "aa:b", "0-", "20-:aa", "aabb"]) {
    assert.equal(cleanMac(mac), undefined, mac);
  }
});

Deno.test("a lease without a usable address, hardware address or end is none", () => {
  const wrong: Partial<Lease>[] = [
    { address: "192.0.2.256" },
    { address: "192.0.2" },
    { address: "192.0.2.07" },
    { address: "2001:db8::1" },
    { mac: "x" },
    { expires: -1 },
    { expires: 1.5 },
    { expires: NaN },
    { expires: 2 ** 50 },
  ];
  for (const part of wrong) assert.equal(cleanLease({ ...LEASE, ...part }), undefined);
});

Deno.test("a table has each address once, the last lease counts", () => {
  const table = leaseTable([LEASE, { ...LEASE, host: "other" }, { ...LEASE, address: "x" }]);
  assert.equal(table, "1800000000 aa:bb:cc:00:00:07 192.0.2.7 other 01:aa:bb\n");
});

Deno.test("whatever leases hold, each line of a table has five safe tokens", () => {
  const hostile = fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.constant("a b\nc"));
  const lease = fc.record({
    address: fc.oneof(fc.ipV4(), hostile),
    mac: fc.oneof(fc.constant(LEASE.mac), hostile),
    clientId: fc.option(fc.oneof(hostile, fc.constant("01:02")), { nil: undefined }),
    host: fc.option(hostile, { nil: undefined }),
    expires: fc.oneof(fc.nat(), fc.double()),
  });
  fc.assert(fc.property(fc.array(lease), (leases) => {
    const lines = leaseTable(leases).split("\n");
    assert.equal(lines.pop(), "");
    for (const line of lines) {
      assert.match(line, /^[0-9]+ [0-9a-f:-]+ [0-9.]+ [A-Za-z0-9._*-]+ (\*|[0-9a-f:]+)$/);
    }
  }));
});
