/** What is answered to whom, without a socket. */

import assert from "node:assert/strict";
import { methodRefusal } from "../../../cli/http/routes.ts";
import { FEED_LIMITS } from "../../../cli/events/event_feed.ts";
import { ask, fakeShown, routesOf } from "./fake_shown.ts";

const READER = { operates: false, mayRead: (pool: string) => pool === "web" };

async function gunzipped(response: Response): Promise<string> {
  return await new Response(response.body!.pipeThrough(new DecompressionStream("gzip"))).text();
}

Deno.test("health, metrics, JSON and a list of what there is", async () => {
  const shown = fakeShown();
  const rows = [
    ["/healthz", 200, "text/plain; charset=utf-8", /^ok\n$/],
    ["/readyz", 200, "text/plain; charset=utf-8", /^serving\n$/],
    ["/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", /^up 1\n$/],
    ["/api/v1/numbers", 200, "application/json; charset=utf-8", /^\{"numbers":\[1,2,3\]\}\n$/],
    ["/", 200, "text/plain; charset=utf-8", /^rserpool fake\n.*\/api\/v1\/numbers\n.*events\n$/s],
    ["/nope", 404, "text/plain; charset=utf-8", /there is no \/nope here; \/ has what there is/],
    ["/api/v1/nope", 404, "text/plain; charset=utf-8", /but numbers, many, filtered, broken, ev/],
    ["/api/v1/toString", 404, "text/plain; charset=utf-8", /there is no/],
    ["/api/v1/broken", 500, "text/plain; charset=utf-8", /^this is a bug in rserpool: no such/],
    ["/api/v1/events?after=x", 400, "text/plain; charset=utf-8", /after: "x" is not the number/],
  ] as const;
  for (const [path, status, type, body] of rows) {
    const response = ask(shown, path);
    assert.equal(response.status, status, path);
    assert.equal(response.headers.get("content-type"), type, path);
    assert.match(await response.text(), body);
  }
});

Deno.test("every answer forbids to keep, frame, guess, and load from elsewhere", async () => {
  for (const path of ["/", "/metrics", "/healthz", "/nope", "/api/v1/numbers", "/api/v1/events"]) {
    const { headers, body } = ask(fakeShown(), path);
    await body?.cancel();
    assert.equal(headers.get("cache-control"), "no-store", path);
    assert.match(headers.get("content-security-policy")!, /default-src 'none'; script-src 'self'/);
    assert.match(headers.get("content-security-policy")!, /frame-ancestors 'none'/);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("access-control-allow-origin"), null);
  }
});

Deno.test("a page stands where there is one, with the headers of all answers", async () => {
  const page = {
    answer: (request: Request) => new URL(request.url).pathname === "/" ? html("<p>") : undefined,
  };
  const shown = fakeShown({ page });
  const response = ask(shown, "/");
  assert.equal(await response.text(), "<p>");
  assert.equal(response.headers.get("cache-control"), "no-store");
  assert.equal(ask(shown, "/other").status, 404);
  assert.equal(ask(shown, "/healthz").status, 200);
});

function html(body: string): Response {
  return new Response(body, { headers: { "content-type": "text/html" } });
}

Deno.test("who is not ready says why, on one line", async () => {
  const readiness = () => ({ isReady: false, reason: "initializing\nnot" });
  const response = ask(fakeShown({ readiness }), "/readyz");
  assert.equal(response.status, 503);
  assert.equal(await response.text(), "initializing\\u{a}not\n");
});

Deno.test("before there is anything to show it is alive, not ready, and 503", async () => {
  assert.equal(ask(undefined, "/healthz").status, 200);
  assert.equal(ask(undefined, "/readyz").status, 503);
  for (const path of ["/", "/metrics", "/api/v1/numbers", "/api/v1/events"]) {
    const response = ask(undefined, path);
    assert.equal(response.status, 503, path);
    assert.equal(await response.text(), "it is starting\n");
  }
});

Deno.test("nothing but health is told to whom nothing is allowed, and why", async () => {
  for (const path of ["/", "/metrics", "/nope", "/api/v1/filtered", "/api/v1/events"]) {
    const response = ask(fakeShown(), path, { asker: "nobody may" });
    assert.equal(response.status, 403, path);
    assert.equal(await response.text(), "nobody may\n");
  }
  for (const path of ["/healthz", "/readyz"]) {
    assert.equal(ask(fakeShown(), path, { asker: "nobody may" }).status, 200);
  }
});

Deno.test("who may read some pools gets what looks at that, and nothing else", async () => {
  const response = ask(fakeShown(), "/api/v1/filtered", { asker: READER });
  assert.deepEqual(await response.json(), { mayReadWeb: true });
  for (const path of ["/", "/metrics", "/api/v1/numbers", "/api/v1/events", "/x", "/api/v1/x"]) {
    assert.equal(ask(fakeShown(), path, { asker: READER }).status, 403, path);
  }
});

