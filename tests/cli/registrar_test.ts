/** `registrar` with a registrar that only says what was asked of it. */

import assert from "node:assert/strict";
import type { RegistrarEvent } from "../../cli/api.ts";
import { FakeRegistrar } from "./fake_registrar.ts";
import { FakeWorld, runIn } from "./fake_world.ts";
import { FAST_REGISTRAR_TIMING, REGISTRAR_TIMING } from "../../lib/core/mod.ts";
import { ListenFailed } from "../../lib/net/mod.ts";
import { REGISTRAR_OPTIONS } from "../../cli/commands/registrar_options.ts";
import { formatDuration } from "../../cli/duration.ts";

async function serve(line: string, env: Record<string, string> = {}) {
  const registrar = new FakeRegistrar();
  const world = new FakeWorld({ api: registrar.api, env });
  const serves = world.says(/serves ASAP/);
  const ended = runIn(world, `registrar ${line}`);
  await Promise.race([serves, ended]);
  return { registrar, world, ended };
}

Deno.test("it serves until SIGTERM or SIGINT, which end it in order with 0", async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const { registrar, world, ended } = await serve("");
    assert.equal(registrar.stopped, 0);
    world.signal(signal);
    assert.equal(await ended, 0);
    assert.equal(registrar.stopped, 1);
    assert.equal(world.stdoutText, "");
    assert.match(world.stderrText, new RegExp(`stopping signal=${signal}\n.*stopped\n$`, "s"));
  }
});

Deno.test("SIGHUP does not end it", async () => {
  const { registrar, world, ended } = await serve("-v");
  world.signal("SIGHUP");
  assert.equal(registrar.stopped, 0);
  assert.match(world.stderrText, /info: SIGHUP: there is nothing to reload, as security is off/);
  world.signal("SIGTERM");
  assert.equal(await ended, 0);
});

Deno.test("it listens on the loopback unless told otherwise, never where clients ask", async () => {
  const env = { RSERPOOL_REGISTRAR: "a:1", RSERPOOL_ENRP_REGISTRAR: "b:2", RSERPOOL_TIMEOUT: "x" };
  const { registrar, world, ended } = await serve("", env);
  const { onEvent: _, signal: __, ...settings } = registrar.settings[0]!;
  assert.deepEqual(settings, {
    asap: [{ host: "127.0.0.1", port: 3863 }],
    enrp: [{ host: "127.0.0.1", port: 9901 }],
    addressCheck: "observed",
    limits: { maxHandleBytes: 32 },
    timingProfile: "rfc",
    timing: {},
  });
  world.signal("SIGINT");
  await ended;
});

Deno.test("its options are the registrar's settings", async () => {
  const { registrar, world, ended } = await serve(
    "--asap 0.0.0.0 --asap [::]:0 --enrp h:7 --id 7 --address-check any --max-handle-bytes 64 " +
      "--max-bad-pe-report 0 --keep-alive-cycle 1m --keep-alive-timeout 500ms " +
      "--element-grace 20s --endpoint-dial-timeout 1s --peer-heartbeat-cycle 4s " +
      "--max-time-last-heard 9s --max-time-no-response 2s --audit-cycle 10m " +
      "--peer-redial-max 3s --handover-timeout 1500ms " +
      "--timing fast --peer h:7 --peer [::1] --peer h:7 --advertise-asap 192.0.2.1 " +
      "--advertise-enrp [2001:db8::1]:9",
  );
  const { onEvent: _, signal: __, ...settings } = registrar.settings[0]!;
  assert.deepEqual(settings, {
    asap: [{ host: "0.0.0.0", port: 3863 }, { host: "::", port: 0 }],
    enrp: [{ host: "h", port: 7 }],
    identifier: 7,
    addressCheck: "any",
    limits: { maxHandleBytes: 64 },
    mentors: [{ host: "h", port: 7 }, { host: "::1", port: 9901 }],
    advertiseAsap: { host: "192.0.2.1", port: 3863 },
    advertiseEnrp: { host: "2001:db8::1", port: 9 },
    timingProfile: "fast",
    timing: {
      maxBadPeReport: 0,
      keepAliveCycleMs: 60_000,
      keepAliveTimeoutMs: 500,
      elementGraceMs: 20_000,
      endpointDialMs: 1_000,
      peerHeartbeatCycleMs: 4_000,
      maxTimeLastHeardMs: 9_000,
      maxTimeNoResponseMs: 2_000,
      auditCycleMs: 600_000,
      peerRedialMaxMs: 3_000,
      handoverMs: 1_500,
    },
  });
  world.signal("SIGINT");
  await ended;
});

