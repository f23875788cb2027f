/** A plan as the commands of a scenario, each with its instant. */

import type { Instant } from "../core/mod.ts";
import { narratePolicy } from "./narrate_message.ts";
import type { Fault, Plan } from "./plan.ts";
import { type ElementPlan, poolHandlesOf } from "./population.ts";

/** A command, and when it is given. */
export interface TimedCommand {
  readonly at: Instant;
  readonly text: string;
}

/** How late a timer may fire. */
const TIMER_LATENESS_MS = 5;
/** So many users watch a pool besides. */
const WATCHERS_ONE_IN = 3;

/** All commands of a plan in their order, those at the same instant as they are to be given. */
export function commandsOf(plan: Plan): TimedCommand[] {
  const commands = castOf(plan).map((text) => ({ at: 0, text }));
  // What ends goes before what begins at the same instant; a check is after both.
  const events: { at: Instant; rank: number; texts: readonly string[] }[] = [];
  for (const fault of plan.faults) events.push(...eventsOf(fault));
  for (const at of plan.checks) events.push({ at, rank: 2, texts: ["check"] });
  events.sort((a, b) => a.at - b.at || a.rank - b.rank);
  for (const { at, texts } of events) commands.push(...texts.map((text) => ({ at, text })));
  return commands;
}

function eventsOf({ at, lastsMs, begin, end }: Fault) {
  return [{ at, rank: 1, texts: begin }, { at: at + lastsMs, rank: 0, texts: end }];
}

/** Who is there, and what they do from the beginning. */
function castOf(plan: Plan): string[] {
  const { seed, timing, environment, population, topology, security, askEveryMs } = plan;
  const { latencyMs: [least, most], readBytes, windowBytes } = environment;
  const { registrars, elements, users } = population;
  const network = [
    `latency=${least}..${most}ms`,
    ...(readBytes === Infinity ? [] : [`read=${readBytes}`]),
    `window=${windowBytes}`,
    `lateness=${TIMER_LATENESS_MS}ms`,
    ...(security === undefined ? [] : [`security=${security}`]),
  ];
  const names = registrars.map(({ name }) => name);
  const meshed = `mesh ${names.join(" ")} ids=${registrars.map((each) => each.identifier).join()}`;
  const pools = poolHandlesOf(population);
  const isAnnounced = topology === "announced";
  const discover = isAnnounced ? " discover" : "";
  const handles = pools.join(" ");
  const watchers = users.filter((_, index) => index % WATCHERS_ONE_IN === 0);
  return [
    `cluster seed=${seed} timing=${timing} ${network.join(" ")}`,
    ...(topology === "mesh" && registrars.length > 1 ? [meshed] : registrars.map((each, index) => {
      const mentor = topology === "chain" && index > 0 ? ` mentors=${names[index - 1]}` : "";
      const announce = isAnnounced ? " announce" : "";
      return `registrar ${each.name} id=${each.identifier}${mentor}${announce}`;
    })),
    ...elements.map((element) => elementOf(element) + discover),
    ...users.map(({ name }) => `user ${name} order=random${discover}`),
    "watch",
    ...elements.map(({ name }) => `register ${name}`),
    ...users.map(({ name }) => `ask ${name} ${handles} every=${askEveryMs}ms`),
    ...watchers.map(({ name }, i) => `subscribe ${name} ${pools[i % pools.length]}`),
  ];
}

function elementOf(element: ElementPlan): string {
  const { name, poolHandle, policy, registrationLife, identifier } = element;
  const words = [
    `element ${name} pool=${poolHandle} policy=${narratePolicy(policy)} id=${identifier}`,
    `life=${registrationLife === -1 ? "infinite" : `${registrationLife}s`}`,
    ...(element.neighbour === undefined ? [] : [`host=${element.neighbour}`]),
    ...(element.hasEndpoint ? [] : ["no-endpoint"]),
    "order=random",
  ];
  return words.join(" ");
}
