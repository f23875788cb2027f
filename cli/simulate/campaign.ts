/** A campaign: many runs, one line each in a file, to be gone on with at any time. */

import { UsageError } from "../exit.ts";
import { reasonOf } from "../failure.ts";

/** What is remembered of one run. */
export interface CampaignLine {
  readonly seed: number;
  /** What the run was made from, besides the seed. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** A word of the operator's, such as the commit that was tried. */
  readonly label?: string;
  readonly virtualHours: number;
  readonly messages: number;
  readonly faults: number;
  readonly seconds: number;
  readonly violation: { readonly checker: string; readonly finding: string } | null;
}

/** The log of a campaign. */
export class Campaign {
  private readonly file: string;
  private readonly played: ReadonlySet<string>;

  private constructor(file: string, lines: readonly CampaignLine[]) {
    this.file = file;
    this.played = new Set(lines.map(({ seed, settings }) => keyOf(seed, settings)));
  }

  /**
   * Opens a log, or begins one.
   *
   * @throws {UsageError} if it cannot be read, or is no such log.
   */
  static async open(file: string): Promise<Campaign> {
    let text = "";
    try {
      text = await Deno.readTextFile(file);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) {
        throw new UsageError(`cannot read ${file}: ${reasonOf(error)}`);
      }
    }
    // What a campaign that was killed has begun to write is no line: that run is played again.
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const lines = whole.split("\n").flatMap((line, index) => readLine(file, line, index + 1));
    if (whole.length < text.length && lines.length > 0) await Deno.writeTextFile(file, whole);
    else if (whole.length < text.length) readLine(file, text, 1);
    return new Campaign(file, lines);
  }

  /** Whether a run with these settings is in it. */
  has(seed: number, settings: CampaignLine["settings"]): boolean {
    return this.played.has(keyOf(seed, settings));
  }

  /** Adds a run; it is in the file when this is done. */
  async add(line: CampaignLine): Promise<void> {
    await Deno.writeTextFile(this.file, `${JSON.stringify(line)}\n`, { append: true });
  }
}

function keyOf(seed: number, settings: CampaignLine["settings"]): string {
  return `${seed} ${JSON.stringify(settings)}`;
}

function readLine(file: string, text: string, number: number): CampaignLine[] {
  if (text.trim() === "") return [];
  try {
    const line: unknown = JSON.parse(text);
    if (isCampaignLine(line)) return [line];
  } catch {
    // What it is not is said below.
  }
  throw new UsageError(`${file}:${number}:1: this is no line of a campaign`);
}

function isCampaignLine(value: unknown): value is CampaignLine {
  return typeof value === "object" && value !== null && "seed" in value && "settings" in value;
}
