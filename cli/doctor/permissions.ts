/** What permissions say, where it is not what somebody may have meant. docs/security.md. */

import type { Permission } from "../api.ts";
import type { SecuritySection } from "../security_section.ts";
import type { Findings } from "./finding.ts";
import { covers, overlaps } from "./patterns.ts";

/** A proof, and the entry it stands in, counted from 1. */
interface Placed {
  readonly entry: number;
  readonly kind: Permission["proofs"][number]["kind"];
  readonly pattern: string;
}

/** Overlaps are told up to so many: the work grows with the square of the entries. */
const MAX_COMPARED = 1_000;

/**
 * Looks at the permissions of a section.
 *
 * @param keys the identities whose keys are accepted; `undefined`: they are not known.
 */
export function checkPermissions(
  { identities, read, where }: SecuritySection,
  keys: readonly string[] | undefined,
  findings: Findings,
): void {
  const before = findings.all.length;
  const warn = (words: string) => findings.add("permissions", "warning", words);
  const placed = identities.flatMap(({ proofs }, index) =>
    proofs.map(({ kind, name }): Placed => ({ entry: index + 1, kind, pattern: name }))
  );
  for (const [index, permission] of identities.entries()) {
    if (!grantsAnything(permission)) warn(`entry ${index + 1} of identities allows nothing`);
  }
  if (keys !== undefined) warnOfKeys(placed, keys, warn);
  warnOfOverlaps(placed.slice(0, MAX_COMPARED), warn);
  if (placed.length > MAX_COMPARED) {
    const words = `only the first ${MAX_COMPARED} identities are compared with each other`;
    findings.add("permissions", "unchecked", words);
  }
  if (identities.length === 0 && (read ?? []).length === 0) {
    warn(`${where}: security: allows nobody anything`);
  }
  if (findings.all.length > before) return;
  const count = identities.length === 1 ? "1 entry" : `${identities.length} entries`;
  findings.add("permissions", "ok", `identities: ${count}, none of which hides another`);
}

function grantsAnything({ register, registrar, read, operate }: Permission): boolean {
  return register !== undefined || read !== undefined || registrar === true || operate === true;
}

function warnOfKeys(
  placed: readonly Placed[],
  keys: readonly string[],
  warn: (words: string) => void,
): void {
  const ofKeys = placed.filter(({ kind }) => kind === "psk");
  for (const { entry, pattern } of ofKeys) {
    if (keys.some((key) => covers(pattern, key))) continue;
    warn(`entry ${entry} of identities: no key is accepted of "${pattern}": it names nobody`);
  }
  for (const key of keys) {
    if (ofKeys.some(({ pattern }) => covers(pattern, key))) continue;
    warn(`psk-keys accepts the identity "${key}", which no entry of identities names`);
  }
}

/** An exception before the rule is meant so; what an earlier one hides most likely is not. */
function warnOfOverlaps(placed: readonly Placed[], warn: (words: string) => void): void {
  for (const [index, { entry, kind, pattern }] of placed.entries()) {
    const earlier = placed.slice(0, index).filter((each) =>
      each.kind === kind && each.entry !== entry
    );
    const named = `entry ${entry} of identities: ${kind === "psk" ? "psk" : "certificate"}`;
    const wider = earlier.find((each) => covers(each.pattern, pattern));
    if (wider !== undefined) {
      const first = `"${wider.pattern}" in entry ${wider.entry}`;
      warn(`${named} "${pattern}" has no effect: ${first} comes first, and the first counts`);
      continue;
    }
    const other = earlier.find((each) =>
      !covers(pattern, each.pattern) && overlaps(each.pattern, pattern)
    );
    if (other === undefined) continue;
    const first = `"${other.pattern}" in entry ${other.entry}`;
    warn(`${named} "${pattern}" overlaps with ${first}: for who fits both the first counts`);
  }
}
