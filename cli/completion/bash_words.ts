/** Command lines as bash splits and quotes them, as far as completions need it. */

/** A quote that was begun and has not ended. */
type Quote = "'" | '"';

/** A command line up to the cursor. */
export interface BashLine {
  /** The words before the one at the cursor, without quotes. */
  readonly before: readonly string[];
  /** The one at the cursor without quotes; empty behind a blank. */
  readonly current: string;
  /** The same as it stands there. */
  readonly written: string;
  /** The quote in which the cursor is, and what of the word without quotes stands before it. */
  readonly open: { readonly quote: Quote; readonly before: string } | undefined;
  /** Whether the word is the file of a redirection. */
  readonly isRedirected: boolean;
}

const BLANKS = /[ \t\n]/;
/** What bash takes as it stands, anywhere in a word. */
const PLAIN = /^[A-Za-z0-9_@%+:,./=-]$/;
/** What a backslash protects in double quotes. */
const SPECIAL_IN_DOUBLE = /[\\"$`]/g;

/** Splits a command line. Nothing in it is expanded. */
export function splitBashLine(text: string): BashLine {
  const splitter = new Splitter();
  for (let i = 0; i < text.length; i++) {
    const two = text.slice(i, i + 2);
    if (splitter.take(text[i]!, two[1])) i++;
  }
  return splitter.end();
}

class Splitter {
  private readonly before: string[] = [];
  private current = "";
  private written = "";
  private quote: Quote | undefined;
  private beforeQuote = "";
  private isWord = false;
  private isRedirected = false;

  /** Takes a character; whether it has taken the one behind it, too. */
  take(character: string, next: string | undefined): boolean {
    if (this.quote === undefined && BLANKS.test(character)) this.endWord();
    else if (this.quote === undefined && /[<>]/.test(character)) this.redirect();
    else if (character === "\\" && this.quote !== "'") return this.escape(next);
    else if (character === this.quote) this.add("", character, () => this.quote = undefined);
    else if (this.quote === undefined && (character === "'" || character === '"')) {
      this.beforeQuote = this.current;
      this.add("", character, () => this.quote = character);
    } else this.add(character, character);
    return false;
  }

  end(): BashLine {
    const { before, current, written, quote, beforeQuote, isRedirected } = this;
    const open = quote && { quote, before: beforeQuote };
    return { before, current, written, open, isRedirected };
  }

  private add(meant: string, written: string, then = () => {}): void {
    this.current += meant;
    this.written += written;
    this.isWord = true;
    then();
  }

  private escape(next: string | undefined): boolean {
    if (next === undefined) this.add("", "\\");
    else if (this.quote === '"' && !/[\\"$`\n]/.test(next)) this.add(`\\${next}`, `\\${next}`);
    else this.add(next === "\n" ? "" : next, `\\${next}`);
    return true;
  }

  private endWord(): void {
    if (!this.isWord) return;
    if (!this.isRedirected) this.before.push(this.current);
    this.isRedirected = false;
    this.clear();
  }

  /** The number of a file descriptor stands before it, as in `2>`. */
  private redirect(): void {
    if (/^[0-9]+$/.test(this.written)) this.clear();
    this.endWord();
    this.isRedirected = true;
  }

  private clear(): void {
    this.current = "";
    this.written = "";
    this.isWord = false;
  }
}

/**
 * The word as bash must read it where the cursor is, without what it keeps of it.
 *
 * @param replaced What readline puts the result in place of: the end of the word.
 * @returns `undefined` if there is no safe way.
 */
export function bashInsertion(word: string, line: BashLine, replaced: string): string | undefined {
  const { open, written } = line;
  if (open === undefined) {
    const kept = written.slice(0, written.length - replaced.length);
    const quoted = quotedForBash(word);
    const isEnd = written.endsWith(replaced) && quoted.startsWith(kept);
    return isEnd ? quoted.slice(kept.length) : undefined;
  }
  if (!word.startsWith(open.before) || !written.endsWith(replaced)) return undefined;
  const isWhole = written.slice(0, written.length - replaced.length).endsWith(open.quote);
  if (!isWhole) return undefined;
  const rest = word.slice(open.before.length);
  if (open.quote === "'") return rest.replaceAll("'", "'\\''");
  // An interactive bash looks for old commands behind ! in double quotes, whatever stands before.
  return rest.includes("!") ? undefined : rest.replace(SPECIAL_IN_DOUBLE, "\\$&");
}

/** A word outside of quotes: each character that could mean something has a backslash. */
export function quotedForBash(word: string): string {
  if (word === "") return "''";
  return [...word].map((each) => PLAIN.test(each) || each > "\x7f" ? each : `\\${each}`).join("");
}
