/** Timers and thresholds as options, in the RFCs' words. RFC 5352 §7. */

import { formatDuration, parsePositiveDuration } from "./duration.ts";
import { choice, type Option, type OptionTable, parseInteger, value } from "./option.ts";

/** Where help lists them. */
export const TIMERS_GROUP = "Timers:";

/** A duration, with what it is in each profile. */
export function timer(
  flags: string,
  description: string,
  rfcMs: number,
  fastMs = rfcMs,
): Option<number | undefined> {
  const [rfc, fast] = [rfcMs, fastMs].map(formatDuration);
  const fallbackText = rfc === fast ? rfc! : `${rfc}, with --timing fast ${fast}`;
  const extras = { fallbackText, group: TIMERS_GROUP };
  return value(`${flags} <DURATION>`, description, parsePositiveDuration, extras);
}

/** A number of times. */
export function threshold(
  flags: string,
  description: string,
  least: number,
  fallback: number,
): Option<number | undefined> {
  const extras = { fallbackText: String(fallback), group: TIMERS_GROUP };
  return value(`${flags} <N>`, description, parseInteger(least, 1_000_000), extras);
}

/** The defaults of all timers at once; each that is given, from whatever source, overrides it. */
export const timingOption: Option<"rfc" | "fast"> = choice(
  "--timing <PROFILE>",
  "the defaults of the other timers: the RFCs', or seconds",
  ["rfc", "fast"],
  "rfc",
  { group: TIMERS_GROUP },
);

/** RFC 5352 §3.6. */
const T5_TEXT = "T5-Serverhunt: how long a registrar may take to be reached";
const RETRAN_MAX = timer("--retran-max", "RETRAN-MAX: longest T5-Serverhunt and back-off", 60_000);

/** Those of a pool element, by the keys of the library's timing. */
export const ELEMENT_TIMERS = {
  t2RegistrationMs: timer(
    "--t2-registration",
    "T2-registration: how long a registrar may take to answer a registration",
    30_000,
    5_000,
  ),
  t3DeregistrationMs: timer(
    "--t3-deregistration",
    "T3-deregistration: the same for a de-registration",
    30_000,
    5_000,
  ),
  t4ReregistrationMs: timer(
    "--t4-reregistration",
    "T4-reregistration: longest time between two registrations",
    600_000,
  ),
  maxRegAttempt: threshold(
    "--max-reg-attempt",
    "MAX-REG-ATTEMPT: attempts at one registrar before a hunt",
    1,
    2,
  ),
  t5ServerHuntMs: timer("--t5-serverhunt", T5_TEXT, 10_000, 5_000),
  retranMaxMs: RETRAN_MAX,
  keepAliveCycleMs: timer(
    "--keep-alive-cycle",
    "that of its registrars: two of them without a word, and it registers again",
    30_000,
    5_000,
  ),
};

/** Those of a pool user, by the keys of the library's timing. */
export const USER_TIMERS = {
  t1EnrpRequestMs: timer(
    "--t1-enrprequest",
    "T1-ENRPrequest: how long a registrar may take to answer before it is asked again",
    15_000,
  ),
  maxRequestRetransmit: threshold(
    "--max-request-retransmit",
    "MAX-REQUEST-RETRANSMIT: how often a request is repeated",
    0,
    2,
  ),
  t5ServerHuntMs: timer("--t5-serverhunt", T5_TEXT, 10_000),
  retranMaxMs: RETRAN_MAX,
  staleCacheValueMs: timer(
    "--stale-cache-value",
    "stale_cache_value: how long an answer may be used again",
    30_000,
  ),
};

/** What was given of the timers of a table. */
export function givenTimers<T extends OptionTable>(
  table: T,
  options: { readonly [K in keyof T]: number | undefined },
): { readonly [K in keyof T]?: number } {
  const given = Object.keys(table).filter((key) => options[key] !== undefined);
  return Object.fromEntries(given.map((key) => [key, options[key]])) as {
    [K in keyof T]?: number;
  };
}
