/** A server of events made by hand, which says what a test wants said. */

/** What one connection is answered with: pieces, as they are, and perhaps the end. */
export interface Answer {
  readonly pieces?: readonly string[];
  /** The stream stays open after the pieces, until the server ends. */
  readonly staysOpen?: boolean;
  readonly status?: number;
  readonly type?: string;
}

/** A running server. */
export interface EventStreamServer extends AsyncDisposable {
  readonly url: string;
  /** `Last-Event-ID` of each connection so far. */
  readonly lastIds: readonly (string | null)[];
}

/** Answers one connection after the other; the last answer is for all further ones, too. */
export function serveStream(answers: readonly Answer[]): EventStreamServer {
  const lastIds: (string | null)[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const answer = answers[Math.min(lastIds.length, answers.length - 1)]!;
    lastIds.push(request.headers.get("last-event-id"));
    const { pieces = [], staysOpen = false, status = 200, type = "text/event-stream" } = answer;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece));
        if (!staysOpen) controller.close();
      },
    });
    return new Response(body, { status, headers: { "content-type": type } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/api/v1/events`,
    lastIds,
    [Symbol.asyncDispose]: async () => {
      server.unref();
      await server.shutdown();
    },
  };
}

/** An event as a registrar sends it. */
export function sent(id: number, event: string, more: Record<string, unknown> = {}): string {
  const told = { time: "2026-01-01T00:00:00.000Z", level: "notice", event, ...more };
  return `id: ${id}\ndata: ${JSON.stringify(told)}\n\n`;
}
