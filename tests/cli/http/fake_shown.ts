/** Something to show, and who asks for it. */

import { EventFeed } from "../../../cli/events/event_feed.ts";
import { HTTP_LIMITS, type HttpLimits } from "../../../cli/http/limits.ts";
import { EVERYBODY, Routes } from "../../../cli/http/routes.ts";
import type { Asker, Shown } from "../../../cli/http/shown.ts";

/** A command that shows three numbers, and many if it is asked for `many`. */
export function fakeShown(changes: Partial<Shown> = {}): Shown & { readonly events: EventFeed } {
  const events = new EventFeed();
  return {
    command: "fake",
    metrics: () => "up 1\n",
    readiness: () => ({ isReady: true, reason: "serving" }),
    api: {
      numbers: () => ({ numbers: [1, 2, 3] }),
      many: () => ({ items: Iterator.from(counting(10_000)).map((n) => ({ n })) }),
      filtered: ({ asker }) => ({ mayReadWeb: asker.mayRead("web") }),
      broken: () => {
        throw new TypeError("no such thing");
      },
    },
    filtered: ["filtered"],
    ...changes,
    events,
  };
}

function* counting(to: number): Generator<number> {
  for (let n = 0; n < to; n++) yield n;
}

/** What a test asks, and as whom. */
export interface Asking {
  readonly asker?: Asker | string;
  readonly headers?: Record<string, string>;
  readonly method?: string;
  readonly limits?: Partial<HttpLimits>;
  readonly signal?: AbortSignal;
}

/** The answers of a command to requests of somebody who may read everything. */
export function routesOf(shown: Shown, limits: Partial<HttpLimits>) {
  const { signal } = new AbortController();
  const routes = new Routes(() => shown, { ...HTTP_LIMITS, ...limits }, signal);
  return (path: string, headers: Record<string, string> = {}) =>
    routes.answer({
      request: new Request(`http://rserpool${path}`, { headers }),
      asker: EVERYBODY,
    });
}

/** The answer of a command to one request. */
export function ask(shown: Shown | undefined, path: string, asking: Asking = {}): Response {
  const { asker = EVERYBODY, headers = {}, method = "GET", limits = {} } = asking;
  const signal = asking.signal ?? new AbortController().signal;
  const routes = new Routes(() => shown, { ...HTTP_LIMITS, ...limits }, signal);
  const request = new Request(`http://rserpool${path}`, { headers, method });
  return routes.answer({ request, asker });
}
