/** What the monitor keeps and asks at most. */

/** Each has a name, a number and a test. */
export const MONITOR_LIMITS = {
  /** Registrars at a time: what each knows is a bit of a number. */
  registrars: 30,
  /** Processes that are asked over HTTP. */
  https: 30,
  /** Events that are kept. */
  events: 500,
  /** Changes of one poll that are told one by one; of more only their number is told. */
  changesAtOnce: 100,
  /** Characters of a filter. */
  filter: 100,
  /** Bytes of an answer over HTTP that are read. */
  httpBytes: 4 << 20,
  /** Milliseconds for which an escape character is waited on: it may begin a key. */
  escapeMs: 50,
  /** Least milliseconds between two frames that no key has asked for. */
  frameMs: 100,
} as const;
