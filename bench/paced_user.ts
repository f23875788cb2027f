/**
 * A pool user that resolves at a modest rate over TLS, in a process of its own.
 *
 * `deno run -A bench/paced_user.ts '{"port":…,"shown":…,"perSecond":…}'` prints `ready`, and for
 * each line of its standard input, which says how many seconds to resolve, a JSON array of how
 * long each resolution took, in microseconds.
 */

import { Exchange } from "./exchange.ts";
import { dialAs, type Shown } from "./secured_dial.ts";
import { RESOLUTION } from "./secured_registrar.ts";

/** Who resolves, and how often. */
export interface PacedUser {
  readonly port: number;
  readonly shown: Shown;
  readonly perSecond: number;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function resolveFor(
  exchange: Exchange,
  seconds: number,
  perSecond: number,
): Promise<number[]> {
  const latencies: number[] = [];
  const start = performance.now();
  for (let i = 0; i < seconds * perSecond; i++) {
    const due = start + i * 1000 / perSecond;
    const early = due - performance.now();
    if (early > 0) await pause(early);
    // One that had to wait for the one before it has waited since it was due.
    const begin = early > 0 ? performance.now() : due;
    await exchange.ask(RESOLUTION);
    latencies.push(Math.round((performance.now() - begin) * 1000));
  }
  return latencies;
}

if (import.meta.main) {
  const { port, shown, perSecond } = JSON.parse(Deno.args[0]!) as PacedUser;
  const exchange = new Exchange(await dialAs(shown, port));
  await exchange.ask(RESOLUTION);
  console.log("ready");
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  for await (const line of lines) {
    console.log(JSON.stringify(await resolveFor(exchange, Number(line), perSecond)));
  }
  exchange.close();
}
