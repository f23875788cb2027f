/**
 * A LAN with DHCP servers and clients, and another network beside it on which registrars and agents
 * talk, so that either can be cut while the other is whole. Each host is a network namespace.
 */
import assert from "node:assert/strict";
import { DnsmasqBus } from "../../cli/dhcp/dnsmasq/dbus.ts";
import { isAlive, type Running, Scratch, until } from "../integration/harness.ts";
import { run, startBus } from "./dnsmasq_network.ts";

/** The pool of all tests. */
export const POOL = "dhcp/lan1";
/** What dnsmasq grants, in seconds, unless a test wants more: the least that it can. */
export const LEASE = 120;

/** What a LAN is made of. */
export interface LanOptions {
  /** How many DHCP servers; each has a registrar of its own that it asks first. Default: 2. */
  readonly servers?: number;
  readonly clients?: number;
  /** First and last address; default: ten a server. */
  readonly last?: string;
  /** Seconds of a lease. */
  readonly lease?: number;
  /** Whether leases are changed by D-Bus; default: they are. */
  readonly isLive?: boolean;
  /** More of dnsmasq's words. */
  readonly words?: readonly string[];
}

const CLIENT_SCRIPT = `#!/bin/sh
case $1 in
  bound | renew) ip addr replace "$ip/16" dev eth0 ;;
  deconfig) ip addr flush dev eth0 ;;
esac
[ "$1" = deconfig ] || echo "$1 $ip from $serverid"
exit 0
`;

/** The network, and everything that runs in it. */
export class DhcpLan implements AsyncDisposable {
  readonly registrars: Running[] = [];
  readonly servers: DhcpSite[] = [];
  readonly clients: DhcpClient[] = [];
  readonly last: string;
  private readonly buses: { stop(): Promise<void> }[] = [];
  private readonly addresses = new Map<number, Promise<string>>();

  private constructor(readonly scratch: Scratch, readonly options: LanOptions) {
    const { servers = 2 } = options;
    this.last = options.last ?? `10.10.1.${10 * servers}`;
  }

  /** Makes the networks and starts the registrars. */
  static async make(options: LanOptions = {}): Promise<DhcpLan> {
    const lan = new DhcpLan(await Scratch.make(), options);
    const { servers = 2, clients = 2 } = options;
    await ip("link set lo up");
    for (const bridge of ["lan", "control", "far"]) {
      await ip(`link add ${bridge} type bridge`);
      await ip(`link set ${bridge} up`);
    }
    const script = `${lan.scratch.folder}/client`;
    await Deno.writeTextFile(script, CLIENT_SCRIPT, { mode: 0o700 });
    for (let n = 1; n <= servers; n++) {
      await lan.plug(`s${n}`, "eth0", "lan", `10.10.0.${n}/16`);
      await lan.plug(`s${n}`, "eth1", "control", `10.20.0.${n}/24`);
      await lan.plug(`r${n}`, "eth1", "control", `10.20.0.10${n}/24`);
      lan.servers.push(new DhcpSite(lan, n));
    }
    for (let n = 1; n <= clients; n++) {
      await lan.plug(`c${n}`, "eth0", "lan");
      lan.clients.push(new DhcpClient(lan, n, script));
    }
    for (let n = 1; n <= servers; n++) lan.registrars.push(lan.registrar(n));
    await Promise.all(lan.registrars.map((each) => each.ready()));
    return lan;
  }

  /** All DHCP servers, each with the registrar of its number. */
  async start(options: StartOptions = {}): Promise<void> {
    for (const site of this.servers) await site.start(options);
  }

  /** Starts a registrar. */
  registrar(n: number): Running {
    const peers = this.servers.filter((each) => each.n !== n)
      .flatMap((each) => ["--peer", `10.20.0.10${each.n}`]);
    const at = `10.20.0.10${n}`;
    const args = ["--asap", at, "--enrp", at, "--timing", "fast", ...peers];
    return this.scratch.serve("registrar", args, { within: within(`r${n}`) });
  }

  /** Runs a command of rserpool's where a registrar is. */
  async ask(n: number, ...args: string[]) {
    const r = ["-r", `10.20.0.10${n}`];
    return await this.scratch.run([...args, ...r], { within: within(`r${n}`) });
  }

  /** The bindings that a registrar has, by address. */
  async leases(n: number): Promise<Map<string, { state: string; hardware: string }>> {
    const { code, stdout, stderr } = await this.ask(n, "dhcp", "leases", "--pool", POOL, "-ojson");
    assert.equal(code, 0, stderr);
    const { bindings } = JSON.parse(stdout) as {
      bindings: { address: string; state: string; hardware: string }[];
    };
    return new Map(bindings.map((each) => [each.address, each]));
  }

