/**
 * A whole cluster of registrars, pool elements and pool users in one process, under virtual time,
 * faults and checkers; a seed replays it. docs/simulation.md.
 *
 * @example
 * ```ts
 * import { makePlan, Simulation } from "@rserpool/rserpool/sim";
 * import assert from "node:assert/strict";
 *
 * const size = { registrars: 3, elements: 10, users: 2, hours: 0 };
 * const plan = makePlan({ ...size, seed: 7, timing: "fast", faults: ["crash"] });
 * assert.equal(new Simulation(plan).play().violation, undefined);
 * ```
 *
 * @module
 */

export {
  type ElementPlan,
  type Environment,
  type Fault,
  FAULT_CLASSES,
  type FaultClass,
  makePlan,
  type Numbers,
  type Plan,
  type PlanOptions,
  type Population,
  type RegistrarPlan,
  shrink,
  type ShrinkOptions,
  type Shrunk,
  Simulation,
  type SimulationOptions,
  type SimulationReport,
  tellStory,
  type Topology,
  type UserPlan,
  type Violation,
} from "./lib/sim/mod.ts";
export type { Instant, TimingProfile } from "./mod.ts";
