/**
 * What one-shot commands use of the library, and no more: the built file has this part apart, so
 * that a short command does not wait for code that only a registrar needs.
 */

export {
  annotate,
  asap,
  causeName,
  describeAttempt,
  enrp,
  formatIdentifier,
  formatNumber,
  INFINITE_LIFE,
  Observer,
  parsePoolHandle,
  policyName,
  poolHandleLength,
  PoolUser,
  viewPolicy,
  viewTransport,
} from "../mod.ts";
