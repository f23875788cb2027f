/**
 * Issue 2: "Leave it all running for an hour of virtual time in the simulator […], with checks and
 * loads going up and down: memory and file descriptors stay level." `SIMULATION_HOURS=24` has more
 * pass.
 */
import assert from "node:assert/strict";
import { type Figures, LevelChecker } from "../../lib/sim/mod.ts";
import type { HourReport } from "./hour.ts";
import { seeds } from "./seeds.ts";

/** Tables may differ by who is just about to reconnect, the heap by what V8 keeps for itself. */
const SLACK: Figures = { "*": 2, timers: 40, heapKilobytes: 1024 };

async function passHours(seed: number, hours: number): Promise<HourReport> {
  const program = decodeURIComponent(new URL("./hour.ts", import.meta.url).pathname);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--v8-flags=--expose-gc",
      "--allow-all",
      program,
      `${seed}`,
      `${hours}`,
    ],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  assert(success, `SEED=${seed} replays it\n${text.decode(stderr)}`);
  return JSON.parse(text.decode(stdout));
}

Deno.test("an hour of virtual time leaves tables, timers, connections and heap level", async () => {
  const hours = Number(Deno.env.get("SIMULATION_HOURS") ?? 1);
  const [seed] = seeds([1], 0);
  const { virtualMs, messages, finding, samples } = await passHours(seed!, hours);
  assert.equal(finding, undefined, `SEED=${seed} replays it`);
  assert(virtualMs >= 3_600_000 * hours - 60_000, `${virtualMs} ms`);
  assert(messages > 30_000 * hours, `${messages} messages`);
  const checker = new LevelChecker();
  // In the first tide V8 and the users' caches still settle.
  for (const sample of samples.slice(1)) checker.sample(sample);
  assert(checker.count >= 5, `${checker.count} samples`);
  checker.check(SLACK);
});
