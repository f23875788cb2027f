/**
 * A run as data, made beforehand from a seed: who is there, what goes wrong when and for how long,
 * and when everybody must know what is so. A run can so be repeated with a part of it.
 */

import { DEFAULT_LIMITS, type Instant, type TimingProfile } from "../core/mod.ts";
import { type Random, seededRandom } from "../handlespace/mod.ts";
import { Bounds } from "./bounds.ts";
import {
  type Dice,
  type Draft,
  FAULT_CLASSES,
  type FaultClass,
  FAULTS,
  loadChange,
} from "./faults.ts";
import { type Numbers, populate, type Population } from "./population.ts";
import { TIMINGS } from "./timings.ts";

/**
 * How registrars find each other: each knows all, each knows one more, all by multicast, as pool
 * elements and pool users do then, too, or nobody knows anybody.
 */
export type Topology = "mesh" | "chain" | "announced" | "apart";

/** What a plan is made from. */
export interface PlanOptions extends Numbers {
  /** What it is drawn from: the same seed, the same run. */
  readonly seed: number;
  /** Virtual hours; at least one storm and its quiet time are played. */
  readonly hours: number;
  /** What may go wrong; default: everything. */
  readonly faults?: readonly FaultClass[];
  /** The RFC's timers (default), or fast ones. */
  readonly timing?: TimingProfile;
  /** Default: of the seed, and never `apart`. */
  readonly topology?: Topology;
  /** How members prove who they are. Default: they do not, and everybody may do everything. */
  readonly security?: "certificate" | "psk" | "both";
  /** Mean time between two things that go wrong; default: of the seed. */
  readonly betweenMs?: number;
}

/** Something that goes wrong. */
export interface Fault {
  /** When, in milliseconds since the run began. */
  readonly at: Instant;
  /** For how long; 0 for what is over at once. */
  readonly lastsMs: number;
  /** What kind it is; `load` is a change of load and no fault. */
  readonly class: FaultClass | "load";
  /** As scenarios write it. */
  readonly begin: readonly string[];
  /** What ends it, as scenarios write it; nothing: it is over at once. */
  readonly end: readonly string[];
}

/** The network and the systems of the hosts. */
export interface Environment {
  /** How long bytes are on their way, in milliseconds. */
  readonly latencyMs: readonly [least: number, most: number];
  /** The most that one read takes. */
  readonly readBytes: number;
  /** Bytes that may wait for a reader. */
  readonly windowBytes: number;
}

/** A whole run. */
export interface Plan {
  /** What it is drawn from: the same seed, the same run. */
  readonly seed: number;
  /** The RFC's timers, or fast ones. */
  readonly timing: TimingProfile;
  /** How registrars find each other. */
  readonly topology: Topology;
  /** How members prove who they are. */
  readonly security: PlanOptions["security"];
  /** The network and the systems of the hosts. */
  readonly environment: Environment;
  /** All members. */
  readonly population: Population;
  /** Mean time between two questions of a user. */
  readonly askEveryMs: number;
  /** What goes wrong, in order. */
  readonly faults: readonly Fault[];
  /** When quiet times end: everything is looked at. */
  readonly checks: readonly Instant[];
}

const HOUR_MS = 3_600_000;
const ASK_EVERY_MS = 15_000;
/** A check takes a little time, and the connections of who asked end. */
const AFTER_CHECK_MS = 30_000;
/** One in so many faults is no fault: a load changes. */
const LOAD_ONE_IN = 6;
/** One in so many crashes late in a storm is over only after the check. */
const STAYING_ONE_IN = 2;

/**
 * Makes a plan: the same options, the same plan.
 *
 * @example
 * ```ts
 * import { makePlan } from "@rserpool/rserpool/sim";
 * import assert from "node:assert/strict";
 *
 * const size = { registrars: 3, elements: 10, users: 4, hours: 1 };
 * const plan = makePlan({ ...size, seed: 7, faults: ["crash", "partition"] });
 * assert.deepEqual(makePlan({ ...size, seed: 7, faults: ["crash", "partition"] }), plan);
 * assert(plan.faults.length > 10);
 * console.log(plan.faults[0]);
 * ```
 */
