/** As much of `node:events` as commander uses. */

type Listener = (...args: unknown[]) => void;

/** Calls listeners by the name of an event. */
export class EventEmitter {
  private readonly listeners = new Map<string, Listener[]>();

  on(event: string, listener: Listener): this {
    const known = this.listeners.get(event);
    if (known === undefined) this.listeners.set(event, [listener]);
    else known.push(listener);
    return this;
  }

  emit(event: string, ...args: unknown[]): boolean {
    const known = this.listeners.get(event) ?? [];
    for (const listener of known) listener.apply(this, args);
    return known.length > 0;
  }

  listenerCount(event: string): number {
    return this.listeners.get(event)?.length ?? 0;
  }
}
