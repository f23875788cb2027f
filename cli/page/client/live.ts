/** Keeps the page as it is at the registrar, and says so when the registrar does not answer. */

import { become } from "./place.ts";

/** How often, in milliseconds. */
const TIMES = {
  /** Between two looks, however much happens. */
  betweenMs: 1_000,
  /** Between two looks when nothing is told: what is left of a life goes on. */
  idleMs: 5_000,
  /** Between two attempts to reach a registrar that does not answer. */
  againMs: 2_000,
  /** What has not been answered by then is not answered. */
  patienceMs: 5_000,
  /** A page that takes long to make is looked at so many times more seldom. */
  restFactor: 10,
};

/** Looks at the registrar when something has happened there. */
export class Live {
  private stream: EventSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private dueAt = Infinity;
  private isLooking = false;
  /** Something has happened since the look that is under way. */
  private isStale = false;
  private lastSeen = Date.now();
  private lastLook = 0;
  private tookMs = 0;
  private failure: string | undefined;
  private looking: AbortController | undefined;

  start(): void {
    this.follow();
    this.tell();
    this.lookIn(TIMES.idleMs);
    setInterval(() => this.tell(), 1_000);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.lookIn(0);
    });
  }

  /** Shows another part of the same, as the address of the page says. */
  go(address: string, how: "push" | "replace"): void {
    if (how === "push") history.pushState(null, "", address);
    else history.replaceState(null, "", address);
    this.lookNow();
  }

  /** What is under way shows what is not wanted any more. */
  lookNow(): void {
    this.looking?.abort();
    this.looking = undefined;
    this.isLooking = false;
    void this.look();
  }

  private follow(): void {
    if (document.body.dataset.live !== "events") return;
    this.stream?.close();
    this.stream = new EventSource("/api/v1/events");
    this.stream.onmessage = () => this.happened();
    this.stream.onerror = () => this.lookIn(0);
  }

  private happened(): void {
    if (this.isLooking) this.isStale = true;
    else this.lookIn(this.restMs());
  }

  private restMs(): number {
    const rest = Math.max(TIMES.betweenMs, TIMES.restFactor * this.tookMs);
    return Math.max(0, this.lastLook + rest - Date.now());
  }

  private lookIn(milliseconds: number): void {
    const at = Date.now() + milliseconds;
    if (at >= this.dueAt) return;
    clearTimeout(this.timer);
    this.dueAt = at;
    this.timer = setTimeout(() => void this.look(), milliseconds);
  }

  private async look(): Promise<void> {
    clearTimeout(this.timer);
    this.dueAt = Infinity;
    if (this.isLooking) return;
    if (document.hidden) return this.lookIn(TIMES.idleMs);
    const looking = new AbortController();
    this.looking = looking;
    this.isLooking = true;
    this.isStale = false;
    this.lastLook = Date.now();
    const failure = await show(AbortSignal.any([
      looking.signal,
      AbortSignal.timeout(TIMES.patienceMs),
    ]));
    if (this.looking !== looking) return;
    this.isLooking = false;
    this.tookMs = Date.now() - this.lastLook;
    if (failure === undefined) this.lastSeen = Date.now();
    const wasAway = this.failure !== undefined;
    this.failure = failure;
    this.tell();
    if (failure !== undefined) return this.lookIn(TIMES.againMs);
    // A browser gives a stream up that was answered with an error.
    if (wasAway || this.stream?.readyState === 2) this.follow();
    this.lookIn(this.isStale ? this.restMs() : TIMES.idleMs);
  }

  private tell(): void {
    const isAway = this.failure !== undefined;
    const seconds = Math.round((Date.now() - this.lastSeen) / 1000);
    const isLive = this.stream?.readyState === 1;
    document.body.classList.toggle("away", isAway);
    write("connection", isAway ? "not reachable" : isLive ? "live" : "every 5 s");
    const warning = document.getElementById("unreachable");
    if (warning === null) return;
    warning.hidden = !isAway;
    if (!isAway) return;
    // An alert is read out when it changes: the seconds are for eyes.
    let words = warning.querySelector(".words");
    let ago = warning.querySelector(".ago");
    if (words === null || ago === null) {
      warning.replaceChildren(words = span("words"), " ", ago = span("ago"));
      ago.setAttribute("aria-hidden", "true");
    }
    const why = `The registrar does not answer (${this.failure}): what you see is old.`;
    if (words.textContent !== why) words.textContent = why;
    ago.textContent = `Last seen ${seconds} s ago.`;
  }
}

/** Fetches what is to be seen and puts it in place; what went wrong, if something did. */
async function show(signal: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(`/fragment${location.search}`, { signal });
    if (!response.ok) return `${response.status}: ${(await response.text()).trim()}`;
    const text = await response.text();
    const wanted = new DOMParser().parseFromString(text, "text/html").getElementById("content");
    const content = document.getElementById("content");
    if (wanted === null || content === null) return "its answer is not to be understood";
    become(content, wanted);
    nameAfter(wanted.dataset.registrar ?? "");
    return undefined;
  } catch (error) {
    const isLate = error instanceof DOMException && error.name === "TimeoutError";
    return isLate ? "no answer in time" : "no connection";
  }
}

/** Whoever was restarted has another identifier. */
function nameAfter(identifier: string): void {
  const shown = document.querySelector("h1 .id");
  if (shown === null || shown.textContent === identifier) return;
  shown.textContent = identifier;
  document.title = `rserpool ${identifier}`;
}

function write(id: string, text: string): void {
  const element = document.getElementById(id);
  if (element !== null && element.textContent !== text) element.textContent = text;
}

function span(name: string): HTMLSpanElement {
  const element = document.createElement("span");
  element.className = name;
  return element;
}
