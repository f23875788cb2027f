/**
 * The shortest plan that still shows a violation: faults, members and quiet spells are left out as
 * long as the same checker finds something.
 */

import type { Sabotage } from "./member.ts";
import type { Fault, Plan } from "./plan.ts";
import { Simulation, type Violation } from "./simulation.ts";

/** How long it may take, and on what it is tried. */
export interface ShrinkOptions {
  /**
   * Asked before each trial: whether there was time enough. Default: never. A promise lets others
   * have their turn between two trials.
   */
  readonly isOver?: () => boolean | Promise<boolean>;
  /**
   * Machines that do not what they should.
   *
   * @internal
   */
  readonly sabotage?: Sabotage;
}

/** What came of it: the plan, and what is found in it. */
export interface Shrunk {
  /** The shorter plan. */
  readonly plan: Plan;
  /** What is found in it. */
  readonly violation: Violation;
  /** How many plans were played. */
  readonly trials: number;
}

/**
 * Looks for a shorter plan in which the same checker finds something; every trial is a run.
 *
 * @param violation What playing the plan has found.
 *
 * @example
 * ```ts
 * import { makePlan, shrink, Simulation } from "@rserpool/rserpool/sim";
 *
 * const plan = makePlan({ seed: 3, registrars: 2, elements: 4, users: 2, hours: 0 });
 * const { violation } = new Simulation(plan).play();
 * if (violation !== undefined) {
 *   const until = performance.now() + 30_000;
 *   const shortest = await shrink(plan, violation, { isOver: () => performance.now() > until });
 *   console.log(shortest.plan.faults, shortest.violation.finding);
 * }
 * ```
 */
export function shrink(
  plan: Plan,
  violation: Violation,
  options: ShrinkOptions = {},
): Promise<Shrunk> {
  return new Shrinker(plan, violation, options).shrink();
}

class Shrinker {
  private best: Plan;
  private violation: Violation;
  private readonly options: ShrinkOptions;
  private trials = 0;

  constructor(plan: Plan, violation: Violation, options: ShrinkOptions) {
    this.best = plan;
    this.violation = violation;
    this.options = options;
  }

  async shrink(): Promise<Shrunk> {
    await this.cutTail();
    await this.keepLastCheck();
    await this.reduceFaults();
    await this.reduceMembers();
    await this.reduceFaults();
    await this.calmNetwork();
    await this.beginLater();
    await this.shortenFaults();
    return { plan: this.best, violation: this.violation, trials: this.trials };
  }

  /** Nothing after the violation has led to it. */
  private async cutTail(): Promise<void> {
    const { at } = this.violation;
    await this.attempt({
      ...this.best,
      faults: this.best.faults.filter((fault) => fault.at <= at),
      checks: this.best.checks.filter((instant) => instant <= at),
    });
  }

  /** Most often, what came before the last quiet time does not matter. */
  private async keepLastCheck(): Promise<void> {
    const { checks, faults } = this.best;
    const since = checks.at(-2);
    if (since !== undefined) {
      const recent = faults.filter((fault) => fault.at >= since);
      if (await this.attempt({ ...this.best, faults: recent, checks: checks.slice(-1) })) return;
    }
    const { at } = this.violation;
    const last = checks.filter((instant) => instant <= at).slice(-1);
    await this.attempt({ ...this.best, checks: last });
  }

  private async reduceFaults(): Promise<void> {
    await reduce(this.best.faults, (faults) => this.attempt({ ...this.best, faults }));
  }

  private async reduceMembers(): Promise<void> {
    const { users, elements, registrars } = this.best.population;
    for (const members of [users, elements, registrars]) {
      const names = members.map(({ name }) => name);
      await reduce(names, async (kept) => {
        if (members === registrars && kept.length === 0) return false;
        const left = new Set(names.filter((name) => !kept.includes(name)));
        return await this.attempt(withoutMembers(this.best, left));
      });
    }
  }

  /** A network without whims, if that will do. */
  private async calmNetwork(): Promise<void> {
    const windowBytes = 65_536;
    await this.attempt({
      ...this.best,
      environment: { latencyMs: [1, 1], readBytes: Infinity, windowBytes },
    });
  }

