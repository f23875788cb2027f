/** Diagnostics, always on standard error: for people as text, for machines as JSON lines. */

import { printable, printableJson } from "./printable.ts";

/** How much a line matters, the most first. */
const LEVELS = ["error", "warning", "notice", "info", "debug"] as const;
/** The level of a line. */
export type Level = typeof LEVELS[number];

/** What is known besides the message, by name. */
export type LogFields = Readonly<Record<string, unknown>>;

/** How lines are chosen and written. */
export interface LogSettings {
  /** The least level that is written; none when quiet. */
  readonly threshold: Level | undefined;
  readonly format: "text" | "json";
  readonly color: boolean;
  /** Whether text lines begin with the time, as those of long-running commands do. */
  readonly timestamps: boolean;
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

  constructor(
    write: (line: string) => void,
    settings: LogSettings = SETTINGS_BEFORE_OPTIONS,
    now: () => Date = () => new Date(),
  ) {
    this.write = write;
    this.settings = settings;
    this.now = now;
  }

  /** Whether lines of a level are written: to spare the work of making them. */
  has(level: Level): boolean {
    const { threshold } = this.settings;
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

  private line(level: Level, message: string, fields: LogFields = {}): void {
    if (!this.has(level)) return;
    const json = this.settings.format === "json";
    this.write(`${json ? this.json(level, message, fields) : this.text(level, message, fields)}\n`);
  }

  private json(level: Level, message: string, fields: LogFields): string {
    return printableJson({ time: this.now().toISOString(), level, message, ...fields });
  }

  private text(level: Level, message: string, fields: LogFields): string {
    const { color, timestamps } = this.settings;
    const head = timestamps ? `${this.now().toISOString()} ${level}: ` : headOf(level);
    const paint = color ? COLORS[level] : "";
    const known = Object.entries(fields).filter(([, value]) => value !== undefined);
    const tail = known.map(([name, value]) => ` ${name}=${showField(value)}`).join("");
    const text = `${head}${printable(message)}${tail}`;
    return paint === "" ? text : `${paint}${text}\x1b[0m`;
  }
}

function headOf(level: Level): string {
  return level === "error" || level === "notice" ? "rserpool: " : `rserpool: ${level}: `;
}

/** A value that a reader can tell from the next field. */
function showField(value: unknown): string {
  if (typeof value !== "string") return printableJson(value);
  return /^[^\s"=]+$/.test(value) ? printable(value) : printableJson(value);
}
