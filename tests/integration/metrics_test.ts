/** `/metrics` of the four commands, as Prometheus and the dashboard for Grafana see it. */

import assert from "node:assert/strict";
import { type ParsedSample, parseMetrics } from "../cli/metrics/parsed.ts";
import { hasProgram, type Ready, type Running, Scratch, until } from "./harness.ts";
import { dhcpText, serveText } from "./metrics/dhcp_text.ts";
import { wrongsOf } from "./metrics/expressions.ts";
import { Prometheus } from "./metrics/prometheus.ts";

const HTTP = ["--http", "127.0.0.1:0"];
/** Whoever shows it unescaped shows more than one series. */
const HOSTILE = 'we"b\\{x="1"} 7';

type WithHttp = Ready & {
  readonly http: readonly string[];
  readonly listeners: readonly { readonly listen: string }[];
  readonly listen: readonly string[];
};

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly expr: string }[];
}

async function panels(): Promise<readonly Panel[]> {
  const file = new URL("../../docs/grafana/rserpool.json", import.meta.url);
  return JSON.parse(await Deno.readTextFile(file)).panels;
}

/** The expressions of the dashboard, with the panel that each is in. */
async function dashboard(): Promise<(readonly [title: string, expr: string])[]> {
  return (await panels()).flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [title, expr] as const)
  );
}

async function alerts(): Promise<(readonly [title: string, expr: string])[]> {
  const file = new URL("../../docs/prometheus/rserpool.rules.yml", import.meta.url);
  const { parse } = await import("yaml");
  const { groups } = parse(await Deno.readTextFile(file));
  return groups.flatMap((group: { rules: { alert: string; expr: string }[] }) =>
    group.rules.map(({ alert, expr }) => [alert, expr] as const)
  );
}

interface All {
  /** Where each shows itself, by command. */
  readonly at: ReadonlyMap<string, string>;
  /** Where what is behind each is reached. */
  readonly proxied: string;
  readonly named: string;
}

/** One of each command. */
async function startAll(scratch: Scratch): Promise<All> {
  const at = new Map<string, string>();
  const httpOf = async (running: Running) => (await running.ready() as WithHttp).http[0]!;
  const registrar = await scratch.registrar(HTTP);
  at.set("registrar", await httpOf(registrar));
  const service = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  service.unref();
  void accept(service);
  const port = String(service.addr.port);
  const args = [HOSTILE, "--port", port, "--check", "tcp", "-r", registrar.at.asap];
  at.set("register", await httpOf(scratch.serve("register", [...args, ...HTTP])));
  const user = ["-r", registrar.at.asap, ...HTTP];
  const proxy = scratch.serve("proxy", ["--listen", `127.0.0.1:0=${HOSTILE}`, ...user]);
  at.set("proxy", await httpOf(proxy));
  const dns = scratch.serve("dns", ["--listen", "127.0.0.1:0", ...user]);
  at.set("dns", await httpOf(dns));
  const [{ listeners }, { listen }] = await Promise.all([proxy.ready(), dns.ready()]) as [
    WithHttp,
    WithHttp,
  ];
  return { at, proxied: listeners[0]!.listen, named: listen[0]! };
}

/** Says something over TCP and hears what is answered, until the end or so many bytes. */
async function say(at: string, bytes: Uint8Array<ArrayBuffer>): Promise<number> {
  const { hostname, port } = new URL(`http://${at}`);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(bytes);
  return await connection.read(new Uint8Array(512)) ?? 0;
}

/** RFC 1035 §4.2.2: the SOA of pool.internal, over TCP. */
function question(): Uint8Array<ArrayBuffer> {
  const labels = ["pool", "internal"].flatMap((label) => [
    label.length,
    ...new TextEncoder().encode(label),
  ]);
  const message = [0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 6, 0, 1];
  return Uint8Array.from([0, message.length, ...message]);
}

async function accept(service: Deno.TcpListener): Promise<void> {
  try {
    for await (const connection of service) connection.close();
  } catch { // The test is over.
  }
}

async function scrape(at: string): Promise<string> {
  const response = await fetch(`http://${at}/metrics`);
  assert.equal(response.status, 200);
  return await response.text();
}

function promtool(text: string): string {
  const file = Deno.makeTempFileSync();
  try {
    Deno.writeTextFileSync(file, text);
    const args = ["-c", `promtool check metrics < ${file} 2>&1`];
    return new TextDecoder().decode(new Deno.Command("sh", { args }).outputSync().stdout);
  } finally {
    Deno.removeSync(file);
  }
}

