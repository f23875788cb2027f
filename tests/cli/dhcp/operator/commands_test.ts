/** The operator's commands against registrars that answer in every way. */
import assert from "node:assert/strict";
import type { Observer } from "../../../../cli/api.ts";
import type { Binding, BindingServer } from "../../../../lib/wire/mod.ts";
import { bindingOf } from "../../../bindings/samples.ts";
import { recordOf } from "../../../driver/dhcp_server.ts";
import { errors, type FakeObserver, type Ran, run } from "../../fake_world.ts";

const POOL = "dhcp/lan1";
const ADDRESS = { host: "127.0.0.1", port: 9901 };
const REGISTRAR = { identifier: 0xc0ffee, address: ADDRESS };
const UNKNOWN = 0x9;
const BUSY = 0x6;
const SECURITY = 0xa;

function rejected(code: number, why = ""): Error {
  const cause = { code, information: new TextEncoder().encode(why) };
  return new errors.RequestRejected(REGISTRAR.identifier, ADDRESS, [cause]);
}

type Asking = Pick<Observer, "bindings" | "bindingTables" | "partnerDown" | "peers">;

/** A registrar with one table; `own` says what a DHCP server answers. */
function registrar(
  { servers = [recordOf(1)], bindings = [bindingOf()], ...other }: {
    readonly servers?: readonly BindingServer[];
    readonly bindings?: readonly Binding[];
    readonly own?: (server: number) => readonly Binding[];
    readonly lost?: readonly Binding[];
    readonly partnerDown?: Asking["partnerDown"];
  } = {},
): FakeObserver {
  const { own = () => bindings, lost = [], partnerDown } = other;
  const digest = { poolHandle: POOL, servers: 1, bindings: 1, digest: 0n };
  const asking: Partial<Record<keyof Asking, unknown>> = {
    peers: () => Promise.resolve({ registrar: REGISTRAR, peers: [] }),
    bindingTables: () => Promise.resolve({ registrar: REGISTRAR, tables: [digest] }),
    // deno-lint-ignore require-await -- what it throws is a rejection
    bindings: async (_: string, { server }: { server?: number }) => {
      const told = server === undefined ? bindings : own(server);
      return { registrar: REGISTRAR, servers, bindings: told, lost };
    },
    partnerDown,
  };
  return asking as FakeObserver;
}

function check(observer: FakeObserver, ...more: string[]): Promise<Ran> {
  return run(["dhcp", "check", ...more], { observer });
}

Deno.test("check: all is well at the first look, and there is no second one", async () => {
  const { code, stdout, stderr, world } = await check(registrar());
  assert.deepEqual([code, stderr, world.clock], [0, "", 0]);
  assert.match(stdout, /^table +dhcp1 +1 binding, serves, share 1\/3$/m);
});

Deno.test("check: what was on its way has come a second later", async () => {
  let looks = 0;
  const own = () => looks++ === 0 ? [] : [bindingOf()];
  const { code, world } = await check(registrar({ own }));
  assert.deepEqual([code, looks, world.clock], [0, 2, 1_000]);
});

Deno.test("check: a server that somebody else asks just now is asked again", async () => {
  let refusals = 3;
  let looks = 0;
  const own = () => {
    if (refusals-- > 0) throw rejected(BUSY);
    looks++;
    return [bindingOf()];
  };
  const { code, stdout, world } = await check(registrar({ own }));
  assert.deepEqual([code, looks], [0, 1]);
  assert.match(stdout, /^table +dhcp1 +1 binding/m);
  assert(world.clock >= 350 && world.clock <= 700, `${world.clock} ms`);
});

Deno.test("check: a server that is connected and silent is not one that is gone", async () => {
  const cases: [Error, RegExp][] = [
    [rejected(UNKNOWN), /^server +dhcp1 +is connected to no registrar/m],
    [rejected(BUSY), /^server +dhcp1 +is connected, but does not tell/m],
    [new errors.RegistrarUnreachable([]), /^server +dhcp1 +is connected, but does not tell/m],
  ];
  for (const [error, words] of cases) {
    const own = () => {
      throw error;
    };
    const { code, stdout } = await check(registrar({ own }));
    assert.equal(code, 7);
    assert.match(stdout, words);
    assert.doesNotMatch(stdout, /^registrar/m, "the registrar has answered");
  }
});

