/**
 * A network of its own for one test: hosts that are network namespaces, joined by a bridge, which
 * can be cut in two without a word to anybody. No root is needed, as all of it is in a user
 * namespace; it is gone when the test's process is, however that ends.
 */
import { hasProgram } from "../integration/harness.ts";

/** What is needed to be root in a namespace of one's own. */
const UNSHARE = ["--user", "--map-root-user", "--net"] as const;
/** For programs that become another user: only whom the machine knows as root may do that. */
const UNSHARE_AS_ROOT = ["--net"] as const;
const PREFIX = { 4: "10.77.0.", 6: "fd77::" } as const;

/**
 * Makes the bridges and the hosts, and holds them until its standard input ends. A host is held by
 * a `cat` that reads the same input. Two bridges, as moving a port from one to the other cuts
 * silently: no interface goes down, and nobody answers that a host cannot be reached.
 */
const SWITCH = `
set -e
exec 3<&0
own=$(readlink /proc/self/ns/net)
for bridge in near far; do
  ip link add "$bridge" type bridge
  ip link set "$bridge" up
done
n=0
for host in "$@"; do
  n=$((n + 1))
  unshare --net cat <&3 >/dev/null &
  pid=$!
  while [ "$(readlink "/proc/$pid/ns/net")" = "$own" ]; do :; done
  mac=02:00:00:00:00:$(printf %02x "$n")
  ip link add "port$n" type veth peer name eth0 address "$mac" netns "$pid"
  ip link set "port$n" master near up
  echo "$pid"
done
echo made
exec cat <&3 >/dev/null
`;

/** A host of the network. */
export interface Host {
  readonly name: string;
  readonly v4: string;
  readonly v6: string;
  /** What a program and its arguments are put behind, to run there and die with the test. */
  readonly within: readonly string[];
}

/** Why this machine cannot have such a network, if it cannot. */
export function whyNoNetwork(): string | undefined {
  const programs = ["unshare", "nsenter", "setpriv", "ip"];
  const missing = programs.filter((name) => !hasProgram(name));
  if (missing.length > 0) return `${missing.join(", ")} not found`;
  const script = "ip link add near type bridge && ip link add one type veth peer name other";
  const { success, stderr } = new Deno.Command("unshare", {
    args: [...UNSHARE, "sh", "-c", script],
    stdout: "null",
  }).outputSync();
  if (success) return undefined;
  return `network namespaces cannot be made: ${new TextDecoder().decode(stderr).trim()}`;
}

/** The network. */
export class Network implements AsyncDisposable {
  private constructor(
    private readonly holder: Deno.ChildProcess,
    private readonly hosts: ReadonlyMap<string, Host>,
    private readonly spaces: ReadonlySet<string>,
    private readonly isRoot: boolean,
  ) {}

  /** @throws {Error} if it cannot be made; {@linkcode whyNoNetwork} tells beforehand. */
  static async make(names: readonly string[], { isRoot = false } = {}): Promise<Network> {
    const holder = new Deno.Command("unshare", {
      args: [...isRoot ? UNSHARE_AS_ROOT : UNSHARE, "sh", "-c", SWITCH, "sh", ...names],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const pids = await pidsFrom(holder.stdout, names.length);
    const hosts = names.map((name, at) => hostOf(name, at + 1, enter(pids[at]!, isRoot)));
    const network = new Network(
      holder,
      new Map(hosts.map((host) => [host.name, host])),
      spacesOf(pids),
      isRoot,
    );
    try {
      await Promise.all(hosts.map((host) => configure(host, hosts)));
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
    return network;
  }

  /** A host by its name. */
  host(name: string): Host {
    return this.hosts.get(name)!;
  }

  /** From now on nothing passes between these hosts and the others, and nobody is told. */
  async cut(names: readonly string[]): Promise<void> {
    await this.plug(names, "far");
  }

  /** All hosts reach each other. */
  async heal(): Promise<void> {
    await this.plug([...this.hosts.keys()], "near");
  }

  private async plug(names: readonly string[], bridge: "near" | "far"): Promise<void> {
    const all = [...this.hosts.keys()];
    const commands = names.map((name) => `link set port${all.indexOf(name) + 1} master ${bridge}`);
    await ip(enter(this.holder.pid, this.isRoot), commands);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.holder.stdin.close();
    await this.holder.status;
    endAll(this.spaces);
  }
}

/** Where the processes of these hosts' networks are: `net:[4026532254]`. */
function spacesOf(pids: readonly string[]): ReadonlySet<string> {
  return new Set(pids.map((pid) => Deno.readLinkSync(`/proc/${pid}/ns/net`)));
}

/** A shell's background programs outlive it: whoever is left in the network goes with it. */
function endAll(spaces: ReadonlySet<string>): void {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (!spaces.has(Deno.readLinkSync(`/proc/${name}/ns/net`))) continue;
      Deno.kill(Number(name), "SIGKILL");
    } catch { // It has ended, or is another user's.
    }
  }
}

/** The holder writes a line for each host, and one at the end; then it writes nothing more. */
async function pidsFrom(stdout: ReadableStream<Uint8Array>, count: number): Promise<string[]> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of stdout) text += decoder.decode(bytes, { stream: true });
  const lines = text.trim().split("\n");
  if (lines.length !== count + 1) throw new Error("the network could not be made");
  return lines.slice(0, -1);
}

function hostOf(name: string, number: number, inside: readonly string[]): Host {
  const within = [...inside, "setpriv", "--pdeathsig", "KILL", "--"];
  return { name, v4: `${PREFIX[4]}${number}`, v6: `${PREFIX[6]}${number.toString(16)}`, within };
}

function enter(pid: string | number, isRoot: boolean): string[] {
  const user = isRoot ? [] : ["--user", "--preserve-credentials"];
  return ["nsenter", "--target", String(pid), ...user, "--net"];
}

/**
 * Addresses, and everybody's hardware address for good: whoever must ask for it again learns after
 * three seconds that a host cannot be reached, which a cut network would not tell.
 */
async function configure(host: Host, all: readonly Host[]): Promise<void> {
  const commands = [
    "link set lo up",
    "link set eth0 up",
    `addr add ${host.v4}/24 dev eth0`,
    `addr add ${host.v6}/64 dev eth0 nodad`,
  ];
  all.forEach((other, at) => {
    if (other === host) return;
    const mac = `02:00:00:00:00:${(at + 1).toString(16).padStart(2, "0")}`;
    for (const address of [other.v4, other.v6]) {
      commands.push(`neigh replace ${address} lladdr ${mac} dev eth0 nud permanent`);
    }
  });
  await ip(host.within, commands);
}

async function ip(within: readonly string[], commands: readonly string[]): Promise<void> {
  const [program, ...args] = [...within, "ip", "-batch", "-"];
  const child = new Deno.Command(program!, { args, stdin: "piped", stderr: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(commands.join("\n") + "\n"));
  await writer.close();
  const { success, stderr } = await child.output();
  if (!success) throw new Error(`ip: ${new TextDecoder().decode(stderr)}`);
}
