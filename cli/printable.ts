/**
 * Text that came from elsewhere, made harmless for a terminal: control characters could move the
 * cursor, change colours or answer questions of the shell; invisible ones could make names look
 * equal.
 */

const HARMFUL = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/gu;
/** What `JSON.stringify` leaves as it is and a terminal obeys. */
const HARMFUL_IN_JSON = /[\x7f-\x9f\u2028\u2029\p{Cf}]/gu;

/** The text with every harmful character written as `\u{…}`. */
export function printable(text: string): string {
  return text.replace(HARMFUL, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** JSON on one line, with every harmful character escaped. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(HARMFUL_IN_JSON, (character) => {
    let escaped = "";
    for (let i = 0; i < character.length; i++) {
      escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`;
    }
    return escaped;
  });
}
