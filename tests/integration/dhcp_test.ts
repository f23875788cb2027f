/** `dhcp leases`, `check`, `partner-down` and `export` as processes, of real registrars. */
import assert from "node:assert/strict";
import type { Binding } from "../../mod.ts";
import { bindingOf } from "../bindings/samples.ts";
import { DhcpServer, POOL, recordOf } from "../driver/dhcp_server.ts";
import { addressOf } from "./bad_input/stage.ts";
import { type Outcome, type RegistrarAt, type Running, Scratch, until } from "./harness.ts";

type Serving = Running & { readonly at: RegistrarAt };

const LOCAL = ["--address-check", "any", "--timing", "fast"];
const QUESTION_MS = 500;
const LEASES: readonly Binding[] = [
  bindingOf({ address: "10.0.0.1", host: "laptop", clientId: "01:52:54:00:00:00:01" }),
  bindingOf({ address: "10.0.0.2", counter: 2, hardware: "52:54:00:00:00:02", host: "-x" }),
  bindingOf({ address: "10.0.0.10", counter: 3, hardware: "52:54:00:00:00:03" }),
  bindingOf({
    address: "10.0.0.9",
    counter: 4,
    state: "EXPIRED",
    transaction: "EXPIRATION",
    hardware: "52:54:00:00:00:04",
    remaining: 0,
  }),
];

/** Two registrars, a DHCP server at each, and what these say of themselves. */
class Site implements AsyncDisposable {
  readonly own = new Map<number, Binding[]>([[1, [...LEASES]], [2, [...LEASES]]]);
  private constructor(
    readonly scratch: Scratch,
    readonly registrars: readonly Serving[],
    readonly servers: DhcpServer[],
  ) {}

  static async make(leases: readonly Binding[] = LEASES): Promise<Site> {
    const scratch = await Scratch.make();
    const first = await scratch.registrar(LOCAL);
    const second = await scratch.registrar([...LOCAL, "--peer", first.at.enrp]);
    const site = new Site(scratch, [first, second], []);
    await until("the registrars having met", async () => {
      const { stdout } = await site.ask(0, "peers", "-o", "json");
      return stdout.includes(second.at.identifier);
    });
    for (const identifier of [1, 2]) await site.serve(identifier, leases);
    return site;
  }

  /** Starts a DHCP server, and waits until a registrar has its record. */
  private async serve(identifier: number, leases: readonly Binding[]): Promise<void> {
    const asap = addressOf(this.registrars[identifier - 1]!.at.asap);
    const server = new DhcpServer(identifier, [asap], {
      timing: { bindingRetryMs: 50 },
      ownTable: () => ({
        servers: [],
        bindings: this.own.get(identifier)!.toSorted((one, other) =>
          one.address.localeCompare(other.address, "en", { numeric: true })
        ),
        moreToSend: false,
      }),
    });
    this.servers.push(server);
    await server.start();
    server.publish(identifier === 1 ? leases : [], [recordOf(identifier)]);
    await server.first("published");
  }

  ask(registrar: number, ...args: readonly string[]): Promise<Outcome> {
    const where = ["--enrp-registrar", this.registrars[registrar]!.at.enrp];
    return this.scratch.run([...args, ...where]);
  }

