/**
 * The status page of a registrar. It is made here, whole, so that it needs no JavaScript; the
 * script of the page fetches what has changed and puts it in place. It changes nothing.
 */

import type { Api, RegistrarTraffic, RegistrarView } from "../api.ts";
import type { EventSource } from "../events/told_event.ts";
import { zipped } from "../http/answers.ts";
import type { Asker, Page } from "../http/shown.ts";
import { VERSION } from "../version.ts";
import { Views } from "../views.ts";
import { beginning, type DocumentSettings, ending } from "./document.ts";
import { History } from "./history.ts";
import { type Html, html } from "./html.ts";
import { PAGE_LIMITS } from "./limits.ts";
import { overview } from "./overview.ts";
import { type PageQuery, queryOf } from "./query.ts";
import { registrarsSection } from "./registrars_section.ts";
import { type Found, scan } from "./scan.ts";
import { ElementsSection, eventsSection, poolsSection } from "./sections.ts";
import { inTurns, Turns } from "./turns.ts";

/** What the page is made of. */
export interface RegistrarPageSettings {
  readonly api: Api;
  readonly view: () => RegistrarView;
  readonly traffic: () => Pick<RegistrarTraffic, "associations" | "resolutions">;
  readonly events: EventSource;
  /** Where it listens, by kind: `asap`, `enrp`, ... */
  readonly listeners: () => Readonly<Record<string, readonly string[]>>;
  /** Milliseconds since the start of the process. */
  readonly uptimeMs: () => number;
}

const HTML_TYPE = "text/html; charset=utf-8";
/** How much is collected before it is sent, and everything else has its turn. */
const PIECE_CHARACTERS = 16_384;

/** The page, and its charts' memory. */
export class RegistrarPage implements Page, Disposable {
  private readonly settings: RegistrarPageSettings;
  private readonly views: Views;
  private readonly elements: ElementsSection;
  private readonly history: History;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly turns = new Turns();
  private readers = 0;

  constructor(settings: RegistrarPageSettings) {
    this.settings = settings;
    this.views = new Views(settings.api);
    this.elements = new ElementsSection(settings.api);
    this.history = new History(() => this.gauges(), settings.uptimeMs);
    this.timer = setInterval(() => this.history.sample(), PAGE_LIMITS.sampleMs);
    Deno.unrefTimer(this.timer);
  }

  answer(request: Request, asker: Asker): Response | undefined {
    const { pathname } = new URL(request.url);
    switch (pathname) {
      case "/":
        return this.made((query) => this.document(query, asker), request);
      case "/fragment":
        return this.made((query) => this.content(query, asker), request);
      case "/page.css":
        return asset("text/css; charset=utf-8", "styles");
      case "/page.js":
        return asset("text/javascript; charset=utf-8", "script");
      default:
        return undefined;
    }
  }

  /** Looks at nothing any more. */
  [Symbol.dispose](): void {
    clearInterval(this.timer);
  }

  private gauges() {
    const { associations, resolutions } = this.settings.traffic();
    const rejected = resolutions.rejected.values().reduce((sum, count) => sum + count, 0);
    const { poolElements } = this.settings.view().statistics;
    return { poolElements, associations, resolutions: resolutions.answered + rejected };
  }

  private made(
    pieces: (query: PageQuery) => AsyncGenerator<Html>,
    request: Request,
  ): Response {
    if (this.readers >= PAGE_LIMITS.readers) {
      const headers = { "content-type": "text/plain; charset=utf-8", "retry-after": "5" };
      return new Response("too many read this page at once\n", { status: 503, headers });
    }
    const query = queryOf(new URL(request.url).searchParams);
    const body = bodyOf(this.counted(() => pieces(query)), this.turns);
    return new Response(...zipped(body, { "content-type": HTML_TYPE }, request));
  }

  private async *counted(pieces: () => AsyncGenerator<Html>): AsyncGenerator<string> {
    this.readers++;
    try {
      for await (const { text } of pieces()) yield text;
    } finally {
      this.readers--;
    }
  }

  private async *document(query: PageQuery, asker: Asker): AsyncGenerator<Html> {
    const { api, view } = this.settings;
    const { identifier } = view();
    const settings: DocumentSettings = {
      query,
      identifier: api.formatIdentifier(identifier),
      version: asker.operates ? VERSION : undefined,
      isLive: asker.operates,
    };
    yield beginning(settings);
    yield* this.content(query, asker);
    yield ending(settings);
  }

  /** All that changes. */
  private async *content(query: PageQuery, asker: Asker): AsyncGenerator<Html> {
    const { api, events, listeners, uptimeMs } = this.settings;
    const view = this.settings.view();
    const found = await this.find(view, query, asker);
    const { samples } = this.history;
    const whole = asker.operates ? { view, samples, uptimeMs: uptimeMs() } : undefined;
    const now = new Date().toISOString();
    yield html`
      <main id="content" data-registrar="${api.formatIdentifier(view.identifier)}">
      ${warningOf(view)}${overview(found, whole)}<div class="columns">
      <div class="first">
    `;
    yield* poolsSection(query, found, asker);
    yield* this.elements.pieces(query, found, asker);
    yield html`
      </div>
      <div class="second">
    `;
    if (asker.operates) {
      yield registrarsSection(query, { api, view, listeners: listeners() });
      yield* eventsSection(query, events.recent());
    } else {
      yield html`<p class="nothing">You see the pools that you may resolve. Registrars and events
are for those with operate: true in the section security:</p>`;
    }
    yield html`
      </div>
      </div>
      <p class="as-of">As of <time datetime="${now}">${now.slice(11, 19)} UTC</time></p>
      </main>
    `;
  }

  private find(view: RegistrarView, query: PageQuery, asker: Asker): Promise<Found> {
    const { views, settings: { api: { formatIdentifier } } } = this;
    return inTurns(scan({ view, query, asker, views, formatIdentifier }), this.turns);
  }
}

function warningOf({ state }: RegistrarView): Html | undefined {
  if (state === "serving") return undefined;
  const words = state === "initializing"
    ? "It is starting: it asks its peers for the handle table before it serves."
    : "It is stopping: its peers take its pool elements over.";
  return html`
    <p class="notice" role="status">${words}</p>
  `;
}

/** Neither is loaded before somebody asks. */
function asset(type: string, name: "script" | "styles"): Response {
  const body = bodyOf(
    (async function* () {
      const { assets } = await import("./assets.ts");
      yield (await assets())[name];
    })(),
    new Turns(),
  );
  return new Response(body, { headers: { "content-type": type } });
}

/** Made as it is read, in pieces. */
function bodyOf(
  pieces: AsyncGenerator<string>,
  turns: Turns,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      await turns.next();
      let text = "";
      while (text.length < PIECE_CHARACTERS) {
        const { done, value } = await pieces.next();
        if (done && text === "") return controller.close();
        if (done) break;
        text += value;
      }
      controller.enqueue(encoder.encode(text));
    },
    async cancel() {
      await pieces.return(undefined);
    },
  }, { highWaterMark: 0 });
}
