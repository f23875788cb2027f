/** What keeps a page small and quick, however large the handlespace is and whoever looks at it. */

/** Numbers of the status page. */
export const PAGE_LIMITS = {
  /** Rows of a table on one page. */
  rows: 200,
  /** Pages of a table; what would come after them, a filter finds. */
  pages: 50,
  /** Events that are shown. */
  events: 60,
  /** Characters of a filter; more are not looked at. */
  filterCharacters: 256,
  /** Milliseconds of work until everything else in the process has its turn. */
  sliceMs: 4,
  /** Readers whose pages are made or wait to be made; one more is told to come again: 503. */
  readers: 32,
  /** Milliseconds between two samples of the charts. */
  sampleMs: 2_000,
  /** Samples that are kept: a quarter of an hour. */
  samples: 450,
} as const;
