/** Ranges, shares, and who may give an address to a new client. docs/dhcp.md §3. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  addressNumber,
  AddressRange,
  addressText,
  hasFlag,
  isFreed,
  isSensible,
  MAX_RANGE_ADDRESSES,
  MAX_SHARES,
  ownerOf,
  required,
  type StoredServer,
} from "../../lib/bindings/mod.ts";
import { FIRST, LAST, serverOf } from "./samples.ts";

const NOW = 1_000_000;
const FREE_AT = NOW + 600_000;
const down = { flags: ["down"], freeAt: FREE_AT } as const;

Deno.test("addresses are numbers and back", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 0xffffffff }), (number) => {
    assert.equal(addressNumber(addressText(number)), number);
  }));
  assert.equal(addressNumber("10.0.0.1"), 0x0a000001);
  assert.equal(addressNumber("255.255.255.255"), 0xffffffff);
  assert.throws(() => addressNumber("::1"), /it must be IPv4/);
  assert.throws(() => addressNumber("10.0.0"));
});

Deno.test("a range has 1 to MAX_RANGE_ADDRESSES addresses", () => {
  const first = addressNumber("10.0.0.0");
  const lastOf = (size: number) => addressText(first + size - 1);
  assert.equal(new AddressRange("10.0.0.0", lastOf(1)).size, 1);
  const largest = new AddressRange("10.0.0.0", lastOf(MAX_RANGE_ADDRESSES));
  assert.equal([...largest.addresses()].length, MAX_RANGE_ADDRESSES);
  const tooMany = lastOf(MAX_RANGE_ADDRESSES + 1);
  assert.throws(() => new AddressRange("10.0.0.0", tooMany), /must have 1 to 16384 addresses/);
  assert.throws(() => new AddressRange(LAST, FIRST), RangeError);
  assert.equal(isSensible(serverOf(1, { last: addressText(0x0a000000 + 16_384) })), true);
  assert.equal(isSensible(serverOf(1, { last: addressText(0x0a000000 + 16_385) })), false);
});

Deno.test("shares are runs: each address is in one, of nearly equal size, none beyond", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 300 }),
    fc.integer({ min: 1, max: MAX_SHARES }),
    (size, shares) => {
      const range = new AddressRange("10.0.0.1", addressText(0x0a000000 + size));
      const each = [...range.addresses()].map((address) => range.shareOf(address, shares));
      assert.deepEqual(each, each.toSorted((one, other) => one - other));
      assert(each.every((share) => share >= 1 && share <= shares));
      const largest = Math.ceil(size / shares);
      for (let share = 1; share <= shares; share++) {
        assert(each.filter((one) => one === share).length <= largest);
      }
    },
  ));
  assert.equal(isSensible(serverOf(1, { share: MAX_SHARES, shares: MAX_SHARES })), true);
  assert.equal(isSensible(serverOf(1, { share: 1, shares: MAX_SHARES + 1 })), false);
});

const three = (...changes: (Partial<StoredServer> | undefined)[]) =>
  [1, 2, 3].flatMap((at) => {
    const change = changes[at - 1];
    return change === undefined ? [] : [serverOf(at, change)];
  });
/** An address of each share. */
const OF = { 1: "10.0.0.1", 2: "10.0.0.5", 3: "10.0.0.9" } as const;

Deno.test("an address is its share's server's to give, also of one that is silent", () => {
  const servers = three({}, {}, {});
  for (const [share, address] of Object.entries(OF)) {
    assert.equal(ownerOf(address, servers, NOW), Number(share));
    assert.equal(ownerOf(address, servers.toReversed(), NOW), Number(share));
  }
  assert.equal(ownerOf(FIRST, [], NOW), undefined);
});

Deno.test("one that is down: its share is nobody's until it is free, then the next one's", () => {
  const servers = three({}, down, {});
  assert.equal(ownerOf(OF[2], servers, FREE_AT - 1), undefined);
  assert.equal(ownerOf(OF[2], servers, FREE_AT), 3);
  assert.equal(ownerOf(OF[1], servers, FREE_AT), 1);
  const last = three({}, {}, down);
  assert.equal(ownerOf(OF[3], last, FREE_AT), 1, "the next of the last is the first");
  const two = three({}, down, down);
  for (const address of Object.values(OF)) assert.equal(ownerOf(address, two, FREE_AT), 1);
  const late = three({}, down, { flags: ["down"], freeAt: FREE_AT + 1 });
  assert.equal(ownerOf(OF[2], late, FREE_AT), undefined, "who is next is not known to be gone");
  assert.equal(ownerOf(OF[1], three(down, down, down), FREE_AT), undefined);
});

Deno.test("a share that never had a server is nobody's, and what follows it goes on", () => {
  assert.equal(ownerOf(OF[2], three({}, undefined, {}), NOW), undefined);
  assert.equal(ownerOf(OF[1], three(down, undefined, {}), FREE_AT), 3);
});

Deno.test("a share with one that is down and its successor is the successor's", () => {
  const servers = [...three({}, down, {}), serverOf(5)];
  assert.equal(ownerOf(OF[2], servers, NOW), 5);
  const both = [...three({}, down, {}), serverOf(5, { ...down, freeAt: FREE_AT + 1 })];
  assert.equal(ownerOf(OF[2], both, FREE_AT), undefined);
  assert.equal(ownerOf(OF[2], both, FREE_AT + 1), 3);
});

Deno.test("whose word is needed: all, until they are freed", () => {
  const servers = three({}, down, { flags: ["withheld"] });
  assert.deepEqual(required(servers, FREE_AT - 1), [1, 2, 3]);
  assert.deepEqual(required(servers, FREE_AT), [1, 3]);
  assert.deepEqual(servers.map((each) => isFreed(each, FREE_AT)), [false, true, false]);
  assert.equal(isFreed(serverOf(1, { flags: ["down"], freeAt: Infinity }), 1e15), false);
  assert.equal(hasFlag(servers[2]!, "withheld"), true);
});
