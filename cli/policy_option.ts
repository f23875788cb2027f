/** `--policy NAME[:KEY=VALUE,…]`: the policy of RFC 5356 that an element registers with. */

import { POLICIES, type Policy } from "../mod.ts";
import { closest, didYouMean } from "./did_you_mean.ts";
import { parseLoad } from "./load/load_value.ts";

const MAX_U32 = 0xffffffff;

/** What a value is when it is not given; keys that are not here must be. */
const DEFAULTS: Readonly<Record<string, number>> = { weight: 1, load: 0 };

/** The keys of each policy by its name; rsplib's private policies have numbers for names. */
const KEYS: ReadonlyMap<string, readonly string[]> = new Map(
  POLICIES.filter(({ name }) => !name.startsWith("0x"))
    .map(({ name, fields }) => [name, Object.keys(fields)]),
);

/** The policies' names, in the order of their types. */
export const POLICY_NAMES: readonly string[] = [...KEYS.keys()];

/**
 * Reads the value of `--policy`, such as `weighted-round-robin:weight=10`.
 *
 * Weight is 1 and load is 0 if not given; priority and degradation must be given.
 *
 * @throws {SyntaxError} if the policy or a key is unknown, missing, given twice, or a value is
 * wrong.
 */
export function parsePolicy(text: string): Policy {
  const [name, rest] = text.split(/:(.*)/s) as [string, string?];
  const keys = KEYS.get(name);
  if (keys === undefined) {
    const hint = didYouMean(name, POLICY_NAMES) || `; policies are ${POLICY_NAMES.join(", ")}`;
    throw new SyntaxError(`unknown policy "${name}"${hint}`);
  }
  const values: Record<string, number> = {};
  for (const pair of rest === undefined ? [] : rest.split(",")) readPair(name, keys, pair, values);
  for (const key of keys) values[key] ??= DEFAULTS[key] ?? missing(name, key);
  return { name, ...values } as Policy;
}

/** Whether a policy looks at a load, which `--load` can then keep current. */
export function isAdaptive(policy: Policy): policy is Extract<Policy, { load: number }> {
  return "load" in policy;
}

function readPair(
  name: string,
  keys: readonly string[],
  pair: string,
  values: Record<string, number>,
): void {
  const [key, value] = pair.split(/=(.*)/s) as [string, string?];
  if (!keys.includes(key)) {
    throw new SyntaxError(`policy ${name} has no key "${key}"${keyHint(key, keys)}`);
  }
  if (value === undefined) throw new SyntaxError(`"${pair}" has no value; write ${key}=VALUE`);
  if (key in values) throw new SyntaxError(`"${key}" is given twice`);
  values[key] = key === "load" || key === "degradation" ? parseLoad(value) : parseU32(key, value);
}

function keyHint(key: string, keys: readonly string[]): string {
  if (keys.length === 0) return "; it takes none";
  const close = closest(key, keys);
  return close === undefined ? `; its keys are ${keys.join(", ")}` : ` (did you mean ${close}?)`;
}

function parseU32(key: string, text: string): number {
  const number = /^(0x[0-9a-f]{1,8}|[0-9]{1,10})$/i.test(text) ? Number(text) : NaN;
  if (number <= MAX_U32) return number;
  throw new SyntaxError(
    `"${text}" is not a ${key}: it must be a whole number from 0 to ${MAX_U32}`,
  );
}

function missing(name: string, key: string): never {
  throw new SyntaxError(`policy ${name} needs ${key}; write for example ${name}:${example(name)}`);
}

function example(name: string): string {
  const examples: Readonly<Record<string, string>> = {
    priority: "5",
    load: "0.25",
    degradation: "0.1",
  };
  return KEYS.get(name)!.map((key) => `${key}=${examples[key]}`).join(",");
}
