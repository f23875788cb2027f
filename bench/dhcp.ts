/**
 * Cooperating DHCP servers on a LAN of network namespaces, with Debian's dnsmasq and udhcpc: how
 * long it takes until another server has a binding, what a renewal takes with and without the hook,
 * and how soon a server that returns to a thousand leases serves. Prints one JSON line a figure.
 *
 * `deno run -A bench/dhcp.ts`, as root, after `deno task build`.
 */

import { DnsmasqBus } from "../cli/dhcp/dnsmasq/dbus.ts";
import { DhcpLan, LEASE, within } from "../tests/dhcp/dhcp_lan.ts";
import { untilFolder } from "../tests/integration/harness.ts";
import { median } from "./processes.ts";

const INSIDE = "RSERPOOL_BENCH_IN_NAMESPACE";
const BINDS = 200;
const RENEWALS = 60;
const LEASES = 1000;

function print(figure: string, ms: number): void {
  console.log(JSON.stringify({ figure, ms: Number(ms.toPrecision(3)) }));
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * percent / 100))]!;
}

/** A lease appears at A, as by a client: until B's dnsmasq has told that it has it, too. */
async function replication(): Promise<void> {
  await using lan = await DhcpLan.make({ clients: 0, last: "10.10.2.255" });
  await lan.start();
  const bus = await DnsmasqBus.connect(await lan.busOf(1));
  const spool = `${lan.servers[1]!.folder}/spool`;
  const times: number[] = [];
  for (let n = 0; n < BINDS; n++) {
    const address = `10.10.1.${n + 1}`;
    const mac = `02:bb:00:00:00:${n.toString(16).padStart(2, "0")}`;
    const expires = Math.floor(Date.now() / 1000) + LEASE;
    const has = () => contentOf(spool).includes(` ${mac} `) || undefined;
    const startedAt = performance.now();
    const appears = untilFolder(spool, `${mac} at B`, has);
    await bus.addLease({ address, mac, expires });
    await appears;
    times.push(performance.now() - startedAt);
  }
  bus.close();
  print("lease at A until B's dnsmasq has it, p50", median(times));
  print("lease at A until B's dnsmasq has it, p99", percentile(times, 99));
}

function contentOf(folder: string): string {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) =>
      Deno.readTextFileSync(`${folder}/${name}`)
    ).join("");
  } catch (error) {
    // It was replaced between two looks.
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

/** From a client's request to the server's ACK on the wire, alone and with everything. */
async function renewals(): Promise<void> {
  await using lan = await DhcpLan.make({ clients: 1 });
  const [client] = lan.clients;
  const measure = async () => {
    const options = ["-i", "eth0", "-n", "-tt", "-l", "-U", "port 67 or port 68"];
    const wire = lan.scratch.spawn("tcpdump", options, { within: within("s1") });
    await wire.says(/listening on/);
    for (let n = 0; n < RENEWALS; n++) await client!.renew();
    await wire.stop();
    return answerTimes(wire.stdout);
  };
  await lan.servers[0]!.start();
  await client!.bind();
  const shared = await measure();
  await lan.servers[0]!.kill();
  const plain = lan.scratch.spawn("dnsmasq", [
    ...["--conf-file=/dev/null", "--port=0", "--interface=eth0", "--bind-interfaces"],
    ...["--keep-in-foreground", "--log-facility=-", "--dhcp-authoritative"],
    `--dhcp-leasefile=${lan.scratch.folder}/leases`,
    `--dhcp-range=10.10.1.1,${lan.last},255.255.0.0,${LEASE}`,
  ], { within: within("s1") });
  await plain.says(/DHCP, sockets bound/);
  await client!.renew();
  const alone = await measure();
  print("request to ACK on the wire, p50", median(shared));
  print("the same, dnsmasq alone, p50", median(alone));
}

/** Milliseconds from each request in tcpdump's words to the reply behind it. */
function answerTimes(text: string): number[] {
  const times: number[] = [];
  let asked: number | undefined;
  for (const line of text.split("\n")) {
    const at = Number(line.split(" ")[0]);
    if (line.includes("Request")) asked ??= at;
    if (!line.includes("Reply") || asked === undefined) continue;
    times.push((at - asked) * 1000);
    asked = undefined;
  }
  return times;
}

/** A server is away while the other one has a thousand leases. */
async function returning(): Promise<void> {
  await using lan = await DhcpLan.make({ clients: 0, last: "10.10.8.208" });
  const [a, b] = lan.servers;
  await a!.start();
  await b!.start();
  await b!.kill();
  await a!.fill(LEASES);
  await lan.agreesOn(LEASES);
  const startedAt = performance.now();
  await b!.start();
  print(
    "start of a server that returns to 1,000 leases, until it serves",
    performance.now() - startedAt,
  );
}

const PARTS = { replication, renewals, returning } as const;

/** Names of namespaces and all processes are this part's alone. */
async function runInside(part: string): Promise<number> {
  const script = 'mkdir -p /run/netns && mount -t tmpfs none /run/netns && exec "$@"';
  const namespaces = ["--net", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const self = [Deno.execPath(), "run", "-A", new URL(import.meta.url).pathname];
  const { code } = await new Deno.Command("unshare", {
    args: [...namespaces, "sh", "-c", script, "sh", ...self],
    env: { [INSIDE]: part },
    stdin: "null",
  }).spawn().status;
  return code;
}

const part = Deno.env.get(INSIDE) as keyof typeof PARTS | undefined;
if (part !== undefined) await PARTS[part]();
else {
  for (const each of Object.keys(PARTS)) {
    const code = await runInside(each);
    if (code !== 0) Deno.exit(code);
  }
}
