import assert from "node:assert/strict";
import {
  planRegistration,
  REGISTER_OPTIONS,
  type RegisterValues,
} from "../../cli/commands/register_options.ts";
import { formatDuration } from "../../cli/duration.ts";
import type { OptionTable } from "../../cli/option.ts";
import {
  ELEMENT_TIMERS,
  givenTimers,
  type TimerTable,
  USER_TIMERS,
} from "../../cli/timer_options.ts";
import {
  FAST_POOL_ELEMENT_TIMING,
  POOL_ELEMENT_TIMING,
  POOL_USER_TIMING,
} from "../../lib/core/mod.ts";

/** Values of `register`'s options as if these texts had been given, by key. */
function valuesOf(given: Readonly<Record<string, string | readonly string[]>>): RegisterValues {
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(REGISTER_OPTIONS as OptionTable)) {
    const texts = given[key];
    values[key] = texts === undefined ? option.fallback() : option.read([texts].flat());
  }
  return values as RegisterValues;
}

function plan(
  given: Readonly<Record<string, string | readonly string[]>>,
  args: readonly string[] = ["web"],
) {
  const before = args.length > 1 ? 1 : undefined;
  return planRegistration(valuesOf({ port: "80", ...given }), args, before);
}

Deno.test("the check is tcp with a command and none without, unless told", () => {
  const command = ["web", "server", "--flag"];
  assert.deepEqual(plan({}).check, { type: "none" });
  assert.deepEqual(plan({}, command).check, { type: "tcp" });
  assert.deepEqual(plan({}, command).command, ["server", "--flag"]);
  assert.deepEqual(plan({ protocol: "udp" }, command).check, { type: "none" });
  assert.deepEqual(plan({ check: "none" }, command).check, { type: "none" });
  assert.deepEqual(plan({ check: "http:/" }).check, { type: "http", path: "/" });
  const exec = { type: "exec", command: "true" };
  assert.deepEqual(plan({ protocol: "sctp", check: "exec:true" }).check, exec);
});

Deno.test("what does not fit together is refused", () => {
  const table: [given: Record<string, string | string[]>, message: RegExp][] = [
    [{ address: ["192.0.2.1", "192.0.2.2"] }, /tcp has one address only/],
    [{ address: ["192.0.2.1", "192.0.2.2"], protocol: "udp-lite" }, /udp-lite has one address/],
    [{ address: ["192.0.2.1", "192.0.2.1"], protocol: "sctp" }, /one is there twice/],
    [{ asap: "127.0.0.1:0", noAsap: "1" }, /--asap and --no-asap exclude each other/],
    [{ load: "exec:true" }, /policy round-robin has no load/],
    [{ load: "exec:true", policy: "priority:priority=1" }, /policy priority has no load/],
    [{ check: "tcp", protocol: "udp" }, /--check tcp connects over TCP, .* speaks udp/],
    [{ check: "http:/", protocol: "sctp" }, /--check http connects over TCP, .* speaks sctp/],
  ];
  for (const [given, message] of table) {
    assert.throws(() => plan(given), { name: "UsageError", message }, String(message));
  }
  const two = plan({ address: ["192.0.2.1", "2001:db8::1"], protocol: "sctp" });
  assert.equal(two.pool, "web");
  plan({ load: "exec:true", policy: "least-used" });
});

Deno.test("POOL stands before --, COMMAND behind it", () => {
  const values = valuesOf({ port: "80" });
  const table: [args: string[], before: number | undefined, message: RegExp][] = [
    [["web", "server"], undefined, /unexpected argument "server"; a COMMAND stands behind --/],
    [["web", "mail", "server"], 2, /unexpected argument "mail"/],
    [["web"], 1, /COMMAND is missing behind --/],
    [["web"], 0, /the pool handle must stand before --/],
  ];
  for (const [args, before, message] of table) {
    assert.throws(() => planRegistration(values, args, before), { name: "UsageError", message });
  }
  const without = valuesOf({});
  assert.throws(() => planRegistration(without, ["web"], undefined), /--port is missing/);
});

Deno.test("values of options are read, or refused with what they must be", () => {
  const good: [key: keyof RegisterValues, text: string, value: unknown][] = [
    ["lifetime", "30s", 30],
    ["lifetime", "1h", 3600],
    ["lifetime", "infinite", -1],
    ["address", "2001:DB8::1", ["2001:db8::1"]],
    ["asap", "192.0.2.1", { host: "192.0.2.1", port: 0 }],
    ["asap", "[::1]:4000", { host: "::1", port: 4000 }],
    ["id", "0x5562e917", 0x5562e917],
    ["drain", "0s", 0],
  ];
  for (const [key, text, value] of good) assert.deepEqual(valuesOf({ [key]: text })[key], value);
  const bad: [key: keyof RegisterValues, text: string, message: RegExp][] = [
    ["lifetime", "29s", /too short; it must be 30s or more/],
    ["lifetime", "30500ms", /not a whole number of seconds/],
    ["lifetime", "300", /has no unit/],
    ["lifetime", "forever", /is not a duration/],
    ["port", "0", /from 1 to 65535/],
    ["port", "65536", /from 1 to 65535/],
    ["address", "0.0.0.0", /not an address at which one service can be reached/],
    ["address", "::", /not an address at which/],
    ["address", "239.0.0.1", /not an address at which/],
    ["address", "ff02::1", /not an address at which/],
    ["address", "localhost", /is not an IPv4 address/],
    ["address", "fe80::1%eth0", /has a zone/],
    ["asap", "host:80", /has no IP address at which registrars can dial it/],
    ["checkRise", "0", /from 1 to 1000/],
    ["checkInterval", "0s", /it must be above 0/],
    ["stopTimeout", "-1s", /is not a duration/],
  ];
  for (const [key, text, message] of bad) {
    assert.throws(() => valuesOf({ [key]: text }), message, `${key} ${text}`);
  }
});

Deno.test("the timers of a pool element have the RFC's words and the library's defaults", () => {
  const given = valuesOf({
    t2Registration: "1s",
    t3Deregistration: "2s",
    t4Reregistration: "3m",
    maxRegAttempt: "4",
    t5Serverhunt: "5s",
    retranMax: "6s",
    keepAliveCycle: "7s",
  });
  assert.deepEqual(givenTimers(ELEMENT_TIMERS, given), {
    t2RegistrationMs: 1_000,
    t3DeregistrationMs: 2_000,
    t4ReregistrationMs: 180_000,
    maxRegAttempt: 4,
    t5ServerHuntMs: 5_000,
    retranMaxMs: 6_000,
    keepAliveCycleMs: 7_000,
  });
  assert.deepEqual(givenTimers(ELEMENT_TIMERS, valuesOf({})), {});
  const both = [POOL_ELEMENT_TIMING, FAST_POOL_ELEMENT_TIMING];
  assertDefaultsTold(ELEMENT_TIMERS, both);
  assertDefaultsTold(USER_TIMERS, [POOL_USER_TIMING, POOL_USER_TIMING]);
});

/** Help tells the defaults that the library has, with and without `--timing fast`. */
function assertDefaultsTold(table: TimerTable, [rfc, fast]: readonly object[]): void {
  for (const { timing, fallbackText, flags } of Object.values(table)) {
    const [one, other] = [rfc, fast].map((values) => {
      const value = (values as Record<string, number>)[timing]!;
      return flags.endsWith("<N>") ? String(value) : formatDuration(value);
    });
    assert.equal(fallbackText, one === other ? one : `${one}, with --timing fast ${other}`, flags);
  }
}
