/** Exit codes, and the error that carries one. Every failure that a user can meet ends here. */

/** Exit codes as scripts may rely on them. */
export const EXIT = {
  ok: 0,
  /** An unexpected failure of the world: port in use, disk full, permission. */
  world: 1,
  /** Usage or configuration: nothing was sent. */
  usage: 2,
  /** The pool handle is unknown, or no pool element is left. */
  unknownPool: 3,
  /** No registrar answered rightly in time. */
  noRegistrar: 4,
  /** The registrar rejected the request. */
  rejected: 5,
  /** TLS, pre-shared key, authorization, error cause 0xa. */
  security: 6,
  /** A check ran and found something wrong. */
  wrong: 7,
  /** The data given is not a valid message. */
  invalidMessage: 8,
  /** A bug in rserpool. */
  bug: 70,
  /** `register … -- COMMAND`: not executable. */
  notExecutable: 126,
  /** `register … -- COMMAND`: not found. */
  notFound: 127,
  /** The reader of standard output went away. */
  brokenPipe: 141,
} as const;

/** A failure with its exit code and one message for people, which needs no stack trace. */
export class ExitError extends Error {
  override readonly name: string = "ExitError";
  /** The process ends with this code. */
  readonly code: number;

  constructor(code: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What was asked cannot be asked: exit 2, and nothing was sent. */
export class UsageError extends ExitError {
  override readonly name = "UsageError";

  constructor(message: string) {
    super(EXIT.usage, message);
  }
}
