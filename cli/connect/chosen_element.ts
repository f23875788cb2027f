/** From a pool to a connection with one of its elements. RFC 5352 §3.3 and §3.5. */

import { answered } from "../answer.ts";
import type {
  Api,
  Connection,
  PoolElementValue,
  PoolUser,
  PoolUserEvent,
  PoolUserSettings,
} from "../api.ts";
import { followAttempts } from "../attempt_log.ts";
import type { Secured } from "../client_security.ts";
import type { Context } from "../command.ts";
import { formatDuration } from "../duration.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { SharedValues } from "../options.ts";
import { staggerMs } from "../registrars.ts";
import { dialElement, NotReached, NotSpoken, placeOf } from "./dial_element.ts";

/** Items that stand for "what fits into a message" (protocol decision 22). */
export const ALL_ITEMS = 0xffffffff;
/** What one of several elements has at least to be connected in, if --timeout leaves it. */
const LEAST_DIAL_MS = 1_000;
/** Failed elements that a message names; the others are counted. */
const NAMED_FAILURES = 8;

/** Where to ask, and for what. */
export interface Wanted extends Pick<PoolUserSettings, "registrars" | "discover"> {
  readonly poolHandle: string;
  /** The element; absent: the pool's policy chooses. */
  readonly identifier?: number | undefined;
  readonly secured: Secured;
}

/** An element, and a connection to it. */
export interface Connected {
  readonly element: PoolElementValue;
  readonly connection: Connection;
  /** The element and where it is, for people. */
  readonly name: string;
}

/** A pool user that asks once: whoever fails is not waited for. */
export function userOnce(
  { log }: Context,
  { timeout: timeoutMs, maxHandleBytes }: SharedValues,
  api: Api,
  { registrars, discover, secured: { transport } }: Wanted,
  onEvent?: (event: PoolUserEvent) => void,
): PoolUser {
  const follow = followAttempts(log, api).onEvent;
  return new api.PoolUser({
    registrars,
    discover,
    ...(transport && { transport }),
    staggerMs: staggerMs(registrars, timeoutMs),
    once: true,
    timing: { t1EnrpRequestMs: timeoutMs },
    limits: { maxHandleBytes },
    onEvent: (event) => {
      follow?.(event);
      onEvent?.(event);
    },
  });
}

/** Connects to elements of a pool. */
export class Chooser {
  private readonly context: Context;
  private readonly options: SharedValues;
  private readonly api: Api;
  private readonly wanted: Wanted;
  /** Elements that were lost, and that are tried again only when no other is left. */
  private readonly lost = new Set<number>();
  private closing: Promise<unknown> = Promise.resolve();

  constructor(context: Context, options: SharedValues, api: Api, wanted: Wanted) {
    this.context = context;
    this.options = options;
    this.api = api;
    this.wanted = wanted;
  }

  /** Resolved when the last reports have left. */
  get settled(): Promise<unknown> {
    return this.closing;
  }

  /** Leaves an element for the others from now on. */
  lose({ identifier }: PoolElementValue): void {
    this.lost.add(identifier);
  }

  /** Whatever was lost may be well again. */
  forgive(): void {
    this.lost.clear();
  }

  /** Whether an element was lost since. */
  hasLost({ identifier }: PoolElementValue): boolean {
    return this.lost.has(identifier);
  }

  /**
   * The next element that can be connected to. Each that cannot is reported, once.
   *
   * @throws {ExitError} if there is none within --timeout.
   */
  async next(): Promise<Connected> {
    const { context, options, api, wanted } = this;
    const user = userOnce(context, options, api, wanted);
    try {
      return await this.connect(user, context.world.now() + options.timeout);
    } finally {
      // What it reports need not be waited for before bytes are passed.
      this.closing = Promise.all([this.closing, user.close()]);
    }
  }

