/** Pool elements for the tests of the handlespace. */
import type { Policy, PoolElement } from "../../lib/wire/mod.ts";

const ROUND_ROBIN: Policy = { name: "round-robin" };

/** A pool element with what the test does not care about filled in. */
export function poolElement(
  identifier: number,
  policy: Policy = ROUND_ROBIN,
  members: Partial<PoolElement> = {},
): PoolElement {
  return {
    identifier,
    home: 0,
    registrationLife: 300,
    transport: { protocol: "tcp", port: 8080, use: 0, addresses: ["192.0.2.1"] },
    policy,
    ...members,
  };
}

/** The PE identifiers of entries or pool elements. */
export function identifiers(entries: Iterable<{ readonly identifier: number }>): number[] {
  return Array.from(entries, (entry) => entry.identifier);
}
