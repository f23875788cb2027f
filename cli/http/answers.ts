/** Answers as they leave: their headers, and bodies that are made and compressed piece by piece. */

import { jsonPieces } from "./json_pieces.ts";
import type { HttpLimits } from "./limits.ts";

const TEXT = "text/plain; charset=utf-8";

/** Every answer has these: nothing of outside, nothing kept, in no frame, and no type guessed. */
const HEADERS: Readonly<Record<string, string>> = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; " +
    "frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** Adds what every answer has. */
export function withHeaders(response: Response): Response {
  for (const [name, value] of Object.entries(HEADERS)) response.headers.set(name, value);
  return response;
}

/** A line of words. */
export function words(status: number, line: string, headers: Record<string, string> = {}) {
  return whole(`${line}\n`, { "content-type": TEXT, ...headers }, status);
}

/** Text that stands as it is. */
export function text(body: string, type = TEXT): Response {
  return whole(body, { "content-type": type });
}

function whole(body: string, headers: Record<string, string>, status = 200): Response {
  const bytes = new TextEncoder().encode(body);
  return new Response(bytes, {
    status,
    headers: { ...headers, "content-length": String(bytes.length) },
  });
}

/** Answers that are long: each holds what it is about until it was read. */
export class LongAnswers {
  private count = 0;

  /** Begins one; the result ends it. `undefined`: there are as many as there may be. */
  begin({ longAnswers }: HttpLimits): (() => void) | undefined {
    if (this.count >= longAnswers) return undefined;
    this.count++;
    let isOver = false;
    return () => {
      if (!isOver) this.count--;
      isOver = true;
    };
  }
}

/** JSON, in pieces if it is long; between two of them everything else has its turn. */
export function json(
  value: unknown,
  request: Request,
  limits: HttpLimits,
  longAnswers: LongAnswers,
): Response {
  const pieces = jsonPieces(value, limits.pieceLength);
  const first = `${pieces.next().value ?? ""}`;
  const second = pieces.next();
  const headers = { "content-type": "application/json; charset=utf-8" };
  if (second.done) return compressed(first, headers, request, limits);
  const end = longAnswers.begin(limits);
  if (end === undefined) return words(503, TOO_MANY_LONG, { "retry-after": "1" });
  const body = streamOf([first, second.value], pieces, end);
  return new Response(...zipped(body, headers, request));
}

/** Text that is compressed where it is worth it and understood. */
export function compressed(
  body: string,
  headers: Record<string, string>,
  request: Request,
  { compressedFrom, pieceLength }: HttpLimits,
): Response {
  if (body.length < compressedFrom) return whole(body, headers);
  return new Response(...zipped(streamOf([], slicesOf(body, pieceLength)), headers, request));
}

const TOO_MANY_LONG = "as many long answers are under way as may be; ask for less by limit=";

/** What a response is made of: its body compressed, where that is understood. */
export function zipped(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  headers: Record<string, string>,
  request: Request,
): [ReadableStream<Uint8Array>, ResponseInit] {
  const both = { ...headers, vary: "accept-encoding" };
  if (!understandsGzip(request)) return [body, { headers: both }];
  const stream = body.pipeThrough(new CompressionStream("gzip"));
  return [stream, { headers: { ...both, "content-encoding": "gzip" } }];
}

/** RFC 9110 §12.5.3. */
function understandsGzip(request: Request): boolean {
  const accepted = (request.headers.get("accept-encoding") ?? "").toLowerCase().split(",");
  return accepted.some((each) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/.test(each));
}

function streamOf(
  first: string[],
  rest: Iterator<string>,
  onEnd: () => void = () => {},
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const piece = first.shift() ?? nextOf(rest, onEnd);
      if (piece === undefined) return controller.close();
      controller.enqueue(encoder.encode(piece));
      await turnOfOthers();
    },
    cancel: onEnd,
  }, { highWaterMark: 0 });
}

/** Never between the two halves of a character. */
function* slicesOf(text: string, length: number): Generator<string> {
  for (let at = 0; at < text.length;) {
    const isSplit = /[\uD800-\uDBFF]/.test(text.charAt(at + length - 1));
    const end = at + length + (isSplit ? 1 : 0);
    yield text.slice(at, end);
    at = end;
  }
}

function nextOf(pieces: Iterator<string>, onEnd: () => void): string | undefined {
  let next: IteratorResult<string> | undefined;
  try {
    next = pieces.next();
    return next.done ? undefined : next.value;
  } finally {
    if (next?.done !== false) onEnd();
  }
}

/** Sockets and timers of the protocol come before the next piece. */
function turnOfOthers(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
