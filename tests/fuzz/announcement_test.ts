/** Any datagrams, from anywhere: discovery takes them without a throw, and stays bounded. */

import assert from "node:assert/strict";
import fc from "fast-check";
import {
  ClientDiscovery,
  DEFAULT_LIMITS,
  type Discovery,
  DISCOVERY_TIMING,
  encodePresence,
  encodeServerAnnounce,
  type HintCommand,
  type PeerHintCommand,
  type ProtocolName,
  RegistrarDiscovery,
} from "../../lib/core/mod.ts";
import { seededRandom } from "../../lib/handlespace/mod.ts";
import { isLoopback, isUnspecified } from "../../lib/wire/mod.ts";

const limits = { ...DEFAULT_LIMITS, maxHints: 12, maxHintsPerSource: 4, maxCountedAnnouncers: 6 };
const octet = fc.nat(255);
const host = fc.oneof(
  fc.tuple(octet, octet, octet, octet).map((parts) => parts.join(".")),
  fc.constantFrom("127.0.0.1", "::1", "::", "0.0.0.0", "ff02::1", "fe80::1", "2001:db8::1"),
  fc.constantFrom("::ffff:127.0.0.1", "::ffff:224.0.0.1", "255.255.255.255", "not an address"),
);
const port = fc.nat(65_535);
const dialled = fc.record({ host: host.filter((each) => !each.includes(" ")), port });
const right = fc.oneof(
  fc.tuple(fc.nat(9), fc.array(dialled, { maxLength: 6 }))
    .map(([identifier, addresses]) => encodeServerAnnounce(identifier, addresses)),
  fc.tuple(fc.nat(9), dialled).map(([identifier, address]) => encodePresence(identifier, address)),
);
/** Right ones with a byte changed, cut off, or something behind them; and any bytes at all. */
const datagram = fc.oneof(
  right,
  fc.tuple(right, fc.nat(200), octet).map(([bytes, at, byte]) => {
    const changed = bytes.slice();
    changed[at % changed.length] = byte;
    return changed;
  }),
  fc.tuple(right, fc.nat(200)).map(([bytes, length]) => bytes.slice(0, length)),
  fc.tuple(right, fc.uint8Array({ maxLength: 9 }))
    .map(([bytes, more]) => new Uint8Array([...bytes, ...more])),
  fc.uint8Array({ maxLength: 80 }),
);
const protocol = fc.constantFrom<ProtocolName[]>("ASAP", "ENRP");
const story = fc.array(
  fc.record({
    bytes: datagram,
    protocol,
    source: fc.record({ host, port }),
    pauseMs: fc.oneof(fc.nat(20), fc.nat(20_000)),
  }),
  { maxLength: 60 },
);

function play<Command>(
  discovery: Discovery<Command>,
  steps: readonly {
    bytes: Uint8Array;
    protocol: ProtocolName;
    source: { host: string; port: number };
    pauseMs: number;
  }[],
  onCommand: (command: Command, source: string) => void,
): void {
  let now = 0;
  for (const { bytes, protocol, source, pauseMs } of steps) {
    discovery.hear(protocol, bytes, source, now);
    const end = now + pauseMs;
    for (let turns = 0;; turns++) {
      for (let output = discovery.poll(); output; output = discovery.poll()) {
        if (output.type === "command") onCommand(output.command, source.host);
      }
      const deadline = discovery.deadline();
      if (deadline === undefined || deadline > end) break;
      assert.ok(turns < 1_000, "it turns in a circle");
      now = Math.max(now, deadline);
      discovery.onDeadline(now);
    }
    now = end;
  }
}

function requireDialable(address: { host: string; port: number }): void {
  assert.ok(address.port > 0);
  assert.ok(!isUnspecified(address.host) && !/^(0|22[4-9]|2[3-5]\d)\./.test(address.host));
  // ff00::/8 and fe80::/10: groups, and hosts of one link that is not named.
  assert.ok(!/^(ff|fe[89ab])[0-9a-f]{2}:/.test(address.host), address.host);
}

Deno.test("fuzz: a client's hints are addresses of hosts, and never more than maxHints", () => {
  fc.assert(
    fc.property(story, protocol, fc.nat(), (steps, spoken, seed) => {
      const options = { timing: DISCOVERY_TIMING, limits, random: seededRandom(seed) };
      const live = new Map<string, number>();
      play<HintCommand>(new ClientDiscovery(spoken, options), steps, (command, source) => {
        const { host, port } = command.registrar;
        const key = `${host} ${port}`;
        if (command.type === "hint-outdated") {
          assert.ok(live.delete(key), `${key} was no hint`);
          return;
        }
        requireDialable(command.registrar);
        if (isLoopback(host)) assert.ok(isLoopback(source), "loopback from elsewhere");
        assert.ok(command.isConfirmed || !live.has(key), `${key} is a hint already`);
        live.set(key, 1);
        assert.ok(live.size <= limits.maxHints);
      });
    }),
    { numRuns: 400 },
  );
});

Deno.test("fuzz: a registrar is told of addresses of hosts only, one at a time", () => {
  fc.assert(
    fc.property(story, fc.nat(), (steps, seed) => {
      const options = { timing: DISCOVERY_TIMING, limits, random: seededRandom(seed) };
      const discovery = new RegistrarDiscovery(3, options, 0);
      let told = 0;
      play<PeerHintCommand>(discovery, steps, ({ enrp }) => {
        requireDialable(enrp);
        told++;
      });
      const lasted = steps.reduce((sum, { pauseMs }) => sum + pauseMs, 0);
      assert.ok(told <= 1 + lasted / DISCOVERY_TIMING.hintCycleMs);
    }),
    { numRuns: 400 },
  );
});
