/** What can go wrong, by class: each kind draws whom it befalls and says it as commands. */

import type { Random } from "../handlespace/mod.ts";
import { narratePolicy } from "./narrate_message.ts";
import type { ElementPlan, Population } from "./population.ts";

/** What `--faults` may name. */
export const FAULT_CLASSES = [
  "crash",
  "restart",
  "partition",
  "cut",
  "delay",
  "slow-reader",
  "clock-skew",
  "announce-flood",
] as const;

/** A class of faults. */
export type FaultClass = typeof FAULT_CLASSES[number];

/** Something that goes wrong, before it has a time. */
export interface Draft {
  /** Who has it, and is left alone by others meanwhile. */
  readonly members: readonly string[];
  readonly begin: readonly string[];
  /** What ends it; nothing: it is over at once. */
  readonly end: readonly string[];
  /** For how long, if it is not for any time. */
  readonly lastsMs?: number;
  /** When it begins, after the others of the same kind. */
  readonly afterMs?: number;
}

/** What a kind draws from. */
export interface Dice {
  readonly population: Population;
  readonly random: Random;
  /** Somebody of those who have nothing at the moment. */
  free(names: readonly string[]): string | undefined;
}

type Kind = (dice: Dice) => readonly Draft[];

/** Kinds and how often each comes, relative to the others of its class. */
export const FAULTS: Readonly<Record<FaultClass, readonly (readonly [number, Kind])[]>> = {
  crash: [
    [4, (dice) => crashElement(dice, "kill")],
    [2, (dice) => crashElement(dice, "power-off")],
    [1, (dice) => crashUser(dice, "kill")],
    [1, (dice) => crashUser(dice, "power-off")],
    [2, (dice) => crashRegistrar(dice, "kill")],
    [2, (dice) => crashRegistrar(dice, "power-off")],
  ],
  restart: [
    [2, (dice) => restartRegistrar(dice)],
    [1, rollingRestart],
    [3, stopElement],
    [3, deregisterElement],
    [1, (dice) => one(dice, userNames(dice), (user) => [`stop ${user}`], startOf)],
  ],
  partition: [
    [2, splitCluster],
    [2, (dice) => splitPair(dice, registrarNames(dice))],
    [3, (dice) => splitPair(dice, elementNames(dice))],
  ],
  cut: [
    [4, (dice) => cutLink(dice, elementNames(dice))],
    [3, (dice) => cutLink(dice, registrarNames(dice))],
    [2, (dice) => cutLink(dice, userNames(dice))],
  ],
  delay: [
    [2, (dice) => slowLink(dice, registrarNames(dice))],
    [2, (dice) => slowLink(dice, elementNames(dice))],
  ],
  "slow-reader": [
    [2, (dice) => hold(dice, registrarNames(dice))],
    [3, (dice) => hold(dice, elementNames(dice))],
    [1, (dice) => hold(dice, userNames(dice))],
  ],
  "clock-skew": [
    [1, (dice) => skew(dice, registrarNames(dice))],
    [1, (dice) => skew(dice, elementNames(dice))],
  ],
  "announce-flood": [
    [3, babbleOn],
    [1, floodWithHints],
    [2, floodGroups],
    [2, slander],
  ],
};

/** What happens on good days, too: a load changes, and the element says so. */
export function loadChange(dice: Dice): readonly Draft[] {
  const { random, population } = dice;
  const name = dice.free(elementNames(dice));
  const element = population.elements.find((each) => each.name === name);
  if (element === undefined) return [];
  const policy = narratePolicy(loaded(element, random));
  return [{ members: [element.name], begin: [`update ${name} policy=${policy}`], end: [] }];
}

function loaded({ policy }: ElementPlan, random: Random) {
  const fraction = random.below(1001) / 1000;
  if ("load" in policy) return { ...policy, load: Math.round(fraction * 0xffffffff) };
  if ("weight" in policy) return { ...policy, weight: 1 + random.below(5) };
  if ("priority" in policy) return { ...policy, priority: random.below(100) };
  return policy;
}

