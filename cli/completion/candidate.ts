/** What can stand at the cursor. */

/** A word that could be meant. */
export interface Candidate {
  readonly text: string;
  readonly meaning?: string;
  /** Whether more must follow in the same word, so that no blank is put behind it. */
  readonly isOpen?: boolean;
}

/** What a shell is to offer for the word at the cursor. */
export interface Completion {
  /** Files and folders are for the shell itself to find, which knows how its user likes them. */
  readonly kind: "words" | "files" | "folders";
  /** What of the word stands before what is completed, as `--ca=`. */
  readonly prefix: string;
  readonly candidates: readonly Candidate[];
}

/** Nothing fits. */
export const NOTHING: Completion = { kind: "words", prefix: "", candidates: [] };

/** Candidates for the rest of a word. */
export function words(candidates: readonly Candidate[], prefix = ""): Completion {
  return { kind: "words", prefix, candidates };
}
