/** Storms over DHCP servers that share their bindings: which there are, and what a failure says. */
import assert from "node:assert/strict";
import { playStorm, type StormReport } from "../../lib/sim/mod.ts";

/** Lines of a story that a failure shows: its end, without the messages among registrars. */
const SHOWN_LINES = 80;
const OF_REGISTRARS = /ENRP_|KEEP_ALIVE|association-opened/;

/** How many runs of one kind; `SIMULATION_RUNS` adds as many new ones. */
export const RUNS = 500;

/** Plays the seeds of one kind; `SEED=7` plays that one alone. */
export function playStorms(servers: number, first: number, file: string): void {
  const reports = seedsFrom(first).map((seed) => {
    const report = playStorm({ seed, servers });
    if (report.violation !== undefined) throw new Error(failure(report, servers, file));
    return report;
  });
  if (Deno.env.get("SEED") !== undefined) return;
  const mean = (key: "granted" | "renewed" | "refused" | "kept" | "updates") =>
    reports.reduce((total, report) => total + report[key], 0) / reports.length;
  // Runs in which nothing happens would prove nothing.
  for (const [key, least] of [["granted", 5], ["renewed", 15], ["kept", 10]] as const) {
    assert(mean(key) > least, `${mean(key)} ${key}`);
  }
  assert(mean("refused") > 0.1);
}

function seedsFrom(first: number): number[] {
  const only = Deno.env.get("SEED");
  if (only !== undefined) return [Number(only)];
  const fresh = new Uint32Array(Number(Deno.env.get("SIMULATION_RUNS") ?? 0));
  const fixed = Array.from({ length: RUNS }, (_, at) => first + at);
  return [...fixed, ...crypto.getRandomValues(fresh)];
}

function failure({ seed, violation }: StormReport, servers: number, file: string): string {
  const { story } = playStorm({ seed, servers, keepLines: 20_000 });
  const lines = story.split("\n").filter((line) => !OF_REGISTRARS.test(line));
  const replay = `SEED=${seed} deno test --allow-all tests/simulation/${file}   replays it`;
  return `${violation}\n${replay}\n…\n${lines.slice(-SHOWN_LINES).join("\n")}`;
}
