/**
 * Many real pool elements in one process, each on an address of the loopback of its own or all on
 * one. They tell who their home is as they learn it.
 *
 * `deno run -A bench/real_elements.ts '{"registrars":[PORT…],"elements":…,"hosts":…}'` prints
 * `registered`, then, for each line of its standard input, a JSON array of when each element came
 * to a home other than its first (milliseconds since 1970) or null; and ends with that.
 */

import { PoolElement } from "../mod.ts";
import { type Script, startScript } from "./processes.ts";

/** A registrar that is slow is not passed over: all are to have the first for their home. */
const PATIENCE_MS = 60_000;
/** Elements that register at once. */
const BATCH = 100;

/** What to register. */
export interface RealElements {
  /** ASAP ports that each element knows, in the order in which it tries them. */
  readonly registrars: readonly number[];
  readonly elements: number;
  /** Addresses that they share. */
  readonly hosts: number;
}

/** Elements that were registered, and can be asked whether they have moved. */
export class MovingElements {
  private constructor(private readonly script: Script) {}

  /** Resolved when all are registered, `timingProfile: "fast"`. */
  static async start(elements: RealElements): Promise<MovingElements> {
    const script = startScript("real_elements.ts", [JSON.stringify(elements)]);
    await script.line();
    return new MovingElements(script);
  }

  /** When each came to another home. */
  async moved(): Promise<(number | null)[]> {
    await this.script.tell("");
    return JSON.parse(await this.script.line());
  }

  async stop(): Promise<void> {
    await this.script.stop();
  }
}

function hostOf(index: number): string {
  return `127.1.${1 + (index >> 8)}.${index & 255}`;
}

async function run({ registrars, elements: count, hosts }: RealElements): Promise<void> {
  const moved: (number | null)[] = Array.from({ length: count }, () => null);
  let isBegun = false;
  const elements = moved.map((_, index) =>
    new PoolElement({
      registrars: registrars.map((port) => ({ host: "127.0.0.1", port })),
      order: "given",
      staggerMs: PATIENCE_MS,
      poolHandle: "bench",
      port: 8080,
      addresses: [hostOf(index % hosts)],
      asap: { host: hostOf(index % hosts) },
      timingProfile: "fast",
      onEvent: ({ type }) => {
        if (!isBegun) return;
        if (type === "registered" || type === "home-changed") {
          moved[index] = performance.timeOrigin + performance.now();
        }
      },
    })
  );
  for (let i = 0; i < count; i += BATCH) {
    await Promise.all(elements.slice(i, i + BATCH).map((element) => element.register()));
  }
  isBegun = true;
  console.log("registered");
  for await (const _ of Deno.stdin.readable) console.log(JSON.stringify(moved));
  Deno.exit(0);
}

if (import.meta.main) await run(JSON.parse(Deno.args[0]!) as RealElements);
