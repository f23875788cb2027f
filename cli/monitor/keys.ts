/** What a terminal sends, as keys. Pure. */

/** A key: a character, or the name of one that has none. */
export type Key =
  | { readonly character: string }
  | { readonly name: KeyName };

/** Keys with a name. */
export type KeyName =
  | "up"
  | "down"
  | "left"
  | "right"
  | "page-up"
  | "page-down"
  | "home"
  | "end"
  | "tab"
  | "back-tab"
  | "enter"
  | "escape"
  | "backspace"
  | "clear-line"
  | "redraw"
  | "interrupt"
  | "suspend";

const SEQUENCES: Readonly<Record<string, KeyName>> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  "[H": "home",
  "[F": "end",
  "[1~": "home",
  "[4~": "end",
  "[7~": "home",
  "[8~": "end",
  "[5~": "page-up",
  "[6~": "page-down",
  "[Z": "back-tab",
};

const CONTROLS: Readonly<Record<string, KeyName>> = {
  "\t": "tab",
  "\r": "enter",
  "\n": "enter",
  "\b": "backspace",
  "\x7f": "backspace",
  "\x15": "clear-line",
  "\x0c": "redraw",
  "\x03": "interrupt",
  "\x1c": "interrupt",
  "\x1a": "suspend",
};

const ESCAPE = "\x1b";
/** Behind an escape: a whole sequence; `O` is what some send for `[`. ECMA-48 §5.4. */
const WHOLE = /^(?:\[[0-9;?<]*[@-~]|O[@-~])/;
/** The beginning of one. */
const PARTIAL = /^(?:\[[0-9;?<]{0,16}|O)?$/;

/** Takes text piece by piece, cut anywhere, and gives keys. */
export class KeyReader {
  private rest = "";

  /** Whether something is left of which the end may come. */
  get isWaiting(): boolean {
    return this.rest !== "";
  }

  take(text: string): Key[] {
    this.rest += text;
    const keys: Key[] = [];
    while (this.rest !== "" && !this.isPartial()) keys.push(...this.next());
    return keys;
  }

  /** Nothing more comes: an escape character that stands alone is the key. */
  flush(): Key[] {
    const { rest } = this;
    this.rest = "";
    return rest === "" ? [] : [{ name: "escape" }];
  }

  private isPartial(): boolean {
    return this.rest.startsWith(ESCAPE) && PARTIAL.test(this.rest.slice(1));
  }

  private next(): Key[] {
    const sequence = this.rest.startsWith(ESCAPE) && WHOLE.exec(this.rest.slice(1))?.[0];
    if (sequence) {
      this.rest = this.rest.slice(1 + sequence.length);
      const name = SEQUENCES[sequence.replace(/^O/, "[")];
      return name === undefined ? [] : [{ name }];
    }
    const character = String.fromCodePoint(this.rest.codePointAt(0)!);
    this.rest = this.rest.slice(character.length);
    if (character === ESCAPE) return [{ name: "escape" }];
    const name = CONTROLS[character];
    if (name !== undefined) return [{ name }];
    return /\p{Cc}/u.test(character) ? [] : [{ character }];
  }
}
