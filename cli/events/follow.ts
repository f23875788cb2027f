/** Follows `/api/v1/events` of a registrar, or of another long-running command, for ever. */

import { reasonOf } from "../failure.ts";
import { pause } from "../pause.ts";
import { type StreamItem, StreamLines } from "./stream_lines.ts";
import type { NumberedEvent } from "./told_event.ts";

/** Where the events of a process are, below its address. */
export const EVENTS_PATH = "/api/v1/events";

/** How a stream is waited for. */
export const FOLLOW_LIMITS = {
  /** Milliseconds without a byte after which a connection counts as lost. */
  silenceMs: 45_000,
  /** Milliseconds before the first new connection; each further one waits twice as long. */
  firstPauseMs: 500,
  /** The longest pause between two connections. */
  longestPauseMs: 15_000,
} as const;

/** What becomes of the connection. */
export type StreamState =
  | { readonly type: "open" }
  | {
    /** It could not be opened, or is lost; another one follows after a pause. */
    readonly type: "failed";
    /** In words, on one line once it is made printable. */
    readonly reason: string;
    /** The status of an answer that is no stream: 401 and 403 say that we may not. */
    readonly status?: number;
    /** Whether there was a stream before. */
    readonly wasOpen: boolean;
    readonly pauseMs: number;
  }
  /** Events that were not told to us, or were lost while we were too slow or not connected. */
  | { readonly type: "gap"; readonly missed: number }
  /** The numbers begin anew: it is another process than before. */
  | { readonly type: "restarted" }
  /** An event that is none, which was skipped; told once a connection. */
  | { readonly type: "unreadable"; readonly why: string };

/** How to follow. */
export interface FollowSettings {
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Of what TLS needs; closing it is up to the caller. */
  readonly client?: Deno.HttpClient | undefined;
  /** The number of the last event that is known, `0` for all that are kept; absent: from now on. */
  readonly after?: number | undefined;
  /** Told of each change; what it throws ends the following. */
  readonly onState?: (state: StreamState) => void;
  /** Resolved after some milliseconds, or when the signal aborts. */
  readonly pause?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly silenceMs?: number;
}

/**
 * The events of a stream, until the signal aborts. Nothing in them is to be trusted: they have the
 * form of events, but texts in them may hold anything, so make them printable.
 *
 * @param url The whole address of the stream.
 */
export async function* followEvents(
  url: string | URL,
  settings: FollowSettings,
): AsyncGenerator<NumberedEvent, void, undefined> {
  const { signal, onState = () => {}, pause: wait = pause } = settings;
  let last = settings.after;
  let failures = 0;
  while (!signal.aborted) {
    const connection = new Connection(settings);
    try {
      let failure = await connection.open(url, last);
      if (failure === undefined) onState({ type: "open" });
      while (failure === undefined) {
        const { items, ...read } = await connection.read();
        if (items.length > 0) failures = 0;
        failure = read.failure;
        for (const item of items) {
          const changes = connection.changesAt(item, last);
          for (const each of changes) onState(each);
          if (item.kind === "unreadable") continue;
          last = item.numbered.id;
          yield item.numbered;
        }
      }
      if (signal.aborted) return;
      const pauseMs = pauseAfter(failures++);
      onState({ type: "failed", ...failure, wasOpen: connection.isOpen, pauseMs });
      await wait(pauseMs, signal);
    } finally {
      connection.close();
    }
  }
}

/** Why there is no stream, or none any more. */
interface Failure {
  readonly reason: string;
  readonly status?: number;
}

/** One connection of many. */
class Connection {
  isOpen = false;
  private readonly settings: FollowSettings;
  private readonly over = new AbortController();
  private readonly abort = () => this.cut();
  private readonly lines = new StreamLines();
  private readonly decoder = new TextDecoder();
  private readonly told = new Set<StreamState["type"]>();
  private reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isSilent = false;

