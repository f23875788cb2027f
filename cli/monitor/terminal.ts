/**
 * The terminal as one screen: raw keys, another screen than the shell's, no cursor; and all of that
 * taken back, however it ends.
 */

import { beforeLastWords } from "../last_words.ts";
import type { World } from "../world.ts";
import { type Key, KeyReader } from "./keys.ts";
import type { Size } from "./layout.ts";
import { MONITOR_LIMITS } from "./limits.ts";
import { ENTER, LEAVE } from "./paint.ts";

/** What happens on a screen. */
export interface ScreenHandlers {
  key(key: Key): void;
  /** It has another size, or shows nothing any more: all of it is to be drawn. */
  changed(size: Size): void;
  /** The terminal is gone. */
  lost(): void;
  /** It cannot be suspended, and why. */
  told(text: string): void;
}

/** Signals that end the process at once, by their numbers. */
const ENDING = { SIGHUP: 1, SIGQUIT: 3 } as const;

/** What a terminal that does not know its size is taken for. */
const USUAL: Size = { columns: 80, rows: 24 };

/** The screen. */
export class Screen {
  private readonly world: World;
  private readonly handlers: ScreenHandlers;
  private readonly removals: (() => void)[] = [];
  private readonly encoder = new TextEncoder();
  private readonly reader = new KeyReader();
  private escape: ReturnType<typeof setTimeout> | undefined;
  private isEntered = false;
  private isClosed = false;

  constructor(world: World, handlers: ScreenHandlers) {
    this.world = world;
    this.handlers = handlers;
  }

  /** Takes the screen over, until `close`. */
  open(): void {
    const { world } = this;
    const restore = () => this.leave();
    this.removals.push(beforeLastWords(restore));
    globalThis.addEventListener("unload", restore);
    this.removals.push(() => globalThis.removeEventListener("unload", restore));
    for (const [name, number] of Object.entries(ENDING)) {
      this.on(name as Deno.Signal, () => {
        this.leave();
        world.exit(128 + number);
      });
    }
    this.on("SIGWINCH", () => this.handlers.changed(this.size));
    this.on("SIGTSTP", () => this.suspend());
    this.on("SIGCONT", () => {
      // Who was stopped by SIGSTOP has left nothing in order.
      this.leave();
      this.enter();
      this.handlers.changed(this.size);
    });
    this.enter();
    void this.read();
  }

  get size(): Size {
    try {
      const { columns, rows } = Deno.consoleSize();
      return columns > 0 && rows > 0 ? { columns, rows } : USUAL;
    } catch {
      return USUAL;
    }
  }

  /** Writes what a painter has painted. */
  write(text: string): void {
    if (this.isEntered && text !== "") this.world.stdout.write(this.encoder.encode(text));
  }

  /** Stops this process as Ctrl-Z does, with the terminal in order; SIGCONT takes it back. */
  suspend(): void {
    if (isOrphaned()) {
      return this.handlers.told("Ctrl-Z: there is no shell that could wake it");
    }
    this.leave();
    // The whole group, as the terminal would do it: who waits for this process stops, too.
    Deno.kill(0, "SIGSTOP");
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.escape);
    this.removals.splice(0).forEach((remove) => remove());
    this.leave();
  }

  private enter(): void {
    if (this.isEntered || this.isClosed) return;
    Deno.stdin.setRaw(true);
    this.isEntered = true;
    this.write(ENTER);
  }

  /** Never throws: whoever calls it has something worse to tell. */
  private leave(): void {
    if (!this.isEntered) return;
    this.isEntered = false;
    try {
      Deno.stdout.writeSync(this.encoder.encode(LEAVE));
    } catch {
      // The terminal is gone, or nobody reads what it shows.
    }
    try {
      Deno.stdin.setRaw(false);
    } catch {
      // The same.
    }
  }

  private on(name: Deno.Signal, handler: () => void): void {
    this.removals.push(this.world.onSignal(name, handler));
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    const buffer = new Uint8Array(1024);
    try {
      for (;;) {
        const count = await this.world.stdin.next(buffer);
        if (this.isClosed) return;
        if (count === null) break;
        clearTimeout(this.escape);
        this.tell(this.reader.take(decoder.decode(buffer.subarray(0, count), { stream: true })));
        if (!this.reader.isWaiting) continue;
        const flush = () => this.tell(this.reader.flush());
        this.escape = setTimeout(flush, MONITOR_LIMITS.escapeMs);
      }
    } catch {
      // A terminal that hung up cannot be read.
    }
    if (!this.isClosed) this.handlers.lost();
  }

  private tell(keys: readonly Key[]): void {
    for (const key of keys) {
      if ("name" in key && key.name === "suspend") this.suspend();
      else if ("name" in key && key.name === "redraw") this.handlers.changed(this.size);
      else this.handlers.key(key);
    }
  }
}

/**
 * Whether nobody of the session watches over this process group: what stops then stays stopped for
 * ever, so that the kernel ignores SIGTSTP there. POSIX.1, 3.264 Orphaned Process Group.
 */
function isOrphaned(): boolean {
  try {
    const own = statOf("self");
    for (let parent = own.parent;;) {
      const stat = statOf(String(parent));
      if (stat.group !== own.group) return stat.session !== own.session;
      parent = stat.parent;
    }
  } catch {
    return false; // without /proc nothing tells
  }
}

function statOf(pid: string): { parent: number; group: number; session: number } {
  const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const [, parent, group, session] = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
  return { parent: parent!, group: group!, session: session! };
}
