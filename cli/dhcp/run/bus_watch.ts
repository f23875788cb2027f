/** Looks whether a D-Bus daemon answers that did not before. docs/dhcp.md §8.3. */

/** Milliseconds before the first look; each further one waits twice as long. */
export const FIRST_LOOK_MS = 1_000;
/** The longest wait; and a bus that dnsmasq was on for so long is one that stays. */
export const LONGEST_LOOK_MS = 60_000;

/** What a watch needs. */
export interface BusWatchParts {
  /** Milliseconds of a clock that only goes forward. */
  now(): number;
  /** Does something after so many of them, unless the result is called before. */
  after(milliseconds: number, work: () => void): () => void;
  /** Whether dnsmasq is to be on a bus, and was started without. */
  lacksBus(): boolean;
  /** Whether a daemon answers. */
  findsBus(): Promise<boolean>;
  /** One does: dnsmasq may be started with it. */
  found(): void;
}

/** One watch. */
export class BusWatch {
  private waitMs = FIRST_LOOK_MS;
  /** Since when dnsmasq is on a bus. */
  private since = -Infinity;
  private cancel: (() => void) | undefined;

  constructor(private readonly parts: BusWatchParts) {}

  /** dnsmasq was started, with a bus or without. */
  started(): void {
    const { lacksBus, now } = this.parts;
    if (!lacksBus()) {
      this.stop();
      this.since = now();
      return;
    }
    // One that comes and goes costs no more restarts than one that stays away costs looks.
    if (now() - this.since >= LONGEST_LOOK_MS) this.waitMs = FIRST_LOOK_MS;
    this.since = Infinity;
    if (this.cancel === undefined) this.wait();
  }

  /** It looks no more, until dnsmasq is started again. */
  stop(): void {
    this.cancel?.();
    this.cancel = undefined;
  }

  private wait(): void {
    const cancel = this.parts.after(this.waitMs, () => void this.look(cancel));
    this.cancel = cancel;
    this.waitMs = Math.min(this.waitMs * 2, LONGEST_LOOK_MS);
  }

  private async look(wait: () => void): Promise<void> {
    const isFound = await this.parts.findsBus();
    if (this.cancel !== wait) return;
    this.cancel = undefined;
    if (isFound) this.parts.found();
    else this.wait();
  }
}