  /** The first fault may come sooner, and the check with it. */
  private async beginLater(): Promise<void> {
    const first = Math.min(...this.best.faults.map(({ at }) => at), ...this.best.checks);
    for (const kept of [10_000, 60_000, 180_000]) {
      const earlier = Math.max(0, first - kept);
      if (earlier > 0 && await this.attempt(shifted(this.best, 0, earlier))) return;
    }
  }

  /** Each fault may be shorter, and the next one sooner. */
  private async shortenFaults(): Promise<void> {
    for (let index = 0; index < this.best.faults.length; index++) {
      const replace = (change: Partial<Fault>) =>
        this.attempt({
          ...this.best,
          faults: this.best.faults.map((each, i) => i === index ? { ...each, ...change } : each),
        });
      const { lastsMs, at } = this.best.faults[index]!;
      if (lastsMs > 2000) {
        void (replace({ lastsMs: 1000 }) || replace({ lastsMs: lastsMs / 2 | 0 }));
      }
      const next = this.best.faults[index + 1];
      const gap = next === undefined ? 0 : next.at - at;
      if (gap > 10_000) await this.attempt(shifted(this.best, at + 1, gap - 5000));
    }
  }

  /** Plays a plan; it is the best from now on if the same checker finds something. */
  private async attempt(plan: Plan): Promise<boolean> {
    if (await this.options.isOver?.() === true) return false;
    this.trials++;
    const { sabotage } = this.options;
    const settings = sabotage === undefined ? {} : { sabotage };
    const { violation } = new Simulation(plan, settings).play();
    if (violation?.checker !== this.violation.checker) return false;
    this.best = plan;
    this.violation = violation;
    return true;
  }
}

/**
 * Leaves out as much as possible of a list, in ever smaller parts.
 *
 * @param holds Whether what is asked for holds with some of the items.
 */
export async function reduce<T>(
  items: readonly T[],
  holds: (kept: readonly T[]) => Promise<boolean>,
): Promise<void> {
  let kept = items;
  if (kept.length > 0 && await holds([])) return;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : size / 2 | 0) {
    for (let at = 0; at < kept.length;) {
      const fewer = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (fewer.length > 0 && await holds(fewer)) kept = fewer;
      else at += size;
    }
  }
}

/** Everything from an instant on happens so much earlier. */
function shifted(plan: Plan, since: number, byMs: number): Plan {
  const move = (at: number) => at < since ? at : at - byMs;
  return {
    ...plan,
    faults: plan.faults.map((fault) => ({ ...fault, at: move(fault.at) })),
    checks: plan.checks.map(move),
  };
}

/** A plan without some of its members, and without what befalls them. */
export function withoutMembers(plan: Plan, names: ReadonlySet<string>): Plan {
  const stay = <T extends { readonly name: string }>(members: readonly T[]) =>
    members.filter(({ name }) => !names.has(name));
  const { registrars, elements, users } = plan.population;
  return {
    ...plan,
    population: {
      registrars: stay(registrars),
      users: stay(users),
      elements: stay(elements).map((element) =>
        names.has(element.neighbour ?? "") ? { ...element, neighbour: undefined } : element
      ),
    },
    faults: plan.faults.flatMap((fault) => {
      const begin = rewritten(fault.begin, names);
      const end = rewritten(fault.end, names);
      return begin.length === 0 ? [] : [{ ...fault, begin, end }];
    }),
  };
}

/** Commands about others only; of lists of names, what is left. */
function rewritten(commands: readonly string[], names: ReadonlySet<string>): string[] {
  return commands.flatMap((command) => {
    const words = command.split(" ").map((word) => {
      const [, key = "", list = ""] = /^([a-z-]+=)?(.*)$/.exec(word)!;
      if (!list.includes(",")) return names.has(list) ? undefined : word;
      const left = list.split(",").filter((name) => !names.has(name));
      return left.length === 0 ? undefined : key + left.join(",");
    });
    return words.includes(undefined) ? [] : [words.join(" ")];
  });
}