Deno.test("only GET and HEAD", async () => {
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", ""]) {
    const response = methodRefusal(method)!;
    assert.equal(response.status, 405);
    assert.equal(response.headers.get("allow"), "GET, HEAD");
    await response.body!.cancel();
  }
  assert.equal(methodRefusal("GET"), undefined);
  assert.equal(methodRefusal("HEAD"), undefined);
});

Deno.test("what is long comes in pieces, and is the same as if it did not", async () => {
  const expected = { items: Array.from({ length: 10_000 }, (_, n) => ({ n })) };
  const long = ask(fakeShown(), "/api/v1/many");
  assert.equal(long.headers.get("content-length"), null);
  assert.deepEqual(await long.json(), expected);
});

Deno.test("between two pieces everything else has its turn", async () => {
  let turns = 0;
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = () => {
    turns++;
    port1.postMessage("again");
  };
  port1.postMessage("first");
  const response = ask(fakeShown(), "/api/v1/many", { limits: { pieceLength: 1000 } });
  let pieces = 0;
  for await (const _ of response.body!) pieces++;
  port1.close();
  port2.close();
  assert.ok(pieces > 100, `${pieces} pieces`);
  assert.ok(turns > pieces / 2, `${turns} turns of others in ${pieces} pieces`);
});

Deno.test("longAnswers: one more is 503 until one of them was read, or is given up", async () => {
  const shown = fakeShown({
    api: {
      many: () => ({ items: Iterator.from(Array(10_000).keys()) }),
      few: () => ({ items: [1].values() }),
    },
  });
  const routes = routesOf(shown, { longAnswers: 2, pieceLength: 1000 });
  const gzip = { "accept-encoding": "gzip" };
  const open = [routes("/api/v1/many"), routes("/api/v1/many", gzip)];
  const tooMany = routes("/api/v1/many");
  assert.equal(tooMany.status, 503);
  assert.equal(tooMany.headers.get("retry-after"), "1");
  assert.match(await tooMany.text(), /^as many long answers are under way as may be/);
  assert.deepEqual(await routes("/api/v1/few").json(), { items: [1] });
  assert.equal((await open[0]!.json()).items.length, 10_000);
  await open[1]!.body!.cancel();
  const next = routes("/api/v1/many");
  // That it was given up goes through the compression, a turn later.
  let other = routes("/api/v1/many");
  while (other.status === 503) {
    await other.text();
    await new Blob(["a turn"]).text();
    other = routes("/api/v1/many");
  }
  for (const answer of [next, other]) {
    assert.equal(answer.status, 200);
    await answer.body!.cancel();
  }
});

Deno.test("gzip where it is understood and worth it", async () => {
  const shown = fakeShown({ metrics: () => "up 1\n".repeat(2000) });
  for (const accepted of ["gzip", "deflate, gzip;q=0.5", "GZIP", "br , gzip ; q=1.0"]) {
    const response = ask(shown, "/metrics", { headers: { "accept-encoding": accepted } });
    assert.equal(response.headers.get("content-encoding"), "gzip", accepted);
    assert.equal(response.headers.get("vary"), "accept-encoding");
    assert.equal(await gunzipped(response), "up 1\n".repeat(2000));
  }
  for (const refused of ["", "br", "gzip;q=0", "gzip; q=0.0", "x-gzip", "*;q=0"]) {
    const response = ask(shown, "/metrics", { headers: { "accept-encoding": refused } });
    assert.equal(response.headers.get("content-encoding"), null, refused);
    await response.body!.cancel();
  }
  const limits = { compressedFrom: 10_001 };
  const small = ask(shown, "/metrics", { headers: { "accept-encoding": "gzip" }, limits });
  assert.equal(small.headers.get("content-encoding"), null);
  await small.body!.cancel();
  const many = ask(shown, "/api/v1/many", { headers: { "accept-encoding": "gzip" } });
  assert.equal(JSON.parse(await gunzipped(many)).items.length, 10_000);
});

Deno.test("text is cut in no character", async () => {
  const metrics = () => "a" + "\u{1F600}".repeat(3000);
  for (const pieceLength of [1000, 1001]) {
    const response = ask(fakeShown({ metrics }), "/metrics", { limits: { pieceLength } });
    assert.equal(await response.text(), metrics());
  }
});

Deno.test("as many follow the events as may, one more is told so", async () => {
  const shown = fakeShown();
  const following = Array.from({ length: FEED_LIMITS.readers }, () => {
    return ask(shown, "/api/v1/events");
  });
  const tooMany = ask(shown, "/api/v1/events");
  assert.equal(tooMany.status, 503);
  assert.equal(tooMany.headers.get("retry-after"), "10");
  assert.match(await tooMany.text(), /64 readers follow the events already/);
  await following.pop()!.body!.cancel();
  const next = ask(shown, "/api/v1/events");
  assert.equal(next.status, 200);
  for (const { body } of [...following, next]) await body!.cancel();
});

Deno.test("HEAD of the events follows nothing", () => {
  const shown = fakeShown();
  for (let i = 0; i <= FEED_LIMITS.readers; i++) {
    const response = ask(shown, "/api/v1/events", { method: "HEAD" });
    assert.equal(response.status, 200);
    assert.equal(response.body, null);
  }
});