Deno.test("a single timer overrides --timing, wherever each of them was given", async () => {
  const registrar = new FakeRegistrar();
  const world = new FakeWorld({
    api: registrar.api,
    files: { "c.yaml": "registrar:\n  timing: fast\n  audit-cycle: 7m\n" },
  });
  const serves = world.says(/serves ASAP/);
  const ended = runIn(world, "registrar --config c.yaml --keep-alive-cycle 9s");
  await Promise.race([serves, ended]);
  const { timingProfile, timing } = registrar.settings[0]!;
  assert.equal(timingProfile, "fast");
  assert.deepEqual(timing, { auditCycleMs: 420_000, keepAliveCycleMs: 9_000 });
  world.signal("SIGINT");
  assert.equal(await ended, 0);
});

Deno.test("help tells the defaults that the library has", () => {
  const told = Object.values(REGISTRAR_OPTIONS).flatMap((option) =>
    "timing" in option ? [[option.timing, option.fallbackText]] : []
  );
  const keys = Object.keys(REGISTRAR_TIMING) as (keyof typeof REGISTRAR_TIMING)[];
  const expected = keys.map((key) => {
    const [rfc, fast] = [REGISTRAR_TIMING, FAST_REGISTRAR_TIMING].map((timing) =>
      key === "maxBadPeReport" ? `${timing[key]}` : formatDuration(timing[key])
    );
    return [key, rfc === fast ? rfc : `${rfc}, with --timing fast ${fast}`];
  });
  assert.deepEqual(Object.fromEntries(told), Object.fromEntries(expected));
});

Deno.test("--compat rsplib is of some peers or of all, and makes timers fast", async () => {
  const fast = { timingProfile: "fast" };
  const one = [{ host: "192.0.2.3", port: 9901 }];
  const given: Record<string, object> = {
    "--compat rsplib": { ...fast, rsplibPeers: "all" },
    "--compat rsplib=192.0.2.3": { ...fast, rsplibPeers: one, mentors: one },
    "--peer h:7 --compat rsplib=192.0.2.3 --peer 192.0.2.3 --timing rfc": {
      timingProfile: "rfc",
      rsplibPeers: one,
      mentors: [{ host: "h", port: 7 }, ...one],
    },
    "--peer h:7 --compat rsplib --arbitration smaller-wins": {
      ...fast,
      rsplibPeers: "all",
      mentors: [{ host: "h", port: 7 }],
    },
    "--arbitration smaller-wins": { timingProfile: "rfc", arbitration: "smaller-wins" },
  };
  for (const [line, expected] of Object.entries(given)) {
    const { registrar, world, ended } = await serve(line);
    const { timingProfile, rsplibPeers, arbitration, mentors } = registrar.settings[0]!;
    const told = Object.entries({ timingProfile, rsplibPeers, arbitration, mentors });
    assert.deepEqual(
      Object.fromEntries(told.filter(([, each]) => each !== undefined)),
      expected,
      line,
    );
    world.signal("SIGINT");
    await ended;
  }
});

Deno.test("timers that make no sense together are exit 2, and nothing was started", async () => {
  const wrong: Record<string, RegExp> = {
    "--max-time-last-heard 30s": /--max-time-last-heard 30s must be longer than --peer-heartbeat-c/,
    "--timing fast --peer-heartbeat-cycle 6s":
      /--max-time-last-heard 5s must be longer than .* 6s,/,
    "--timing slow": /--timing: "slow" is not one of rfc, fast/,
    "--peer h:0": /"0" is not a port/,
    "--peer 127.1": /not an IPv4 address/,
    "--advertise-enrp h:1": /"h:1" has no IP address at which others can reach one registrar/,
    "--advertise-asap 0.0.0.0": /has no IP address at which others can reach/,
    "--advertise-enrp [ff02::1]:1": /has no IP address at which others can reach/,
    "--handover-timeout 0s": /must be above 0/,
    "--compat rsplib --arbitration larger-wins": /exclude each other: a cluster has one order/,
    "--compat rsplib=h:1 --arbitration larger-wins": /exclude each other: a cluster has one order/,
    "--compat other": /"other" is not rsplib or rsplib=HOST\[:PORT\]/,
    "--compat rsplib=": /"rsplib=" is not rsplib or rsplib=HOST/,
    "--compat rsplib=127.1": /not an IPv4 address/,
    "--arbitration none": /"none" is not one of larger-wins, smaller-wins/,
  };
  for (const [line, words] of Object.entries(wrong)) {
    const registrar = new FakeRegistrar();
    const world = new FakeWorld({ api: registrar.api });
    assert.equal(await runIn(world, `registrar ${line}`), 2, line);
    assert.match(world.stderrText, words);
    assert.equal(registrar.settings.length, 0);
  }
});

