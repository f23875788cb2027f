/** Diagnostics, always on standard error: for people as text, for machines as JSON lines. */

import type { ToldEvent } from "./events/told_event.ts";
import { printable, printableJson } from "./printable.ts";

/** How much a line matters, the most first. */
const LEVELS = ["error", "warning", "notice", "info", "debug"] as const;
/** The level of a line. */
export type Level = typeof LEVELS[number];

/** What is known besides the message, by name. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Who hears of events, whatever is written of them. */
export interface EventSink {
  /** An event has happened; it is told only if there are not too many like it. */
  happened(name: string): void;
  tell(event: ToldEvent): void;
}

/** Keeps those that come too often from being told. */
export interface EventBound {
  /** How many like it were not told before this one; `undefined`: this one is not, either. */
  admit(name: string): number | undefined;
  /** Events that have ended without it being told how many were left out; takes them. */
  takeUntold(all: boolean): readonly { readonly name: string; readonly untold: number }[];
}

/** How lines are chosen and written. */
export interface LogSettings {
  /** The least level that is written; none when quiet. */
  readonly threshold: Level | undefined;
  readonly format: "text" | "json";
  readonly color: boolean;
  /** Whether text lines begin with the time, as those of long-running commands do. */
  readonly timestamps: boolean;
  /** Absent: every event is told, as those of a command that ends by itself are. */
  readonly bound?: EventBound | undefined;
  /** Whether they go to systemd's journal, which has the time and wants a level: sd-daemon(3). */
  readonly journal?: boolean | undefined;
}

const SETTINGS_BEFORE_OPTIONS: LogSettings = {
  threshold: "notice",
  format: "text",
  color: false,
  timestamps: false,
};

const COLORS: Readonly<Record<Level, string>> = {
  error: "\x1b[31m",
  warning: "\x1b[33m",
  notice: "",
  info: "",
  debug: "\x1b[2m",
};

/** The least level that is written, of `-v` and `-q`. */
export function thresholdOf(options: { verbose: number; quiet: boolean }): Level | undefined {
  if (options.quiet) return undefined;
  return LEVELS[Math.min(LEVELS.indexOf("notice") + options.verbose, LEVELS.length - 1)]!;
}

/** Writes diagnostics. */
export class Log {
  private readonly write: (line: string) => void;
  private readonly settings: LogSettings;
  private readonly now: () => Date;
  private feed: EventSink | undefined;
  private threshold: Level | undefined;

  constructor(
    write: (line: string) => void,
    settings: LogSettings = SETTINGS_BEFORE_OPTIONS,
    now: () => Date = () => new Date(),
  ) {
    this.write = write;
    this.settings = settings;
    this.threshold = settings.threshold;
    this.now = now;
  }

  /** From now on, lines of that level and above are written; `undefined`: none. */
  showFrom(threshold: Level | undefined): void {
    this.threshold = threshold;
  }

  /** Whether lines of a level are written: to spare the work of making them. */
  has(level: Level): boolean {
    const { threshold } = this;
    return threshold !== undefined && LEVELS.indexOf(level) <= LEVELS.indexOf(threshold);
  }

  /** Why the command failed. */
  error(message: string, fields?: LogFields): void {
    this.line("error", message, fields);
  }

  /** What somebody should look at, although it goes on. */
  warning(message: string, fields?: LogFields): void {
    this.line("warning", message, fields);
  }

  /** What everybody wants to see: that a command serves and ends, that a peer comes and goes. */
  notice(message: string, fields?: LogFields): void {
    this.line("notice", message, fields);
  }

  /** What happens, with `-v`. */
  info(message: string, fields?: LogFields): void {
    this.line("info", message, fields);
  }

  /** Everything, with `-vv`. */
  debug(message: string, fields?: LogFields): void {
    this.line("debug", message, fields);
  }

  /** From now on somebody hears of all events, whatever is written of them. */
  attach(feed: EventSink): void {
    this.feed = feed;
  }

  /** Whether somebody hears of events of a level: to spare the work of finding out about them. */
  isHeard(level: Level): boolean {
    return this.feed !== undefined || this.has(level);
  }

  /**
   * Something of docs/events.md has happened: a line, and an event for whoever follows.
   *
   * @param fields All that is known; as a function where it costs something to find out.
   * @param message Words for people that say all of it, where name and fields do not read well.
   */
  event(
    level: Level,
    name: string,
    fields: LogFields | (() => LogFields) = {},
    message?: string,
  ): void {
    this.feed?.happened(name);
    this.tellUntold(false);
    if (!this.isHeard(level)) return;
    const { bound } = this.settings;
    const untold = bound === undefined ? 0 : bound.admit(name);
    if (untold === undefined) return;
    const known = typeof fields === "function" ? fields() : fields;
    this.told(level, name, untold === 0 ? known : { ...known, untold }, message);
  }

  /** Tells how many were left out of those that came too often; at the end of all of them. */
  tellUntold(all = true): void {
    const { bound } = this.settings;
    if (bound === undefined) return;
    for (const { name, untold } of bound.takeUntold(all)) this.told("warning", name, { untold });
  }

  private told(level: Level, event: string, fields: LogFields, message?: string): void {
    const time = this.now().toISOString();
    const all: ToldEvent = { time, level, event, ...(message && { message }), ...fields };
    this.feed?.tell(all);
    if (!this.has(level)) return;
    const isJson = this.settings.format === "json";
    const text = () => this.text(level, eventText(event, fields, message), time);
    this.write(isJson ? `${printableJson(all)}\n` : text());
  }

  private line(level: Level, message: string, fields: LogFields = {}): void {
    if (!this.has(level)) return;
    const time = this.now().toISOString();
    const isJson = this.settings.format === "json";
    const json = () => `${printableJson({ time, level, message, ...fields })}\n`;
    this.write(isJson ? json() : this.text(level, eventText(message, fields), time));
  }

  private text(level: Level, words: string, time: string): string {
    const { color, timestamps, journal } = this.settings;
    const head = journal
      ? journalHeadOf(level)
      : timestamps
      ? `${time} ${level}: `
      : `rserpool: ${labelOf(level)}`;
    const paint = color && !journal ? COLORS[level] : "";
    const text = head + words;
    return paint === "" ? `${text}\n` : `${paint}${text}\x1b[0m\n`;
  }
}

/**
 * An event as the words of a line: its name and all that is known, or a message that says all of it
 * but how many like it were not told.
 */
export function eventText(name: string, fields: LogFields, message?: string): string {
  const shown = message === undefined ? fields : { untold: fields.untold };
  const known = Object.entries(shown).filter(([, value]) => value !== undefined);
  const tail = known.map(([field, value]) => ` ${printable(field)}=${showField(value)}`).join("");
  return printable(message ?? name) + tail;
}

function labelOf(level: Level): string {
  return level === "error" || level === "notice" ? "" : `${level}: `;
}

/** The priority as syslog numbers it: that of an error is 3. */
function journalHeadOf(level: Level): string {
  return `<${LEVELS.indexOf(level) + 3}>${level === "error" ? "error: " : labelOf(level)}`;
}

/** A value that a reader can tell from the next field. */
function showField(value: unknown): string {
  if (typeof value !== "string") return printableJson(value);
  return /^[^\s"=]+$/.test(value) ? printable(value) : printableJson(value);
}
