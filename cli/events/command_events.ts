/** Events of the commands themselves. */

import type { EventEntry } from "./entry.ts";

/** Of every command that runs until it is stopped. */
export const COMMAND_EVENTS = {
  "started": {
    level: "notice",
    fields: ["identifier", "asap", "enrp", "listeners", "listen", "zone"],
    meaning: "It does from now on what it is there for; a ready file is written before.",
    words: "registrar … serves …, forwards …, answers for …",
  },
  "stopping": {
    level: "notice",
    fields: ["signal"],
    meaning: "It was asked to end, and ends in order.",
  },
  "ended": {
    level: "notice",
    fields: [],
    meaning: "It has ended in order.",
    words: "stopped",
  },
  "fatal": {
    level: "error",
    fields: ["code"],
    meaning: "It cannot go on, and ends with this exit code.",
  },
  "bug": {
    level: "debug",
    fields: ["stack"],
    meaning: "Where the program has failed, for a report to its authors.",
  },
  "option-unused": {
    level: "warning",
    fields: ["option"],
    meaning: "An option was given that means nothing to this command.",
    words: "--… has no effect on …",
  },
  "reloaded": {
    level: "notice",
    fields: ["changes", "droppedConnections", "droppedPoolElements"],
    meaning: "SIGHUP: the files were read anew, and hold from now on.",
    words: "SIGHUP: …",
  },
  "reload-failed": {
    level: "error",
    fields: [],
    meaning: "SIGHUP: a file is wrong, so nothing is changed.",
    words: "SIGHUP: nothing is changed: …",
  },
  "restart-needed": {
    level: "notice",
    fields: [],
    meaning: "SIGHUP: the configuration file says something that only a restart applies.",
    words: "SIGHUP: needs a restart: …",
  },
  "reload-unneeded": {
    level: "info",
    fields: [],
    meaning: "SIGHUP: there is nothing that could be read anew.",
    words: "SIGHUP: there is nothing to reload",
  },
  "http-served": {
    level: "notice",
    fields: ["http"],
    meaning: "It can be looked at over HTTP (docs/http.md).",
    words: "serves HTTP on …",
  },
  "http-open": {
    level: "warning",
    fields: ["addresses"],
    meaning: "Whoever reaches these addresses may read over HTTP all that it shows.",
    words: "whoever reaches … over HTTP may read everything there",
  },
  "certificate-doubtful": {
    level: "warning",
    fields: [],
    meaning: "A certificate will soon, or does already, keep others from trusting this process.",
  },
} as const satisfies Record<string, EventEntry>;

/** Of `registrar`. */
export const REGISTRAR_COMMAND_EVENTS = {
  "mentors-asked": {
    level: "notice",
    fields: ["mentors"],
    meaning: "It asks the registrars of --peer for the handle table before it serves.",
    words: "asking for the handle table before it serves",
  },
  "loopback-only": {
    level: "warning",
    fields: ["addresses"],
    meaning: "Others shall reach this registrar, but only its own host can.",
    words: "other hosts cannot reach …",
  },
  "security-off": {
    level: ["notice", "warning"],
    fields: ["addresses"],
    meaning: "Whoever reaches it may do everything; a warning where other hosts reach it.",
    words: "security is off",
  },
  "plain-listeners": {
    level: "notice",
    fields: ["addresses"],
    meaning: "What is served without TLS beside what is secured.",
    words: "without TLS …",
  },
  "key-missing": {
    level: "warning",
    fields: ["identities"],
    meaning: "The section `security:` names identities for which there is no key.",
    words: "security: there is no key for …",
  },
  "csp-failed": {
    level: "warning",
    fields: ["server"],
    meaning: "Reports to a monitor of --csp-server cannot be sent; told once until they can.",
    words: "cannot report to …",
  },
  "csp-reports": {
    level: "notice",
    fields: ["server"],
    meaning: "Reports to a monitor of --csp-server can be sent again.",
    words: "reports to … again",
  },
  "trust-unused": {
    level: "notice",
    fields: [],
    meaning: "RSERPOOL_CA is for clients: it does not secure a registrar.",
    words: "RSERPOOL_CA is not used",
  },
} as const satisfies Record<string, EventEntry>;

/** Of `register`. */
export const REGISTER_COMMAND_EVENTS = {
  "check-missing": {
    level: "warning",
    fields: [],
    meaning: "Nothing looks at the service: the element lives as long as this process.",
    words: "only the life of … is watched",
  },
  "check-failed": {
    level: "info",
    fields: [],
    meaning: "One check of the service has failed.",
    words: "check failed: …",
  },
  "unhealthy": {
    level: "warning",
    fields: [],
    meaning: "The checks fail: the element is de-registered, or is not registered yet.",
    words: "the check fails, not registered yet, as the check fails",
  },
  "hunt-ended": {
    level: "notice",
    fields: [],
    meaning: "A registrar answers again, after a warning that none does.",
    words: "a registrar answers now",
  },
  "registration-unanswered": {
    level: "error",
    fields: [],
    meaning: "No registrar has granted the registration within --max-wait.",
    words: "no registrar granted the registration within …",
  },
  "deregistration-unanswered": {
    level: "warning",
    fields: [],
    meaning: "No registrar has answered the de-registration; it ends without.",
    words: "no registrar answered the de-registration in time",
  },
  "draining": {
    level: "notice",
    fields: ["connections"],
    meaning: "It waits for those who were sent here, or for their connections, before it ends.",
    words: "draining for …, waits for …",
    also: "proxy",
  },
  "drain-skipped": {
    level: "notice",
    fields: ["signal"],
    meaning: "A second signal: it ends at once.",
    words: "… again: not draining",
  },
  "command-not-started": {
    level: "error",
    fields: [],
    meaning: "COMMAND cannot be started.",
  },
  "command-ended": {
    level: "notice",
    fields: ["code"],
    meaning: "COMMAND has ended by itself.",
    words: "the command ended with code …",
  },
  "command-killed": {
    level: "warning",
    fields: [],
    meaning: "COMMAND has not ended within --stop-timeout, and is killed.",
    words: "the command has not ended after …",
  },
  "processes-left": {
    level: "warning",
    fields: [],
    meaning: "COMMAND has ended and left processes behind, which are ended, too.",
    words: "the command ended but left processes behind",
  },
  "signal-not-sent": {
    level: "warning",
    fields: ["signal"],
    meaning: "A signal could not be passed on to COMMAND.",
    words: "cannot send … to the command",
  },
  "load-unreadable": {
    level: "warning",
    fields: [],
    meaning: "The source of --load gives no load; the last one is kept.",
    words: "--load: …",
  },
} as const satisfies Record<string, EventEntry>;
