/** The unit of `dhcp run`: what it allows is enough for dnsmasq, its hook and its agent. */
import assert from "node:assert/strict";
import { checkDnsmasq } from "../../cli/dhcp/dnsmasq/check.ts";
import { readConfiguration } from "../../cli/dhcp/dnsmasq/configuration.ts";
import { hasProgram, Scratch, until } from "../integration/harness.ts";
import { allowedCalls, callsOf } from "../integration/packages/system_calls.ts";
import { dhcpCase } from "./dhcp_case.ts";
import { DhcpLan } from "./dhcp_lan.ts";

const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname);
const PACKAGING = `${ROOT}packaging/systemd`;
const UNIT = await Deno.readTextFile(`${PACKAGING}/rserpool-dhcp@.service`);

function wordsOf(setting: string): string[] {
  const lines = UNIT.matchAll(new RegExp(`^${setting}=(.*)$`, "gm"));
  return [...lines].flatMap(([, words]) => words!.split(" "));
}

/** The only capabilities from now on, as CapabilityBoundingSet= leaves them. */
function boundingSet(): string {
  const names = wordsOf("CapabilityBoundingSet").map((name) => name.slice(4).toLowerCase());
  return ["-all", ...names.map((name) => `+${name}`)].join(",");
}

if (hasProgram("strace") && hasProgram("systemd-analyze")) {
  dhcpCase(import.meta.url, "its unit refuses nothing that dnsmasq asks for", async () => {
    await using lan = await DhcpLan.make({ servers: 1, clients: 1 });
    const [a] = lan.servers;
    const file = `${lan.scratch.folder}/calls`;
    const strace = ["strace", "-f", "-s", "256", "-o", file];
    await a!.start({ behind: ["setpriv", "--bounding-set", boundingSet(), ...strace] });
    const address = await lan.clients[0]!.bind();
    await until("the lease", async () => (await lan.leases(1)).has(address));
    const pid = Number(await Deno.readTextFile(`${a!.folder}/dnsmasq.pid`));
    const agent = Number((await Deno.readTextFile(`/proc/${pid}/stat`)).split(" ")[3]);
    Deno.kill(agent, "SIGTERM");
    const { code, stderr } = await a!.running!.ended;
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /warning|error/);
    const trace = await Deno.readTextFile(file);
    assert.deepEqual([...callsOf(trace).difference(allowedCalls(UNIT))], []);
    const families = [...trace.matchAll(/ socket(?:pair)?\((AF_[A-Z0-9]+)/g)].map(([, af]) => af!);
    const allowed = new Set(wordsOf("RestrictAddressFamilies"));
    assert.deepEqual(families.filter((family) => !allowed.has(family)), []);
    // The lines for AppArmor: dnsmasq itself uses one file there, and runs one.
    const own = trace.matchAll(new RegExp(`^${pid} .*[( ]"${a!.folder}/([^"]+)"`, "gm"));
    assert.deepEqual([...new Set([...own].map(([, name]) => name))], ["dnsmasq.pid"]);
    const docs = await Deno.readTextFile(`${ROOT}docs/dhcp.md`);
    assert.match(docs, /^\/var\/lib\/rserpool\/dhcp\/\*\/hook rUx,$/m);
    assert.match(docs, /^\/var\/lib\/rserpool\/dhcp\/\*\/dnsmasq\.pid rw,$/m);
  });
}

Deno.test("the examples beside the unit fit each other, and are taken", async () => {
  await using scratch = await Scratch.make();
  const text = await Deno.readTextFile(`${PACKAGING}/dhcp-lan1.env`);
  const [, options] = /^OPTIONS=(.*)$/m.exec(text)!;
  const [, dnsmasq] = /^DNSMASQ=(.*)$/m.exec(text)!;
  assert.equal(dnsmasq, "-C /etc/rserpool/lan1.conf");
  const { code, stderr } = await scratch.run(
    ["dhcp", "run", ...options!.split(" "), "--print-config", "--", "dnsmasq"],
  );
  assert.equal(code, 0, stderr);
  const [, first, last] = /--range ([0-9.]+)-([0-9.]+)/.exec(options!)!;
  const found = await readConfiguration(["-C", `${PACKAGING}/lan1.conf`]);
  const { refusals, warnings } = checkDnsmasq(found, { first: first!, last: last! });
  assert.deepEqual([refusals, warnings], [[], []]);
});
