/** Events of a registrar, as `lib/core/registrar` tells them. */

import type { EntriesOf, LibraryEvent } from "./entry.ts";

/** Pool elements, and messages about them. */
const ELEMENTS = {
  "association-opened": {
    level: "debug",
    fields: ["protocol", "remote", "identity"],
    meaning: "Somebody has connected, or an ASAP endpoint was dialled.",
  },
  "association-closed": {
    level: ["debug", "warning"],
    fields: ["protocol", "remote", "reason", "detail", "elements"],
    meaning: "An association has ended; a warning if it was for garbage, a limit or security.",
  },
  "pool-element-registered": {
    level: "info",
    fields: ["poolHandle", "identifier", "remote", "element", "newPool", "warnings"],
    meaning: "A new pool element was registered here (RFC 5352 §3.1).",
  },
  "pool-element-reregistered": {
    level: "info",
    fields: ["poolHandle", "identifier", "remote", "element", "changed", "warnings"],
    meaning: "A pool element has renewed its registration, perhaps with other values.",
  },
  "registration-rejected": {
    level: "warning",
    fields: ["poolHandle", "identifier", "remote", "causes", "why"],
    meaning: "A registration was rejected.",
    isOfStrangers: true,
  },
  "deregistration-rejected": {
    level: "warning",
    fields: ["poolHandle", "identifier", "remote", "causes", "why"],
    meaning: "A de-registration was rejected.",
    also: "register",
    words: "the registrar rejected the de-registration",
    isOfStrangers: true,
  },
  "ownership-contested": {
    level: "info",
    fields: ["poolHandle", "identifier", "remote"],
    meaning: "A request for an identifier that is in use waits until its owner was probed.",
  },
  "pool-element-lost": {
    level: "info",
    fields: ["poolHandle", "identifier", "endpoint"],
    meaning: "An element's association was lost: it is not handed out until it answers again.",
  },
  "pool-element-recovered": {
    level: "info",
    fields: ["poolHandle", "identifier", "remote"],
    meaning: "A lost pool element has answered at its ASAP endpoint.",
  },
  "pool-element-removed": {
    level: ["info", "warning"],
    fields: ["poolHandle", "identifier", "reason", "detail", "element", "lastOfPool"],
    meaning: "A pool element is listed no longer; a warning unless it has de-registered.",
  },
  "unreachable-reported": {
    level: ["info", "debug"],
    fields: ["poolHandle", "identifier", "remote", "reporters", "peIdentifier"],
    meaning: "A pool user has reported a pool element as unreachable (RFC 5352 §3.5).",
    also: "pool users",
  },
  "report-forced": {
    level: "warning",
    fields: ["poolHandle", "identifier", "remote", "identity"],
    meaning: "An element was reported by somebody who says that he has not tried it.",
    isOfStrangers: true,
  },
  "download-began": {
    level: "debug",
    fields: [],
    meaning: "Somebody downloads the handle table, in several messages.",
  },
  "download-rejected": {
    level: "info",
    fields: [],
    meaning: "A download of the handle table was refused: there are too many at a time.",
  },
} as const satisfies Partial<EntriesOf<LibraryEvent>>;

