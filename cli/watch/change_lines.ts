/** Changes in words, a line each, for a person on call. */

import { bracketed } from "../address.ts";
import { printable } from "../printable.ts";
import type { PoolElementView } from "../views.ts";
import type { Change } from "./changes.ts";

/** What is written as it is; other handles stand in quotes, so that a line says one thing only. */
const PLAIN_HANDLE = /^[\w.:@/+-]+$/;

/** The size of a pool, as `--watch` begins. */
export function sizeLine(poolHandle: string, count: number): string {
  return `${handleText(poolHandle)}: ${sizeText(count)}`;
}

/** The lines of the changes of one answer; `count` is the size of the pool before them. */
export function changeLines(
  poolHandle: string,
  changes: readonly Change[],
  count: number,
): string[] {
  let size = count;
  return changes.map((change) => {
    if (change.what === "came") size++;
    if (change.what === "went") size--;
    const about = `${change.element.identifier} ${change.what}: ${detailsOf(change)}`;
    const after = change.what === "changed" ? "" : ` (${sizeText(size)})`;
    return `${handleText(poolHandle)}: ${printable(about)}${after}`;
  });
}

function sizeText(count: number): string {
  if (count === 0) return "no pool elements";
  return count === 1 ? "1 pool element" : `${count} pool elements`;
}

function handleText(poolHandle: string): string {
  return PLAIN_HANDLE.test(poolHandle) ? poolHandle : printable(JSON.stringify(poolHandle));
}

function detailsOf(change: Change): string {
  if (change.what !== "changed") {
    const { endpoint, policy, home } = factsOf(change.element);
    return change.what === "came" ? `${endpoint}, ${policy}, home ${home}` : endpoint!;
  }
  const [before, after] = [factsOf(change.before), factsOf(change.element)];
  const changed = Object.keys(after).filter((name) => before[name] !== after[name]);
  return changed.map((name) => `${name} ${before[name]} -> ${after[name]}`).join(", ");
}

/** All that a view says, by names for eyes. */
function factsOf({ transport, policy, home, lifetimeMs }: PoolElementView): Record<string, string> {
  return {
    endpoint: endpointText(transport),
    use: String(transport.use ?? "none"),
    policy: policyText(policy),
    home,
    life: lifetimeMs === null ? "infinite" : `${lifetimeMs / 1000}s`,
  };
}

export function endpointText({ protocol, addresses, port }: PoolElementView["transport"]): string {
  if (!Array.isArray(addresses)) return String(protocol);
  const endpoints = addresses.map((address) => `${bracketed(String(address))}:${port}`);
  return `${protocol} ${endpoints.join(" ")}`;
}

/** As `register --policy` takes it. */
export function policyText({ name, ...values }: PoolElementView["policy"]): string {
  const known = Object.entries(values).filter(([key]) => !key.endsWith("Raw"));
  const keys = known.map(([key, value]) => `${key}=${value}`);
  return keys.length === 0 ? String(name) : `${name}:${keys.join(",")}`;
}