  /** Resolved when the second registrar has so many leases that run. */
  async agreesOn(leases: number): Promise<void> {
    // Each is an event of its own: a slow machine needs long for all of them.
    for (let known = -1; known !== leases;) {
      const before = known;
      known = await until(`more than ${before} of ${leases} leases`, async () => {
        const { size } = await this.leases(2);
        return size > before && size;
      });
    }
  }

  /**
   * Resolved when every registrar has these leases, and every server the same table: a client has
   * its lease before anybody but its server has heard of it.
   */
  async knows(...addresses: readonly string[]): Promise<void> {
    for (const [at] of this.registrars.entries()) {
      await until(`registrar ${at + 1} knowing ${addresses.join(", ")}`, async () => {
        const leases = await this.leases(at + 1);
        return addresses.every((each) => leases.get(each)?.state === "BOUND");
      });
    }
    await this.agrees();
  }

  /** Resolved when `dhcp check` finds nothing. */
  async agrees(n = 1): Promise<void> {
    await until("dhcp check finding nothing", async () => {
      const { code, stdout } = await this.ask(n, "dhcp", "check", "--pool", POOL);
      if (code !== 0) throw new Error(stdout);
      return true;
    });
  }

  /** From now on nothing passes between these hosts and the others of the control network. */
  async cut(...hosts: string[]): Promise<void> {
    for (const host of hosts) await ip(`link set ${host}-eth1 master far`);
  }

  async heal(...hosts: string[]): Promise<void> {
    for (const host of hosts) await ip(`link set ${host}-eth1 master control`);
  }

  /** The law: no two clients have one address. */
  check(): void {
    const users = new Map<string, number>();
    for (const { address, n } of this.clients) {
      if (address === undefined) continue;
      const other = users.get(address);
      assert(other === undefined, `${address} is that of the clients ${other} and ${n}`);
      users.set(address, n);
    }
  }

  /** Where the D-Bus daemon of a DHCP server is. */
  busOf(n: number): Promise<string> {
    const known = this.addresses.get(n) ?? this.startBus(n);
    this.addresses.set(n, known);
    return known;
  }

  private async startBus(n: number): Promise<string> {
    const folder = `${this.scratch.folder}/bus${n}`;
    await Deno.mkdir(folder, { recursive: true });
    const address = `unix:path=${folder}/bus`;
    this.buses.push(await startBus(folder, address));
    return address;
  }

