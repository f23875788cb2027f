/** Timers and thresholds as options, in the RFCs' words. RFC 5352 §7. */

import { formatDuration, parsePositiveDuration } from "./duration.ts";
import { choice, type Option, parseInteger, value } from "./option.ts";

/** Where help lists them. */
const TIMERS_GROUP = "Timers:";

/** An option for one value of the library's timing. */
export interface TimerOption<K extends string> extends Option<number | undefined> {
  /** Its key there. */
  readonly timing: K;
}

/** Timers and thresholds, by the keys of their options. */
export type TimerTable = { readonly [key: string]: TimerOption<string> };

/** A duration, with what it is in each profile. */
export function timer<const K extends string>(
  timing: K,
  flags: string,
  description: string,
  rfcMs: number,
  fastMs = rfcMs,
): TimerOption<K> {
  const [rfc, fast] = [rfcMs, fastMs].map(formatDuration);
  const fallbackText = rfc === fast ? rfc! : `${rfc}, with --timing fast ${fast}`;
  const extras = { fallbackText, group: TIMERS_GROUP };
  return { ...value(`${flags} <DURATION>`, description, parsePositiveDuration, extras), timing };
}

/** A number of times. */
export function threshold<const K extends string>(
  timing: K,
  flags: string,
  description: string,
  least: number,
  fallback: number,
): TimerOption<K> {
  const extras = { fallbackText: String(fallback), group: TIMERS_GROUP };
  const parse = parseInteger(least, 1_000_000);
  return { ...value(`${flags} <N>`, description, parse, extras), timing };
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
const RETRAN_MAX = ["retranMaxMs", "--retran-max"] as const;
const RETRAN_MAX_TEXT = "RETRAN-MAX: longest T5-Serverhunt and back-off";

/** Those of a pool element. */
export const ELEMENT_TIMERS = {
  t2Registration: timer(
    "t2RegistrationMs",
    "--t2-registration",
    "T2-registration: how long a registrar may take to answer a registration",
    30_000,
    5_000,
  ),
  t3Deregistration: timer(
    "t3DeregistrationMs",
    "--t3-deregistration",
    "T3-deregistration: the same for a de-registration",
    30_000,
    5_000,
  ),
  t4Reregistration: timer(
    "t4ReregistrationMs",
    "--t4-reregistration",
    "T4-reregistration: longest time between two registrations",
    600_000,
  ),
  maxRegAttempt: threshold(
    "maxRegAttempt",
    "--max-reg-attempt",
    "MAX-REG-ATTEMPT: attempts at one registrar before a hunt",
    1,
    2,
  ),
  t5Serverhunt: timer("t5ServerHuntMs", "--t5-serverhunt", T5_TEXT, 10_000, 5_000),
  retranMax: timer(...RETRAN_MAX, RETRAN_MAX_TEXT, 60_000, 5_000),
  keepAliveCycle: timer(
    "keepAliveCycleMs",
    "--keep-alive-cycle",
    "that of its registrars: two of them without a word, and it registers again",
    30_000,
    5_000,
  ),
};

/** Those of a pool user. */
export const USER_TIMERS = {
  t1Enrprequest: timer(
    "t1EnrpRequestMs",
    "--t1-enrprequest",
    "T1-ENRPrequest: how long a registrar may take to answer before it is asked again",
    15_000,
  ),
  maxRequestRetransmit: threshold(
    "maxRequestRetransmit",
    "--max-request-retransmit",
    "MAX-REQUEST-RETRANSMIT: how often a request is repeated",
    0,
    2,
  ),
  t5Serverhunt: timer("t5ServerHuntMs", "--t5-serverhunt", T5_TEXT, 10_000),
  retranMax: timer(...RETRAN_MAX, RETRAN_MAX_TEXT, 60_000),
  staleCacheValue: timer(
    "staleCacheValueMs",
    "--stale-cache-value",
    "stale_cache_value: how long an answer may be used again",
    30_000,
  ),
};

/** What was given of the timers of a table, as the library's timing. */
export function givenTimers<T extends TimerTable>(
  table: T,
  options: { readonly [K in keyof T]: number | undefined },
): { readonly [K in T[keyof T]["timing"]]?: number } {
  const given = Object.entries(table).map(([key, { timing }]) => [timing, options[key]] as const);
  return Object.fromEntries(given.filter(([, each]) => each !== undefined)) as {
    [K in T[keyof T]["timing"]]?: number;
  };
}