  /** Waits until `dhcp check` ends with a code. */
  async checks(code: number, words = /^/): Promise<Outcome> {
    return await until(`dhcp check ending with ${code}`, async () => {
      const outcome = await this.ask(0, "dhcp", "check", "--timeout", `${QUESTION_MS}ms`);
      if (outcome.code === code && words.test(outcome.stdout)) return outcome;
      throw new Error(`${outcome.code}: ${outcome.stdout}${outcome.stderr}`);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.servers) await each[Symbol.asyncDispose]();
    await this.scratch[Symbol.asyncDispose]();
  }
}

Deno.test("dhcp leases and export: the same at every registrar, in every form", async () => {
  await using site = await Site.make();
  await site.checks(0);
  for (const each of [0, 1]) {
    const { code, stdout } = await site.ask(each, "dhcp", "leases");
    assert.equal(code, 0);
    const rows = stdout.trimEnd().split("\n");
    assert.match(rows[0]!, /^ADDRESS +STATE +HARDWARE +HOST +SERVER +ENDS IN$/);
    const addresses = rows.slice(1).map((row) => row.split(" ")[0]);
    assert.deepEqual(addresses, ["10.0.0.1", "10.0.0.2", "10.0.0.10"]);
    assert.match(rows[1]!, / bound +52:54:00:00:00:01 +laptop +dhcp1 +(9|10)m/);
  }
  const asked = ["dhcp", "leases", "--pool", POOL, "--state", "all", "-o", "json"];
  const { registrar, poolHandle, servers, bindings } = JSON.parse(
    (await site.ask(1, ...asked)).stdout,
  );
  assert.deepEqual([registrar.identifier, poolHandle], [site.registrars[1]!.at.identifier, POOL]);
  assert.deepEqual(servers.map(({ name, share }: Record<string, string>) => [name, share]), [
    ["dhcp1", "1/3"],
    ["dhcp2", "2/3"],
  ]);
  assert.deepEqual(bindings.map(({ state }: Record<string, string>) => state), [
    "BOUND",
    "BOUND",
    "EXPIRED",
    "BOUND",
  ]);
  const exported = await site.ask(0, "dhcp", "export");
  const lines = exported.stdout.replaceAll(/^\d{10} /gm, "T ");
  assert.equal(
    lines,
    "T 52:54:00:00:00:01 10.0.0.1 laptop 01:52:54:00:00:00:01\n" +
      "T 52:54:00:00:00:02 10.0.0.2 -x *\n" +
      "T 52:54:00:00:00:03 10.0.0.10 * *\n",
  );
  const csv = await site.ask(0, "dhcp", "export", "--as", "csv");
  assert.match(csv.stdout, /^10\.0\.0\.2,52:54:00:00:00:02,,'-x,dhcp1,\d{10}$/m);
  const json = await site.ask(0, "dhcp", "export", "--as", "json");
  assert.equal(JSON.parse(json.stdout).length, 3);
});

Deno.test("dhcp check: what one DHCP server has otherwise is found, with who says so", async () => {
  await using site = await Site.make();
  await site.checks(0, /^table +dhcp2 +4 bindings, serves, share 2\/3$/m);
  const other = bindingOf({ hardware: "52:54:00:00:00:ff" });
  site.own.set(2, [other, ...LEASES.slice(1, 3)]);
  const { stdout } = await site.checks(7, /^unreplicated +10\.0\.0\.9 .*free at dhcp2$/m);
  assert.match(stdout, /^duplicate +10\.0\.0\.1 .*:01 at .*dhcp1; 52:54:00:00:00:ff at dhcp2$/m);
  const asked = await site.ask(0, "dhcp", "check", "-o", "json");
  const { isClean, findings, registrars } = JSON.parse(asked.stdout);
  assert.deepEqual([asked.code, isClean, registrars.length], [7, false, 2]);
  const kinds = findings.map(({ kind }: Record<string, string>) => kind);
  assert.deepEqual(kinds, ["duplicate", "unreplicated", "unreplicated"]);
});

Deno.test("dhcp check: a registrar that is gone, a server that is gone", async () => {
  await using site = await Site.make();
  await site.servers[1]!.element.deregister();
  await site.servers[1]!.bindings.close();
  await site.checks(7, /^server +dhcp2 +is connected to no registrar/m);
  site.registrars[1]!.kill("SIGSTOP");
  await site.checks(7, /^registrar +registrar 0x[0-9a-f]{8} +at 127\.0\.0\.1:\d+: /m);
  site.registrars[1]!.kill("SIGCONT");
});

Deno.test("dhcp partner-down: whom, whether it may be, when, and for whom", async () => {
  await using site = await Site.make();
  await site.checks(0);
  const down = (...args: string[]) => site.ask(0, "dhcp", "partner-down", ...args);
  const unknown = await down("dhpc2");
  assert.deepEqual([unknown.code, unknown.stdout], [5, ""]);
  assert.match(
    unknown.stderr,
    /no DHCP server "dhpc2" \(did you mean dhcp[12]\?\); there are dhcp1/,
  );
  const heard = await down("dhcp2");
  assert.deepEqual([heard.code, heard.stdout], [5, ""]);
  assert.match(heard.stderr, /dhcp2 is heard .*Non-unique PE Identifier.*--force/);
  await site.servers[1]!.element.deregister();
  await site.servers[1]!.bindings.close();
  const done = await until("the registrar missing it", async () => {
    const outcome = await down("dhcp2");
    return outcome.code === 0 && outcome;
  });
  const when = /^dhcp2 +its addresses are free in 10m, at [0-9: -]+, for dhcp1$/m;
  assert.match(done.stdout, when);
  const again = await down("dhcp2", "-o", "json");
  const { server, heir, freeInSeconds, freeAt } = JSON.parse(again.stdout);
  assert.deepEqual([server, heir], ["dhcp2", "dhcp1"]);
  assert.ok(freeInSeconds > 0 && freeInSeconds <= 600, "it does not begin anew");
  assert.ok(Date.parse(freeAt) > 0);
  await site.checks(7, /^server +dhcp2 +down by an operator's word; its share is free in \d+ s$/m);
  const forced = await down("dhcp1", "--force");
  assert.match(forced.stdout, /, and nobody is there to give them$/m);
});

Deno.test("dhcp: which pool is meant is said if it must be", async () => {
  await using scratch = await Scratch.make();
  const { at } = await scratch.registrar(LOCAL);
  const ask = (...args: string[]) => scratch.run(["dhcp", ...args, "--enrp-registrar", at.enrp]);
  for (const command of [["leases"], ["check"], ["export"], ["partner-down", "dhcp1"]]) {
    const { code, stdout, stderr } = await ask(...command);
    assert.deepEqual([code, stdout], [3, ""]);
    // `check` asks all that there are.
    const who = command[0] === "check"
      ? "the registrars that answer keep"
      : `registrar ${at.identifier} keeps`;
    assert.match(stderr, new RegExp(`${who} no bindings of DHCP servers`));
  }
});

Deno.test("dhcp: a pool without bindings is told, with those that have some", async () => {
  await using site = await Site.make();
  const { code, stderr } = await site.ask(0, "dhcp", "leases", "--pool", "dhcp/lan2");
  assert.equal(code, 3);
  assert.match(stderr, /no bindings of the pool "dhcp\/lan2" \(did you mean dhcp\/lan1\?\)/);
});
