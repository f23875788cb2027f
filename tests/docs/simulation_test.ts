/** docs/simulation.md gives bounds in figures: they are those of the code. */
import assert from "node:assert/strict";
import { DEFAULT_LIMITS } from "../../lib/core/mod.ts";
import { Bounds, FAULT_CLASSES, TIMINGS } from "../../lib/sim/mod.ts";

const TEXT = Deno.readTextFileSync(new URL("../../docs/simulation.md", import.meta.url));

/** The row of a table that begins with a word. */
function row(first: string): string[] {
  const line = TEXT.split("\n").find((each) => each.startsWith(`| ${first} |`));
  assert(line !== undefined, `no row ${first}`);
  return line.split("|").slice(1, -1).map((cell) => cell.trim());
}

Deno.test("the bounds in the document are those that checkers hold runs to", () => {
  const circumstances = {
    latencyMs: 3,
    elements: 20,
    adoptionsPerSecond: DEFAULT_LIMITS.maxAdoptionsPerSecond,
  };
  const rfc = new Bounds(TIMINGS.rfc, circumstances);
  const fast = new Bounds(TIMINGS.fast, circumstances);
  const names = {
    "round trips": "roundTripsMs",
    silence: "silenceMs",
    takeover: "takeoverMs",
    reunion: "reunionMs",
    return: "returnMs",
    departure: "departureMs",
    "quiet time": "quietMs",
  } as const;
  for (const [name, key] of Object.entries(names)) {
    const seconds = [rfc, fast].map((bounds) => `${Math.round(bounds[key] / 1000)} s`);
    assert.deepEqual(row(name).slice(1, 3), seconds, name);
  }
});

Deno.test("the document names every class of faults and every checker", () => {
  for (const each of FAULT_CLASSES) row(`\`${each}\``);
  const folder = new URL("../../lib/sim/checkers/", import.meta.url);
  const others = ["check_failed", "disturbance", "knowledge", "suite"];
  for (const { name } of Deno.readDirSync(folder)) {
    const checker = name.replace(/\.ts$/, "");
    if (!others.includes(checker)) row(`\`${checker}\``);
  }
});
