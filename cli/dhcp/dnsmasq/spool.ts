/**
 * The events of dnsmasq's hook, kept on the disk until they are acknowledged.
 *
 * The hook appends to the file `events`, which it opens by name each time. To begin a new one, the
 * old one is renamed to `events.N`; a hook that is running may still write to it. As dnsmasq runs
 * one hook at a time, a record in the new file shows that nothing more comes into the old one.
 * An offset is the number of a file times 2^32, plus a position in it.
 */

import { EXIT, ExitError } from "../../exit.ts";
import { reasonOf } from "../../failure.ts";
import { HOOK_FILES } from "./hook.ts";
import type { LeaseEvent } from "./lease.ts";
import { MAX_SPOOL_EVENTS, MAX_SPOOL_KEPT, MAX_SPOOL_READ } from "./limits.ts";
import { ignoreMissing, replaceFile, syncDirectory } from "./replaced_file.ts";
import { type SpoolLine, SpoolLines } from "./spool_lines.ts";
import { readRecord } from "./spool_record.ts";

/** An event and where the next one begins. */
export interface SpooledEvent {
  readonly offset: number;
  readonly event: LeaseEvent;
}

/** What tells how far the events were acknowledged. */
const ACKNOWLEDGED = "acknowledged";
const SEGMENT = 2 ** 32;
/** Only who runs the agent may read what clients are called. */
const PRIVATE = 0o700;

/** The spool of one state directory; one process at a time may have it open. */
export class Spool implements AsyncIterable<SpooledEvent> {
  private readonly directory: string;
  private readonly warn: (message: string) => void;
  private watcher: Deno.FsWatcher | undefined;
  /** File that is being read; it is the one that the hook writes to if it is the last. */
  private segment: number;
  private lines: SpoolLines;
  private position: number;
  private last: number;
  private acknowledged: number;
  private readonly ready: SpooledEvent[] = [];
  private wake: (() => void) | undefined;
  private isClosed = false;
  private hasChanged = true;
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(
    directory: string,
    warn: (message: string) => void,
    at: { acknowledged: number; last: number },
  ) {
    this.directory = directory;
    this.warn = warn;
    this.acknowledged = at.acknowledged;
    this.segment = Math.floor(at.acknowledged / SEGMENT);
    this.position = at.acknowledged % SEGMENT;
    this.last = at.last;
    this.lines = new SpoolLines(this.position);
  }

  /**
   * Opens the spool of a state directory, with all events that were not acknowledged before.
   *
   * @throws {ExitError} exit 1 if it cannot be read.
   */
  static async open(
    state: string,
    warn: (message: string) => void = () => {},
  ): Promise<Spool> {
    const directory = `${state}/${HOOK_FILES.spool}`;
    try {
      await Deno.mkdir(directory, { mode: PRIVATE }).catch(ignoreExisting);
      const said = await acknowledgedIn(directory);
      const old = await oldSegments(directory);
      const last = old.length > 0 ? Math.max(...old) + 1 : Math.floor(said / SEGMENT);
      // What was acknowledged of files that are gone, says nothing of those that are there.
      const first = Math.min(...old, last);
      const segment = Math.floor(said / SEGMENT);
      const acknowledged = segment < first || segment > last ? first * SEGMENT : said;
      for (const done of old.filter((number) => (number + 1) * SEGMENT <= acknowledged)) {
        await Deno.remove(`${directory}/${HOOK_FILES.events}.${done}`);
      }
      const spool = new Spool(directory, warn, { acknowledged, last });
      spool.watch();
      return spool;
    } catch (error) {
      const reason = reasonOf(error);
      throw new ExitError(EXIT.world, `cannot read the events in ${directory}: ${reason}`, {
        cause: error,
      });
    }
  }

  /** Events in their order, as they come, until {@linkcode close}. */
  async *[Symbol.asyncIterator](): AsyncGenerator<SpooledEvent, void> {
    for (;;) {
      const events = await this.take();
      yield* events;
      if (events.length > 0) continue;
      if (this.isClosed) return;
      await this.changed();
    }
  }

  /** Whole records that are there and were not taken yet, without waiting; none: there are none. */
  take(): Promise<SpooledEvent[]> {
    return this.inTurn(async () => {
      this.hasChanged = false;
      while (this.ready.length < MAX_SPOOL_EVENTS && await this.readSome());
      return this.ready.splice(0);
    });
  }

  /** Forgets all events before an offset; when this resolves, they will not come again. */
  acknowledge(offset: number): Promise<void> {
    return this.inTurn(() => this.settle(offset));
  }

