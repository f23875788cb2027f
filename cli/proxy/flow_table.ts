/** Which clients of UDP there are: a datagram has no connection, time ends what it belongs to. */

/** How many, and how long. */
export interface FlowSettings {
  /** A further one replaces the one that was silent for longest. */
  readonly maxFlows: number;
  readonly idleMs: number;
}

interface Entry<F> {
  readonly flow: F;
  usedAt: number;
}

/** Flows by the addresses of their clients, the one that was silent for longest first. */
export class FlowTable<F> {
  private readonly settings: FlowSettings;
  private readonly entries = new Map<string, Entry<F>>();

  constructor(settings: FlowSettings) {
    this.settings = settings;
  }

  get size(): number {
    return this.entries.size;
  }

  [Symbol.iterator](): IterableIterator<F> {
    return this.entries.values().map(({ flow }) => flow);
  }

  /** The flow of a client, which is used now. */
  use(client: string, now: number): F | undefined {
    const entry = this.entries.get(client);
    if (entry === undefined) return undefined;
    this.entries.delete(client);
    entry.usedAt = now;
    this.entries.set(client, entry);
    return entry.flow;
  }

  /** Adds the flow of a new client; returns the one that had to go for it. */
  add(client: string, flow: F, now: number): F | undefined {
    const gone = this.entries.size >= this.settings.maxFlows ? this.removeFirst() : undefined;
    this.entries.set(client, { flow, usedAt: now });
    return gone;
  }

  /** Ends the flow of a client. */
  delete(client: string): void {
    this.entries.delete(client);
  }

  /** Takes out all that have been silent for too long. */
  expire(now: number): F[] {
    const gone: F[] = [];
    for (const { flow, usedAt } of this.entries.values()) {
      if (now - usedAt < this.settings.idleMs) break;
      gone.push(flow);
    }
    gone.forEach(() => this.removeFirst());
    return gone;
  }

  /** When the next one will have been silent for too long. */
  nextExpiry(): number | undefined {
    for (const { usedAt } of this.entries.values()) return usedAt + this.settings.idleMs;
  }

  private removeFirst(): F | undefined {
    for (const [client, { flow }] of this.entries) {
      this.entries.delete(client);
      return flow;
    }
  }
}
