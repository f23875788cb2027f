/** Events of pool elements, pool users, observers, their sessions and discovery. */

import type { EntriesOf, LibraryEvent } from "./entry.ts";

/** Of whoever asks registrars. RFC 5352 §3.6. */
export const CLIENT_EVENTS = {
  "hunting": {
    level: "debug",
    fields: ["why"],
    meaning: "A server hunt begins: a registrar is wanted (RFC 5352 §3.6).",
  },
  "hunt-failure": {
    level: ["warning", "info"],
    fields: ["attempts"],
    meaning: "All registrars were tried in vain; the hunt goes on.",
    words: "no registrar answers",
  },
  "registrar-dialled": {
    level: "info",
    fields: ["registrar"],
    meaning: "A registrar is being reached, to be asked.",
    words: "asking registrar …",
  },
  "registrar-failed": {
    level: "info",
    fields: ["address", "reason", "detail"],
    meaning: "A registrar cannot be reached, or does not answer rightly.",
    words: "registrar …",
  },
  "home-adopted": {
    level: ["info", "notice"],
    fields: ["registrar"],
    meaning: "A registrar has answered and is the home of this client; a notice after a warning.",
    words: "registrar … answers",
  },
  "home-lost": {
    level: ["info", "notice"],
    fields: ["registrar", "reason", "detail"],
    meaning: "The registrar that has answered so far is lost; another one is looked for.",
    words: "lost the registrar: …",
  },
} as const satisfies Partial<EntriesOf<LibraryEvent>>;

/** Of `register` and `PoolElement`. */
export const ELEMENT_EVENTS = {
  "connected": {
    level: "debug",
    fields: ["registrar"],
    meaning: "An association with a registrar is open.",
  },
  "registered": {
    level: "notice",
    fields: ["home", "registrar", "first", "warnings", "element"],
    meaning: "A registrar has granted the registration.",
    words: "registered at …",
  },
  "re-registered": {
    level: "debug",
    fields: ["home", "registrar", "warnings", "element"],
    meaning: "The registration was renewed.",
  },
  "rejected": {
    level: ["warning", "error"],
    fields: ["causes", "afterGrant", "registrar", "fatal"],
    meaning: "A registration was rejected: an error for the first one, which ends `register`.",
    words: "the registrar rejected …",
  },
  "registration-timed-out": {
    level: "debug",
    fields: ["registrar", "attempt"],
    meaning: "A registration was not answered in time (T2-registration).",
  },
  "home-identified": {
    level: "debug",
    fields: ["home"],
    meaning: "The home registrar has told its identifier.",
  },
  "home-changed": {
    level: "notice",
    fields: ["home", "previous", "registrar"],
    meaning: "Another registrar is the home now: it has taken the element over.",
    words: "taken over by registrar …",
  },
  "expired": {
    level: "warning",
    fields: ["registrar"],
    meaning: "The registrar says that the registration expired; the element registers again.",
    words: "the registration expired; registering again",
  },
  "home-silent": {
    level: "debug",
    fields: ["registrar"],
    meaning: "Nothing was heard of the home for two keep-alive cycles.",
  },
  "keep-alive": {
    level: "debug",
    fields: ["server", "home"],
    meaning: "A keep-alive was acknowledged.",
  },
  "deregistration-timed-out": {
    level: "debug",
    fields: ["registrar"],
    meaning: "A de-registration was not answered in time (T3-deregistration).",
  },
  "deregistered": {
    level: "notice",
    fields: ["outcome", "causes", "attempts"],
    meaning: "The element is registered no longer, as far as it is known.",
    words: "de-registered",
  },
} as const satisfies Partial<EntriesOf<LibraryEvent>>;

/** Of `PoolUser` and `Observer`. */
export const USER_EVENTS = {
  "resolved": {
    level: "debug",
    fields: ["poolHandle", "policy", "poolElements", "cached"],
    meaning: "A pool handle was resolved.",
  },
  "failed": {
    level: "debug",
    fields: ["poolHandle", "why", "causes", "attempts", "identifier", "registrar"],
    meaning: "A request to registrars has failed.",
  },
  "updated": {
    level: "debug",
    fields: ["poolHandle", "policy", "poolElements"],
    meaning: "A pool that is watched has changed.",
  },
  "report-dropped": {
    level: "debug",
    fields: ["poolHandle", "peIdentifier"],
    meaning: "An unreachable element was not reported: nobody to report to, or just reported.",
  },
  "listed": {
    level: "info",
    fields: ["identifier", "registrar", "servers"],
    meaning: "A registrar has told which registrars it knows.",
    words: "registrar … answered",
  },
  "table": {
    level: "info",
    fields: ["identifier", "registrar", "pools"],
    meaning: "A registrar has given its handle table.",
    words: "registrar … answered",
  },
  "binding-tables": {
    level: "info",
    fields: ["identifier", "registrar", "tables"],
    meaning: "A registrar has told what its tables of DHCP bindings come to.",
    words: "registrar … answered",
  },
  "bindings": {
    level: "info",
    fields: ["identifier", "registrar", "servers", "bindings", "lost"],
    meaning: "A registrar has given the DHCP bindings of a pool.",
    words: "registrar … answered",
  },
  "partner-down": {
    level: "info",
    fields: ["identifier", "registrar", "servers"],
    meaning: "A registrar has taken an operator's word that a DHCP server is down.",
    words: "registrar … answered",
  },
} as const satisfies Partial<EntriesOf<LibraryEvent>>;

/** Of announcements by multicast. */
export const DISCOVERY_EVENTS = {
  "registrar-announced": {
    level: "info",
    fields: ["protocol", "identifier", "registrar", "source"],
    meaning: "A registrar that was not known announces itself.",
    isOfStrangers: true,
  },
  "registrar-outdated": {
    level: "info",
    fields: ["registrar"],
    meaning: "A registrar announces itself no longer (T7-ENRPoutdate).",
  },
  "announcements-dropped": {
    level: "info",
    fields: ["count", "source", "why"],
    meaning: "Announcements were of no use.",
    isOfStrangers: true,
  },
  "announcement-failed": {
    level: "info",
    fields: ["group", "interface", "why"],
    meaning: "Announcements cannot leave over an interface; told once until one leaves again.",
  },
} as const satisfies Partial<EntriesOf<LibraryEvent>>;

/** Of `PoolElement.serve`. */
export const SESSION_EVENTS = {
  "session-began": {
    level: "info",
    fields: ["remote", "security", "hasState"],
    meaning: "A pool user has begun a session, perhaps with a state of another element.",
  },
  "session-ended": {
    level: "info",
    fields: ["remote", "fault"],
    meaning: "A session has ended.",
  },
  "session-refused": {
    level: "warning",
    fields: ["remote", "why", "count"],
    meaning: "Somebody was turned away before it was a session.",
    isOfStrangers: true,
  },
  "handler-failed": {
    level: "error",
    fields: ["remote", "error"],
    meaning: "The program's own handler of a session has thrown; its user fails over.",
  },
} as const satisfies Partial<EntriesOf<LibraryEvent>>;