  private async settle(offset: number): Promise<void> {
    if (offset <= this.acknowledged) return;
    await replaceFile(`${this.directory}/${ACKNOWLEDGED}`, `${offset}\n`);
    const done = Math.floor(offset / SEGMENT);
    for (let old = Math.floor(this.acknowledged / SEGMENT); old < done; old++) {
      await Deno.remove(this.pathOf(old)).catch(ignoreMissing);
    }
    this.acknowledged = offset;
    await this.compact();
  }

  /** Ends the iteration after what is there now. */
  close(): void {
    this.isClosed = true;
    this.watcher?.close();
    this.watcher = undefined;
    this.wake?.();
  }

  /** Reading and renaming must not mix. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => {});
    return result;
  }

  /** Begins a new file once all of a long one is acknowledged. */
  private async compact(): Promise<void> {
    const current = this.last * SEGMENT + this.position;
    if (this.segment !== this.last || this.acknowledged !== current) return;
    if (this.position < MAX_SPOOL_KEPT || !this.lines.isWhole) return;
    const events = `${this.directory}/${HOOK_FILES.events}`;
    await Deno.rename(events, `${events}.${this.last}`);
    await syncDirectory(this.directory);
    this.last++;
  }

  private pathOf(segment: number): string {
    const events = `${this.directory}/${HOOK_FILES.events}`;
    return segment < this.last ? `${events}.${segment}` : events;
  }

  /** Reads what comes next; whether there may be more. */
  private async readSome(): Promise<boolean> {
    const isLast = this.segment === this.last;
    // Asked before the old file is read: what is in the new one was written after all of it.
    const isOver = !isLast && await hasRecord(this.pathOf(this.last));
    const bytes = await readAt(this.pathOf(this.segment), this.position);
    if (bytes === "shorter") {
      this.warn(`the events in ${this.directory} were cut short by someone: read from the start`);
      this.begin(this.segment);
      return true;
    }
    if (bytes.length > 0) {
      this.position += bytes.length;
      for (const line of this.lines.push(bytes)) this.add(line);
      return true;
    }
    // A middle file is over in any case: files behind it are named only after it.
    if (isLast || (!isOver && this.segment + 1 === this.last)) return false;
    if (!this.lines.isWhole) this.warn("an event in the spool is torn and was dropped");
    this.begin(this.segment + 1);
    return true;
  }

  private begin(segment: number): void {
    this.segment = segment;
    this.position = 0;
    this.lines = new SpoolLines(0);
  }

  private add({ text, end }: SpoolLine): void {
    if (text === "") return;
    const record = readRecord(text);
    if ("problem" in record) {
      this.warn(`an event in the spool was dropped: ${record.problem}`);
      return;
    }
    this.ready.push({ offset: this.segment * SEGMENT + end, event: record.event });
  }

  private watch(): void {
    const watcher = Deno.watchFs(this.directory, { recursive: false });
    this.watcher = watcher;
    const follow = async () => {
      for await (const { paths } of watcher) {
        if (!paths.some((path) => path.endsWith(`/${HOOK_FILES.events}`))) continue;
        this.hasChanged = true;
        this.wake?.();
      }
    };
    follow().catch((error) => this.warn(`the events are not watched any more: ${error}`));
  }

  private async changed(): Promise<void> {
    if (this.hasChanged || this.isClosed) return;
    await new Promise<void>((resolve) => this.wake = resolve);
    this.wake = undefined;
  }
}

async function acknowledgedIn(directory: string): Promise<number> {
  const text = await Deno.readTextFile(`${directory}/${ACKNOWLEDGED}`).catch(ignoreMissing);
  const offset = Number(text ?? 0);
  return Number.isSafeInteger(offset) && offset >= 0 ? offset : 0;
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
}

async function oldSegments(directory: string): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { name } of Deno.readDir(directory)) {
    const match = /^events\.([0-9]{1,7})$/.exec(name);
    if (match !== null) numbers.push(Number(match[1]));
  }
  return numbers.sort((a, b) => a - b);
}

async function hasRecord(path: string): Promise<boolean> {
  const stat = await Deno.stat(path).catch(ignoreMissing);
  return (stat?.size ?? 0) > 0;
}

async function readAt(path: string, position: number): Promise<Uint8Array | "shorter"> {
  const opened = await Deno.open(path).catch(ignoreMissing);
  if (opened === undefined) return position === 0 ? new Uint8Array() : "shorter";
  using file = opened;
  const { size } = await file.stat();
  if (size < position) return "shorter";
  await file.seek(position, Deno.SeekMode.Start);
  const buffer = new Uint8Array(MAX_SPOOL_READ);
  const read = await file.read(buffer);
  return buffer.subarray(0, read ?? 0);
}
