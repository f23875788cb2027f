/** The runs of `simulate`: played in slices, told, remembered, made short when they go wrong. */

import {
  type FaultClass,
  makePlan,
  type Plan,
  type PlanOptions,
  type Sabotage,
  shrink,
  Simulation,
  type SimulationReport,
  tellStory,
  type Topology,
  type Violation,
} from "../../lib/sim/mod.ts";
import type { TimingProfile } from "../api.ts";
import type { Context } from "../command.ts";
import { EXIT, UsageError } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import type { OutputFormat } from "../options.ts";
import { Campaign, type CampaignLine } from "./campaign.ts";
import { summaryOf, type Tally } from "./summary.ts";

/** What `simulate` is asked for. */
export interface SimulateOptions {
  readonly registrars: number;
  readonly elements: number;
  readonly users: number;
  readonly hours: number;
  readonly seed: number | undefined;
  readonly runs: number | undefined;
  readonly faults: readonly FaultClass[];
  readonly timing: TimingProfile;
  readonly topology: Topology | "random";
  readonly security: "none" | NonNullable<PlanOptions["security"]>;
  /** Milliseconds. */
  readonly between: number | undefined;
  /** Milliseconds. */
  readonly shrink: number;
  readonly keep: string | undefined;
  readonly campaign: string | undefined;
  readonly label: string | undefined;
  readonly output: OutputFormat;
}

const HOUR_MS = 3_600_000;
/** Virtual time between two looks at the clock on the wall, at most; a large cluster gets less. */
const SLICE_MS = 20_000;
/** The first such time: at its start a cluster has the most to do. */
const FIRST_SLICE_MS = 10;
/** For how long signals may wait: that, or a virtual hour, whichever is over first. */
const BREATHE_MS = 50;
const SLICES_A_BREATH = HOUR_MS / SLICE_MS;
/** Between two lines of progress. */
const PROGRESS_MS = 5_000;

/** A run that went wrong. */
interface Finding {
  readonly seed: number;
  readonly violation: Violation;
  readonly story: string | undefined;
}

/**
 * Plays runs until they are over, somebody stops them, or one goes wrong; then prints a summary.
 *
 * @param sabotage Machines that do not what they should, for tests.
 * @returns the exit code.
 */
export async function simulate(
  context: Context,
  options: SimulateOptions,
  sabotage: Sabotage = {},
): Promise<number> {
  const campaign = options.campaign === undefined
    ? undefined
    : await Campaign.open(options.campaign);
  await refuseUnwritable(options.keep);
  const first = options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!;
  // A run that is killed can be played again only by who knows its seed.
  if (options.seed === undefined) context.log.notice(`seed ${first}`);
  const runs = options.runs ?? (campaign === undefined ? 1 : Infinity);
  const settings = settingsOf(options);
  const tally: Tally = {
    seed: first,
    ...{ runs: 0, virtualMs: 0, messages: 0, faults: 0, handedOut: 0, removals: 0 },
  };
  const began = context.world.now();
  const findings: Finding[] = [];
  for (let seed = first; seed < first + runs && !context.signal.aborted; seed++) {
    if (campaign?.has(seed, settings)) continue;
    const startedAt = context.world.now();
    const plan = makePlan({ ...planOptionsOf(options), seed });
    const report = await play(context, plan, sabotage);
    count(tally, report);
    const { violation } = report;
    if (context.signal.aborted && violation === undefined) break;
    const seconds = (context.world.now() - startedAt) / 1000;
    narrate(context, seed, report, seconds);
    await campaign?.add(lineOf(seed, settings, options.label, report, seconds));
    if (violation === undefined) continue;
    context.log.error(`seed ${seed}: ${violation.finding.split("\n")[0]}`);
    const isLast = campaign === undefined;
    const story = isLast
      ? await storyOf(context, plan, violation, { ...options, sabotage })
      : undefined;
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

/** Before hours are played: whether a story can be kept there. What is in the file stays so far. */
async function refuseUnwritable(file: string | undefined): Promise<void> {
  if (file === undefined) return;
  try {
    const isNew = await Deno.stat(file).then(() => false, () => true);
    (await Deno.open(file, { append: true, create: true })).close();
    if (isNew) await Deno.remove(file);
  } catch (error) {
    throw new UsageError(`--keep: cannot write ${file}: ${reasonOf(error)}`);
  }
}

/** Plays a run in slices, so that signals are heard. */
async function play(
  context: Context,
  plan: Plan,
  sabotage: Sabotage,
): Promise<SimulationReport> {
  const { world, signal, log } = context;
  const simulation = new Simulation(plan, { sabotage });
  const total = plan.checks.at(-1)! / HOUR_MS;
  let breathed = world.now();
  let told = breathed;
  let slice = FIRST_SLICE_MS;
  for (let slices = 1; !simulation.isOver && !signal.aborted; slices++) {
    const before = world.now();
    simulation.play(slice);
    const now = world.now();
    slice = now - before > BREATHE_MS ? Math.max(1, slice >> 1) : Math.min(SLICE_MS, slice * 2);
    if (now - breathed < BREATHE_MS && slices % SLICES_A_BREATH > 0) continue;
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
  options: SimulateOptions & { readonly sabotage: Sabotage },
): Promise<string> {
  log.notice(`looking for the shortest story, for ${options.shrink / 1000} s at most`);
  const until = world.now() + options.shrink;
  const { sabotage } = options;
  const shortest = await shrink(plan, violation, {
    sabotage,
    isOver: async () => {
      await world.pause(0);
      return signal.aborted || world.now() >= until;
    },
  });
  const title = [
    `${shortest.violation.finding.split("\n")[0]}`,
    `A part of: ${commandLineOf(plan.seed, options)}`,
  ];
  const story = tellStory(shortest.plan, title, sabotage);
  if (options.keep !== undefined) await Deno.writeTextFile(options.keep, story);
  return story;
}

/** The command that plays a run again. */
function commandLineOf(seed: number, options: SimulateOptions): string {
  const { registrars, elements, users, hours, faults, timing, topology, security, between } =
    options;
  const words = [
    `rserpool simulate --seed ${seed} --registrars ${registrars} --elements ${elements}`,
    `--users ${users} --hours ${hours} --timing ${timing} --topology ${topology}`,
    `--faults ${faults.length === 0 ? "none" : faults.join(",")}`,
    ...(security === "none" ? [] : [`--security ${security}`]),
    ...(between === undefined ? [] : [`--between ${between}ms`]),
  ];
  return words.join(" ");
}

function planOptionsOf(options: SimulateOptions) {
  const { registrars, elements, users, hours, faults, timing, topology, security, between } =
    options;
  return {
    ...{ registrars, elements, users, hours, faults, timing },
    ...(topology !== "random" && { topology }),
    ...(security !== "none" && { security }),
    ...(between !== undefined && { betweenMs: between }),
  };
}

/** What tells runs of one seed apart in a campaign. */
function settingsOf(options: SimulateOptions): CampaignLine["settings"] {
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
