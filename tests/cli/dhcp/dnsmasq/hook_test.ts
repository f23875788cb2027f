import assert from "node:assert/strict";
import { AGENT_VARIABLE, HOOK_FILES, writeHook } from "../../../../cli/dhcp/dnsmasq/hook.ts";
import { MAX_CLIENT_ID_BYTES, MAX_HOST_LENGTH } from "../../../../cli/dhcp/dnsmasq/limits.ts";
import { Spool } from "../../../../cli/dhcp/dnsmasq/spool.ts";
import { hasProgram } from "../../../integration/harness.ts";

interface Ran {
  readonly code: number;
  readonly out: string;
}

async function inState(work: (directory: string, hook: string) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${directory}/${HOOK_FILES.spool}`);
    await work(directory, await writeHook(directory));
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function run(hook: string, args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const { code, stdout } = await new Deno.Command(hook, { args, env, stderr: "null" }).output();
  return { code, out: new TextDecoder().decode(stdout) };
}

const BOUND = { DNSMASQ_LEASE_EXPIRES: "1800000000", DNSMASQ_TIME_REMAINING: "120" };
const MAC = "aa:bb:cc:00:00:07";

/** What the spool has after one run of the hook. */
async function spooled(args: string[], env: Record<string, string> = BOUND) {
  const found: unknown[] = [];
  await inState(async (directory, hook) => {
    assert.deepEqual(await run(hook, args, env), { code: 0, out: "" });
    const spool = await Spool.open(directory, (warning) => found.push(warning));
    found.push(...(await spool.take()).map(({ event }) => event));
    spool.close();
  });
  return found;
}

Deno.test("init prints the table; without one dnsmasq does not start", async () => {
  await inState(async (directory, hook) => {
    assert.equal((await run(hook, ["init"])).code, 1);
    await Deno.writeTextFile(`${directory}/${HOOK_FILES.table}`, "0 aa 192.0.2.1 * *\n");
    assert.deepEqual(await run(hook, ["init"]), { code: 0, out: "0 aa 192.0.2.1 * *\n" });
  });
});

Deno.test("an event is in the spool when the hook ends", async () => {
  const env = { ...BOUND, DNSMASQ_CLIENT_ID: "01:0a" };
  const lease = {
    address: "192.0.2.7",
    mac: MAC,
    clientId: "01:0a",
    host: "printer",
    expires: 1_800_000_000,
  };
  for (const action of ["add", "old", "del"] as const) {
    const expected = [{ action, lease, remaining: 120 }];
    assert.deepEqual(await spooled([action, MAC, "192.0.2.7", "printer"], env), expected);
  }
});

Deno.test("a lease without host, client identifier and end is one, too", async () => {
  const lease = {
    address: "192.0.2.7",
    mac: MAC,
    clientId: undefined,
    host: undefined,
    expires: 0,
  };
  const env = { DNSMASQ_LEASE_EXPIRES: "0" };
  assert.deepEqual(await spooled(["add", MAC, "192.0.2.7"], env), [
    { action: "add", lease, remaining: undefined },
  ]);
});

Deno.test("what could do harm is left out, the event stays", async () => {
  const cases: [string, Record<string, string>][] = [
    ["a b", {}],
    ["a\nb", {}],
    ["$(touch x)", {}],
    ["%s%n", {}],
    ["a'b", {}],
    ["é", {}],
    ["a".repeat(MAX_HOST_LENGTH + 1), {}],
    ["", { DNSMASQ_CLIENT_ID: "01 02" }],
    ["", { DNSMASQ_CLIENT_ID: "01:02:" }],
    ["", { DNSMASQ_CLIENT_ID: "`id`" }],
    ["", { DNSMASQ_CLIENT_ID: Array(MAX_CLIENT_ID_BYTES + 1).fill("01").join(":") }],
    ["", { DNSMASQ_TIME_REMAINING: "1; 2" }],
  ];
  const lease = {
    address: "192.0.2.7",
    mac: MAC,
    clientId: undefined,
    host: undefined,
    expires: 1_800_000_000,
  };
  for (const [host, env] of cases) {
    const found = await spooled(["add", MAC, "192.0.2.7", host], { ...BOUND, ...env });
    assert.equal(found.length, 1, host);
    assert.deepEqual((found[0] as { lease: unknown }).lease, lease);
  }
});

Deno.test("what is no lease of DHCPv4 leaves nothing", async () => {
  for (const action of ["arp-add", "arp-del", "tftp", "relay-snoop", "new-one"]) {
    assert.deepEqual(await spooled([action, MAC, "192.0.2.7"]), []);
  }
  assert.deepEqual(await spooled(["add", MAC, "2001:db8::7"]), []);
  assert.deepEqual(await spooled(["add", MAC, "192.0.2.7"], { ...BOUND, DNSMASQ_IAID: "1" }), []);
  // The first half of a change of the host name: dnsmasq tells the lease once more.
  const renamed = { ...BOUND, DNSMASQ_OLD_HOSTNAME: "was" };
  assert.deepEqual(await spooled(["old", MAC, "192.0.2.7"], renamed), []);
});

Deno.test("what dnsmasq tells of its table at its start is no news, changes are", async () => {
  await inState(async (directory, hook) => {
    const table = `1800000000 ${MAC} 192.0.2.1 host 01:02\n1800000000 ${MAC} 192.0.2.11 * *\n`;
    await Deno.writeTextFile(`${directory}/${HOOK_FILES.table}`, table);
    const env = { ...BOUND, DNSMASQ_DATA_MISSING: "1" };
    const known = { ...env, DNSMASQ_CLIENT_ID: "01:02" };
    await run(hook, ["old", MAC, "192.0.2.1", "host"], known);
    await run(hook, ["old", MAC, "192.0.2.11"], env);
    await run(hook, ["old", MAC, "192.0.2.11"], { ...env, DNSMASQ_LEASE_EXPIRES: "1800000001" });
    await run(hook, ["old", MAC, "192.0.2.1"], known);
    await run(hook, ["old", MAC, "192.0.2.1", "host"], env);
    await run(hook, ["old", MAC, "192.0.2.1", "host"], { ...BOUND, DNSMASQ_CLIENT_ID: "01:02" });
    await run(hook, ["del", MAC, "192.0.2.1", "host"], known);
    const spool = await Spool.open(directory);
    const told = (await spool.take()).map(({ event: { action, lease } }) =>
      `${action} ${lease.address} ${lease.expires}`
    );
    spool.close();
    assert.deepEqual(told, [
      "old 192.0.2.11 1800000001",
      ...Array(3).fill("old 192.0.2.1 1800000000"),
      "del 192.0.2.1 1800000000",
    ]);
  });
});

Deno.test("a placeholder at the start is no news; whatever becomes of it is", async () => {
  await inState(async (directory) => {
    const hook = await writeHook(directory, "02:00:00:00:00:AA");
    const placeholder = "02:00:00:00:00:aa";
    const endless = { DNSMASQ_LEASE_EXPIRES: "0" };
    await run(hook, ["old", placeholder, "192.0.2.1"], endless);
    await run(hook, ["add", placeholder, "192.0.2.2"], endless);
    await run(hook, ["del", placeholder, "192.0.2.3"], endless);
    await run(hook, ["old", placeholder, "192.0.2.4"], BOUND);
    await run(hook, ["old", placeholder, "192.0.2.5"], { ...endless, DNSMASQ_CLIENT_ID: "01" });
    await run(hook, ["old", MAC, "192.0.2.6"], endless);
    const spool = await Spool.open(directory);
    const told = (await spool.take()).map(({ event }) => event.lease.address.at(-1));
    spool.close();
    assert.deepEqual(told, ["2", "3", "4", "5", "6"]);
  });
});

Deno.test("a directory that dnsmasq's shell would not take is refused", async () => {
  for (const directory of ["relative", "/a b", "/a'b", "/a$(id)", "/a\nb"]) {
    await assert.rejects(writeHook(directory), /must be an absolute path of letters/);
  }
});

Deno.test({
  name: "the hook stands the shells that a system may have as /bin/sh",
  ignore: !hasProgram("bash") || !hasProgram("busybox"),
}, async () => {
  for (const shell of [["bash", "--posix"], ["busybox", "sh"], ["sh"]]) {
    await inState(async (directory, hook) => {
      const [command = "", ...args] = [...shell, hook, "add", MAC, "192.0.2.7", "a b"];
      const { code } = await new Deno.Command(command, { args, env: BOUND }).output();
      assert.equal(code, 0);
      const spool = await Spool.open(directory);
      assert.equal((await spool.take()).length, 1, command);
      spool.close();
    });
  }
});

/** A dnsmasq and its helper, of which only the family counts. */
async function family(agent: "us" | "nobody", action: string): Promise<string> {
  let ended = "";
  await inState(async (directory, hook) => {
    const helper = `"${hook}" ${action} ${MAC} 192.0.2.7; exit 0`;
    const main =
      `echo $$ >"${directory}/${HOOK_FILES.pid}"; sh -c '${helper}'; echo went on; exit 0`;
    const child = new Deno.Command("sh", {
      args: ["-c", main],
      env: { ...BOUND, [AGENT_VARIABLE]: agent === "us" ? String(Deno.pid) : "1" },
      stdout: "piped",
      stderr: "null",
    });
    const { stdout, signal } = await child.output();
    ended = signal ?? new TextDecoder().decode(stdout).trim();
  });
  return ended;
}

Deno.test({
  name: "an event that no agent sees stops dnsmasq, when it is on the disk",
  ignore: Deno.build.os !== "linux",
}, async () => {
  assert.equal(await family("us", "del"), "went on");
  assert.equal(await family("us", "add"), "went on");
  assert.equal(await family("nobody", "add"), "SIGTERM");
  assert.equal(await family("nobody", "del"), "SIGTERM");
});

Deno.test("an event that cannot be written is tried again until it can", async () => {
  await inState(async (directory, hook) => {
    const events = `${directory}/${HOOK_FILES.spool}/${HOOK_FILES.events}`;
    await Deno.mkdir(events);
    const ran = run(hook, ["add", MAC, "192.0.2.7"], BOUND);
    await Deno.remove(events);
    assert.equal((await ran).code, 0);
    const spool = await Spool.open(directory);
    assert.equal((await spool.take()).length, 1);
    spool.close();
  });
});
