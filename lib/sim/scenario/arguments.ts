/** The words of a command, as the verbs take them. */

import type { Command } from "./script.ts";

/** A command's words and options; what is left over at the end is a mistake. */
export class Arguments {
  private readonly words: string[];
  private readonly options: Map<string, string>;

  constructor(command: Command) {
    this.words = [...command.words];
    this.options = new Map(command.options);
  }

  word(what: string): string {
    const word = this.words.shift();
    if (word === undefined) throw new SyntaxError(`${what} is missing`);
    return word;
  }

  rest(): string[] {
    return this.words.splice(0);
  }

  flag(name: string): boolean {
    const at = this.words.indexOf(name);
    if (at >= 0) this.words.splice(at, 1);
    return at >= 0;
  }

  option<T>(key: string, parse: (text: string) => T): T | undefined {
    const text = this.options.get(key);
    this.options.delete(key);
    return text === undefined ? undefined : parse(text);
  }

  end(): void {
    const left = [...this.words, ...this.options.keys()];
    if (left.length > 0) throw new SyntaxError(`What is ${left.join(", ")}?`);
  }
}