Deno.test("what all four commands show, and what dashboard and alerts ask for", async (t) => {
  await using scratch = await Scratch.make();
  const all = await startAll(scratch);
  const texts = new Map<string, string>();
  for (const [command, at] of all.at) texts.set(command, await scrape(at));
  const samples: ParsedSample[] = [];

  await t.step("each is in the format, and says what it is", () => {
    for (const [command, text] of texts) {
      const parsed = parseMetrics(text);
      samples.push(...parsed.samples);
      const info = parsed.samples.find(({ name }) => name === "rserpool_build_info");
      assert.equal(info?.labels.command, command);
    }
  });

  await t.step("a DHCP server's, too", () => {
    const parsed = parseMetrics(dhcpText());
    assert(parsed.samples.some(({ name }) => name === "rserpool_dhcp_serving"));
    samples.push(...parsed.samples);
  });

  await t.step("a hostile pool handle is in its label, and nowhere else", async () => {
    await until("the pool at the registrar", async () => {
      const { samples } = parseMetrics(await scrape(all.at.get("registrar")!));
      return samples.some(({ name, labels, value }) =>
        name === "rserpool_pool_size" && labels.pool === HOSTILE && value === 1
      );
    });
  });

  await t.step("what happens is counted, by whom it happens to", () => meet(all));

  await t.step({
    name: "promtool check metrics",
    ignore: !hasProgram("promtool"),
    fn() {
      for (const [command, text] of texts) assert.equal(promtool(text), "", command);
    },
  });

  await t.step("every query is about metrics, labels and values that there are", async () => {
    const wrongs = [...await dashboard(), ...await alerts()].flatMap(([title, expr]) =>
      wrongsOf(expr, samples).map((wrong) => `${title}: ${wrong}`)
    );
    // Whoever is never refused for a cause has that cause as 0; handshakes and policies likewise.
    assert.deepEqual(wrongs, []);
  });

  await t.step({
    name: "Prometheus scrapes them all, and each query of the dashboard has an answer",
    ignore: !hasProgram("prometheus"),
    async fn() {
      await using dhcp = serveText(dhcpText());
      await queryAll(scratch, [...all.at.values(), dhcp.at]);
    },
  });
});

/** A client of the proxy, a question to dns; and what became of the rest meanwhile. */
async function meet({ at, proxied, named }: All): Promise<void> {
  const counted = async (command: string, name: string, labels: Record<string, string>) => {
    const { samples } = parseMetrics(await scrape(at.get(command)!));
    return samples.filter((each) =>
      each.name === name && Object.entries(labels).every(([key, is]) => each.labels[key] === is)
    ).reduce((sum, { value }) => sum + value, 0);
  };
  assert.equal(await say(proxied, Uint8Array.of(1)), 0, "the service says nothing");
  assert(await say(named, question()) > 0);
  await until("the client of the proxy", async () => {
    return await counted("proxy", "rserpool_proxy_clients_total", { pool: HOSTILE }) === 1 &&
      await counted("proxy", "rserpool_proxy_wait_seconds_count", { pool: HOSTILE }) === 1;
  });
  await until("the question to dns", async () => {
    return await counted("dns", "rserpool_dns_questions_total", { way: "tcp" }) === 1 &&
      await counted("dns", "rserpool_dns_answers_total", { rcode: "NOERROR" }) === 1;
  });
  await until("the checks of the service", async () => {
    return await counted("register", "rserpool_register_checks_total", { result: "passed" }) > 0;
  });
  const registered = { state: "registered" };
  assert.equal(await counted("register", "rserpool_register_state", registered), 1);
  assert.equal(await counted("registrar", "rserpool_registrations_total", { kind: "new" }), 1);
  assert.equal(
    await counted("registrar", "rserpool_resolutions_total", { kind: "subscribed" }),
    1,
  );
}

async function queryAll(scratch: Scratch, targets: readonly string[]): Promise<void> {
  const prometheus = await Prometheus.watching(scratch, targets);
  const empty: string[] = [];
  for (const [title, expr] of await dashboard()) {
    const query = expr.replaceAll("$__rate_interval", "10s").replaceAll(/\$(job|instance)/g, ".+");
    const values = await prometheus.values(query);
    // What is compared is shown only if there is any of it.
    if (values.length === 0 && !/[<>]/.test(expr)) empty.push(`${title}: ${expr}`);
  }
  assert.deepEqual(empty, []);
  await prometheus.running.stop();
}

Deno.test("a query about what there is not is found", () => {
  const samples = [{ name: "rserpool_peers", labels: { state: "active" }, value: 1 }];
  const wrongs = (expr: string) => wrongsOf(expr, samples);
  assert.deepEqual(wrongs('sum by (job, state) (rserpool_peers{state="active"})'), []);
  assert.deepEqual(wrongs("rate(rserpool_peer[5m])"), ["there is no rserpool_peer"]);
  assert.deepEqual(wrongs('rserpool_peers{kind="x"}'), ["rserpool_peers has no label kind"]);
  assert.deepEqual(wrongs('rserpool_peers{state="actve"}'), [
    'rserpool_peers has never state="actve"',
  ]);
  assert.deepEqual(wrongs("sum by (home) (rserpool_peers)"), ["there is no label home"]);
  assert.deepEqual(wrongs("vector(1)"), ["it is about no metric"]);
});

Deno.test("each panel of the dashboard says what it shows, and in which unit", async () => {
  const all = await panels();
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
  for (const { type, title, description = "", fieldConfig, targets = [] } of all) {
    assert(title.length > 0);
    if (type === "row") continue;
    assert(description.length > 10, `${title} has no description`);
    assert(fieldConfig?.defaults.unit !== undefined, `${title} has no unit`);
    assert(targets.length > 0, `${title} shows nothing`);
  }
});
