/** `simulate`: a whole cluster in this process, under virtual time, faults and checkers. */

import {
  FAULT_CLASSES,
  type FaultClass,
  makePlan,
  type Plan,
  shrink,
  Simulation,
  type SimulationReport,
  tellStory,
  type Violation,
} from "../../lib/sim/mod.ts";
import { type Context, defineCommand } from "../command.ts";
import { parseDuration, parsePositiveDuration } from "../duration.ts";
import { EXIT } from "../exit.ts";
import { choice, parseChoice, parseInteger, value, valueOr, type ValuesOf } from "../option.ts";
import type { SharedValues } from "../options.ts";
import { Campaign, type CampaignLine } from "../simulate/campaign.ts";
import { summaryOf, type Tally } from "../simulate/summary.ts";

const HOUR_MS = 3_600_000;
/** Virtual time between two looks at signals and the clock on the wall. */
const SLICE_MS = 20_000;
/** For how long signals may wait. */
const BREATHE_MS = 50;
/** Between two lines of progress. */
const PROGRESS_MS = 5_000;

const TOPOLOGIES = ["random", "mesh", "chain", "apart"] as const;

const number = (flags: string, description: string, fallback: number, most: number) =>
  valueOr(flags, description, parseInteger(1, most), fallback, { fallbackText: String(fallback) });

