/** `dhcp run` with a real dnsmasq: its start, what it refuses, what it survives, and its end. */
import assert from "node:assert/strict";
import { isAlive, type Outcome, until } from "../integration/harness.ts";
import { dhcpCase } from "./dhcp_case.ts";
import { DhcpLan, POOL, within } from "./dhcp_lan.ts";

const LAST = "10.10.1.20";
const DNSMASQ = ["--conf-file=/dev/null", "--port=0", "--interface=eth0", "--bind-interfaces"];

/** What a second server ends with; its range, its share, and more of dnsmasq's words. */
async function second(
  lan: DhcpLan,
  { last = LAST, share = "2/2", state = "b", words = [] as string[] },
): Promise<Outcome> {
  return await lan.scratch.run([
    ...["dhcp", "run", "--pool", POOL, "--range", `10.10.1.1-${last}`, "--share", share],
    ...["--name", "b", "--state", `${lan.scratch.folder}/${state}`, "-r", "10.20.0.102"],
    ...["--timing", "fast", "--", "dnsmasq", ...DNSMASQ],
    `--dhcp-range=10.10.1.1,${last},255.255.0.0,120`,
    ...words,
  ], { within: within("s2") });
}

function pidIn(folder: string): number {
  return Number(Deno.readTextFileSync(`${folder}/dnsmasq.pid`));
}

