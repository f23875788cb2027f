/**
 * Questions to a machine as promises: each has a number, a signal to give it up, and one answer.
 */

/** What a caller may say of the wait. */
export interface Wait {
  /** How long to wait at most, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Gives the question up; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

interface Open<T> {
  resolve(value: T): void;
  reject(reason: unknown): void;
  done(): void;
}

/** Questions that are open, by number. */
export class Requests<T> {
  private readonly open = new Map<number, Open<T>>();
  private last = 0;
  private end: Error | undefined;

  /**
   * Asks a question.
   *
   * @param ask Hands the numbered question to the machine.
   * @param cancel Takes it back when the signal says so.
   */
  ask(
    ask: (request: number) => void,
    cancel: (request: number) => void,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    signal?.throwIfAborted();
    if (this.end !== undefined) return Promise.reject(this.end);
    const request = ++this.last;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const onAbort = () => {
      this.settle(request)?.reject(signal!.reason);
      cancel(request);
    };
    signal?.addEventListener("abort", onAbort);
    const done = () => signal?.removeEventListener("abort", onAbort);
    this.open.set(request, { resolve, reject, done });
    try {
      ask(request);
    } catch (error) {
      this.reject(request, error);
    }
    return promise;
  }

  /**
   * A number for a question that has its answers elsewhere.
   *
   * @throws {Error} if nobody is there to answer any more.
   */
  number(): number {
    if (this.end !== undefined) throw this.end;
    return ++this.last;
  }

  /** Answers a question; one that was given up is forgotten. */
  resolve(request: number, value: T): void {
    this.settle(request)?.resolve(value);
  }

  /** Fails a question. */
  reject(request: number, reason: unknown): void {
    this.settle(request)?.reject(reason);
  }

  /** Answers all that are open. */
  resolveAll(value: T): void {
    for (const request of [...this.open.keys()]) this.resolve(request, value);
  }

  /** Fails all that are open. */
  rejectAll(reason: unknown): void {
    for (const request of [...this.open.keys()]) this.reject(request, reason);
  }

  /** Fails all that are open, and all that are asked from now on: nobody is there to answer. */
  close(reason: Error): void {
    this.end ??= reason;
    this.rejectAll(reason);
  }

  private settle(request: number): Open<T> | undefined {
    const open = this.open.get(request);
    this.open.delete(request);
    open?.done();
    return open;
  }
}
