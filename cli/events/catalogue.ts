/**
 * Every event of every command and of the library, by the same names everywhere: logs, event
 * streams, metrics and pages. docs/events.md is made of this.
 */

import type { Level } from "../log.ts";
import { BINDING_EVENTS } from "./binding_events.ts";
import {
  CLIENT_EVENTS,
  DISCOVERY_EVENTS,
  ELEMENT_EVENTS,
  SESSION_EVENTS,
  USER_EVENTS,
} from "./client_events.ts";
import {
  COMMAND_EVENTS,
  REGISTER_COMMAND_EVENTS,
  REGISTRAR_COMMAND_EVENTS,
} from "./command_events.ts";
import { DHCP_RUN_EVENTS } from "./dhcp_events.ts";
import type { EntriesOf, EventEntry, LibraryEvent } from "./entry.ts";
import { REGISTRAR_EVENTS } from "./registrar_events.ts";
import { DNS_EVENTS, FOLLOW_EVENTS, PROXY_EVENTS, WATCH_EVENTS } from "./service_events.ts";

/** What the library tells: the type holds that nothing is left out, and nothing made up. */
export const LIBRARY_EVENTS = {
  ...REGISTRAR_EVENTS,
  ...CLIENT_EVENTS,
  ...ELEMENT_EVENTS,
  ...USER_EVENTS,
  ...BINDING_EVENTS,
  ...DISCOVERY_EVENTS,
  ...SESSION_EVENTS,
} as const satisfies EntriesOf<LibraryEvent>;

/** The events of one teller. */
export interface EventSection {
  readonly title: string;
  /** A sentence about all of them. */
  readonly about: string;
  readonly events: Readonly<Record<string, EventEntry>>;
}

/** The whole table, as docs/events.md has it. */
export const CATALOGUE: readonly EventSection[] = [
  {
    title: "Every command that runs until it is stopped",
    about: "`registrar`, `register`, `proxy`, `dns`, `dhcp run`, `watch`, `resolve --watch`.",
    events: COMMAND_EVENTS,
  },
  {
    title: "A registrar",
    about: "What `rserpool registrar` and the class `Registrar` tell.",
    events: REGISTRAR_EVENTS,
  },
  {
    title: "The command `registrar`",
    about: "What the command tells besides.",
    events: REGISTRAR_COMMAND_EVENTS,
  },
  {
    title: "Clients of registrars",
    about: "`register`, `resolve`, `watch`, `proxy`, `dns`, `connect`; `PoolElement`, `PoolUser`.",
    events: CLIENT_EVENTS,
  },
  {
    title: "Pool elements",
    about: "What `rserpool register` and the class `PoolElement` tell.",
    events: ELEMENT_EVENTS,
  },
  {
    title: "The command `register`",
    about: "What the command tells besides.",
    events: REGISTER_COMMAND_EVENTS,
  },
  {
    title: "Pool users and observers",
    about:
      "What `PoolUser` and `Observer` tell, and so `proxy`, `dns`, `watch`, `resolve --watch`.",
    events: USER_EVENTS,
  },
  {
    title: "Shared bindings of DHCP servers",
    about:
      "What the class `BindingElement` tells; `dhcp run` tells some of it in words of its own.",
    events: BINDING_EVENTS,
  },
  {
    title: "Sessions",
    about: "What `PoolElement.serve` tells programs; no command serves sessions.",
    events: SESSION_EVENTS,
  },
  {
    title: "Announcements by multicast",
    about: "With `--announce` and `--discover`.",
    events: DISCOVERY_EVENTS,
  },
  { title: "The command `proxy`", about: "What it tells besides.", events: PROXY_EVENTS },
  { title: "The command `dns`", about: "What it tells besides.", events: DNS_EVENTS },
  { title: "The command `dhcp run`", about: "What it tells besides.", events: DHCP_RUN_EVENTS },
  { title: "The command `watch`", about: "What it tells besides.", events: WATCH_EVENTS },
  {
    title: "The command `decode --follow`",
    about: "What it tells of the stream on standard error.",
    events: FOLLOW_EVENTS,
  },
];

const ENTRIES: ReadonlyMap<string, EventEntry> = new Map(
  CATALOGUE.flatMap(({ events }) => Object.entries(events)),
);

/** What the table says of an event. */
export function entryOf(event: string): EventEntry | undefined {
  return ENTRIES.get(event);
}

/** The level that an event usually has. */
export function usualLevel(event: keyof typeof LIBRARY_EVENTS): Level {
  const { level }: EventEntry = LIBRARY_EVENTS[event];
  return typeof level === "string" ? level : level[0]!;
}

/** Whether strangers can bring an event about as often as they like. */
export function isOfStrangers(event: string): boolean {
  return ENTRIES.get(event)?.isOfStrangers === true;
}
