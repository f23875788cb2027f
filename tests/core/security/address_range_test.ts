import assert from "node:assert/strict";
import { isInRange, parseAddressRange } from "../../../lib/core/security/address_range.ts";

const INSIDE: readonly (readonly [range: string, address: string, expected: boolean])[] = [
  ["192.0.2.0/24", "192.0.2.255", true],
  ["192.0.2.0/24", "192.0.3.0", false],
  ["192.0.2.7", "192.0.2.7", true],
  ["192.0.2.7", "192.0.2.6", false],
  ["0.0.0.0/0", "203.0.113.9", true],
  ["0.0.0.0/0", "2001:db8::1", false],
  ["192.0.2.128/25", "192.0.2.127", false],
  ["192.0.2.0/24", "::ffff:192.0.2.9", true],
  ["2001:db8::/32", "2001:db8:ffff::1", true],
  ["2001:db8::/32", "2001:db9::1", false],
  ["::/0", "2001:db8::1", true],
];

for (const [range, address, expected] of INSIDE) {
  Deno.test(`address range ${range} and ${address}`, () => {
    assert.equal(isInRange(parseAddressRange(range), address), expected);
  });
}

const WRONG = [
  "",
  "192.0.2.0/33",
  "192.0.2.0/-1",
  "192.0.2.0/024",
  "192.0.2.0/24/1",
  "192.0.2.1/24",
  "192.0.2/24",
  "2001:db8::1/64",
  "2001:db8::/129",
  "web",
  "192.0.2.0/",
];

for (const text of WRONG) {
  Deno.test(`"${text}" is no address range`, () => {
    assert.throws(() => parseAddressRange(text), /SyntaxError|RangeError/);
  });
}
