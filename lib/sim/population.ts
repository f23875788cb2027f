/** Who lives in a simulated cluster, drawn from a seed. */

import type { Random } from "../handlespace/mod.ts";
import type { Policy, PoolHandle } from "../wire/mod.ts";

/** A registrar of a plan. */
export interface RegistrarPlan {
  /** Its name in stories. */
  readonly name: string;
  /** Its identifier. */
  readonly identifier: number;
}

/** A pool element of a plan. */
export interface ElementPlan {
  /** Its name in stories. */
  readonly name: string;
  /** Its identifier. */
  readonly identifier: number;
  /** Its pool. */
  readonly poolHandle: PoolHandle;
  /** Its policy. */
  readonly policy: Policy;
  /** In seconds, -1 for infinite. */
  readonly registrationLife: number;
  /** Whether it has an ASAP endpoint. */
  readonly hasEndpoint: boolean;
  /** The element on whose host it lives, too. */
  readonly neighbour: string | undefined;
  /** Whether it lives on its host with another. */
  readonly sharesHost: boolean;
}

/** A pool user of a plan. */
export interface UserPlan {
  /** Its name in stories. */
  readonly name: string;
}

/** All members of a plan. */
export interface Population {
  /** Its registrars. */
  readonly registrars: readonly RegistrarPlan[];
  /** Its pool elements. */
  readonly elements: readonly ElementPlan[];
  /** Its pool users. */
  readonly users: readonly UserPlan[];
}

/** How many there are of each. */
export interface Numbers {
  /** Registrars. */
  readonly registrars: number;
  /** Pool elements. */
  readonly elements: number;
  /** Pool users. */
  readonly users: number;
}

/** Pools of every policy. */
const POOLS: readonly (readonly [handle: PoolHandle, policy: Policy])[] = [
  ["web", { name: "round-robin" }],
  ["mail", { name: "weighted-round-robin", weight: 2 }],
  ["log", { name: "random" }],
  ["news", { name: "weighted-random", weight: 3 }],
  ["main-and-spare", { name: "priority", priority: 10 }],
  ["cpu", { name: "least-used", load: 0x20000000 }],
  ["disk", { name: "least-used-degradation", load: 0x10000000, degradation: 0x01000000 }],
  ["tape", { name: "priority-least-used", load: 0x10000000, degradation: 0x02000000 }],
  ["net", { name: "randomized-least-used", load: 0x40000000 }],
];

/** A quarter of the elements has no ASAP endpoint, and a third of the hosts has two elements. */
const ENDPOINTLESS_ONE_IN = 4;
const SHARED_ONE_IN = 3;

/** Draws a population. */
export function populate(numbers: Numbers, random: Random): Population {
  const identifiers = new Set<number>();
  const identifier = (): number => {
    const drawn = 1 + random.below(0xfffffffe);
    if (identifiers.has(drawn)) return identifier();
    identifiers.add(drawn);
    return drawn;
  };
  const named = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
  const names = named("PE#", numbers.elements);
  const isSecond = (index: number) => index % SHARED_ONE_IN === SHARED_ONE_IN - 1;
  return {
    registrars: named("R", numbers.registrars).map((name) => ({ name, identifier: identifier() })),
    elements: names.map((name, index) => {
      const [poolHandle, policy] = POOLS[index % POOLS.length]!;
      return {
        name,
        identifier: identifier(),
        poolHandle,
        policy,
        registrationLife: [60, 300, 3600, -1][random.below(4)]!,
        hasEndpoint: random.below(ENDPOINTLESS_ONE_IN) > 0,
        neighbour: isSecond(index) ? names[index - 1] : undefined,
        sharesHost: isSecond(index) || (isSecond(index + 1) && index + 1 < names.length),
      };
    }),
    users: named("PU#", numbers.users).map((name) => ({ name })),
  };
}

/** The handles of all pools of a population. */
export function poolHandlesOf({ elements }: Population): PoolHandle[] {
  return [...new Set(elements.map((each) => each.poolHandle))];
}
