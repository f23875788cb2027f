/** `--check tcp|http:PATH|exec:COMMAND|none`: how to see whether a service is well. */

import { didYouMean } from "../did_you_mean.ts";

/** How a service is checked. */
export type Check =
  | { readonly type: "tcp" }
  | { readonly type: "http"; readonly path: string }
  | { readonly type: "exec"; readonly command: string }
  | { readonly type: "none" };

const KINDS = ["tcp", "http:PATH", "exec:COMMAND", "none"];
/** What may stand in the request line: printable ASCII without the space. */
const REQUEST_TARGET = /^\/[\x21-\x7e]*$/;

/**
 * Reads the value of `--check`.
 *
 * @throws {SyntaxError} if it is none of them.
 */
export function parseCheck(text: string): Check {
  const [kind, rest] = text.split(/:(.*)/s) as [string, string?];
  if (rest === undefined && (kind === "tcp" || kind === "none")) return { type: kind };
  if (kind === "http") return { type: "http", path: parsePath(text, rest ?? "") };
  if (kind === "exec") {
    if (rest === undefined || rest.trim() === "") {
      throw new SyntaxError(`"${text}" names no command; write exec:COMMAND`);
    }
    return { type: "exec", command: rest };
  }
  const kinds = KINDS.map((each) => each.split(":")[0]!);
  throw new SyntaxError(`"${text}" is not one of ${KINDS.join(", ")}${didYouMean(kind, kinds)}`);
}

function parsePath(text: string, path: string): string {
  if (path.startsWith("//")) {
    throw new SyntaxError(
      `"${text}" is a URL; write its path only, as in http:/health`,
    );
  }
  if (REQUEST_TARGET.test(path)) return path;
  throw new SyntaxError(
    `"${text}" has no path that begins with / and is free of spaces; write http:/health, say`,
  );
}