Deno.test("check: a registrar without the table is told as that", async () => {
  const observer = registrar();
  const bindings = () => Promise.reject(rejected(UNKNOWN));
  const { code, stdout } = await check({ ...observer, ...{ bindings } });
  assert.equal(code, 7);
  assert.match(stdout, /^registrar +registrar 0x00c0ffee .* keeps no bindings of this pool$/m);
});

Deno.test("check: the first registrar has no table, the next one has", async () => {
  const observer = registrar();
  let asked = 0;
  const table = { poolHandle: POOL, servers: 1, bindings: 1, digest: 0n };
  const bindingTables = () =>
    Promise.resolve({ registrar: REGISTRAR, tables: asked++ === 0 ? [] : [table] });
  const changed = { ...observer, ...{ bindingTables } };
  const named = ["--enrp-registrar", "127.0.0.1:9901", "--enrp-registrar", "192.0.2.2:9901"];
  const { code, stdout } = await check(changed, "-o", "json", ...named);
  assert.deepEqual([code, asked], [0, 2], "who has told is not asked again");
  assert.equal(JSON.parse(stdout).poolHandle, POOL);
  asked = 0;
  const other = await check(changed, "--pool", "dhcp/lan2", ...named);
  assert.equal(other.code, 3);
  assert.match(other.stderr, /no bindings of the pool "dhcp\/lan2" \(did you mean dhcp\/lan1\?\)/);
  const none = await check({ ...observer, ...{ bindingTables: () => noTables() } });
  assert.equal(none.code, 3);
  assert.match(none.stderr, /the registrars that answer keep no bindings of DHCP servers/);
});

function noTables() {
  return Promise.resolve({ registrar: REGISTRAR, tables: [] });
}

Deno.test("a registrar that lives and knows no bindings is not called silent", async () => {
  const silent = () => Promise.reject(new errors.RegistrarUnreachable([]));
  const words = /registrar 0x00c0ffee answers, but not about DHCP: it is older, or another/;
  const knowsNothing = { ...registrar(), ...{ bindingTables: silent, bindings: silent } };
  for (const line of ["dhcp leases", "dhcp check", "dhcp export", "dhcp partner-down dhcp1"]) {
    const { code, stderr } = await run(line, { observer: knowsNothing });
    assert.deepEqual([line, code], [line, 3]);
    assert.match(stderr, words);
  }
  const dead = { ...knowsNothing, ...{ peers: silent } };
  assert.equal((await run("dhcp leases", { observer: dead })).code, 4);
  const asked = await check({ ...registrar(), ...{ bindings: silent } });
  assert.equal(asked.code, 7);
  assert.match(asked.stdout, /^registrar +registrar 0x00c0ffee .*answers, but not about DHCP/m);
});

Deno.test("check: two servers of one name are two", async () => {
  const servers = [recordOf(1), recordOf(2, { name: "dhcp1", flags: ["withheld"] })];
  const own = (server: number) => server === 1 ? [bindingOf()] : [];
  const observer = registrar({ servers, own });
  const { code, stdout } = await check(observer, "-o", "json");
  assert.equal(code, 7);
  const told = JSON.parse(stdout).servers.map(({ bindings }: { bindings: number }) => bindings);
  assert.deepEqual(told, [1, 0]);
  const table = await check(observer);
  assert.match(table.stdout, /^table +dhcp1 +1 binding, serves, share 1\/3$/m);
  assert.match(table.stdout, /^table +dhcp1 +0 bindings, withheld, share 2\/3$/m);
});

