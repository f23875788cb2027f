/** Events of commands that serve or watch for as long as they run. */

import type { EventEntry } from "./entry.ts";

/** Of `proxy`. */
export const PROXY_EVENTS = {
  "pool-outdated": {
    level: "warning",
    fields: ["poolHandle"],
    meaning: "A registrar lets this pool be watched no longer: its last known elements are used.",
    words: "pool … goes on with its last known elements",
  },
  "pool-updated": {
    level: "debug",
    fields: ["poolHandle", "protocol", "elements"],
    meaning: "A pool has so many elements for a protocol now.",
    words: "pool … has … elements",
  },
  "element-unreachable": {
    level: ["warning", "info"],
    fields: ["poolHandle", "identifier"],
    meaning: "A pool element cannot be reached: it is reported, and skipped for a while.",
    words: "pool element … cannot be reached",
  },
  "element-reachable": {
    level: "notice",
    fields: ["poolHandle", "identifier"],
    meaning: "A pool element can be reached again.",
    words: "pool element … can be reached again",
  },
  "element-unsuitable": {
    level: "warning",
    fields: ["poolHandle"],
    meaning: "Elements of another protocol, or with sessions of RSerPool, are not forwarded to.",
    words: "does not forward to …",
  },
  "pool-deserted": {
    level: "warning",
    fields: ["poolHandle"],
    meaning: "A client got no element; told once, until one can be reached.",
    words: "no element of pool … for a client",
  },
  "connection-failed": {
    level: "debug",
    fields: ["poolHandle"],
    meaning: "A forwarded connection has not ended in order.",
    words: "a connection with pool …",
  },
  "connections-full": {
    level: "warning",
    fields: ["address"],
    meaning: "There are as many connections as there may be: others wait.",
    words: "… has as many connections as it may",
  },
  "accept-failed": {
    level: "warning",
    fields: ["address"],
    meaning: "Connections cannot be accepted now; it is tried again.",
    words: "cannot accept connections on …",
  },
  "flows-full": {
    level: "warning",
    fields: ["address"],
    meaning: "There are as many clients over UDP as there may be: each further one replaces one.",
    words: "udp:… has as many clients as it may",
  },
  "udp-failed": {
    level: "warning",
    fields: ["address"],
    meaning: "A UDP socket cannot be used; told once.",
    words: "udp:…",
  },
  "connections-cut": {
    level: "warning",
    fields: ["connections"],
    meaning: "Connections are still open at the end of --drain, and are ended.",
    words: "ends …",
  },
} as const satisfies Record<string, EventEntry>;

/** Of `dns`. */
export const DNS_EVENTS = {
  "pool-unanswered": {
    level: "info",
    fields: [],
    meaning: "Nothing is known of a pool, and no registrar tells: questions get SERVFAIL.",
    words: "answers SERVFAIL for now",
  },
  "question-failed": {
    level: "error",
    fields: ["error"],
    meaning: "A question could not be answered because of a bug, and got SERVFAIL.",
    isOfStrangers: true,
  },
} as const satisfies Record<string, EventEntry>;

/** Of `watch`. */
export const WATCH_EVENTS = {
  "pools-missing": {
    level: "notice",
    fields: [],
    meaning: "There is no pool at the start.",
    words: "there is no pool yet",
  },
  "pools-too-many": {
    level: "warning",
    fields: [],
    meaning: "There are more pools than are watched.",
    words: "there are more than … pools",
  },
  "pool-unwatched": {
    level: "warning",
    fields: ["poolHandle"],
    meaning: "A registrar does not let this pool be watched.",
    words: "pool … is not watched",
  },
  "pools-outdated": {
    level: ["warning", "info"],
    fields: [],
    meaning: "No registrar says which pools there are: new ones are not seen.",
    words: "new pools are not seen for now",
  },
  "pools-known": {
    level: "notice",
    fields: [],
    meaning: "A registrar says again which pools there are.",
    words: "a registrar says again which pools there are",
  },
  "exec-not-started": {
    level: "warning",
    fields: [],
    meaning: "The command of --exec cannot be run.",
    words: "cannot run the command",
  },
  "exec-failed": {
    level: "warning",
    fields: [],
    meaning: "The command of --exec has failed; it runs again.",
    words: "the command failed",
  },
  "exec-succeeded": {
    level: "notice",
    fields: [],
    meaning: "The command of --exec has succeeded again.",
    words: "the command has succeeded again",
  },
  "exec-unfinished": {
    level: "warning",
    fields: [],
    meaning: "The command of --exec was ended with `watch`, before it was done.",
  },
} as const satisfies Record<string, EventEntry>;

/** Of `decode --follow`, about the stream itself. */
export const FOLLOW_EVENTS = {
  "stream-open": {
    level: "notice",
    fields: [],
    meaning: "The events of a command are followed, perhaps again.",
    words: "follows the events of …",
  },
  "stream-lost": {
    level: ["warning", "info"],
    fields: [],
    meaning: "The events of a command cannot be followed now; it is tried again.",
    words: "lost the events of …",
  },
  "stream-gap": {
    level: "warning",
    fields: ["missed"],
    meaning: "Events were missed: the connection was lost for too long, or it was too slow.",
    words: "… events were not told here",
  },
  "stream-restarted": {
    level: "warning",
    fields: [],
    meaning: "The command that is followed has been restarted.",
    words: "the numbers begin anew",
  },
  "stream-unreadable": {
    level: "warning",
    fields: [],
    meaning: "What came is no event; told once a connection.",
    words: "an event was skipped",
  },
} as const satisfies Record<string, EventEntry>;
