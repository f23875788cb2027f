/** `--announce` and `--discover` with real processes, on the loopback and in a network apart. */

import assert from "node:assert/strict";
import { group, LOOPBACK } from "../net/multicast_group.ts";
import { hasProgram, type Running, Scratch, until } from "./harness.ts";

const BUILT = new URL("../../dist/rserpool", import.meta.url);
const ON_ANY_PORT = ["--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0", "--announce"];

/** Options for groups that no other test uses. */
function groupOptions(): string[] {
  const [asap, enrp] = [group(), group()].map(({ host, port }) => `${host}:${port}`);
  const where = ["--multicast-interface", LOOPBACK];
  return ["--asap-group", asap!, "--enrp-group", enrp!, ...where];
}

/** A network without any other host: an interface with both families, and a way to run in it. */
class OwnNetwork {
  static readonly isPossible = hasProgram("unshare") && hasProgram("nsenter") && hasProgram("ip") &&
    new Deno.Command("unshare", { args: ["-rn", "ip", "link", "add", "d0", "type", "veth"] })
      .outputSync().success;

  private constructor(private readonly scratch: Scratch, private readonly holder: Running) {}

  static async make(scratch: Scratch): Promise<OwnNetwork> {
    const setup = `set -e; ip link set lo up; ip link add d0 type veth peer name d1
      ip addr add 192.0.2.1/24 dev d0; ip -6 addr add 2001:db8::1/64 dev d0 nodad
      ip link set d0 up; ip link set d1 up; echo ready; exec sleep infinity`;
    const holder = scratch.spawn("unshare", ["-rn", "sh", "-c", setup]);
    await holder.prints(/ready/);
    return new OwnNetwork(scratch, holder);
  }

  start(args: readonly string[]): Running {
    const enter = ["-t", String(this.holder.pid), "-U", "-n", "--preserve-credentials"];
    return this.scratch.spawn("nsenter", [...enter, decodeURIComponent(BUILT.pathname), ...args]);
  }

  async run(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.start(args).ended;
    assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
    return stdout;
  }
}

Deno.test("with --discover, every command finds a registrar with --announce", async () => {
  await using scratch = await Scratch.make();
  const groups = groupOptions();
  const registrar = scratch.serve("registrar", [...ON_ANY_PORT, ...groups]);
  const { identifier } = await registrar.ready();
  const discover = ["--discover", ...groups];
  const element = scratch.serve("register", [
    ...["web", "--port", "8081", "--check", "none", "--drain", "0s"],
    ...discover,
  ]);
  assert.equal((await element.ready()).home, identifier);
  const ask = async (...args: string[]) => {
    const outcome = await scratch.run([...args, "-o", "json", ...discover]);
    assert.equal(outcome.code, 0, outcome.stderr);
    return JSON.parse(outcome.stdout);
  };
  assert.equal((await ask("resolve", "web")).poolElements.length, 1);
  assert.equal((await ask("dump")).registrar.identifier, identifier);
  assert.equal((await ask("peers")).registrar.identifier, identifier);
  assert.equal((await scratch.run(["status", ...discover])).code, 0);
  const env = { RSERPOOL_DISCOVER: "1", RSERPOOL_REGISTRAR: "127.0.0.1:1" };
  const both = await scratch.run(["resolve", "web", ...groups, "--discover"], { env });
  assert.equal(both.code, 0, "the one that is given does not answer, the announced one does");
  assert.equal((await element.stop()).code, 0);
  assert.equal((await registrar.stop()).code, 0);
});

Deno.test("RSERPOOL_DISCOVER and groups in the environment are as good as options", async () => {
  await using scratch = await Scratch.make();
  const [, asap, , enrp] = groupOptions();
  const env = {
    RSERPOOL_DISCOVER: "true",
    RSERPOOL_ASAP_GROUP: asap!,
    RSERPOOL_ENRP_GROUP: enrp!,
    RSERPOOL_MULTICAST_INTERFACE: "lo",
  };
  const registrar = scratch.serve("registrar", ON_ANY_PORT, { env });
  const { identifier } = await registrar.ready();
  const status = await scratch.run(["status", "-o", "json"], { env });
  assert.equal(JSON.parse(status.stdout).registrar.identifier, identifier, status.stderr);
});