Deno.test("check: what was lost is a conflict at the first look", async () => {
  const lost = [bindingOf({ hardware: "52:54:00:00:00:02" })];
  const { code, stdout, world } = await check(registrar({ lost }), "-o", "csv");
  assert.deepEqual([code, world.clock], [7, 0]);
  assert.match(stdout, /^conflict,10\.0\.0\.1,"52:54:00:00:00:02 has lost it/m);
});

Deno.test("check: a client with two addresses is a remark, exit code 0", async () => {
  const bindings = [bindingOf(), bindingOf({ address: "10.0.0.2" })];
  const { code, stdout } = await check(registrar({ bindings }), "-o", "json");
  assert.equal(code, 0);
  const { isClean, findings } = JSON.parse(stdout);
  assert.deepEqual([isClean, findings.length, findings[0].kind], [true, 1, "remark"]);
});

Deno.test("check: registrars that are named are asked, too, and each counts once", async () => {
  const named = ["--enrp-registrar", "127.0.0.1:9901", "--enrp-registrar", "192.0.2.2:9901"];
  const { code, stdout, world } = await check(registrar(), ...named, "-o", "json");
  assert.equal(code, 0);
  // Both at once to find out who there is, then each for itself.
  const asked = world.made.map(({ registrars }) => (registrars as { host: string }[]).length);
  assert.deepEqual(asked, [2, 1, 1]);
  assert.equal(JSON.parse(stdout).registrars.length, 1, "both were the same one");
});

Deno.test("check: -q is the exit code alone", async () => {
  const { code, stdout, stderr } = await check(registrar({ own: () => [] }), "-q");
  assert.deepEqual([code, stdout, stderr], [7, "", ""]);
});

Deno.test("partner-down: refusals have the registrar's words and their exit codes", async () => {
  const cases: [number, string, number, RegExp][] = [
    [0x4, "dhcp1 is heard", 5, /dhcp1 is heard .*Non-unique PE Identifier.*--force/],
    [SECURITY, "only this host may say so", 6, /refuses: only this host may say so/],
    [0x3, "leases are for ever", 5, /refuses: leases are for ever/],
    [0x3, "\x1b[2Jcleared", 5, /refuses: .*cleared/],
  ];
  for (const [cause, why, expected, words] of cases) {
    const partnerDown = () => Promise.reject(rejected(cause, why));
    const observer = registrar({ partnerDown });
    const { code, stdout, stderr } = await run("dhcp partner-down dhcp1", { observer });
    assert.deepEqual([code, stdout], [expected, ""]);
    assert.match(stderr, words);
    assert.ok(!stderr.includes("\x1b"), "nothing that a terminal obeys");
  }
});

Deno.test("partner-down: the name is said, and force only if it was asked for", async () => {
  const said: unknown[] = [];
  const partnerDown: Asking["partnerDown"] = (pool, name, { force } = {}) => {
    said.push([pool, name, force]);
    const server = recordOf(1, { flags: ["down"], freeIn: 600 });
    return Promise.resolve({ registrar: REGISTRAR, server });
  };
  const servers = [recordOf(1), recordOf(2)];
  const observer = registrar({ servers, partnerDown });
  const { stdout } = await run("dhcp partner-down dhcp1", { observer });
  assert.match(stdout, /^dhcp1 +its addresses are free in 10m, at .*, for dhcp2$/m);
  await run("dhcp partner-down dhcp1 --force -o json", { observer });
  assert.deepEqual(said, [[POOL, "dhcp1", false], [POOL, "dhcp1", true]]);
});

Deno.test("partner-down: of two servers with one name neither is meant", async () => {
  let said = 0;
  const partnerDown: Asking["partnerDown"] = () => {
    said++;
    const server = recordOf(1, { flags: ["down"], freeIn: 600 });
    return Promise.resolve({ registrar: REGISTRAR, server });
  };
  const servers = [recordOf(1), recordOf(2, { name: "dhcp1" }), recordOf(3)];
  const observer = registrar({ servers, partnerDown });
  const { code, stdout, stderr } = await run("dhcp partner-down dhcp1 --force", { observer });
  assert.deepEqual([code, stdout, said], [5, "", 0]);
  assert.match(stderr, /shares 1\/3 and 2\/3 are all called dhcp1: .*--name/);
  const former = [recordOf(1, { flags: ["down"] }), ...servers.slice(1)];
  const again = await run("dhcp partner-down dhcp1", {
    observer: registrar({ servers: former, partnerDown }),
  });
  assert.deepEqual([again.code, said], [0, 1], "who is down already is not meant");
});

Deno.test("export --as dnsmasq: who has no hardware address is left out, with a word", async () => {
  const bindings = [bindingOf({ hardware: undefined, clientId: "00:aa" })];
  const { code, stdout, stderr } = await run("dhcp export", { observer: registrar({ bindings }) });
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr, /warning: left out, .*: 1$/m);
});

Deno.test("leases -o json: the keys of docs/dhcp.md", async () => {
  const { stdout } = await run("dhcp leases -o json", { observer: registrar() });
  const text = await Deno.readTextFile(new URL("../../../../docs/dhcp.md", import.meta.url));
  const [, example] = /### 9\.1[^]*?```json\n([^]*?)```/.exec(text)!;
  const keysOf = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(keysOf)
      : value !== null && typeof value === "object"
      ? Object.entries(value).map(([key, each]) => [key, keysOf(each)])
      : "";
  assert.deepEqual(keysOf(JSON.parse(stdout)), keysOf(JSON.parse(example!)));
});
