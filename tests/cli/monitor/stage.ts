/** A monitor without a terminal: what it learns, which keys are pressed, and what is seen. */

import { emptyData } from "../../../cli/monitor/data.ts";
import type { News } from "../../../cli/monitor/inputs.ts";
import { KeyReader } from "../../../cli/monitor/keys.ts";
import { type MonitorState, startState, step } from "../../../cli/monitor/model.ts";
import { render } from "../../../cli/monitor/render.ts";
import type { PeerSnapshot, Snapshot } from "../../../cli/monitor/snapshot.ts";
import type { PoolElementView } from "../../../cli/views.ts";

/** A pool element in a view. */
export function element(identifier: number, changes: Partial<PoolElementView> = {}) {
  return {
    identifier: idText(identifier),
    home: "0x000000aa",
    lifetimeMs: 300_000,
    transport: { protocol: "tcp", addresses: [`192.0.2.${identifier & 255}`], port: 80 },
    policy: { name: "round-robin" },
    ...changes,
  };
}

/** A peer in the state active, or another. */
export function peer(identifier: number, state?: string): PeerSnapshot {
  return {
    identifier: idText(identifier),
    endpoint: `192.0.2.${identifier & 255}:9901`,
    state: state ?? "active",
    lastHeardAgoMs: 1000,
    json: {},
  };
}

/** What a registrar tells: pools by their handles. */
export function snapshot(
  identifier: number,
  pools: Readonly<Record<string, readonly PoolElementView[]>>,
  peers: readonly PeerSnapshot[] = [],
): Snapshot {
  return {
    identifier: idText(identifier),
    peers,
    pools: Object.entries(pools).map(([poolHandle, poolElements]) => ({
      poolHandle,
      policy: String(poolElements[0]?.policy.name ?? ""),
      poolElements,
    })),
    at: 0,
    tookMs: 4,
  };
}

function idText(identifier: number): string {
  return `0x${identifier.toString(16).padStart(8, "0")}`;
}

/** The monitor. */
export class Stage {
  state: MonitorState;
  now = 0;

  constructor(given: { sources?: string[]; streams?: string[]; csp?: boolean } = {}) {
    const { sources = ["192.0.2.1:9901"], streams = [], csp = false } = given;
    this.state = startState(emptyData(sources, streams, csp));
  }

  learn(...all: News[]): this {
    for (const news of all) this.state = step(this.state, { type: "news", news }, this.moment);
    return this;
  }

  told(source: number, snapshot: Snapshot): this {
    return this.learn({ type: "snapshot", source, snapshot });
  }

  size(columns: number, rows: number): this {
    const size = { columns, rows };
    this.state = step(this.state, { type: "resize", size }, this.moment);
    return this;
  }

  press(text: string): this {
    const reader = new KeyReader();
    for (const key of [...reader.take(text), ...reader.flush()]) {
      this.state = step(this.state, { type: "key", key }, this.moment);
    }
    return this;
  }

  wait(milliseconds: number): this {
    this.now += milliseconds;
    return this.learn({ type: "tick" });
  }

  /** What is to be seen: lines without what is blank at their ends. */
  get frame(): string[] {
    const lines = render(this.state, this.now, this.moment.time);
    return lines.map((line) => line.map(({ text }) => text).join("").trimEnd());
  }

  /** What is drawn in a style. */
  inStyle(style: string): string[] {
    const lines = render(this.state, this.now, this.moment.time);
    return lines.flat().filter((span) => span.style === style).map(({ text }) => text.trim());
  }

  private get moment() {
    const time = new Date(Date.UTC(2026, 10, 23, 4) + this.now).toISOString();
    return { now: this.now, time };
  }
}
