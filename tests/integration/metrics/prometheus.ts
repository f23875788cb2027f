/** A real Prometheus that scrapes what a test has started. */

import assert from "node:assert/strict";
import { type Running, type Scratch, until } from "../harness.ts";

/** The answer to a query. */
interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

/** Prometheus at work. */
export class Prometheus {
  private constructor(private readonly at: string, readonly running: Running) {}

  /** Starts it, and waits until it has asked each target twice. */
  static async watching(scratch: Scratch, targets: readonly string[]): Promise<Prometheus> {
    const { folder } = scratch;
    const rules = new URL("../../../docs/prometheus/rserpool.rules.yml", import.meta.url);
    await Deno.copyFile(rules, `${folder}/rserpool.rules.yml`);
    const config = {
      global: { scrape_interval: "1s", evaluation_interval: "1s" },
      rule_files: ["rserpool.rules.yml"],
      scrape_configs: [{ job_name: "rserpool", static_configs: [{ targets }] }],
    };
    await Deno.writeTextFile(`${folder}/prometheus.yml`, JSON.stringify(config));
    const at = `127.0.0.1:${freePort()}`;
    const running = scratch.spawn("prometheus", [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/tsdb`,
      `--web.listen-address=${at}`,
    ]);
    const prometheus = new Prometheus(at, running);
    await until("two scrapes of all", async () => {
      const counts = await prometheus.values("min(count_over_time(up[30s])) * min(up)");
      const seen = await prometheus.values("count(up)");
      return Number(counts[0]) >= 3 && Number(seen[0]) === targets.length;
    });
    return prometheus;
  }

  /** The values of an expression now. */
  async values(expression: string): Promise<readonly string[]> {
    const query = new URLSearchParams({ query: expression });
    const response = await fetch(`http://${this.at}/api/v1/query?${query}`);
    const { status, error, data }: Answer = await response.json();
    assert.equal(status, "success", `${expression}: ${error}`);
    return data!.result.map(({ value }) => value[1]);
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
