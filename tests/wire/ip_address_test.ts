import assert from "node:assert/strict";
import fc from "fast-check";
import ipaddr from "ipaddr.js";
import {
  comparableAddress,
  formatIpAddress,
  hex,
  isIpv6,
  isLoopback,
  isUnspecified,
  networkOf,
  parseHex,
  parseIpAddress,
} from "../../lib/wire/mod.ts";
import { ipAddress } from "./arbitraries.ts";

/** RFC 5952 §4 and §5: what is written, and how it must be written. */
const CANONICAL: readonly (readonly [written: string, canonical: string, rule: string])[] = [
  ["2001:0db8::0001", "2001:db8::1", "§4.1: Leading zeros MUST be suppressed"],
  ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1", '§4.2.1: "::" to its maximum capability'],
  ["2001:db8::0:1", "2001:db8::1", '§4.2.1: "::" to its maximum capability'],
  [
    "2001:db8::1:1:1:1:1",
    "2001:db8:0:1:1:1:1:1",
    "§4.2.2: MUST NOT shorten just one 16-bit 0 field",
  ],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1", "§4.2.3: the longest run MUST be shortened"],
  ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", "§4.2.3: the first of equal runs MUST be"],
  ["2001:DB8::AbCd", "2001:db8::abcd", "§4.3: MUST be represented in lowercase"],
  ["::FFFF:C000:020A", "::ffff:192.0.2.10", "§5: mixed notation for the mapped prefix"],
  ["::ffff:0:0", "::ffff:0.0.0.0", "§5: mixed notation for the mapped prefix"],
  ["::192.0.2.10", "::c000:20a", "§5: no other prefix is known here"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221", "§5: no other prefix is known here"],
  ["0:0:0:0:0:0:0:0", "::", "all zero"],
  ["0:0:0:0:0:0:0:1", "::1", "zeros first"],
  ["1:0:0:0:0:0:0:0", "1::", "zeros last"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", "no zeros"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", '"::" for one field'],
  ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", '"::" for one field'],
  ["0.0.0.0", "0.0.0.0", "IPv4"],
  ["255.255.255.255", "255.255.255.255", "IPv4"],
  ["192.0.2.10", "192.0.2.10", "IPv4"],
];

for (const [written, canonical, rule] of CANONICAL) {
  Deno.test(`RFC 5952 ${rule}: ${written} is ${canonical}`, () => {
    assert.equal(formatIpAddress(parseIpAddress(written)), canonical);
    assert.equal(formatIpAddress(parseIpAddress(canonical)), canonical);
  });
}

const WRONG = [
  ...["", " ", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "256.0.0.1", "1.2.3.4 "],
  ...[
    "01.2.3.4",
    "1.2.3.00",
    "0x7f.0.0.1",
    "1,2,3,4",
    "1.2.3.-4",
    "1.2.3.4/24",
    "localhost",
    "１.2.3.4",
  ],
  ...[":", ":::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "::1::", "12345::", "g::"],
  ...[
    ":1:2:3:4:5:6:7:8",
    "1:2:3:4:5:6:7:",
    "1:2:3:4:5:6:7:8::",
    "::1.2.3",
    "1.2.3.4::",
    "::1.2.3.4:5",
  ],
  ...[
    "1.2.3.4:80",
    "[::1]",
    "fe80::1%eth0",
    "::ffff:1.2.3.256",
    "1:2:3:4:5:6:7:1.2.3.4",
    "x".repeat(99),
  ],
];

for (const text of WRONG) {
  Deno.test(`IP address: ${JSON.stringify(text)} is none`, () => {
    assert.throws(() => parseIpAddress(text), SyntaxError);
  });
}

Deno.test("IP address: text and bytes stand one to one for each other", () => {
  fc.assert(
    fc.property(ipAddress, (text) => {
      const bytes = parseIpAddress(text);
      assert.equal(formatIpAddress(bytes), text);
      assert.equal(bytes.length, isIpv6(text) ? 16 : 4);
      assert.equal(hex(Uint8Array.from(ipaddr.parse(text).toByteArray())), hex(bytes));
    }),
    { numRuns: 5000 },
  );
});

Deno.test("IP address: any other number of bytes is none", () => {
  for (const length of [0, 3, 5, 15, 17]) {
    assert.throws(() => formatIpAddress(new Uint8Array(length)), RangeError);
  }
});

Deno.test("IP address: ::ffff:a.b.c.d compares as a.b.c.d, and stays itself on the wire", () => {
  assert.equal(comparableAddress("::ffff:192.0.2.10"), "192.0.2.10");
  assert.equal(comparableAddress("::ffff"), "::ffff");
  assert.equal(comparableAddress("2001:db8::1"), "2001:db8::1");
  assert.equal(comparableAddress("192.0.2.10"), "192.0.2.10");
  const bytes = parseHex("00000000000000000000ffffc000020a");
  assert.equal(hex(parseIpAddress(formatIpAddress(bytes))), hex(bytes));
});

Deno.test("IP address: loopback and unspecified ones are known in every form", () => {
  for (const address of ["127.0.0.1", "127.255.0.9", "::1", "::ffff:127.0.0.1"]) {
    assert(isLoopback(address), address);
  }
  for (const address of ["128.0.0.1", "12.7.0.1", "::2", "::ffff:10.0.0.1", "::"]) {
    assert(!isLoopback(address), address);
  }
  for (const address of ["0.0.0.0", "::", "::ffff:0.0.0.0"]) {
    assert(isUnspecified(address), address);
  }
  for (const address of ["0.0.0.1", "::1", "127.0.0.1"]) assert(!isUnspecified(address), address);
});

Deno.test("networkOf: IPv4, mapped or not, counts by its address, IPv6 by its /64", () => {
  const networks: readonly (readonly [address: string, network: string])[] = [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8::1", "2001:db8::/64"],
    ["2001:db8::2:1", "2001:db8::/64"],
    ["2001:db8:0:0:ffff::", "2001:db8::/64"],
    ["2001:db8:0:1::1", "2001:db8:0:1::/64"],
    ["::1", "::/64"],
    ["fe80::1%eth0", "fe80::/64"],
  ];
  for (const [address, network] of networks) assert.equal(networkOf(address), network, address);
});
