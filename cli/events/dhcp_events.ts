/** Events of `dhcp run`. */

import type { EventEntry } from "./entry.ts";

/** Of `dhcp run`. */
export const DHCP_RUN_EVENTS = {
  "dhcp-started": {
    level: "notice",
    fields: ["dnsmasqPid", "from", "leases"],
    meaning: "DHCP serves clients; `from`: whether a registrar told the leases, or the disk.",
    words: "dnsmasq serves",
  },
  "dhcp-restarted": {
    level: "notice",
    fields: ["dnsmasqPid", "why", "leases"],
    meaning: "DHCP was started anew: for changes, as it had died, as the clock was set, or as " +
      "D-Bus answers again.",
    words: "dnsmasq serves again",
  },
  "from-disk": {
    level: "warning",
    fields: ["waitedMs"],
    meaning: "No registrar has told its table at the start: DHCP goes on with what is on the disk.",
    words: "no registrar has told the bindings within …",
  },
  "dhcp-refused": {
    level: "error",
    fields: [],
    meaning: "This server may not run beside the others: it ends with exit code 2.",
  },
  "dhcp-held": {
    level: "warning",
    fields: [],
    meaning:
      "An operator had said that this server is down: DHCP waits until all know that it is back.",
    words: "dnsmasq is not started yet",
  },
  "dhcp-died": {
    level: "error",
    fields: ["reason", "againMs"],
    meaning: "The process of DHCP has ended by itself, or does not start; it is tried again.",
    words: "dnsmasq has ended",
  },
  "dhcp-live-failed": {
    level: "warning",
    fields: ["problem"],
    meaning: "Leases could not be changed by D-Bus: dnsmasq is restarted for them.",
    words: "cannot change leases while dnsmasq runs",
  },
  "dnsmasq": {
    level: "notice",
    fields: [],
    meaning: "A line of dnsmasq's own output.",
    words: "dnsmasq: …",
  },
  "dhcp-warning": {
    level: "warning",
    fields: [],
    meaning: "Something of dnsmasq's configuration, its events or its process.",
  },
  "dhcp-granted": {
    level: "info",
    fields: ["address", "transaction", "hardware", "clientId", "host"],
    meaning: "This server has given a client an address, or has renewed its lease.",
    words: "… is bound to …",
  },
  "dhcp-ended": {
    level: "info",
    fields: ["address", "transaction"],
    meaning: "A lease has run out here, or was given back here.",
    words: "the lease of … has ended",
  },
  "dhcp-conflict": {
    level: "error",
    fields: ["address", "hardware", "clientId", "host", "server"],
    meaning: "Two clients have one address: the one that is named has to give it up.",
    words: "two clients have …",
  },
  "dhcp-grant-found": {
    level: "warning",
    fields: ["address", "hardware", "clientId", "host"],
    meaning: "A lease was given just before it would have been replaced: it is kept.",
    words: "dnsmasq had given …",
  },
  "dhcp-out-of-range": {
    level: "warning",
    fields: ["address"],
    meaning: "There is a lease of which no other server can know.",
    words: "dnsmasq has a lease for …",
  },
  "server-news": {
    level: "info",
    fields: ["name", "flags"],
    meaning: "Another server of the pool has said something new of itself.",
    words: "server …",
  },
  "share-withheld": {
    level: "warning",
    fields: ["why", "waitsFor"],
    meaning: "New clients get no address of this server; known ones keep theirs.",
    words: "new clients get no address here",
  },
  "share-confirmed": {
    level: "notice",
    fields: ["free"],
    meaning: "This server may give new clients what is free of its share.",
    words: "all servers agree on this one's share",
  },
  "bindings-synchronized": {
    level: "notice",
    fields: ["registrar"],
    meaning: "A registrar's whole table has come, and all changes will.",
    words: "has the bindings that registrar … knows",
  },
  "bindings-cut-off": {
    level: "warning",
    fields: ["registrar", "reason"],
    meaning: "The registrar that passes bindings on is lost; another one is sought.",
    words: "lost registrar …",
  },
  "bindings-rejected": {
    level: ["warning", "info"],
    fields: ["causes"],
    meaning: "A registrar does not take the bindings of this server; it is tried again.",
    words: "a registrar does not take what happens here",
  },
  "bindings-not-taken": {
    level: "error",
    fields: ["addresses", "causes"],
    meaning: "A registrar will never take these addresses.",
    words: "a registrar does not take …",
  },
  "bindings-published": {
    level: "debug",
    fields: ["bindings"],
    meaning: "What has happened here is on the disk, and on its way to a registrar.",
  },
  "bindings-untold": {
    level: "warning",
    fields: [],
    meaning: "It ends before a registrar has taken what happened last: told at the next start.",
    words: "what happened last is on the disk",
  },
  "clock-stepped": {
    level: "warning",
    fields: ["seconds"],
    meaning: "The time of the day was set: leases go on as if it had not been.",
    words: "the clock was set",
  },
  "state-unwritable": {
    level: "error",
    fields: [],
    meaning: "The disk takes nothing: nothing is told to others until it does.",
    words: "cannot save the bindings",
  },
  "state-written": {
    level: "notice",
    fields: [],
    meaning: "The disk takes the bindings again.",
    words: "the bindings are on the disk again",
  },
} as const satisfies Record<string, EventEntry>;