/** Peers, and what registrars owe each other. RFC 5353. */
const PEERS = {
  "serving": {
    level: "info",
    fields: ["peers", "elements"],
    meaning: "It has the peers and the handle table that it could get, and serves from now on.",
  },
  "mentor-asked": {
    level: "info",
    fields: ["peer"],
    meaning: "A mentor is asked for its peers and its handle table (RFC 5353 §3.2.2.2).",
  },
  "mentor-failed": {
    level: "notice",
    fields: ["peer", "why"],
    meaning: "A mentor could not give its handle table: another one is asked.",
  },
  "peer-discovered": {
    level: "info",
    fields: ["peer"],
    meaning: "A registrar is in the peer list from now on.",
  },
  "peer-connected": {
    level: "notice",
    fields: ["peer", "remote"],
    meaning: "An association with a peer is in use.",
  },
  "peer-lost": {
    level: "info",
    fields: ["peer", "reason"],
    meaning: "The association with a peer was lost; it is dialled again.",
  },
  "peer-unreachable": {
    level: "warning",
    fields: ["address", "reason", "detail"],
    meaning: "A registrar could not be reached; it is dialled again, for ever.",
  },
  "peer-refused": {
    level: ["warning", "error"],
    fields: ["address", "refusedBy", "identity", "why"],
    meaning: "Two registrars cannot be peers; an error while it keeps this one from serving.",
  },
  "peer-is-self": {
    level: "info",
    fields: ["address"],
    meaning: "This registrar itself answers at the address of a peer, which is dialled no more.",
  },
  "identifier-in-use": {
    level: "warning",
    fields: ["remote"],
    meaning: "Another registrar has the identifier of this one: they cannot be peers.",
  },
  "peer-suspected": {
    level: "warning",
    fields: ["peer"],
    meaning: "A peer was not heard for MAX-TIME-LAST-HEARD: it is asked whether it lives.",
  },
  "peer-active": {
    level: "notice",
    fields: ["peer"],
    meaning: "A peer that was suspected, or new, is heard.",
  },
  "peer-dead": {
    level: "warning",
    fields: ["peer", "why"],
    meaning: "A peer is considered dead (RFC 5353 §3.4.3).",
  },
  "peer-left": {
    level: "notice",
    fields: ["peer"],
    meaning: "A peer has ended in order.",
  },
  "takeover-began": {
    level: "notice",
    fields: ["target", "awaited"],
    meaning: "This registrar wants to take over a dead peer, and asks the others.",
  },
  "takeover-stopped": {
    level: "notice",
    fields: ["target", "why"],
    meaning: "A takeover is not needed, or is another registrar's.",
  },
  "taken-over": {
    level: "warning",
    fields: ["target", "by", "elements"],
    meaning: "A registrar was taken over, by this one or by a peer (RFC 5353 §3.5.2).",
  },
  "resynchronization-began": {
    level: "debug",
    fields: ["peer", "why"],
    meaning: "A peer's own elements are downloaded anew (RFC 5353 §3.6.3).",
  },
  "resynchronized": {
    level: "info",
    fields: ["peer", "received", "removed"],
    meaning: "What a peer owns is known again.",
  },
  "resynchronization-failed": {
    level: "info",
    fields: ["peer", "why"],
    meaning: "What a peer owns could not be downloaded; it is tried again.",
  },
  "pool-element-updated": {
    level: "debug",
    fields: ["poolHandle", "identifier", "home"],
    meaning: "A peer has said something new of one of its pool elements.",
  },
  "pool-element-withdrawn": {
    level: "debug",
    fields: ["poolHandle", "identifier", "home"],
    meaning: "A peer has removed one of its pool elements.",
  },
  "update-not-stored": {
    level: "warning",
    fields: ["poolHandle", "identifier", "sender"],
    meaning: "A limit keeps a peer's pool element from being stored here.",
  },
  "pool-element-adopted": {
    level: "info",
    fields: ["poolHandle", "identifier", "remote"],
    meaning: "A pool element of another home has accepted this registrar as its home.",
  },
  "pool-element-yielded": {
    level: "info",
    fields: ["poolHandle", "identifier"],
    meaning: "A pool element is another registrar's from now on.",
  },
  "pool-element-doubted": {
    level: "info",
    fields: ["poolHandle", "identifier", "home"],
    meaning: "An element cannot be reached from here: its home was told.",
  },
  "handing-over": {
    level: "notice",
    fields: ["elements", "peers"],
    meaning: "It ends, and suggests to its peers to take its elements over.",
  },
  "update-rejected": {
    level: "warning",
    fields: ["poolHandle", "identifier", "remote", "sender"],
    meaning: "An update by somebody who is no peer was refused (RFC 5353 §2.4).",
    isOfStrangers: true,
  },
  "owner-conflict": {
    level: "warning",
    fields: ["poolHandle", "identifier", "peer", "yields"],
    meaning: "Two registrars list one identifier of different owners; one of them yields.",
  },
  "stopped": {
    level: "info",
    fields: ["associations", "elements"],
    meaning: "The protocol has ended, and with it so many associations.",
  },
} as const satisfies Partial<EntriesOf<LibraryEvent>>;

