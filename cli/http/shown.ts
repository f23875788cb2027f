/** What a long-running command shows of itself over HTTP: the server knows no command. */

import type { EventSource } from "../events/told_event.ts";

/** Whether it can do what it is there for. */
export interface Readiness {
  readonly isReady: boolean;
  /** In words, for whoever asks why not; one line, nothing secret. */
  readonly reason: string;
}

/** One question to the JSON interface. */
export interface Question {
  /** What stands behind `?`; unknown names are no error. */
  readonly parameters: URLSearchParams;
}

/** A long-running command, as its HTTP server sees it. */
export interface Shown {
  /** `registrar`, `register`, `proxy` or `dns`. */
  readonly command: string;
  /** The whole of `/metrics`, in the Prometheus text format 0.0.4. */
  metrics(): string;
  readiness(): Readiness;
  /**
   * What stands below `/api/v1/`, by name: the same JSON as the command line has, and keys of its
   * own beside it.
   */
  readonly api: Readonly<Record<string, (question: Question) => unknown>>;
  readonly events: EventSource;
  /** The page at `/`, if there is one; absent: a list of what there is. */
  readonly page?: Page | undefined;
}

/** Pages of HTML and what belongs to them. */
export interface Page {
  /** Answers what is asked for below `/`, or `undefined` if there is no such page. */
  answer(request: Request): Response | undefined;
}