  private async plug(host: string, name: string, bridge: string, address?: string) {
    const names = await run("ip", "netns", "list");
    if (!names.split("\n").some((line) => line.split(" ")[0] === host)) {
      await ip(`netns add ${host}`);
      await ip(`-n ${host} link set lo up`);
    }
    await ip(`link add ${host}-${name} type veth peer name ${name} netns ${host}`);
    await ip(`link set ${host}-${name} master ${bridge} up`);
    await ip(`-n ${host} link set ${name} up`);
    if (address !== undefined) await ip(`-n ${host} addr add ${address} dev ${name}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const site of this.servers) await site.kill();
    for (const bus of this.buses) await bus.stop();
    await this.scratch[Symbol.asyncDispose]();
  }
}

/** How a DHCP server is started. */
export interface StartOptions {
  /** More options of `dhcp run`. */
  readonly agent?: readonly string[];
  /** The registrars that it asks; default: the one of its number. */
  readonly registrars?: readonly number[];
  /** A command that `dhcp run` is put behind. */
  readonly behind?: readonly string[];
}

/** A DHCP server with its agent. */
export class DhcpSite {
  running: Running | undefined;
  constructor(private readonly lan: DhcpLan, readonly n: number) {}

  get name(): string {
    return `dhcp${this.n}`;
  }

  get folder(): string {
    return `${this.lan.scratch.folder}/${this.name}`;
  }

  get hardware(): string {
    return `10.10.0.${this.n}`;
  }

  /** Starts it, and resolves once dnsmasq serves. */
  async start(
    { agent = [], registrars = [this.n], behind = [] }: StartOptions = {},
  ): Promise<void> {
    const { options, last, scratch, servers } = this.lan;
    const { isLive = true, lease = LEASE } = options;
    const bus = isLive ? await this.lan.busOf(this.n) : undefined;
    this.running = scratch.start([
      ...["dhcp", "run", "--pool", POOL, "--range", `10.10.1.1-${last}`, "--name", this.name],
      ...["--share", `${this.n}/${servers.length}`, "--state", this.folder, "--timing", "fast"],
      ...registrars.flatMap((n) => ["-r", `10.20.0.10${n}`]),
      ...bus === undefined ? [] : ["--dbus", bus],
      ...agent,
      ...["--", "dnsmasq", "--conf-file=/dev/null", "--port=0", "--interface=eth0"],
      ...["--bind-interfaces", `--dhcp-range=10.10.1.1,${last},255.255.0.0,${lease}`],
      ...options.words ?? [],
    ], {
      within: [...within(`s${this.n}`), ...behind],
      env: bus === undefined ? {} : { DBUS_SYSTEM_BUS_ADDRESS: bus },
    });
    await this.running.says(/dnsmasq serves/);
  }

  /** Resolved when a dnsmasq runs that was started with this client's lease. */
  async restartedWith(hardware: string): Promise<void> {
    await until(`${this.name} restarted with ${hardware}`, async () => {
      // The table is replaced when the dnsmasq before has ended.
      const table = await Deno.readTextFile(`${this.folder}/table`);
      const pid = await Deno.readTextFile(`${this.folder}/dnsmasq.pid`);
      return table.includes(hardware) && pid !== "" && isAlive(Number(pid));
    });
  }

  /** The agent and dnsmasq end at once, as when the power fails. */
  async kill(): Promise<void> {
    if (this.running === undefined) return;
    const dnsmasq = pidsWith(`${this.folder}/hook`);
    this.running.kill("SIGKILL");
    for (const pid of dnsmasq) killIfAlive(pid);
    await this.running.ended;
    this.running = undefined;
  }

  /** The agent alone ends at once. */
  async killAgent(): Promise<void> {
    this.running?.kill("SIGKILL");
    await this.running?.ended;
    this.running = undefined;
  }

  /** Gives leases of an hour to as many clients, at each second address of the range. */
  async fill(leases: number): Promise<void> {
    const bus = await DnsmasqBus.connect(await this.lan.busOf(this.n));
    const expires = Math.floor(Date.now() / 1000) + 3600;
    for (let n = 0; n < leases; n++) {
      const number = n.toString(16).padStart(4, "0");
      const mac = `02:bb:00:00:${number.slice(0, 2)}:${number.slice(2)}`;
      const host = 257 + n * 2;
      await bus.addLease({ address: `10.10.${host >> 8}.${host & 255}`, mac, expires });
    }
    bus.close();
  }

  /** Updates that it has told a registrar, in bindings. */
  get published(): number {
    const counts = this.running!.stderr.matchAll(/bindings-published bindings=(\d+)/g);
    return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
  }
}

/** An unmodified DHCP client. */
export class DhcpClient {
  running: Running | undefined;
  private before = 0;

  constructor(
    private readonly lan: DhcpLan,
    readonly n: number,
    private readonly script: string,
  ) {}

  /** What it was told last. */
  get address(): string | undefined {
    return this.running?.stdout.trim().split("\n").at(-1)?.split(" ")[1];
  }

  /** Asks for an address, and resolves with it. */
  async bind(): Promise<string> {
    this.running ??= this.lan.scratch.spawn(
      "udhcpc",
      ["-i", "eth0", "-f", "-s", this.script, "-t", "20", "-T", "1", "-A", "1"],
      { within: within(`c${this.n}`) },
      `client${this.n}`,
    );
    this.before = 0;
    return (await this.hears("bound")).address;
  }

  /** Renews its lease: where the server that it had does not answer, at whichever does. */
  async renew(): Promise<{ address: string; server: string }> {
    this.before = this.running!.stdout.length;
    this.running!.kill("SIGUSR1");
    return await this.hears("renew|bound");
  }

  /** Gives its address back. */
  async release(): Promise<void> {
    const { stdout: { length } } = this.running!;
    this.before = length;
    this.running!.kill("SIGUSR2");
    await this.running!.says(/entering released state/);
  }

  /** Sleeps, and keeps its address for when it wakes up. */
  async fallSilent(): Promise<void> {
    await ip(`-n c${this.n} link set eth0 down`);
    this.lan.clients.splice(this.lan.clients.indexOf(this), 1);
    this.running!.kill("SIGKILL");
    await this.running!.ended;
  }

  private async hears(what: string): Promise<{ address: string; server: string }> {
    const { running, before } = this;
    const words = new RegExp(`^.{${before}}[^]*?(?:${what}) ([0-9.]+) from ([0-9.]+)\n`, "s");
    const [, address, server] = await running!.prints(words);
    this.lan.check();
    return { address: address!, server: server! };
  }
}

/** What runs a program at a host. */
export function within(host: string): string[] {
  return ["ip", "netns", "exec", host];
}

async function ip(command: string): Promise<void> {
  await run("ip", ...command.split(" "));
}

/** Processes whose command line has that word in it. */
function pidsWith(word: string): number[] {
  const pids: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (Deno.readTextFileSync(`/proc/${name}/cmdline`).includes(word)) pids.push(Number(name));
    } catch { // It has ended.
    }
  }
  return pids;
}

function killIfAlive(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch { // It has ended.
  }
}
