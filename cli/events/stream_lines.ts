/**
 * Server-sent events, read without trust: lines of a stream to events of ours.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */

import type { NumberedEvent, ToldEvent } from "./told_event.ts";

/** What of a stream is read at most. */
export const LINE_LIMITS = {
  /** Characters of a line, and of the data of one event. */
  characters: 65_536,
  /** Characters of the name of an event. */
  name: 64,
} as const;

/** A stream that is none of server-sent events: nothing more of it is read. */
export class StreamGarbled extends Error {
  override readonly name = "StreamGarbled";
}

/** What one event of a stream came to: ours, or something that is none of ours. */
export type StreamItem =
  | { readonly kind: "event"; readonly numbered: NumberedEvent }
  | { readonly kind: "unreadable"; readonly why: string };

/** Takes text piece by piece, cut anywhere, and gives the events in it. */
export class StreamLines {
  private rest = "";
  private data: string[] = [];
  private characters = 0;
  private id: string | undefined;
  private isAfterReturn = false;

  /**
   * The events that end in this piece.
   *
   * @throws {StreamGarbled} if a line or an event is longer than {@link LINE_LIMITS} allows.
   */
  *take(piece: string): Generator<StreamItem> {
    for (const line of this.lines(piece)) {
      const item = this.line(line);
      if (item !== undefined) yield item;
    }
  }

  /** A line ends with CR, LF or both, which two pieces may have between them. */
  private *lines(piece: string): Generator<string> {
    const text = this.isAfterReturn && piece.startsWith("\n") ? piece.slice(1) : piece;
    if (piece !== "") this.isAfterReturn = piece.endsWith("\r");
    const [first = "", ...more] = text.split(/\r\n|\r|\n/);
    let line = this.rest + first;
    for (const next of more) {
      yield refuseLong(line);
      line = next;
    }
    this.rest = refuseLong(line);
  }

  private line(line: string): StreamItem | undefined {
    if (line === "") return this.dispatch();
    const [, name = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line)!;
    if (name === "data") {
      this.characters += value.length;
      if (this.characters > LINE_LIMITS.characters) throw tooLong("an event");
      this.data.push(value);
    } else if (name === "id") this.id = value;
    return undefined;
  }

  private dispatch(): StreamItem | undefined {
    const { data, id } = this;
    this.data = [];
    this.characters = 0;
    if (data.length === 0) return undefined;
    return readEvent(id, data.join("\n"));
  }
}

/** An event as `/api/v1/events` sends it. */
function readEvent(id: string | undefined, text: string): StreamItem {
  if (id === undefined || !/^[1-9][0-9]{0,14}$/.test(id)) return unreadable("it has no number");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return unreadable("it is no JSON");
  }
  const why = wrongIn(value);
  if (why !== undefined) return unreadable(why);
  return { kind: "event", numbered: { id: Number(id), event: value as ToldEvent } };
}

function wrongIn(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return "it is no JSON object";
  }
  const { time, level, event, message } = value as Record<string, unknown>;
  if (!isName(event)) return "it has no name";
  if (typeof level !== "string" || !LEVELS.has(level)) return "it has no known level";
  if (typeof time !== "string" || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(time)) {
    return "it has no time";
  }
  if (message !== undefined && typeof message !== "string") return "its message is no text";
  return undefined;
}

const LEVELS: ReadonlySet<string> = new Set(["error", "warning", "notice", "info", "debug"]);

function isName(value: unknown): boolean {
  return typeof value === "string" && value.length <= LINE_LIMITS.name &&
    /^[a-z][a-z0-9-]*$/.test(value);
}

function unreadable(why: string): StreamItem {
  return { kind: "unreadable", why };
}

function refuseLong(line: string): string {
  if (line.length > LINE_LIMITS.characters) throw tooLong("a line");
  return line;
}

function tooLong(what: string): StreamGarbled {
  return new StreamGarbled(`${what} of more than ${LINE_LIMITS.characters} characters`);
}
