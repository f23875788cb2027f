/** `--load exec:COMMAND|file:PATH`: where the load of an element comes from. */

import { didYouMean } from "../did_you_mean.ts";

/** Where a load comes from. */
export type LoadSource =
  | { readonly type: "exec"; readonly command: string }
  | { readonly type: "file"; readonly path: string };

/**
 * Reads the value of `--load`.
 *
 * @throws {SyntaxError} if it is neither.
 */
export function parseLoadSource(text: string): LoadSource {
  const [kind, rest] = text.split(/:(.*)/s) as [string, string?];
  if (kind !== "exec" && kind !== "file") {
    const hint = didYouMean(kind, ["exec", "file"]);
    throw new SyntaxError(`"${text}" is not one of exec:COMMAND, file:PATH${hint}`);
  }
  if (rest !== undefined && rest.trim() !== "") {
    return kind === "exec" ? { type: "exec", command: rest } : { type: "file", path: rest };
  }
  const what = kind === "exec" ? "command; write exec:COMMAND" : "file; write file:PATH";
  throw new SyntaxError(`"${text}" names no ${what}`);
}