  constructor(settings: FollowSettings) {
    this.settings = settings;
    settings.signal.addEventListener("abort", this.abort);
  }

  /** Why it could not be opened, if so. */
  async open(url: string | URL, last: number | undefined): Promise<Failure | undefined> {
    const headers = {
      accept: "text/event-stream",
      ...(last === undefined ? {} : { "last-event-id": `${last}` }),
    };
    const { signal } = this.over;
    const { client } = this.settings;
    try {
      this.listen();
      const given = { headers, signal, redirect: "manual" as const, ...(client && { client }) };
      const response = await fetch(url, given);
      this.reader = response.body?.getReader();
      return this.judge(response);
    } catch (error) {
      return this.failureOf(error);
    } finally {
      clearTimeout(this.timer);
    }
  }

  /** What comes next, and what ends it. */
  async read(): Promise<{ items: readonly StreamItem[]; failure?: Failure }> {
    try {
      this.listen();
      const { done, value } = await this.reader!.read();
      if (done) return { items: [], failure: this.failureOf(new Error("the stream has ended")) };
      return { items: [...this.lines.take(this.decoder.decode(value, { stream: true }))] };
    } catch (error) {
      return { items: [], failure: this.failureOf(error) };
    } finally {
      // Whoever takes long over an event has not lost the stream.
      clearTimeout(this.timer);
    }
  }

  /** What there is to say before an event, each thing once. */
  changesAt(item: StreamItem, last: number | undefined): readonly StreamState[] {
    if (item.kind === "unreadable") return this.once({ type: "unreadable", why: item.why });
    const { id } = item.numbered;
    if (last === undefined || last === 0 || id === last + 1) return [];
    if (id <= last) return this.once({ type: "restarted" });
    return [{ type: "gap", missed: id - last - 1 }];
  }

  close(): void {
    this.settings.signal.removeEventListener("abort", this.abort);
    this.cut();
  }

  /** Once its request is collected as garbage, Deno aborts a body no more that is being read. */
  private cut(): void {
    this.over.abort();
    this.reader?.cancel().catch(() => {});
  }

  private judge({ status, headers }: Response): Failure | undefined {
    if (status !== 200) {
      const nothing = status === 404 ? ": there are no events" : "";
      return { reason: `${statusWords(status)}${nothing}`, status };
    }
    if (!/^text\/event-stream\b/i.test(headers.get("content-type") ?? "")) {
      return { reason: "the answer is no stream of events", status };
    }
    this.isOpen = true;
    return undefined;
  }

  private once(state: StreamState): readonly StreamState[] {
    if (this.told.has(state.type)) return [];
    this.told.add(state.type);
    return [state];
  }

  private listen(): void {
    this.timer = setTimeout(() => {
      this.isSilent = true;
      this.cut();
    }, this.settings.silenceMs ?? FOLLOW_LIMITS.silenceMs);
  }

  private failureOf(error: unknown): Failure {
    return { reason: this.isSilent ? "nothing comes any more" : fetchWords(error) };
  }
}

/**
 * Why nothing could be fetched. Deno says it in the cause, with the address and layers around it
 * that help nobody.
 */
export function fetchWords(error: unknown): string {
  const cause = error instanceof TypeError && error.cause instanceof Error ? error.cause : error;
  return reasonOf(cause).replace(/^.*\(Connect\): (tcp connect error: |dns error: )?/s, "")
    .replace(/^.*\(SendRequest\): /s, "")
    .replace(/^Connection refused/, "connection refused");
}

/** What an answer is that is none. */
export function statusWords(status: number): string {
  return `the answer is HTTP ${status}${meaningOf(status)}`;
}

function meaningOf(status: number): string {
  if (status === 401) return ": it wants to know who asks";
  return status === 403 ? ": not allowed for whoever asks" : "";
}

function pauseAfter(failures: number): number {
  const { firstPauseMs, longestPauseMs } = FOLLOW_LIMITS;
  return Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures, 16));
}