const options = {
  registrars: number("--registrars <N>", "how many registrars", 5, 100),
  elements: number("--elements <N>", "how many pool elements", 200, 100_000),
  users: number("--users <N>", "how many pool users", 20, 10_000),
  hours: valueOr("--hours <N>", "virtual hours of each run", parseHours, 24, {
    fallbackText: "24",
  }),
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
    "each registrar knows all others, one other, or none at the start",
    TOPOLOGIES,
    "random",
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

type Options = ValuesOf<typeof options> & SharedValues;

/** The command. */
export const command = defineCommand({
  options,
  uses: ["output"],
  notes: `
Storms of faults, each followed by quiet time after which all registrars must know what is so; and
checkers that watch all the time (docs/simulation.md). The same seed and options replay a run.
Exit code 0: nothing was found; 7: a checker has found something, and the shortest story that shows
it is printed. SIGINT and SIGTERM end it in order, with a summary of what was played.`,
  examples: [
    ["rserpool simulate", "a day of five registrars, 200 elements and 20 users"],
    [
      "rserpool simulate --seed 7 --hours 1 --faults crash,partition",
      "one hour, two kinds of faults",
    ],
    [
      "rserpool simulate --elements 20 --users 5 --hours 1 --seed 1 --campaign log.ndjson -v",
      "a campaign: hour after hour until it is stopped; the same line goes on with it",
    ],
    ["rserpool simulate --seed 7 --keep story.txt", "keep the story of a violation as a scenario"],
  ],
  longRunning: true,
  run,
});

/** A run that went wrong. */
interface Finding {
  readonly seed: number;
  readonly violation: Violation;
  readonly story: string | undefined;
}

async function run(context: Context, options: Options): Promise<number> {
  const campaign = options.campaign === undefined
    ? undefined
    : await Campaign.open(options.campaign);
  const first = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!;
  const runs = options.runs ?? (campaign === undefined ? 1 : Infinity);
  const settings = settingsOf(options);
  const tally: Tally = { runs: 0, virtualMs: 0, messages: 0, faults: 0, handedOut: 0, removals: 0 };
  const began = context.world.now();
  const findings: Finding[] = [];
  for (let seed = first; seed < first + runs && !context.signal.aborted; seed++) {
    if (campaign?.has(seed, settings)) continue;
    const startedAt = context.world.now();
    const plan = makePlan({ ...planOptionsOf(options), seed });
    const report = await play(context, plan);
    count(tally, report);
    const { violation } = report;
    if (context.signal.aborted && violation === undefined) break;
    const seconds = (context.world.now() - startedAt) / 1000;
    narrate(context, seed, report, seconds);
    await campaign?.add(lineOf(seed, settings, options.label, report, seconds));
    if (violation === undefined) continue;
    context.log.error(`seed ${seed}: ${violation.finding.split("\n")[0]}`);
    const isLast = campaign === undefined;
    const story = isLast ? await storyOf(context, plan, violation, options) : undefined;
    findings.push({ seed, violation, story });
    if (isLast) break;
  }
  const seconds = (context.world.now() - began) / 1000;
  await context.stdout.printResult(summaryOf(tally, findings, seconds));
  const [last] = findings;
  const isForEyes = options.output === "table";
  if (isForEyes && last?.story !== undefined) context.stdout.print(`\n${last.story}`);
  return findings.length === 0 ? EXIT.ok : EXIT.wrong;
}

/** Plays a run in slices, so that signals are heard. */
async function play(context: Context, plan: Plan): Promise<SimulationReport> {
  const { world, signal, log } = context;
  const simulation = new Simulation(plan);
  const total = plan.checks.at(-1)! / HOUR_MS;
  let breathed = world.now();
  let told = breathed;
  while (!simulation.isOver && !signal.aborted) {
    simulation.play(SLICE_MS);
    const now = world.now();
    if (now - breathed < BREATHE_MS) continue;
    await world.pause(0);
    breathed = world.now();
    if (now - told < PROGRESS_MS) continue;
    told = now;
    const hours = (simulation.now / HOUR_MS).toFixed(2);
    log.info(`seed ${plan.seed}: ${hours} of ${total.toFixed(2)} virtual hours`);
  }
  return simulation.report();
}

/** The shortest story that is found in time; it is kept if that is asked for. */
async function storyOf(
  { world, signal, log }: Context,
  plan: Plan,
  violation: Violation,
  options: Options,
): Promise<string> {
  log.notice(`looking for the shortest story, for ${options.shrink / 1000} s at most`);
  const until = world.now() + options.shrink;
  const shortest = await shrink(plan, violation, {
    isOver: async () => {
      await world.pause(0);
      return signal.aborted || world.now() >= until;
    },
  });
  const title = [
    `${shortest.violation.finding.split("\n")[0]}`,
    `A part of: ${commandLineOf(plan.seed, options)}`,
  ];
  const story = tellStory(shortest.plan, title);
  if (options.keep !== undefined) await Deno.writeTextFile(options.keep, story);
  return story;
}

/** The command that plays a run again. */
function commandLineOf(seed: number, options: Options): string {
  const { registrars, elements, users, hours, faults, timing, topology, between } = options;
  const words = [
    `rserpool simulate --seed ${seed} --registrars ${registrars} --elements ${elements}`,
    `--users ${users} --hours ${hours} --timing ${timing} --topology ${topology}`,
    `--faults ${faults.length === 0 ? "none" : faults.join(",")}`,
    ...(between === undefined ? [] : [`--between ${between}ms`]),
  ];
  return words.join(" ");
}

function planOptionsOf(options: Options) {
  const { registrars, elements, users, hours, faults, timing, topology, between } = options;
  return {
    ...{ registrars, elements, users, hours, faults, timing },
    ...(topology !== "random" && { topology }),
    ...(between !== undefined && { betweenMs: between }),
  };
}

/** What tells runs of one seed apart in a campaign. */
function settingsOf(options: Options): CampaignLine["settings"] {
  return planOptionsOf(options);
}

function lineOf(
  seed: number,
  settings: CampaignLine["settings"],
  label: string | undefined,
  { virtualMs, messages, faults, violation }: SimulationReport,
  seconds: number,
): CampaignLine {
  return {
    seed,
    settings,
    ...(label !== undefined && { label }),
    virtualHours: Math.round(virtualMs / HOUR_MS * 1000) / 1000,
    messages,
    faults,
    seconds: Math.round(seconds * 100) / 100,
    violation: violation === undefined
      ? null
      : { checker: violation.checker, finding: violation.finding },
  };
}

function count(tally: Tally, report: SimulationReport): void {
  tally.runs++;
  for (const key of ["virtualMs", "messages", "faults", "handedOut", "removals"] as const) {
    tally[key] += report[key];
  }
}

function narrate(context: Context, seed: number, report: SimulationReport, seconds: number): void {
  const { virtualMs, messages, faults } = report;
  context.log.info(`seed ${seed}`, {
    virtualHours: Math.round(virtualMs / HOUR_MS * 100) / 100,
    faults,
    messages,
    seconds: Math.round(seconds * 10) / 10,
    violation: report.violation?.checker,
  });
}

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
