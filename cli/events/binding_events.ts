/** Events of a DHCP server's side of the bindings that it shares with others. */

import type { EntriesOf, LibraryEvent } from "./entry.ts";

/** Of `BindingElement`. */
export const BINDING_EVENTS = {
  "lost": {
    level: "info",
    fields: ["registrar", "reason", "detail"],
    meaning: "The association with the registrar has ended, or it was left: another one is sought.",
  },
  "contact": {
    level: "debug",
    fields: ["registrar"],
    meaning: "The registrar has answered something.",
  },
  "table-began": {
    level: "debug",
    fields: ["registrar"],
    meaning: "The first page of the whole table is about to be told.",
  },
  "records": {
    level: "debug",
    fields: ["servers", "bindings"],
    meaning: "What a registrar knows: a page, an update, or what is newer than what it was told.",
  },
  "synchronized": {
    level: "info",
    fields: ["registrar"],
    meaning: "The whole table has been told; all that changes is, from now on.",
  },
  "published": {
    level: "debug",
    fields: ["servers", "bindings"],
    meaning: "A registrar has taken an update.",
  },
  "addresses-refused": {
    level: "error",
    fields: ["addresses", "causes"],
    meaning: "A registrar does not take the bindings of addresses, as it never would.",
  },
  "dump-asked": {
    level: "debug",
    fields: ["after"],
    meaning: "Somebody wants to see what this DHCP server has itself.",
  },
} as const satisfies Partial<EntriesOf<LibraryEvent>>;
