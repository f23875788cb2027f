/** What a run tells, as a scenario: commands, and all that follows from each. */

import type { Sabotage } from "./member.ts";
import type { Plan } from "./plan.ts";
import { commandsOf } from "./plan_commands.ts";
import { playScript } from "./scenario/play.ts";
import { formatScript, parseScript } from "./scenario/script.ts";
import { Stage } from "./scenario/stage.ts";

/** What happens all the time, and is left out. */
const HIDDEN = [
  "KEEP_ALIVE",
  "keep-alive",
  "RESOLUTION",
  "resolved",
  "ENRP_PRESENCE",
  "hunt-failure",
  "home-adopted",
  // Where nobody is.
  "10.8.",
];

/**
 * Plays a plan and tells it in the form of `tests/scenarios`; what a checker finds stands at the
 * end. Kept as a scenario, it is played again by every test run.
 *
 * @param title What stands above it, line by line.
 *
 * @example
 * ```ts
 * import { makePlan, tellStory } from "@rserpool/rserpool/sim";
 * import assert from "node:assert/strict";
 *
 * const plan = makePlan({ seed: 5, registrars: 2, elements: 2, users: 1, hours: 0, faults: [] });
 * const story = tellStory({ ...plan, faults: plan.faults.slice(0, 2) }, ["Two loads change."]);
 * assert.match(story, /^# Two loads change\.\ncluster seed=5 /);
 * assert.match(story, /all is as it must be\n$/);
 * ```
 */
export function tellStory(
  plan: Plan,
  title: readonly string[],
  sabotage: Sabotage = {},
): string {
  const blocks = parseScript(scriptOf(plan, title));
  return formatScript(blocks, playScript(blocks, new Stage({ sabotage, keepLines: 1 })));
}

/** The commands of a plan as a scenario file without what is told. */
function scriptOf(plan: Plan, title: readonly string[]): string {
  const lines = title.map((line) => `# ${line}`);
  let now = 0;
  for (const { at, text } of commandsOf(plan)) {
    if (at > now) lines.push("", `until ${at}ms`);
    now = Math.max(now, at);
    lines.push(text);
    if (text.startsWith("cluster ")) lines.push(`hide ${HIDDEN.join(" ")}`);
  }
  return lines.join("\n");
}
