/** `simulate`: a whole cluster in this process, under virtual time, faults and checkers. */

import { FAULT_CLASSES, type FaultClass } from "../../lib/sim/mod.ts";
import { defineCommand } from "../command.ts";
import { parseDuration, parsePositiveDuration } from "../duration.ts";
import { refuseAlone } from "../lone_option.ts";
import { choice, parseChoice, parseInteger, value, valueOr } from "../option.ts";
import { simulate } from "../simulate/runs.ts";

const SECURITY = ["none", "certificate", "psk", "both"] as const;
const TOPOLOGIES = ["random", "mesh", "chain", "announced", "apart"] as const;

const number = (flags: string, description: string, fallback: number, most: number) =>
  valueOr(flags, description, parseInteger(1, most), fallback, { fallbackText: String(fallback) });

const options = {
  registrars: number("--registrars <N>", "how many registrars", 5, 100),
  elements: number("--elements <N>", "how many pool elements", 200, 50_000),
  users: number("--users <N>", "how many pool users", 20, 10_000),
  hours: valueOr(
    "--hours <N>",
    "virtual hours of each run: as many whole storms as fit, and one at least",
    parseHours,
    24,
    { fallbackText: "24" },
  ),
  seed: value("--seed <N>", "the seed of the first run; each further one has the next", parseSeed, {
    fallbackText: "random",
  }),
  runs: value("--runs <N>", "how many runs", parseInteger(1, 1_000_000_000), {
    fallbackText: "1; with --campaign until stopped",
  }),
  faults: valueOr(
    "--faults <LIST>",
    `what goes wrong, separated by commas, or none: ${FAULT_CLASSES.join(", ")}`,
    parseFaults,
    FAULT_CLASSES,
    { fallbackText: "all" },
  ),
  timing: choice("--timing <PROFILE>", "the RFC's timers, or fast ones", ["rfc", "fast"], "rfc"),
  topology: choice(
    "--topology <WHICH>",
    "each registrar knows all others, one other, finds them by multicast, or knows none",
    TOPOLOGIES,
    "random",
  ),
  security: choice(
    "--security <HOW>",
    "what members prove who they are by; both: in turns",
    SECURITY,
    "none",
  ),
  between: value(
    "--between <DURATION>",
    "mean time between two faults in a storm",
    parsePositiveDuration,
    { fallbackText: "of the seed: 2s, 10s or 40s" },
  ),
  shrink: valueOr(
    "--shrink <DURATION>",
    "how long to look for the shortest story of a violation",
    parseDuration,
    30_000,
    { fallbackText: "30s" },
  ),
  keep: value("--keep <FILE>", "write the story there, as a scenario", (text) => text),
  campaign: value(
    "--campaign <FILE>",
    "a log with a line for each run; runs that are in it are not played again",
    (text) => text,
  ),
  label: value("--label <TEXT>", "a word for each line of the campaign", (text) => text),
};

/** The command. */
export const command = defineCommand({
  options,
  uses: ["output"],
  notes: `
Storms of faults, each followed by quiet time after which all registrars must know what is so; and
checkers that watch all the time (docs/simulation.md). The same seed and options replay a run.
Exit code 0: nothing was found; 7: a checker has found something, and the shortest story that shows
it is printed. With -v it says how far it is. SIGINT and SIGTERM end it in order, with a summary of
what was played.`,
  examples: [
    ["rserpool simulate", "a day of five registrars, 200 elements and 20 users"],
    [
      "rserpool simulate --seed 7 --hours 1 --faults crash,partition",
      "one hour, two kinds of faults",
    ],
    ["rserpool simulate --hours 1 --security both", "certificates and keys; made-up handshakes"],
    [
      "rserpool simulate --elements 20 --users 5 --hours 1 --seed 1 --campaign log.ndjson -v",
      "a campaign: hour after hour until it is stopped; the same line goes on with it",
    ],
    ["rserpool simulate --seed 7 --keep story.txt", "keep the story of a violation as a scenario"],
  ],
  longRunning: true,
  run: (context, values) => {
    if (values.campaign === undefined) {
      refuseAlone(context, { label: options.label }, "--campaign FILE");
    }
    return simulate(context, values);
  },
});

function parseFaults(text: string): readonly FaultClass[] {
  if (text === "none") return [];
  return text.split(",").map((word) => parseChoice(word.trim(), FAULT_CLASSES));
}

/** A seed is an integer that a double holds. */
function parseSeed(text: string): number {
  return parseInteger(0, 999_999_999_999_999)(text);
}

function parseHours(text: string): number {
  const hours = /^[0-9]{1,6}(\.[0-9]{1,6})?$/.test(text) ? Number(text) : NaN;
  if (hours > 0) return hours;
  throw new SyntaxError(`"${text}" is no number of hours; write for example 24 or 0.5`);
}
