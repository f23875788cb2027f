/**
 * A pool user that resolves one pool handle again and again and says how long it takes.
 *
 * `deno run -A bench/pool_user.ts PORT POOL_HANDLE` prints, for each line of its standard input,
 * a JSON line of the resolutions since the one before, and ends with it.
 */

import { asap } from "../lib/wire/mod.ts";
import { Exchange } from "./exchange.ts";
import { type Script, startScript } from "./processes.ts";

/** How long resolutions took. */
export interface Latencies {
  readonly count: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/** A pool user in a process of its own. */
export class ResolvingUser {
  private readonly script: Script;

  constructor(port: number, poolHandle: string) {
    this.script = startScript("pool_user.ts", [String(port), poolHandle]);
  }

  /** Since it was asked last. */
  async latencies(): Promise<Latencies> {
    await this.script.tell("");
    return JSON.parse(await this.script.line());
  }

  async stop(): Promise<void> {
    await this.script.stop();
  }
}

function summary(taken: readonly number[]): Latencies {
  const sorted = Float64Array.from(taken).sort();
  const percentile = (p: number) => Math.round(1000 * sorted[Math.floor(sorted.length * p)]!);
  return {
    count: sorted.length,
    p50Us: percentile(0.5),
    p99Us: percentile(0.99),
    maxUs: Math.round(1000 * sorted.at(-1)!),
  };
}

async function run(port: number, poolHandle: string): Promise<void> {
  const request = asap.encode({
    type: "ASAP_HANDLE_RESOLUTION",
    dynamicUpdates: false,
    poolHandle,
  });
  const exchange = await Exchange.open(port);
  let taken: number[] = [];
  void (async () => {
    for await (const _ of Deno.stdin.readable) {
      console.log(JSON.stringify(summary(taken)));
      taken = [];
    }
    Deno.exit(0);
  })();
  for (;;) {
    const start = performance.now();
    await exchange.ask(request as Uint8Array<ArrayBuffer>);
    taken.push(performance.now() - start);
  }
}

if (import.meta.main) await run(Number(Deno.args[0]), Deno.args[1]!);
