/** As much of `node:util` as commander uses. */

// deno-lint-ignore no-control-regex -- control sequences are what is removed
const CONTROL_SEQUENCE = /\x1b\[[0-9;]*m/g;

/** A text without the colours that help might have. */
export function stripVTControlCharacters(text: string): string {
  return text.replace(CONTROL_SEQUENCE, "");
}