dhcpCase(
  import.meta.url,
  "what would break safety is refused, and nobody ends for it",
  async () => {
    await using lan = await DhcpLan.make();
    const [a] = lan.servers;
    await a!.start();
    await lan.agrees(2);
    const cases: [Parameters<typeof second>[1], RegExp][] = [
      [
        { last: "10.10.1.19" },
        /error: --range 10\.10\.1\.1-10\.10\.1\.19 is not that of server dhcp1/,
      ],
      [{ share: "1/2" }, /error: --share 1\/2 is that of server dhcp1; .*partner-down dhcp1$/m],
      [{ share: "2/3" }, /error: --share 2\/3: server dhcp1 has one of 2 shares$/m],
      [{ words: ["--dhcp-authoritative"] }, /error: dnsmasq's dhcp-authoritative is for the only/],
      [
        { words: ["--dhcp-script=/bin/true"] },
        /error: the command line: dhcp-script cannot be used/,
      ],
      [{ words: ["--dhcp-option=nonsense"] }, /dnsmasq refuses its configuration: .*dhcp-option/],
    ];
    for (const [options, words] of cases) {
      const { code, stdout, stderr } = await second(lan, options);
      assert.match(stderr, words);
      assert.equal(code, 2);
      assert.equal(stdout, "");
    }
    const shared = await second(lan, { state: "dhcp1" });
    assert.match(shared.stderr, /another rserpool dhcp run uses the state directory/);
    assert.equal(shared.code, 1);
    assert(a!.running!.isRunning);
    await lan.clients[0]!.bind();
    const { stdout } = await lan.ask(1, "dhcp", "check", "--pool", POOL);
    assert.doesNotMatch(stdout, /\bb\b/, "nobody has heard of the other one");
  },
);

dhcpCase(import.meta.url, "DHCP starts from the disk when no registrar answers", async () => {
  await using lan = await DhcpLan.make({ servers: 1, clients: 1 });
  const [a] = lan.servers;
  await a!.start();
  const [client] = lan.clients;
  const address = await client!.bind();
  await until("the lease on the disk", async () => {
    return (await Deno.readTextFile(`${a!.folder}/bindings`)).includes(`"${address}"`);
  });
  await a!.kill();
  await lan.cut("r1");
  await a!.start({ agent: ["--sync-timeout", "100ms"] });
  assert.match(a!.running!.stderr, /no registrar has told the bindings within 0\.1 s/);
  assert.equal((await client!.renew()).address, address);
  await lan.heal("r1");
  await a!.running!.says(/has the bindings that registrar/);
  await lan.agrees();
});

dhcpCase(import.meta.url, "a dnsmasq that dies is started again, with all leases", async () => {
  await using lan = await DhcpLan.make({ servers: 1, clients: 1 });
  const [a] = lan.servers;
  await a!.start();
  const [client] = lan.clients;
  const address = await client!.bind();
  // dnsmasq tells of a lease once the client has it.
  await lan.knows(address);
  const pid = pidIn(a!.folder);
  Deno.kill(pid, "SIGKILL");
  await a!.running!.says(
    /error: dnsmasq has ended \(SIGKILL\); it is started again in 1 s; its own log says why/,
  );
  await a!.running!.says(/dnsmasq serves again \(died\), with 1 leases/);
  assert.notEqual(pidIn(a!.folder), pid);
  assert.equal((await client!.renew()).address, address);
});

dhcpCase(import.meta.url, "dnsmasq does not outlive its agent, and nothing is lost", async () => {
  await using lan = await DhcpLan.make({ servers: 1, clients: 1 });
  const [a] = lan.servers;
  await a!.start();
  const [client] = lan.clients;
  const address = await client!.bind();
  const pid = pidIn(a!.folder);
  await a!.killAgent();
  await until("dnsmasq's end", () => Promise.resolve(!isAlive(pid)));
  await a!.start();
  await lan.knows(address);
  assert.equal((await client!.renew()).address, address);
});

dhcpCase(import.meta.url, "a damaged file is named, and left as it is", async () => {
  await using lan = await DhcpLan.make({ servers: 2, clients: 0 });
  const folder = `${lan.scratch.folder}/b`;
  const running = second(lan, {});
  await until("its files", () => Promise.resolve(isFile(`${folder}/bindings`)));
  const pid = Number(await untilText(`${folder}/dnsmasq.pid`));
  const agent = Number((await Deno.readTextFile(`/proc/${pid}/stat`)).split(" ")[3]);
  Deno.kill(agent, "SIGTERM");
  assert.equal((await running).code, 0);
  const whole = await Deno.readTextFile(`${folder}/bindings`);
  const torn = whole.slice(0, whole.length / 2);
  await Deno.writeTextFile(`${folder}/bindings`, torn);
  const { code, stderr } = await second(lan, {});
  assert.equal(code, 1);
  assert.match(
    stderr,
    /b\/bindings is damaged: it is torn: it is not whole JSON; with a registrar/,
  );
  assert.equal(await Deno.readTextFile(`${folder}/bindings`), torn);
});

dhcpCase(import.meta.url, "SIGTERM ends it in order, SIGHUP tells nobody anything", async () => {
  await using lan = await DhcpLan.make({ servers: 1, clients: 1 });
  const [a] = lan.servers;
  await a!.start({ agent: ["-vv"] });
  const [client] = lan.clients;
  const address = await client!.bind();
  await lan.knows(address);
  await a!.running!.says(/bindings-published/);
  const { published } = a!;
  const { stderr: { length } } = a!.running!;
  a!.running!.kill("SIGHUP");
  // One that does tell something comes after all that SIGHUP brought about.
  await client!.release();
  await a!.running!.says(/the lease of .* has ended \(RELEASE\)/, length);
  await until("the release being told", () => Promise.resolve(a!.published > published));
  assert.equal(a!.published, published + 1);
  const pid = pidIn(a!.folder);
  const { code, stderr } = await a!.running!.stop();
  assert.equal(code, 0);
  assert.match(stderr, /de-registered\n.*stopped\n$/);
  assert.doesNotMatch(stderr, /what happened last is on the disk/);
  assert(!isAlive(pid));
  a!.running = undefined;
});

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function untilText(path: string): Promise<string> {
  await until(path, () => Promise.resolve(isFile(path) && Deno.statSync(path).size > 0));
  return await Deno.readTextFile(path);
}
