/** What a scenario plays on: a cluster, and who is who in it. */

import { CheckSuite } from "../checkers/suite.ts";
import { Cluster } from "../cluster.ts";
import type { ClusterOptions } from "../cluster_settings.ts";
import type { Member } from "../member.ts";
import type { Stranger } from "../stranger.ts";
import type { TranscriptLine } from "../transcript.ts";

/** A member of any kind. */
export type AnyMember = Member<unknown, { readonly type: string }>;

/** Whoever a command can name. */
export type Actor = AnyMember | Stranger;

/** A class of actors. */
export type Kind<T extends Actor> = abstract new (...parts: never) => T;

/** A cluster under a scenario. */
export class Stage {
  readonly actors = new Map<string, Actor>();
  private readonly settings: Partial<ClusterOptions>;
  private readonly isTold: boolean;
  private made: Cluster | undefined;
  private checks: CheckSuite | undefined;
  private told: TranscriptLine[] = [];
  private readonly hidden = new Set<string>();
  private lastStamp = "";
  private muted = false;

  /**
   * @param settings What its cluster has besides what the scenario says.
   * @param isTold Whether somebody takes what is told; else none of it is kept.
   */
  constructor(settings: Partial<ClusterOptions> = {}, isTold = true) {
    this.settings = settings;
    this.isTold = isTold;
  }

  /** The cluster; a usual one, unless the scenario has said how it is to be. */
  get cluster(): Cluster {
    return this.made ?? this.make({ seed: 1 });
  }

  /** Makes the cluster. */
  make(options: ClusterOptions): Cluster {
    if (this.made !== undefined) throw new SyntaxError("There is a cluster already");
    this.made = new Cluster({ ...options, ...this.settings });
    if (this.isTold) {
      this.made.transcript.listen((line) => {
        if (!this.muted) this.told.push(line);
      });
    }
    return this.made;
  }

  /** Lets time pass up to an instant, if it has not. */
  advanceTo(instant: number): void {
    if (instant > this.cluster.now) this.cluster.advance(instant - this.cluster.now);
  }

  /** Every checker listens from now on. */
  watch(): void {
    this.checks ??= new CheckSuite(this.cluster);
  }

  /**
   * After quiet time: everything is as it must be.
   *
   * @throws {CheckFailed}
   */
  check(): void {
    const { checks } = this;
    if (checks === undefined) throw new SyntaxError("Nobody watches: say watch first");
    this.silently(() => checks.check());
    this.tell("all is as it must be");
  }

  /** What the checkers have looked at, if they watch. */
  get checked(): CheckSuite | undefined {
    return this.checks;
  }

  /** An actor of a kind by its name. */
  actor<T extends Actor>(name: string | undefined, ...kinds: Kind<T>[]): T {
    const actor = this.actors.get(name ?? "");
    if (actor === undefined) throw new SyntaxError(`There is no ${name}`);
    if (!kinds.some((kind) => actor instanceof kind)) {
      throw new SyntaxError(`${name} is none of ${kinds.map((kind) => kind.name).join(", ")}`);
    }
    return actor as T;
  }

  /** Leaves lines out that contain a word, or shows them again. */
  setHidden(word: string, hidden: boolean): void {
    if (hidden) this.hidden.add(word);
    else this.hidden.delete(word);
  }

  /** Nothing is told of what happens, or everything again. */
  setMuted(muted: boolean): void {
    this.muted = muted;
  }

  /** Does something of which nothing is told. */
  silently(action: () => void): void {
    const wasMuted = this.muted;
    this.muted = true;
    try {
      action();
    } finally {
      this.muted = wasMuted;
    }
  }

  /** Tells something beside what happens. */
  tell(text: string): void {
    if (this.isTold) this.told.push({ at: this.cluster.now, text });
  }

  /** What was told since the last call, with when it happened where that changed. */
  takeTold(): string {
    const lines = this.told.filter(({ text }) => ![...this.hidden].some((w) => text.includes(w)));
    this.told = [];
    const shown: string[] = [];
    for (let i = 0; i < lines.length;) {
      const { at, text } = lines[i]!;
      const stamp = stampOf(at);
      let end = i + 1;
      while (lines[end]?.text === text && stampOf(lines[end]!.at) === stamp) end++;
      const times = end - i > 1 ? ` (${end - i} times)` : "";
      shown.push(`${(stamp === this.lastStamp ? "" : stamp).padStart(8)}  ${text}${times}`);
      this.lastStamp = stamp;
      i = end;
    }
    return shown.join("\n");
  }
}

/** Tenths of a second: enough to read by, and no more to change than need be. */
function stampOf(at: number): string {
  return `${(Math.floor(at / 100) / 10).toFixed(1)}s`;
}
