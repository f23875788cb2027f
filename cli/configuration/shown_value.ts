/** A value of an option in words: what stood there, or what help says of the default. */

import type { Option } from "../option.ts";
import type { Origin } from "../values.ts";

/** What stands for a value that there is none of. */
export const NOTHING = "-";

/** Timers have two defaults, of which `--timing` chooses. */
const WITH_FAST = /^(.*), with --timing fast (.*)$/;

/** The value, on one line. */
export function shownValue(
  option: Option<unknown>,
  { source, texts }: Origin,
  isFast = false,
): string {
  if (source !== "default") return texts.join(", ");
  const [, rfc, fast] = WITH_FAST.exec(option.fallbackText ?? "") ?? [];
  if (rfc !== undefined) return isFast ? fast! : rfc;
  if (option.fallbackText !== undefined) return option.fallbackText;
  const fallback = option.fallback();
  return typeof fallback === "boolean" || typeof fallback === "number" ? `${fallback}` : NOTHING;
}