Deno.test("the ready file is not there before it serves, and a signal ends the start", async () => {
  const folder = await Deno.makeTempDir();
  const registrar = new FakeRegistrar();
  registrar.seeksMentors = true;
  const world = new FakeWorld({ api: registrar.api });
  const seeks = world.says(
    /notice: asking for the handle table .*10s if all are starting: h:9901\n/,
  );
  const ended = runIn(world, `registrar -v --peer h --ready-file ${folder}/ready`);
  await seeks;
  assert.deepEqual([...Deno.readDirSync(folder)], []);
  world.signal("SIGTERM");
  assert.equal(await ended, 0);
  assert.match(world.stderrText, /stopping before it serves signal=SIGTERM\n.*stopped\n$/);
  await Deno.remove(folder);
});

Deno.test("a second signal does not wait for the hand-over", async () => {
  const { registrar, world, ended } = await serve("");
  registrar.stopping = () => new Promise(() => {});
  const stopping = world.says(/stopping signal=SIGTERM/);
  world.signal("SIGTERM");
  await stopping;
  void ended;
  assert.throws(() => world.signal("SIGTERM"), { message: "exit 143" });
});

Deno.test("the ready file is there while it serves", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/ready`;
  await Deno.writeTextFile(file, "of an earlier process");
  const { world, ended } = await serve(`--ready-file ${file}`);
  assert.deepEqual(JSON.parse(await Deno.readTextFile(file)), {
    identifier: "0x00c0ffee",
    pid: Deno.pid,
    asap: ["127.0.0.1:40001", "[::1]:40003"],
    enrp: ["127.0.0.1:40002"],
  });
  assert.match(
    world.stderrText,
    /registrar 0x00c0ffee serves ASAP on 127.0.0.1:40001, \[::1\]:40003 and ENRP on /,
  );
  world.signal("SIGTERM");
  await ended;
  assert.deepEqual([...Deno.readDirSync(folder)], []);
  await Deno.remove(folder);
});

Deno.test("a ready file that cannot be written ends it with 1, after it was stopped", async () => {
  const { registrar, world, ended } = await serve("--ready-file /dev/full");
  assert.equal(await ended, 1);
  assert.match(
    world.stderrText,
    /cannot write the ready file \/dev\/full: no space left on device\n$/,
  );
  assert.equal(registrar.stopped, 1);
});

Deno.test("an address that cannot be listened on is exit 1 and named", async () => {
  const address = { host: "::1", port: 3863 };
  const { api } = new FakeRegistrar(new ListenFailed(address, "address-in-use"));
  const world = new FakeWorld({ api });
  assert.equal(await runIn(world, "registrar"), 1);
  assert.match(world.stderrText, /cannot listen on \[::1\]:3863: the port is in use\n$/);
});

const remote = { host: "192.0.2.1", port: 5 };
const of = { poolHandle: "web", identifier: 7, association: 2, remote };

Deno.test("a registrar for other hosts that only this one can reach is warned of", async () => {
  const asap = "warning: other hosts cannot reach 127.0.0.1:3863: give --asap an address of this";
  const enrp = "warning: other hosts cannot reach 127.0.0.1:9901: give --enrp an address of this";
  const beyond = "--asap 0.0.0.0 --asap 127.0.0.1:1";
  for (
    const [line, ...warnings] of [
      ["--peer r2", asap, enrp],
      ["--announce", asap, enrp],
      [`--peer 127.0.0.1 --peer 192.0.2.1 ${beyond}`, enrp],
      [`--peer 192.0.2.1 ${beyond} --advertise-enrp 192.0.2.9:9901`],
      [`--peer 192.0.2.1 ${beyond} --enrp [::1]:7`, enrp.replace("127.0.0.1:9901", "[::1]:7")],
      ["--peer 127.0.0.1 --peer [::1]:7 --peer localhost"],
      [""],
    ] as const
  ) {
    const { world, ended } = await serve(line);
    world.signal("SIGTERM");
    assert.equal(await ended, 0);
    const said = world.stderrText.split("\n").filter((each) => each.includes("cannot reach"));
    assert.equal(said.length, warnings.length, world.stderrText);
    for (const [at, warning] of warnings.entries()) assert(said[at]!.includes(warning), said[at]);
  }
});

Deno.test("events are lines of the log, each at its level", async () => {
  const { registrar, world, ended } = await serve("--log-format json -v");
  world.stderrText = "";
  registrar.tell({ type: "association-opened", association: 2, protocol: "ASAP", remote });
  registrar.tell({ type: "unreachable-reported", ...of, reporters: 2 });
  const causes = [{ code: 5, information: new Uint8Array() }];
  registrar.tell({ type: "registration-rejected", ...of, causes, why: "round-robin \x1b[2J" });
  registrar.tell({
    type: "association-closed",
    association: 2,
    protocol: "ASAP",
    remote,
    reason: "garbage",
    detail: "it speaks HTTP",
    elements: 0,
  });
  const lines = world.stderrText.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ time: _, ...line }) => line), [
    {
      level: "info",
      event: "unreachable-reported",
      poolHandle: "web",
      identifier: "0x00000007",
      remote: "192.0.2.1:5",
      reporters: 2,
    },
    {
      level: "warning",
      event: "registration-rejected",
      poolHandle: "web",
      identifier: "0x00000007",
      remote: "192.0.2.1:5",
      causes: ["Inconsistent Pooling Policy"],
      why: "round-robin \x1b[2J",
    },
    {
      level: "warning",
      event: "association-closed",
      protocol: "ASAP",
      remote: "192.0.2.1:5",
      reason: "garbage",
      detail: "it speaks HTTP",
      elements: 0,
    },
  ]);
  assert.equal(world.stderrText.indexOf("\x1b"), -1);
  world.signal("SIGTERM");
  await ended;
});

Deno.test("a dead peer and a takeover are warnings; that all is well again is told", async () => {
  const { registrar, world, ended } = await serve("--log-format json -vv");
  world.stderrText = "";
  const address = { host: "::1", port: 9901 };
  const events: RegistrarEvent[] = [
    { type: "serving", peers: 1, elements: 7 },
    { type: "peer-connected", peer: 2, association: 5, remote: address },
    { type: "peer-unreachable", address, reason: "refused" },
    { type: "peer-suspected", peer: 2 },
    { type: "peer-dead", peer: 2, why: "silent" },
    { type: "takeover-began", target: 2, awaited: 0 },
    { type: "taken-over", target: 2, by: 0x00c0ffee, elements: 3 },
    { type: "peer-active", peer: 2 },
    { type: "peer-left", peer: 2 },
    { type: "handing-over", elements: 3, peers: 1 },
    { type: "pool-element-updated", poolHandle: "web", identifier: 7, home: 3 },
  ];
  for (const event of events) registrar.tell(event);
  const lines = world.stderrText.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ time: _, level, event, ...fields }) => [level, event, fields]),
    [
      ["info", "serving", { peers: 1, elements: 7 }],
      ["notice", "peer-connected", { peer: "0x00000002", remote: "[::1]:9901" }],
      ["warning", "peer-unreachable", { address: "[::1]:9901", reason: "refused" }],
      ["warning", "peer-suspected", { peer: "0x00000002" }],
      ["warning", "peer-dead", { peer: "0x00000002", why: "silent" }],
      ["notice", "takeover-began", { target: "0x00000002", awaited: 0 }],
      ["warning", "taken-over", { target: "0x00000002", by: "0x00c0ffee", elements: 3 }],
      ["notice", "peer-active", { peer: "0x00000002" }],
      ["notice", "peer-left", { peer: "0x00000002" }],
      ["notice", "handing-over", { elements: 3, peers: 1 }],
      ["debug", "pool-element-updated", {
        poolHandle: "web",
        identifier: "0x00000007",
        home: "0x00000003",
      }],
    ],
  );
  world.signal("SIGTERM");
  await ended;
});

Deno.test("a refusal is an error until the registrar serves, then a warning", async () => {
  const { registrar, world, ended } = await serve("--log-format json");
  world.stderrText = "";
  const refused: RegistrarEvent = {
    type: "peer-refused",
    address: { host: "::1", port: 9902 },
    refusedBy: "peer",
    identity: undefined,
    why: "w",
  };
  registrar.tell(refused);
  registrar.tell({ type: "serving", peers: 1, elements: 0 });
  registrar.tell(refused);
  const lines = world.stderrText.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map(({ level, event, address }) => [level, event, address]),
    [["error", "peer-refused", "[::1]:9902"], ["warning", "peer-refused", "[::1]:9902"]],
  );
  world.signal("SIGTERM");
  await ended;
});

Deno.test("as text, a line of the log has the time, the level and the facts", async () => {
  const { registrar, world, ended } = await serve("");
  world.stderrText = "";
  registrar.tell({ type: "unreachable-reported", ...of, reporters: 2 });
  assert.equal(world.stderrText, "", "info is not shown without -v");
  registrar.tell({ type: "deregistration-rejected", ...of, causes: [], why: "not the owner" });
  assert.match(
    world.stderrText,
    /^\d{4}-\d\d-\d\dT[\d:.]+Z warning: deregistration-rejected poolHandle=web identifier=/,
  );
  assert.match(world.stderrText, / why="not the owner"\n$/);
  world.signal("SIGTERM");
  await ended;
});

Deno.test("-q says nothing, whatever happens", async () => {
  const registrar = new FakeRegistrar();
  const world = new FakeWorld({ api: registrar.api });
  const ended = runIn(world, "registrar -q");
  await registrar.started;
  registrar.tell({ type: "deregistration-rejected", ...of, causes: [], why: "not the owner" });
  world.signal("SIGTERM");
  assert.equal(await ended, 0);
  assert.equal(world.stderrText, "");
});
