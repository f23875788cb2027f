/**
 * Answers of `rserpool dns` a second, and how long one takes, against dnsmasq, which has the same
 * records in memory; in the same run, in turns, asked by a process of its own over UDP. Medians.
 *
 * `deno run -A bench/dns.ts [ROUNDS] [SECONDS]`.
 */

import { PoolElement, Registrar } from "../mod.ts";
import { BUILT, median } from "./processes.ts";

const ROUNDS = Number(Deno.args[0] ?? 5);
const SECONDS = Deno.args[1] ?? "2";
const SOCKETS = ["1", "16"];
const POOL_ELEMENTS = 3;
const NAME = "web.pool.internal";
const SERVICE = "_web._tcp.pool.internal";

interface Measured {
  readonly per_s: number;
  readonly p50_us: number;
  readonly p99_us: number;
  readonly wrong: number;
  readonly lost: number;
}

async function load(port: string, name: string, type: string, sockets: string): Promise<Measured> {
  const script = new URL("dns_load.ts", import.meta.url).pathname;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-config", script, port, name, type, sockets, SECONDS],
    stdin: "null",
    stderr: "inherit",
  }).output();
  const measured: Measured = JSON.parse(new TextDecoder().decode(stdout));
  if (measured.wrong > 0) throw new Error(`${measured.wrong} answers of ${port} were wrong`);
  return measured;
}

function freePort(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return String(listener.addr.port);
}

/** Starts a program, and waits until it answers. */
async function start(program: string, args: readonly string[], port: string) {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  for (let attempt = 0;; attempt++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port: Number(port) })).close();
      break;
    } catch (error) {
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

const anyPort = [{ host: "127.0.0.1", port: 0 }];
await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort });
const registrars = registrar.asap;
await using stack = new AsyncDisposableStack();
const hosts: string[] = [];
for (let i = 1; i <= POOL_ELEMENTS; i++) {
  const addresses = [`127.0.0.${i}`];
  const element = new PoolElement({ registrars, poolHandle: "web", port: 8080 + i, addresses });
  await stack.use(element).register();
  const target = `e${i}.${NAME}`;
  hosts.push(`--host-record=${NAME},${addresses[0]}`, `--host-record=${target},${addresses[0]}`);
  hosts.push(`--srv-host=${SERVICE},${target},${8080 + i},0,1`);
}
const ports = { rserpool: freePort(), dnsmasq: freePort() };
const { host, port } = registrars[0]!;
const rserpool = ["dns", "-r", `${host}:${port}`, "--listen", `127.0.0.1:${ports.rserpool}`];
stack.use(await start(BUILT, rserpool, ports.rserpool));
const dnsmasq = [
  ...["--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--pid-file"],
  ...["--listen-address=127.0.0.1", "--bind-interfaces", `--port=${ports.dnsmasq}`, ...hosts],
];
stack.use(await start("dnsmasq", dnsmasq, ports.dnsmasq));

for (const [type, name] of [["A", NAME], ["SRV", SERVICE]] as const) {
  for (const sockets of SOCKETS) {
    const rounds: { readonly own: Measured; readonly control: Measured }[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const own = await load(ports.rserpool, name, type, sockets);
      const control = await load(ports.dnsmasq, name, type, sockets);
      if (round >= 0) rounds.push({ own, control }); // The first round is a warm-up.
    }
    const of = (value: (round: typeof rounds[number]) => number) => median(rounds.map(value));
    console.log(JSON.stringify({
      figure: type,
      sockets: Number(sockets),
      per_s: of(({ own }) => own.per_s),
      dnsmasq_per_s: of(({ control }) => control.per_s),
      ratio: Number(of(({ own, control }) => own.per_s / control.per_s).toFixed(2)),
      p50_us: of(({ own }) => own.p50_us),
      p99_us: of(({ own }) => own.p99_us),
      dnsmasq_p50_us: of(({ control }) => control.p50_us),
      dnsmasq_p99_us: of(({ control }) => control.p99_us),
      lost: rounds.reduce((sum, { own, control }) => sum + own.lost + control.lost, 0),
    }));
  }
}
