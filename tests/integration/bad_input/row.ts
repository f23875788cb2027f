/** A row of the table "bad input gets a clear answer, and nothing else is lost". */
import type { Stage } from "./stage.ts";

/** What is wrong, what the answer is, and how to see it. */
export interface Row {
  readonly input: string;
  readonly answer: string;
  /** A program without which the row is skipped. */
  readonly needs?: string;
  check(stage: Stage): Promise<void>;
}