export function makePlan(options: PlanOptions): Plan {
  const random = seededRandom(options.seed);
  const pick = <T>(...from: readonly T[]): T => from[random.below(from.length)]!;
  const timing = options.timing ?? "rfc";
  const environment: Environment = {
    latencyMs: pick<readonly [number, number]>([0, 3], [0, 40], [20, 300]),
    readBytes: pick(Infinity, Infinity, 700, 700, 90, 9),
    windowBytes: pick(65_536, 2500),
  };
  const topology = options.topology ?? pick<Topology>("mesh", "mesh", "mesh", "chain", "announced");
  const population = populate(options, random);
  const bounds = new Bounds(TIMINGS[timing], {
    latencyMs: environment.latencyMs[1],
    elements: options.elements,
    adoptionsPerSecond: DEFAULT_LIMITS.maxAdoptionsPerSecond,
  });
  const quietMs = Math.ceil(bounds.quietMs);
  const faults: Fault[] = [];
  const checks: Instant[] = [];
  let began = 0;
  do {
    const betweenMs = options.betweenMs ?? pick(2000, 10_000, 40_000);
    const ends = began + quietMs;
    const classes = options.faults ?? FAULT_CLASSES;
    const checkedAt = ends + quietMs;
    const storm = new Storm(population, random, { classes, topology });
    faults.push(...storm.draw({ began, ends, checkedAt }, betweenMs));
    checks.push(checkedAt);
    began = checkedAt + AFTER_CHECK_MS;
  } while (began + 2 * quietMs <= options.hours * HOUR_MS);
  const { seed, security } = options;
  const drawn = { faults, checks, askEveryMs: ASK_EVERY_MS };
  return { seed, timing, topology, security, environment, population, ...drawn };
}

/** When a storm is, and when everybody must know what is so. */
interface Span {
  readonly began: Instant;
  readonly ends: Instant;
  readonly checkedAt: Instant;
}

/** Draws what goes wrong in one storm: all of it is over when it ends, or over after the check. */
class Storm implements Dice {
  readonly population: Population;
  readonly random: Random;
  private readonly classes: readonly FaultClass[];
  private readonly topology: Topology;
  private readonly busyUntil = new Map<string, Instant>();
  private now: Instant = 0;
  private registrarsAway = 0;

  constructor(
    population: Population,
    random: Random,
    { classes, topology }: { readonly classes: readonly FaultClass[]; readonly topology: Topology },
  ) {
    this.population = population;
    this.random = random;
    this.classes = classes;
    this.topology = topology;
  }

  free(names: readonly string[]): string | undefined {
    const free = names.filter((name) => (this.busyUntil.get(name) ?? -1) < this.now);
    return free.length === 0 ? undefined : free[this.random.below(free.length)];
  }

  draw(span: Span, betweenMs: number): Fault[] {
    const faults: Fault[] = [];
    this.now = span.began;
    for (;;) {
      this.now += 1 + this.random.below(2 * betweenMs);
      if (this.now >= span.ends) return faults;
      const [kind, drafts] = this.strike();
      for (const draft of drafts) {
        const fault = this.place(kind, draft, span);
        if (fault !== undefined) faults.push(fault);
      }
    }
  }

  private strike(): [FaultClass | "load", readonly Draft[]] {
    const { random, classes } = this;
    const isLoad = classes.length === 0 || random.below(LOAD_ONE_IN) === 0;
    if (isLoad) return ["load", loadChange(this)];
    const kind = classes[random.below(classes.length)]!;
    const choices = FAULTS[kind];
    let left = random.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, make] of choices) {
      if (left < weight) return [kind, make(this)];
      left -= weight;
    }
    throw new RangeError("The weights have changed");
  }

  private place(kind: FaultClass | "load", draft: Draft, span: Span): Fault | undefined {
    const at = this.now + (draft.afterMs ?? 0);
    const { begin, end } = draft;
    let lastsMs = end.length === 0 ? 0 : draft.lastsMs ?? this.while();
    if (at + lastsMs >= span.ends) {
      if (draft.lastsMs !== undefined) return undefined;
      lastsMs = kind === "crash" && this.mayStay(draft)
        ? span.checkedAt + 1000 + this.random.below(AFTER_CHECK_MS / 2) - at
        : span.ends - 1 - at;
    }
    for (const name of draft.members) this.busyUntil.set(name, at + lastsMs);
    return { at, lastsMs, class: kind, begin, end };
  }

  /** Whether somebody may be away until after the check; one registrar is always there. */
  private mayStay({ members }: Draft): boolean {
    if (this.random.below(STAYING_ONE_IN) > 0) return false;
    const { registrars } = this.population;
    if (!registrars.some(({ name }) => members.includes(name))) return true;
    // Whoever knows only one that is away, and is known to nobody any more, can but be alone.
    if (this.topology === "chain" || this.registrarsAway + 1 >= registrars.length) return false;
    this.registrarsAway++;
    return true;
  }

  /** Mostly seconds, sometimes minutes. */
  private while(): number {
    return 1 + this.random.below(2 * 10 ** (2 + this.random.below(4)));
  }
}
