/** How deep the values of a YAML text stand in each other: the YAML library recurses into them. */

import { type CST, LineCounter, Parser } from "yaml";

/** Mappings and sequences in each other; what means something here has a handful. */
export const MAX_NESTING = 100;

/** Where a text is nested deeper than {@linkcode MAX_NESTING}, if it is; nothing recurses here. */
export function deeperAt(
  text: string,
): { readonly line: number; readonly col: number } | undefined {
  const lines = new LineCounter();
  const waiting: { readonly token: CST.Token | null | undefined; readonly depth: number }[] = [];
  for (const token of new Parser(lines.addNewLine).parse(text)) waiting.push({ token, depth: 0 });
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { token, depth } = next;
    if (token?.type === "document") waiting.push({ token: token.value, depth });
    if (!token || !("items" in token)) continue;
    if (depth === MAX_NESTING) return lines.linePos(token.offset);
    for (const { key, value } of token.items) {
      waiting.push({ token: key, depth: depth + 1 }, { token: value, depth: depth + 1 });
    }
  }
  return undefined;
}