for (const command of ["resolve web", "dump", "peers", "status"]) {
  Deno.test(`${command} --discover with nobody there waits for --timeout: exit 4`, async () => {
    await using scratch = await Scratch.make();
    const args = [...command.split(" "), "--discover", "--timeout", "300ms", ...groupOptions()];
    const { code, stdout, stderr, tookMs } = await scratch.run(args);
    assert.deepEqual([code, stdout], [4, ""]);
    assert.equal(stderr, "rserpool: no registrar answered: no registrar announced itself\n");
    assert.ok(tookMs >= 300, `it gave up after ${tookMs} ms`);
  });
}

Deno.test("an interface that is not there is exit 1, with one line that says so", async () => {
  await using scratch = await Scratch.make();
  for (const command of [["resolve", "web", "--discover"], ["registrar", ...ON_ANY_PORT]]) {
    const { code, stderr } = await scratch.run([...command, "--multicast-interface", "none0"]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^.*cannot listen on .*: there is no interface "none0" with an address\n$/,
    );
  }
});

Deno.test("registrars with --announce find each other and become peers", async () => {
  await using scratch = await Scratch.make();
  const groups = groupOptions();
  const args = [...ON_ANY_PORT, ...groups, "--address-check", "any", "--timing", "fast"];
  const [one, other] = [scratch.serve("registrar", args), scratch.serve("registrar", args)];
  const { identifier } = await one.ready();
  const { enrp } = await other.ready();
  await until("that they are peers", async () => {
    const listed = await scratch.run(["peers", "-o", "json", "--enrp-registrar", enrp[0]!]);
    return JSON.parse(listed.stdout).peers[0]?.identifier === identifier;
  });
  assert.equal((await one.stop()).code, 0);
  assert.equal((await other.stop()).code, 0);
});

Deno.test({
  name: OwnNetwork.isPossible
    ? "in a network of its own: the usual groups and ports, over IPv4 and over IPv6"
    : "in a network of its own (skipped: no network namespace can be made here)",
  ignore: !OwnNetwork.isPossible,
  fn: async () => {
    await using scratch = await Scratch.make();
    const network = await OwnNetwork.make(scratch);
    const registrar = network.start(
      ["registrar", "--asap", "[::]:3863", "--enrp", "[::]:9901", "--announce", "-v"],
    );
    await registrar.says(/serves ASAP/);
    const element = network.start(
      ["register", "web", "--port", "80", "--check", "none", "--drain", "0s", "--discover", "-v"],
    );
    await element.says(/registered at/);
    for (const family of ["224.0.1.185", "[ff05::133]"]) {
      const only = ["--discover", "--asap-group", family, "--multicast-interface", "d0"];
      const format = ["--format", "{pool} {identifier}"];
      assert.match(await network.run(["resolve", "web", ...only, ...format]), /^web 0x/, family);
    }
    for (const family of ["239.0.0.51", "[ff05::51]"]) {
      const only = ["--discover", "--enrp-group", family, "--multicast-interface", "d0"];
      assert.match(await network.run(["status", ...only]), /yes/, family);
    }
    const linkScope = ["--asap-group", "[ff02::133]:4000", "--multicast-interface", "d0"];
    const second = network.start([
      ...["registrar", "--asap", "[::]:4863", "--enrp", "[::]:4901", "--announce", "-v"],
      ...linkScope,
    ]);
    await second.says(/serves ASAP/);
    const found = await network.start(
      ["resolve", "none", "--discover", ...linkScope, "-v"],
    ).ended;
    assert.equal(found.code, 3, found.stderr);
    assert.match(found.stderr, /registrar-announced protocol=ASAP registrar=\[2001:db8::1\]:4863/);
  },
});

Deno.test("one-shot commands do not carry the code of multicast along", async () => {
  const text = await Deno.readTextFile(BUILT);
  const quick = text.slice(0, text.lastIndexOf("\n/* The whole program:\n"));
  assert.ok(quick.length > 10_000 && quick.length < text.length / 2);
  assert.ok(!quick.includes("node:dgram"), "node:dgram is in the quick part");
});