  private async connect(user: PoolUser, end: number): Promise<Connected> {
    const { api, wanted: { poolHandle }, context: { world, log } } = this;
    const failures = new Map<number, string>();
    for (;;) {
      const candidates = await this.candidates(user, failures, end);
      const element = await this.choose(user, candidates, end);
      const left = end - world.now();
      if (element === undefined || left <= 0) throw this.failed(failures, candidates.length);
      const { identifier } = element;
      const name = `${api.formatIdentifier(identifier)} at ${placeOf(element)}`;
      log.info(`connecting to pool element ${name}`);
      try {
        const share = Math.max(LEAST_DIAL_MS, left / candidates.length);
        const connection = await dialElement(api, element, Math.min(left, share));
        for (const why of failures.values()) log.warning(`${why}; another one is taken`);
        return { element, connection, name };
      } catch (error) {
        if (!(error instanceof NotReached || error instanceof NotSpoken)) throw error;
        failures.set(identifier, wordsOf(name, error));
        log.info(failures.get(identifier)!);
        if (error instanceof NotReached) user.reportUnreachable(poolHandle, identifier);
      }
    }
  }

  /** Elements that are left to be tried: others first, and then those that were lost before. */
  private async candidates(
    user: PoolUser,
    failures: ReadonlyMap<number, string>,
    end: number,
  ): Promise<readonly PoolElementValue[]> {
    const { identifier, poolHandle } = this.wanted;
    if (identifier !== undefined && failures.size > 0) return [];
    const found = await this.resolve(user, failures, end);
    if (identifier !== undefined) {
      const element = found.find((each) => each.identifier === identifier);
      if (element !== undefined) return [element];
      throw notInPool(this.api, poolHandle, identifier, found.length);
    }
    const untried = found.filter((each) => !failures.has(each.identifier));
    const others = untried.filter((each) => !this.lost.has(each.identifier));
    return others.length > 0 ? others : untried;
  }

  private async resolve(
    user: PoolUser,
    failures: ReadonlyMap<number, string>,
    end: number,
  ): Promise<readonly PoolElementValue[]> {
    const { context: { world }, wanted: { poolHandle, identifier, secured } } = this;
    const timeoutMs = Math.max(1, end - world.now());
    const items = identifier === undefined ? undefined : ALL_ITEMS;
    try {
      const asked = answered(user.resolve(poolHandle, { timeoutMs, items }), "ASAP", secured);
      const { poolElements } = await asked;
      if (poolElements.length > 0) return poolElements;
      throw new ExitError(EXIT.unknownPool, `no pool element is left in pool "${poolHandle}"`);
    } catch (error) {
      // All were tried, and the registrar has removed them meanwhile, or does not answer again.
      if (failures.size > 0 && error instanceof ExitError) return [];
      throw error;
    }
  }

  private async choose(
    user: PoolUser,
    candidates: readonly PoolElementValue[],
    end: number,
  ): Promise<PoolElementValue | undefined> {
    const { context: { world }, wanted: { poolHandle, secured } } = this;
    if (candidates.length < 2) return candidates[0];
    const timeoutMs = Math.max(1, end - world.now());
    const { identifier } = await answered(user.select(poolHandle, { timeoutMs }), "ASAP", secured);
    return candidates.find((each) => each.identifier === identifier) ?? candidates[0];
  }

  private failed(failures: ReadonlyMap<number, string>, untried: number): ExitError {
    const { poolHandle } = this.wanted;
    const named = [...failures.values()].slice(0, NAMED_FAILURES);
    const unnamed = failures.size - named.length;
    const others = [
      ...unnamed > 0 ? [`${unnamed} more failed`] : [],
      ...untried > 0
        ? [`${untried} not tried within --timeout ${formatDuration(this.options.timeout)}`]
        : [],
    ];
    const all = [...named, ...others].join("; ");
    const [only] = named;
    const message = failures.size === 1 && others.length === 0
      ? only!
      : `no pool element of pool "${poolHandle}" can be connected to: ${all}`;
    return new ExitError(EXIT.world, message);
  }
}

/** A pool that is there, without the element that was named. */
export function notInPool(
  api: Pick<Api, "formatIdentifier">,
  poolHandle: string,
  identifier: number,
  count: number,
): ExitError {
  const known = count === 1 ? "1 pool element is" : `${count} pool elements are`;
  return new ExitError(
    EXIT.unknownPool,
    `no pool element ${api.formatIdentifier(identifier)} is in pool "${poolHandle}"; ` +
      `${known} (rserpool resolve)`,
  );
}

function wordsOf(name: string, error: NotReached | NotSpoken): string {
  const what = error instanceof NotReached ? "cannot connect to pool element" : "pool element";
  return `${what} ${name}: ${error.message}`;
}
