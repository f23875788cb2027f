/** What stands where: a request and who asks, to an answer. Nothing here changes anything. */

import { printable } from "../printable.ts";
import { compressed, json, LongAnswers, text, withHeaders, words } from "./answers.ts";
import { eventStream } from "./event_stream.ts";
import type { HttpLimits } from "./limits.ts";
import { type Asker, BadQuestion, type Shown } from "./shown.ts";

/** A request, and what is known of its sender. */
export interface Asked {
  readonly request: Request;
  /** Who asks; as text: why it may read nothing but health. */
  readonly asker: Asker | string;
}

/** Everybody who reaches a listener that is open to all. */
export const EVERYBODY: Asker = { operates: true, mayRead: () => true };

const API = "/api/v1/";
const EVENTS = "events";
const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** RFC 9110 §15.5.6; `undefined`: the method is one that is answered. */
export function methodRefusal(method: string): Response | undefined {
  if (method === "GET" || method === "HEAD") return undefined;
  const allow = { allow: "GET, HEAD" };
  return withHeaders(words(405, "only GET and HEAD: nothing can be changed here", allow));
}

/** The answers of one command. */
export class Routes {
  private readonly shown: () => Shown | undefined;
  private readonly limits: HttpLimits;
  /** Ends streams that have no end of their own. */
  private readonly signal: AbortSignal;
  private readonly longAnswers = new LongAnswers();

  /** @param shown `undefined` as long as the command has nothing to show. */
  constructor(shown: () => Shown | undefined, limits: HttpLimits, signal: AbortSignal) {
    this.shown = shown;
    this.limits = limits;
    this.signal = signal;
  }

  /** Never throws. */
  answer(asked: Asked): Response {
    try {
      return withHeaders(this.route(asked));
    } catch (error) {
      if (error instanceof BadQuestion) return withHeaders(words(error.status, error.message));
      const reason = error instanceof Error ? error.message : String(error);
      return withHeaders(words(500, `this is a bug in rserpool: ${printable(reason)}`));
    }
  }

  private route({ request, asker }: Asked): Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/healthz") return words(200, "ok");
    const shown = this.shown();
    if (pathname === "/readyz") return readiness(shown);
    if (typeof asker === "string") return words(403, asker);
    if (shown === undefined) return words(503, "it is starting");
    if (pathname.startsWith(API)) {
      return this.api(shown, pathname.slice(API.length), { request, asker });
    }
    const page = shown.page?.answer(request, asker);
    if (page !== undefined) return page;
    if (!asker.operates) return words(403, NOT_OPERATING);
    if (pathname === "/metrics") {
      return compressed(shown.metrics(), { "content-type": METRICS_TYPE }, request, this.limits);
    }
    if (pathname === "/") return text(contents(shown));
    return words(404, `there is no ${printable(pathname)} here; / has what there is`);
  }

  private api(
    shown: Shown,
    name: string,
    { request, asker }: { readonly request: Request; readonly asker: Asker },
  ): Response {
    const { searchParams: parameters } = new URL(request.url);
    if (!asker.operates && !shown.filtered?.includes(name)) return words(403, NOT_OPERATING);
    if (name === EVENTS) return this.events(shown, request, parameters);
    const answer = Object.hasOwn(shown.api, name) ? shown.api[name] : undefined;
    if (answer !== undefined) {
      const value = answer({ parameters, asker });
      return json(value, request, this.limits, this.longAnswers);
    }
    const names = [...Object.keys(shown.api), EVENTS].join(", ");
    return words(404, `there is no ${API}${printable(name)} here, but ${names}`);
  }

  private events({ events }: Shown, request: Request, parameters: URLSearchParams): Response {
    const after = afterOf(request.headers.get("last-event-id") ?? parameters.get("after"));
    const headers = { "content-type": "text/event-stream; charset=utf-8" };
    // Whoever asks for the headers only follows nothing.
    if (request.method === "HEAD") return new Response(null, { headers });
    const { heartbeatMs } = this.limits;
    try {
      const stream = eventStream(events, { after, heartbeatMs, signal: this.signal });
      return new Response(stream, { headers });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return words(503, error.message, { "retry-after": "10" });
    }
  }
}

const NOT_OPERATING = "this needs an identity with operate: true in the section security:";

function readiness(shown: Shown | undefined): Response {
  const { isReady, reason } = shown?.readiness() ?? { isReady: false, reason: "starting" };
  return words(isReady ? 200 : 503, printable(reason));
}

function afterOf(written: string | null): number | undefined {
  if (written === null || written === "") return undefined;
  if (/^[0-9]{1,15}$/.test(written)) return Number(written);
  throw new BadQuestion(`after: "${printable(written)}" is not the number of an event`);
}

/** What there is, for people and without a page. */
function contents({ command, api }: Shown): string {
  const names = [...Object.keys(api), EVENTS].map((name) => API + name);
  return [`rserpool ${command}`, "/metrics", "/healthz", "/readyz", ...names, ""].join("\n");
}
