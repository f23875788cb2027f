/** What keeps those who read over HTTP from taking what the protocol needs. */

/** Numbers of the HTTP server, for each listener where nothing else is said. */
export const HTTP_LIMITS = {
  /** Connections; one more is closed at once. */
  connections: 256,
  /** Bytes of a request's first line and headers; beyond: 431. */
  headerBytes: 16_384,
  /** How long a request, or a TLS handshake, may take to come; beyond: 408, or closed. */
  requestMs: 10_000,
  /** Connections over TLS that one address may begin a second, in the long run; closed beyond. */
  handshakesPerSecond: 50,
  /** How many seconds' worth of them may come at once. */
  handshakeBurstSeconds: 5,
  /** Requests of a connection whose answers were not read; with one more it is closed. */
  pipelined: 8,
  /** How long a connection may be kept without a request. */
  idleMs: 15_000,
  /** How long an answer that has an end may take to be read. */
  answerMs: 60_000,
  /** Time between two comments of an event stream, which say that it lives. */
  heartbeatMs: 15_000,
  /** How long answers that are under way may take at the end of the process. */
  graceMs: 1_000,
  /** Characters of JSON that are made at a time; then everything else has its turn. */
  pieceLength: 32_768,
  /** Answers under way, of a process, that are longer than one piece; beyond: 503. */
  longAnswers: 16,
  /** Answers that are shorter are not compressed. */
  compressedFrom: 4_096,
} as const;

/** {@linkcode HTTP_LIMITS}, or others in tests. */
export type HttpLimits = { readonly [K in keyof typeof HTTP_LIMITS]: number };
