/** Following a stream through losses, gaps and restarts. */

import assert from "node:assert/strict";
import { FOLLOW_LIMITS, followEvents, type StreamState } from "../../../cli/events/follow.ts";
import { LINE_LIMITS } from "../../../cli/events/stream_lines.ts";
import { type Answer, sent, serveStream } from "./event_stream_server.ts";

interface Followed {
  readonly ids: number[];
  readonly states: StreamState[];
  readonly lastIds: readonly (string | null)[];
  readonly pauses: number[];
}

/** Follows until there were so many pauses, or so many events. */
async function follow(
  answers: readonly Answer[],
  until: { pauses?: number; events?: number; after?: number; silenceMs?: number },
): Promise<Followed> {
  await using server = serveStream(answers);
  const over = new AbortController();
  const found: Followed = { ids: [], states: [], lastIds: server.lastIds, pauses: [] };
  const events = followEvents(server.url, {
    signal: over.signal,
    onState: (state) => found.states.push(state),
    pause: (milliseconds) => {
      if (found.pauses.push(milliseconds) === until.pauses) over.abort();
      return Promise.resolve();
    },
    ...(until.after === undefined ? {} : { after: until.after }),
    ...(until.silenceMs === undefined ? {} : { silenceMs: until.silenceMs }),
  });
  for await (const { id } of events) {
    if (found.ids.push(id) === until.events) over.abort();
  }
  return found;
}

function kinds(states: readonly StreamState[]): string[] {
  return states.map(({ type }) => type);
}

Deno.test("after a loss it goes on behind the last event it knows", async () => {
  const { ids, states, lastIds, pauses } = await follow([
    { pieces: [sent(4, "a"), sent(5, "b")] },
    { pieces: [sent(6, "c")], staysOpen: true },
  ], { events: 3 });
  assert.deepEqual(ids, [4, 5, 6]);
  assert.deepEqual(lastIds, [null, "5"]);
  assert.deepEqual(kinds(states), ["open", "failed", "open"]);
  assert.deepEqual(pauses, [FOLLOW_LIMITS.firstPauseMs]);
});

Deno.test("what was missed is told, and that the numbers begin anew", async () => {
  const { ids, states } = await follow([
    { pieces: [sent(4, "a"), sent(9, "b")] },
    { pieces: [sent(1, "serving"), sent(2, "c")], staysOpen: true },
  ], { events: 4 });
  assert.deepEqual(ids, [4, 9, 1, 2]);
  assert.deepEqual(kinds(states), ["open", "gap", "failed", "open", "restarted"]);
  assert.deepEqual(states[1], { type: "gap", missed: 4 });
});

Deno.test("whoever asks for all that is kept has missed nothing", async () => {
  const { states, lastIds } = await follow(
    [{ pieces: [sent(17, "a")], staysOpen: true }],
    { events: 1, after: 0 },
  );
  assert.deepEqual(kinds(states), ["open"]);
  assert.deepEqual(lastIds, ["0"]);
});

Deno.test("pauses grow up to a limit, and begin anew once something came", async () => {
  const nothing = { status: 503 };
  const answers = [...Array(7).fill(nothing), { pieces: [sent(1, "a")] }, nothing];
  const { pauses, states } = await follow(answers, { pauses: 9 });
  const { firstPauseMs: first, longestPauseMs: longest } = FOLLOW_LIMITS;
  assert.deepEqual(pauses, [
    ...[first, 2 * first, 4 * first, 8 * first, 16 * first, longest, longest],
    ...[first, 2 * first],
  ]);
  assert.deepEqual(states[0], {
    type: "failed",
    reason: "the answer is HTTP 503",
    status: 503,
    wasOpen: false,
    pauseMs: first,
  });
});

Deno.test("an answer that is no stream is told in words", async () => {
  const cases: readonly [Answer, RegExp][] = [
    [{ status: 403 }, /HTTP 403: not allowed/],
    [{ status: 404 }, /HTTP 404: there are no events/],
    [{ status: 302 }, /HTTP 302/],
    [{ type: "text/html" }, /no stream of events/],
    [
      { pieces: [`:${"x".repeat(LINE_LIMITS.characters)}`], staysOpen: true },
      /a line of more than/,
    ],
  ];
  for (const [answer, reason] of cases) {
    const { states } = await follow([answer], { pauses: 1 });
    const last = states.at(-1);
    assert.match(last?.type === "failed" ? last.reason : "", reason);
  }
});

Deno.test("a stream on which nothing comes any more is left", async () => {
  const { states } = await follow([{ staysOpen: true }], { pauses: 1, silenceMs: 20 });
  assert.deepEqual(states.map((state) => state.type === "failed" ? state.reason : state.type), [
    "open",
    "nothing comes any more",
  ]);
});

Deno.test("nobody there is told without the layers of the runtime", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const over = new AbortController();
  const states: StreamState[] = [];
  const events = followEvents(`http://127.0.0.1:${port}/`, {
    signal: over.signal,
    onState: (state) => states.push(state),
    pause: () => Promise.resolve(over.abort()),
  });
  assert.deepEqual(await events.next(), { done: true, value: undefined });
  assert.equal(states[0]?.type === "failed" && states[0].reason, "connection refused");
});

Deno.test("events that are none are skipped and told once a connection", async () => {
  const { ids, states } = await follow([
    { pieces: ["data: {\n\n", "data: [\n\n", sent(1, "a")], staysOpen: true },
  ], { events: 1 });
  assert.deepEqual(ids, [1]);
  assert.deepEqual(kinds(states), ["open", "unreadable"]);
});

Deno.test("what the told throws ends the following; so does a signal that is over", async () => {
  await using server = serveStream([{ pieces: [sent(1, "a")], staysOpen: true }]);
  const { signal } = new AbortController();
  const events = followEvents(server.url, {
    signal,
    onState: () => {
      throw new RangeError("enough");
    },
  });
  await assert.rejects(events.next(), RangeError);
  const none = followEvents(server.url, { signal: AbortSignal.abort() });
  assert.deepEqual(await none.next(), { done: true, value: undefined });
});
