/** What docs/events.md says of one event. */

import type {
  BindingElementEvent,
  MulticastEvent,
  ObserverEvent,
  PoolElementEvent,
  PoolUserEvent,
  RegistrarEvent,
  ServeEvent,
} from "../../mod.ts";
import type { Level } from "../log.ts";

/** Any event that the library tells. */
export type LibraryEvent =
  | RegistrarEvent
  | PoolElementEvent
  | PoolUserEvent
  | ObserverEvent
  | BindingElementEvent
  | MulticastEvent
  | ServeEvent;

/** One event of the table. */
export interface EventEntry {
  /** Where it depends on the case: the usual one first. */
  readonly level: Level | readonly Level[];
  /** Names of its fields; one that says nothing in a case is left out. */
  readonly fields: readonly string[];
  /** One sentence. */
  readonly meaning: string;
  /** How its line begins in a text log, where it is words and not the name and the fields. */
  readonly words?: string;
  /** Who tells it besides, where it stands in the table of another. */
  readonly also?: string;
  /** Whether strangers can bring it about as often as they like: then few are told a second. */
  readonly isOfStrangers?: true;
}

/** What is in no log: the name is elsewhere, and associations have numbers of one process only. */
type Unlogged = "type" | "association" | "request";

type KeysOf<Event> = Event extends unknown ? Exclude<keyof Event, Unlogged> : never;

/** The names of all fields of an event of the library. */
export type FieldOf<Event extends { readonly type: string }, Type> = KeysOf<
  Extract<Event, { readonly type: Type }>
>;

/** A table of all events of a type, which leaves none out and adds none. */
export type EntriesOf<Event extends { readonly type: string }> = {
  readonly [Type in Event["type"]]: EventEntry & {
    readonly fields: readonly FieldOf<Event, Type>[];
  };
};
