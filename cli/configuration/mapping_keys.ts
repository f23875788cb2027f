/** Keys of the mappings of a YAML document: each there once, and not too many. */

import { type Document, isScalar, type ParsedNode, visit } from "yaml";

/** Keys of one mapping. */
export const MAX_MAPPING_KEYS = 10_000;

/** What is wrong, and where in the text. */
export interface KeyError {
  readonly offset: number;
  readonly message: string;
}

/** What is wrong with keys; the YAML library would compare each of them with all others. */
export function keyErrors(document: Document): KeyError[] {
  const errors: KeyError[] = [];
  visit(document, {
    Map(_, { items }) {
      const known = new Set<unknown>();
      for (const [i, { key }] of items.entries()) {
        const offset = (key as ParsedNode | null)?.range?.[0] ?? 0;
        if (i === MAX_MAPPING_KEYS) {
          errors.push({ offset, message: `this mapping has more than ${MAX_MAPPING_KEYS} keys` });
          return visit.SKIP;
        }
        if (!isScalar(key)) continue;
        if (known.has(key.value)) errors.push({ offset, message: "Map keys must be unique" });
        known.add(key.value);
      }
      return undefined;
    },
  });
  return errors;
}