function crashElement(dice: Dice, how: "kill" | "power-off"): readonly Draft[] {
  const alone = dice.population.elements.filter((each) => how === "kill" || !each.sharesHost);
  return one(dice, alone.map(({ name }) => name), (name) => [`${how} ${name}`], (name) => [
    ...renewal(dice, name, 2),
    `start ${name}`,
    `register ${name}`,
  ]);
}

function crashUser(dice: Dice, how: "kill" | "power-off"): readonly Draft[] {
  return one(dice, userNames(dice), (name) => [`${how} ${name}`], startOf);
}

/** RFC 5353 §2.1: an identifier is chosen anew at each start; an operator may have given one. */
function crashRegistrar(dice: Dice, how: "kill" | "power-off"): readonly Draft[] {
  return one(dice, registrarNames(dice), (name) => [`${how} ${name}`], (name) => [
    ...renewal(dice, name, 4),
    `start ${name}`,
  ]);
}

function restartRegistrar(dice: Dice): readonly Draft[] {
  return one(dice, registrarNames(dice), (name) => [`stop ${name}`], (name) => [
    `kill ${name}`,
    ...renewal(dice, name, 4),
    `start ${name}`,
  ]);
}

/** One after the other, as an operator does it for a new version. */
function rollingRestart(dice: Dice): readonly Draft[] {
  const { random } = dice;
  const pauseMs = 1000 + random.below(30_000);
  const downMs = 6000 + random.below(10_000);
  return registrarNames(dice).flatMap((name, index) => {
    if (dice.free([name]) === undefined) return [];
    return [{
      members: [name],
      begin: [`stop ${name}`],
      end: [`kill ${name}`, ...renewal(dice, name, 4), `start ${name}`],
      lastsMs: downMs,
      afterMs: index * (downMs + pauseMs),
    }];
  });
}

function stopElement(dice: Dice): readonly Draft[] {
  return one(dice, elementNames(dice), (name) => [`stop ${name}`], (name) => [
    `kill ${name}`,
    ...renewal(dice, name, 2),
    `start ${name}`,
    `register ${name}`,
  ]);
}

function deregisterElement(dice: Dice): readonly Draft[] {
  return one(dice, elementNames(dice), (name) => [`deregister ${name}`], (name) => [
    `register ${name}`,
  ]);
}

/** The network falls apart, or one half hears the other and is not heard. */
function splitCluster(dice: Dice): readonly Draft[] {
  const { random, population } = dice;
  if (dice.free([NETWORK]) === undefined) return [];
  const { registrars, elements, users } = population;
  const left: string[] = [];
  const right: string[] = [];
  for (const { name } of [...registrars, ...elements, ...users]) {
    (random.below(2) === 0 ? left : right).push(name);
  }
  if (left.length === 0 || right.length === 0) return [];
  const oneWay = random.below(4) === 0 ? " one-way" : "";
  const [one, other] = [left.join(","), right.join(",")];
  return [{
    members: [NETWORK],
    begin: [`split ${one} from=${other}${oneWay}`],
    end: [`join ${one} with=${other}`],
  }];
}

/** Two cannot reach each other, and all others can reach both. */
function splitPair(dice: Dice, names: readonly string[]): readonly Draft[] {
  const pair = linkOf(dice, names);
  if (pair === undefined || dice.free([NETWORK]) === undefined) return [];
  const [one, other] = pair;
  return [{
    members: [NETWORK],
    begin: [`partition ${one} ${other}`],
    end: [`heal ${one} ${other}`],
  }];
}

function cutLink(dice: Dice, names: readonly string[]): readonly Draft[] {
  const pair = linkOf(dice, names);
  if (pair === undefined) return [];
  const [one, other] = pair;
  const deceived = ["", "", ` only-at=${one}`, ` only-at=${other}`][dice.random.below(4)];
  return [{ members: [], begin: [`cut ${one} ${other}${deceived}`], end: [] }];
}

