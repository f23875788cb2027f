/** Any bytes, from anywhere: `dns` answers or does not, without a throw, within its bounds. */

import { decode } from "@dnsquery/dns-packet";
import assert from "node:assert/strict";
import fc from "fast-check";
import { DNS_LIMITS } from "../../cli/dns/limits.ts";
import { queryOf } from "../cli/dns/messages.ts";
import { element, openHouse } from "../cli/dns/pools.ts";

const name = fc.constantFrom(
  "web.pool.internal",
  "_web._tcp.pool.internal",
  "00000001.web.pool.internal",
  "nobody.pool.internal",
  "pool.internal",
  "x--zone.pool.internal",
  "x--atim4.pool.internal",
  "example.com",
);
const type = fc.constantFrom("A", "AAAA", "SRV", "ANY", "SOA", "NS", "TXT", "AXFR", "OPT");
const edns = fc.option(
  fc.record({
    size: fc.nat(65_535),
    version: fc.constantFrom(0, 0, 0, 1, 255),
    flags: fc.nat(65_535),
  }),
  { nil: undefined },
);
const right = fc.tuple(name, type, edns).map(([name, type, edns]) => queryOf(name, type, { edns }));
const octet = fc.nat(255);
/** Right ones with bytes changed, cut off, or something behind them; pointers; any bytes at all. */
const message = fc.oneof(
  right,
  fc.tuple(right, fc.array(fc.tuple(fc.nat(99), octet), { maxLength: 4 })).map(([bytes, all]) => {
    const changed = bytes.slice();
    for (const [at, byte] of all) changed[at % changed.length] = byte;
    return changed;
  }),
  fc.tuple(right, fc.nat(99)).map(([bytes, length]) => bytes.slice(0, length)),
  fc.tuple(right, fc.uint8Array({ maxLength: 40 }), fc.nat(9)).map(([bytes, more, count]) => {
    const longer = new Uint8Array([...bytes, ...more]);
    longer[11] = count;
    return longer;
  }),
  fc.tuple(right, fc.nat(300)).map(([bytes, pointers]) => {
    const looped = [...bytes, ...Array.from({ length: pointers }, () => [0xc0, 12]).flat()];
    looped[11] = 3;
    return new Uint8Array(looped);
  }),
  fc.uint8Array({ maxLength: 80 }),
  fc.uint8Array({ maxLength: 5_000, size: "max" }),
);

Deno.test("whatever comes, what goes out can be read, fits, and has the same id", async () => {
  const { responder, user, errors } = openHouse();
  user.put("web", [1, 2, 3].map((id) => element(id)));
  user.put("Web", [element(4)]);
  await fc.assert(
    fc.asyncProperty(
      message,
      fc.constantFrom("udp" as const, "tcp" as const),
      async (bytes, way) => {
        const answer = await responder.respond(bytes, way);
        if (answer === undefined) return;
        assert.ok(answer.length >= 12);
        assert.ok(answer.length <= (way === "udp" ? DNS_LIMITS.maxUdpBytes : 65_535));
        assert.deepEqual([...answer.slice(0, 2)], [...bytes.slice(0, 2)]);
        assert.equal(answer[2]! & 0x80, 0x80);
        decode(answer);
        assert.equal(await responder.respond(answer, way), undefined);
      },
    ),
    { numRuns: 5_000 },
  );
  assert.deepEqual(errors, []);
});