/** What is refused, or is no message. */
const REFUSALS = {
  "refused": {
    level: "warning",
    fields: ["remote", "messageType", "identity", "why"],
    meaning: "A message was refused, as whoever sent it may not do that (RFC 5355).",
    isOfStrangers: true,
  },
  "rate-limited": {
    level: "warning",
    fields: ["remote", "kind", "who", "count"],
    meaning: "Requests beyond a rate of the section `security:` were refused.",
    isOfStrangers: true,
  },
  "handshake-refused": {
    level: ["warning", "debug"],
    fields: ["remote", "why", "count"],
    meaning: "TLS handshakes have failed: who connected cannot be told.",
    also: "register",
    isOfStrangers: true,
  },
  "connections-refused": {
    level: "warning",
    fields: ["remote", "count"],
    meaning: "An address connects faster than it may.",
    isOfStrangers: true,
  },
  "undecodable": {
    level: "warning",
    fields: ["remote", "messageType", "cause", "detail", "reported"],
    meaning: "Bytes came that are no message (RFC 5354).",
    isOfStrangers: true,
  },
  "unrecognized-parameters": {
    level: "info",
    fields: ["remote", "messageType", "count"],
    meaning: "A message had parameters that are unknown here and ask for a report.",
    isOfStrangers: true,
  },
  "discarded": {
    level: ["info", "debug"],
    fields: ["remote", "messageType", "why"],
    meaning: "A message was ignored.",
    also: "register, pool users, sessions",
    isOfStrangers: true,
  },
  "error-received": {
    level: ["warning", "debug"],
    fields: ["remote", "causes"],
    meaning: "The other side has answered with an ASAP_ERROR or ENRP_ERROR.",
    also: "register, pool users, sessions",
    isOfStrangers: true,
  },
} as const satisfies Partial<EntriesOf<LibraryEvent>>;

/** Bindings of DHCP pools (docs/dhcp.md). */
const BINDINGS = {
  "binding-table-created": {
    level: "info",
    fields: ["poolHandle"],
    meaning: "The first DHCP server of a pool has told of itself, here or at a peer.",
  },
  "binding-pool-refused": {
    level: "warning",
    fields: ["poolHandle"],
    meaning: "There are as many DHCP pools as there may be: this one's bindings are not kept.",
  },
  "binding-lost": {
    level: "error",
    fields: ["poolHandle", "ipAddress", "hardware", "server", "winner", "winnerServer"],
    meaning: "Two clients were granted one address: `hardware` must give it up, `winner` has it.",
  },
  "dhcp-server-changed": {
    level: "info",
    fields: ["poolHandle", "identifier", "name", "flags"],
    meaning: "A DHCP server is new, down by an operator's word, withholds its share, or is back.",
  },
  "bindings-refused": {
    level: "warning",
    fields: ["poolHandle", "identifier", "remote", "addresses"],
    meaning: "A DHCP server tells of addresses that are not of its pool's range.",
    isOfStrangers: true,
  },
  "binding-update-rejected": {
    level: "warning",
    fields: ["poolHandle", "identifier", "remote", "cause", "why"],
    meaning: "What a DHCP server tells was refused, and it was told why.",
    isOfStrangers: true,
  },
  "partner-down-rejected": {
    level: "warning",
    fields: ["poolHandle", "remote", "why"],
    meaning: "An operator's word that a DHCP server is down was refused.",
    isOfStrangers: true,
  },
  "binding-download-began": {
    level: "debug",
    fields: ["peer", "poolHandle"],
    meaning: "A peer has other bindings of a pool: they are asked for.",
  },
  "binding-download-failed": {
    level: "warning",
    fields: ["peer", "poolHandle", "why"],
    meaning: "A peer has not told its bindings: it is asked when it next says that they differ.",
  },
  "binding-table-received": {
    level: "info",
    fields: ["peer", "poolHandle", "received"],
    meaning: "A peer's bindings of a pool have come whole.",
  },
} as const satisfies Partial<EntriesOf<LibraryEvent>>;

/** All of them. */
export const REGISTRAR_EVENTS = { ...ELEMENTS, ...PEERS, ...REFUSALS, ...BINDINGS } as const;
