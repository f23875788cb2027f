/** What somebody says, piece by piece, and who waits for words in it. */
import assert from "node:assert/strict";

/** What was not said by then is not said any more. */
const PATIENCE_MS = 30_000;

/** Text that grows until its speaker has ended. */
export class Transcript {
  text = "";
  #ended = false;
  readonly #looks = new Set<() => void>();

  constructor(readonly speaker: string) {}

  add(more: string): void {
    this.text += more;
    for (const look of this.#looks) look();
  }

  end(): void {
    this.#ended = true;
    for (const look of this.#looks) look();
  }

  /** Resolved when the text holds the words behind a place in it. */
  async says(words: string | RegExp, after = 0): Promise<RegExpExecArray> {
    const pattern = typeof words === "string" ? new RegExp(RegExp.escape(words)) : words;
    const said = Promise.withResolvers<RegExpExecArray>();
    const look = () => {
      const match = pattern.exec(this.text.slice(after));
      if (match) said.resolve(match);
      else if (this.#ended) said.reject(this.#silence(pattern, "before it ended"));
    };
    const patience = AbortSignal.timeout(PATIENCE_MS);
    patience.onabort = () => said.reject(this.#silence(pattern, `within ${PATIENCE_MS} ms`));
    this.#looks.add(look);
    try {
      look();
      return await said.promise;
    } finally {
      patience.onabort = null;
      this.#looks.delete(look);
    }
  }

  #silence(pattern: RegExp, when: string): Error {
    const message = `${this.speaker} did not say ${pattern} ${when}:\n${this.text.slice(-3000)}`;
    return new assert.AssertionError({ message });
  }
}
