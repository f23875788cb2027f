/** What a long-running command shows of itself over HTTP: the server knows no command. */

import type { EventSource } from "../events/told_event.ts";

/** Whether it can do what it is there for. */
export interface Readiness {
  readonly isReady: boolean;
  /** In words, for whoever asks why not; one line, nothing secret. */
  readonly reason: string;
}

/** Who asks, as far as it matters what it may read. docs/security.md. */
export interface Asker {
  /** Whether it may read everything. */
  readonly operates: boolean;
  /** Whether it may resolve a pool, and see it in the handle table. */
  mayRead(poolHandle: string): boolean;
}

/** One question to the JSON interface. */
export interface Question {
  /** What stands behind `?`; unknown names are no error. */
  readonly parameters: URLSearchParams;
  readonly asker: Asker;
}

/** A question that cannot be answered, in words for who asked: 400, or another status. */
export class BadQuestion extends Error {
  override readonly name = "BadQuestion";

  constructor(message: string, readonly status: 400 | 403 | 404 = 400) {
    super(message);
  }
}

/** A long-running command, as its HTTP server sees it. */
export interface Shown {
  /** `registrar`, `register`, `proxy`, `dns` or `dhcp`. */
  readonly command: string;
  /** The whole of `/metrics`, in the Prometheus text format 0.0.4. */
  metrics(): string;
  readiness(): Readiness;
  /**
   * What stands below `/api/v1/`, by name: the same JSON as the command line has, and keys of its
   * own beside it. Where it may be long, an iterable that is no array stands for an array: it is
   * read once, piece by piece, while everything else goes on.
   *
   * It throws {@linkcode BadQuestion} where the question makes no sense.
   */
  readonly api: Readonly<Record<string, (question: Question) => unknown>>;
  /** Names of `api` that look at what the asker may read; all else is for who operates. */
  readonly filtered?: readonly string[];
  readonly events: EventSource;
  /** The page at `/`, if there is one; absent: a list of what there is. */
  readonly page?: Page | undefined;
}

/** Pages of HTML and what belongs to them. */
export interface Page {
  /**
   * Answers what is asked for below `/`, or `undefined` if there is no such page. It shows nobody
   * what the asker may not read.
   */
  answer(request: Request, asker: Asker): Response | undefined;
}
