/** How many series the metrics may have of what others can name as they like. */
export const METRIC_LIMITS = {
  /** Pools with a series of their own, the largest; all others share one. */
  pools: 100,
  /** Registrars with a series of their own, those with the most pool elements. */
  registrars: 100,
} as const;

/** The label of all other pools: no pool handle, as behind `hex:` are hexadecimal digits only. */
export const OTHER_POOLS = "hex:_other";
/** The label of all other registrars: no identifier. */
export const OTHER_REGISTRARS = "_other";