function slowLink(dice: Dice, names: readonly string[]): readonly Draft[] {
  const ms = 20 * 2 ** dice.random.below(8);
  return one(dice, names, (name) => [`delay ${name} by=${ms}ms`], (name) => [
    `delay ${name} by=0ms`,
  ]);
}

function hold(dice: Dice, names: readonly string[]): readonly Draft[] {
  if (dice.random.below(3) === 0) {
    return one(dice, names, (name) => [`stop-reading ${name}`], (name) => [`read ${name}`]);
  }
  return one(dice, names, (name) => [`freeze ${name}`], (name) => [`thaw ${name}`]);
}

function skew(dice: Dice, names: readonly string[]): readonly Draft[] {
  const { random } = dice;
  const how = random.below(3) === 0
    ? `forward=${1 + random.below(120)}s`
    : `rate=${(98 + random.below(5)) / 100}`;
  return one(dice, names, (name) => [`clock ${name} ${how}`], () => []);
}

function babbleOn({ population, random }: Dice): readonly Draft[] {
  const stranger = `S${1 + random.below(4)}`;
  const at = pick(random, population.registrars).name;
  const words = [random.below(4) === 0 ? " enrp" : "", random.below(2) === 0 ? " deaf" : ""];
  const rest = `times=${1 + random.below(40)} for=${1 + random.below(60)}s seed=${random.uint32()}`;
  return [{
    members: [],
    begin: [`babble ${stranger} at=${at}${words.join("")} ${rest}`],
    end: [],
  }];
}

function floodWithHints(dice: Dice): readonly Draft[] {
  const { random } = dice;
  const how = `times=${1 + random.below(100)} seed=${random.uint32()}`;
  return one(dice, registrarNames(dice), (name) => [`hints ${name} ${how}`], () => []);
}

/** Announcements of registrars that are nowhere, and worse, to both multicast groups. */
function floodGroups({ random }: Dice): readonly Draft[] {
  const how = `times=${1 + random.below(500)} for=${1 + random.below(30)}s seed=${random.uint32()}`;
  return [{ members: [], begin: [`flood S${1 + random.below(4)} ${how}`], end: [] }];
}

/** Many users at once say that an element is unreachable. */
function slander(dice: Dice): readonly Draft[] {
  const { random, population } = dice;
  const users = userNames(dice).filter((name) => dice.free([name]) !== undefined);
  if (users.length === 0) return [];
  const about = pick(random, population.elements).name;
  const speakers = users.slice(0, 1 + random.below(users.length));
  return [{ members: [], begin: speakers.map((name) => `report ${name} ${about}`), end: [] }];
}

/** Whoever cannot be in two states at once: the network as a whole. */
const NETWORK = "the network";

function one(
  dice: Dice,
  names: readonly string[],
  begin: (name: string) => string[],
  end: (name: string) => string[],
): readonly Draft[] {
  const name = dice.free(names);
  return name === undefined ? [] : [{ members: [name], begin: begin(name), end: end(name) }];
}

/** Somebody and a registrar other than that. */
function linkOf(dice: Dice, names: readonly string[]): [string, string] | undefined {
  const name = pick(dice.random, names);
  const others = registrarNames(dice).filter((each) => each !== name);
  return others.length === 0 ? undefined : [name, pick(dice.random, others)];
}

/** Another identifier for the next life, except once in so many times. */
function renewal({ random }: Dice, name: string, onceIn: number): string[] {
  return random.below(onceIn) === 0 ? [] : [`renew ${name} id=${1 + random.below(0xfffffffe)}`];
}

function startOf(name: string): string[] {
  return [`start ${name}`];
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]!;
}

function registrarNames({ population }: Dice): string[] {
  return population.registrars.map(({ name }) => name);
}

function elementNames({ population }: Dice): string[] {
  return population.elements.map(({ name }) => name);
}

function userNames({ population }: Dice): string[] {
  return population.users.map(({ name }) => name);
}
