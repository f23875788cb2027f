/**
 * `deno task bench`: runs all measurements (about a quarter of an hour), prints their lines, and
 * writes the tables into README.md. Nothing else should run on the machine meanwhile.
 *
 * Words after it restrict it to parts, whose tables alone are replaced: `deno task bench takeover
 * join`. A part is a key of `PARTS`.
 */

import { build } from "../tools/build.ts";

interface Part {
  readonly args: readonly string[];
  render(lines: readonly Line[]): string;
}

type Line = Readonly<Record<string, string | number>>;

const script = (name: string) => new URL(name, import.meta.url).pathname;
const thousands = (value: unknown) => Math.round(Number(value)).toLocaleString("en");

function table(head: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const line = (cells: readonly unknown[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const PARTS: Readonly<Record<string, Part>> = {
  requests: {
    args: [script("requests.ts")],
    render: (lines) =>
      table(
        ["Requests", "Connections", "a second", "bare echo", "ratio", "p50 µs", "p99 µs"],
        lines.map((each) => [
          each.figure,
          each.connections,
          thousands(each.per_s),
          thousands(each.echo_per_s),
          each.ratio,
          each.p50_us,
          each.p99_us,
        ]),
      ),
  },
  subscribers: {
    args: [script("subscribers.ts")],
    render: (lines) =>
      table(
        [
          "Change to notification",
          "bare echo p50 µs",
          "p50 µs",
          "p99 µs",
          "p50 ratio",
          "p99 ratio",
        ],
        lines.map((each) => [
          each.subscribers === 1 ? "one subscriber" : `${thousands(each.subscribers)} subscribers`,
          each.echo_p50_us,
          thousands(each.p50_us),
          thousands(each.p99_us),
          each.p50_ratio,
          each.p99_ratio,
        ]),
      ),
  },
  cache: {
    args: [script("cache.ts")],
    render: (lines) =>
      table(
        ["From the cache of a pool user", "a second", "to a bare `Map`"],
        lines.map((each) => [each.figure, thousands(each.per_s), each.ratio]),
      ),
  },
  failover: {
    args: [script("session_failover.ts")],
    render: (lines) =>
      table(
        ["From `kill -9` to the next first byte", "p50 µs", "p99 µs"],
        lines.flatMap((each) => [
          ["bare reconnect", thousands(each.bare_p50_us), thousands(each.bare_p99_us)],
          ["session, with its cookie", thousands(each.p50_us), thousands(each.p99_us)],
          ["ratio", each.p50_ratio, each.p99_ratio],
        ]),
      ),
  },
  dns: {
    args: [script("dns.ts")],
    render: (lines) =>
      table(
        ["DNS", "sockets", "answers a second", "dnsmasq", "ratio", "p50 µs", "p99 µs"]
          .concat("dnsmasq, p50 µs", "p99 µs"),
        lines.map((each) => [
          each.figure,
          each.sockets,
          thousands(each.per_s),
          thousands(each.dnsmasq_per_s),
          each.ratio,
          thousands(each.p50_us),
          thousands(each.p99_us),
          thousands(each.dnsmasq_p50_us),
          thousands(each.dnsmasq_p99_us),
        ]),
      ),
  },
  replication: {
    args: [script("replication.ts")],
    render: (lines) =>
      table(
        [
          "Across two registrars",
          "bare echo, p50 µs",
          "granted, p50 µs",
          "p50 µs",
          "p99 µs",
          "p50 / echo",
          "p99 / echo",
        ],
        lines.map((each) => [
          each.figure,
          each.echo_p50_us,
          each.granted_p50_us,
          each.p50_us,
          each.p99_us,
          each.p50_ratio,
          each.p99_ratio,
        ]),
      ),
  },
  takeover: {
    args: [script("takeover.ts")],
    render: (lines) =>
      table(
        ["A home ends, `--timing fast`", "elements", "addresses", "first new home after, s"]
          .concat("half, s", "last, s", "bound, s"),
        lines.map((each) => [
          each.figure,
          thousands(each.elements),
          thousands(each.hosts),
          each.first_s,
          each.p50_s,
          each.last_s,
          each.bound_s,
        ]),
      ),
  },
  join: {
    args: [script("join.ts")],
    render: (lines) =>
      table(
        ["Elements to download", "serves after, s", "audited after, s", "mentor's p99 before, µs"]
          .concat("meanwhile, µs", "ratio", "joiner, MiB", "mentor, MiB"),
        lines.map((each) => [
          thousands(each.elements),
          each.serves_s,
          each.audited_s,
          each.p99_before_us,
          each.p99_meanwhile_us,
          each.ratio,
          each.joiner_mib,
          each.mentor_mib,
        ]),
      ),
  },
  bindings: {
    args: ["--v8-flags=--expose-gc", script("bindings.ts")],
    render: (lines) =>
      table(["DHCP bindings", ""], lines.map(({ figure, value }) => [figure, thousands(value)])),
  },
  dhcp: {
    args: [script("dhcp.ts")],
    render: (lines) =>
      table(["DHCP servers on a LAN", "ms"], lines.map(({ figure, ms }) => [figure, ms])),
  },
  idle: {
    args: [script("idle_cluster.ts")],
    render: (lines) =>
      table(
        ["Registrars", "elements", "timers", "ENRP, bytes/s", "by the law", "ASAP, bytes/s"]
          .concat("by the law", "CPU of all, ms/s", "largest, MiB"),
        lines.map((each) => [
          each.registrars,
          thousands(each.elements),
          `\`${each.timing}\``,
          thousands(each.enrp_bytes_s),
          thousands(each.enrp_law),
          thousands(each.asap_bytes_s),
          thousands(each.asap_law),
          each.cpu_ms_s,
          each.rss_mib,
        ]),
      ),
  },
  startup: {
    args: [script("startup.ts")],
    render: (lines) =>
      table(
        ["Start to answer", "ms", "`deno eval 0`, ms", "ratio", "MiB", "`deno eval 0`, MiB"],
        lines.map((each) => [
          `\`${each.figure}\``,
          each.ms,
          each.deno_eval_ms,
          each.ratio,
          each.mib,
          each.deno_eval_mib,
        ]),
      ),
  },
  memory: {
    args: [script("memory.ts")],
    render: ([idle, loaded]) =>
      table(
        ["Memory of a registrar", "MiB", "KiB a connection"],
        [
          ["idle", idle!.rss_mib, ""],
          [
            `${thousands(loaded!.connections)} idle connections`,
            loaded!.rss_mib,
            loaded!
              .kib_per_connection,
          ],
        ],
      ),
  },
  security: {
    args: [script("security.ts"), "3"],
    render: (lines) =>
      table(
        ["Over TLS", "", "Connections", "a second", "bare echo, same TLS", "ratio"]
          .concat("p50 µs", "p99 µs"),
        lines.map((each) => [
          each.figure,
          each.way,
          each.connections,
          thousands(each.per_s),
          thousands(each.echo_per_s),
          each.ratio,
          thousands(each.p50_us),
          thousands(each.p99_us),
        ]),
      ),
  },
  "secured-memory": {
    args: [script("secured_memory.ts")],
    render: (lines) =>
      table(
        ["Memory of a secured registrar", "idle connections", "MiB before", "MiB"]
          .concat("KiB a connection"),
        lines.map((each) => [
          each.way,
          thousands(each.connections),
          each.before_mib,
          each.rss_mib,
          each.kib_per_connection,
        ]),
      ),
  },
  threats: {
    args: [script("threats.ts")],
    render: (lines) =>
      table(
        ["Attack", "at", "sent a second", "resolution p50 µs", "p99 µs", "control, sent"]
          .concat("p50 µs", "p99 µs", "p50 ratio", "p99 ratio"),
        lines.map((each) => [
          each.threat,
          each.load === "tenfold" ? "ten times the user's rate" : each.load,
          thousands(each.sent_s),
          thousands(each.p50_us),
          thousands(each.p99_us),
          thousands(each.control_sent_s),
          thousands(each.control_p50_us),
          thousands(each.control_p99_us),
          each.p50_ratio,
          each.p99_ratio,
        ]),
      ),
  },
  proxy: {
    args: [script("proxy.ts")],
    render: (lines) =>
      table(
        ["One core each", "proxy", "a second", "p99 µs", "rserpool / it"]
          .concat("a second of CPU", "rserpool / it"),
        lines.map((each) => [
          each.figure,
          each.proxy,
          Number(each.per_s) >= 1000 ? thousands(each.per_s) : each.per_s,
          each.p99_us === undefined ? "" : thousands(each.p99_us || 0).replace(/^0$/, ""),
          each.ratio ?? "",
          each.per_cpu_s === undefined ? "" : thousands(each.per_cpu_s),
          each.cpu_ratio ?? "",
        ]),
      ),
  },
  metrics: {
    args: [script("metrics.ts")],
    render: (lines) =>
      table(
        ["`/metrics` of a registrar, elements", "scrape, ms", "all else waits, ms", "at most, ms"]
          .concat("KiB"),
        lines.map((each) => [
          thousands(each.elements),
          each.scrape_ms,
          each.pause_ms,
          each.pause_max_ms,
          Math.round(Number(each.bytes) / 1024),
        ]),
      ),
  },
  http: {
    args: [script("http.ts")],
    render: (lines) =>
      table(
        ["A registrar with readers over HTTP", "elements", "answer, ms", "MiB"]
          .concat("its turns are late by, p50 ms", "p99 ms", "at most, ms"),
        lines.map((each) => [
          each.figure,
          thousands(each.elements),
          each.ms ?? "",
          each.mib ?? "",
          ...["lag_p50_ms", "lag_p99_ms", "lag_max_ms"].map((key) => each[key] ?? ""),
        ]),
      ),
  },
  page: {
    args: [script("page.ts")],
    render: (lines) =>
      table(
        ["The status page is open", "elements", "turns are late by, p50 ms", "p99 ms"]
          .concat("at most, ms"),
        lines.map((each) => [
          each.figure,
          thousands(each.elements),
          each.p50_ms,
          each.p99_ms,
          each.max_ms,
        ]),
      ),
  },
  codec: {
    args: [script("codec.ts")],
    render: (lines) =>
      table(
        Object.keys(lines[0]!),
        lines.map((each) =>
          Object.values(each).map((cell) =>
            typeof cell === "number" && cell >= 1000 ? thousands(cell) : cell
          )
        ),
      ),
  },
  handlespace: {
    args: ["--v8-flags=--expose-gc", script("handlespace.ts")],
    render: (lines) =>
      table(
        ["Handlespace, thousand a second", "elements", "register", "re-register", "select 1"]
          .concat("select 3", "bytes an element"),
        lines.map((each) => [
          each.policy,
          thousands(each.pes),
          ...["register_s", "reregister_s", "select1_s", "select3_s"].map((key) =>
            thousands(Number(each[key]) / 1000)
          ),
          thousands(each.bytes_per_pe),
        ]),
      ),
  },
};

async function run(part: Part): Promise<Line[]> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...part.args],
    stdin: "null",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error(`${part.args.at(-1)} failed`);
  const text = new TextDecoder().decode(stdout);
  console.log(text.trimEnd());
  return text.split("\n").filter((each) => each.startsWith("{")).map((each) => JSON.parse(each));
}

async function replaceTable(name: string, rendered: string): Promise<void> {
  const file = new URL("../README.md", import.meta.url);
  const readme = await Deno.readTextFile(file);
  const begin = `<!-- bench ${name}: begin -->`;
  const end = `<!-- bench ${name}: end -->`;
  const [head, rest] = readme.split(begin);
  const tail = rest?.split(end)[1];
  if (head === undefined || tail === undefined) throw new Error(`README.md lacks ${begin}`);
  await Deno.writeTextFile(file, `${head}${begin}\n\n${rendered}\n\n${end}${tail}`);
}

if (import.meta.main) {
  const names = Deno.args.length > 0 ? Deno.args : Object.keys(PARTS);
  await build();
  for (const name of names) {
    const part = PARTS[name];
    if (part === undefined) throw new RangeError(`Cannot measure "${name}": no such part`);
    await replaceTable(name, part.render(await run(part)));
  }
}
