/** `decode --follow`: what is printed of a stream, and how it begins and ends. */

import assert from "node:assert/strict";
import { parseUrl } from "../../../cli/events/follow_command.ts";
import { FakeWorld, type Given, run, runIn } from "../fake_world.ts";
import { type Answer, sent, serveStream } from "./event_stream_server.ts";

/** What is no event is told: then all before it is printed. */
const MARK = "data: {\n\n";

/** Follows until the mark has come, then stops in order. */
async function follow(
  answers: readonly Answer[],
  line = "",
  given: Given = {},
): Promise<FakeWorld> {
  await using server = serveStream(answers);
  const world = new FakeWorld(given);
  const ended = runIn(world, `decode --follow ${server.url} ${line}`);
  await world.says(/an event was skipped/);
  world.signal("SIGTERM");
  assert.equal(await ended, 0, world.stderrText);
  return world;
}

Deno.test("an event is a line as the log of its command has it", async () => {
  const { stdoutText } = await follow([{
    pieces: [
      sent(1, "peer-dead", { level: "warning", peer: "0x00000002", why: "silent" }),
      sent(2, "registered", {
        message: "registered at 192.0.2.1:3863",
        registrar: "192.0.2.1:3863",
      }),
      sent(3, "refused", { message: "in words", who: "x", untold: 7 }),
      MARK,
    ],
    staysOpen: true,
  }]);
  assert.deepEqual(stdoutText.split("\n"), [
    "2026-01-01T00:00:00.000Z warning: peer-dead peer=0x00000002 why=silent",
    "2026-01-01T00:00:00.000Z notice: registered at 192.0.2.1:3863",
    "2026-01-01T00:00:00.000Z notice: in words untold=7",
    "",
  ]);
});

Deno.test("-o json and ndjson are one JSON a line, with the number", async () => {
  for (const output of ["json", "ndjson"]) {
    const pieces = [sent(7, "peer-dead", { peer: "0x00000002" }), MARK];
    const { stdoutText } = await follow([{ pieces, staysOpen: true }], `-o ${output}`);
    assert.deepEqual(JSON.parse(stdoutText), {
      id: 7,
      time: "2026-01-01T00:00:00.000Z",
      level: "notice",
      event: "peer-dead",
      peer: "0x00000002",
    });
  }
});

Deno.test("what a hostile stream says cannot obey a terminal", async () => {
  const evil = "\x1b]0;x\x07\u202e\n";
  for (const output of ["table", "json"]) {
    const pieces = [sent(1, "a", { message: evil }), sent(2, "b", { [evil]: evil }), MARK];
    const { stdoutText } = await follow([{ pieces, staysOpen: true }], `-o ${output}`);
    assert.equal(stdoutText.split("\n").length, 3);
    // deno-lint-ignore no-control-regex -- they are what must not be there
    assert.doesNotMatch(stdoutText, /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  }
});

Deno.test("losses, gaps and restarts are told on standard error", async () => {
  const { stdoutText, stderrText } = await follow([
    { pieces: [sent(4, "a"), sent(9, "b")] },
    { pieces: [sent(1, "c"), MARK], staysOpen: true },
  ]);
  assert.equal(stdoutText.split("\n").length, 4);
  assert.match(stderrText, /warning: 4 events were not told here\n/);
  assert.match(stderrText, /warning: lost the events of http:\S+: the stream has ended; trying/);
  assert.match(stderrText, /notice: follows the events of http:\S+ again\n/);
  assert.match(stderrText, /warning: the numbers begin anew: it has been restarted\n/);
});

Deno.test("without a stream at the start it fails, and says why", async () => {
  const cases: readonly [Answer, number, RegExp][] = [
    [{ status: 404 }, 4, /HTTP 404: there are no events/],
    [{ status: 403 }, 6, /HTTP 403: not allowed/],
    [{ type: "text/html" }, 4, /the answer is no stream of events/],
  ];
  for (const [answer, code, words] of cases) {
    await using server = serveStream([answer]);
    const ran = await run(`decode --follow ${server.url}`);
    assert.deepEqual({ code: ran.code, stdout: ran.stdout }, { code, stdout: "" });
    assert.match(ran.stderr, words);
  }
});

Deno.test("a wrong port and TLS where there is none are told as such", async () => {
  await using server = serveStream([]);
  const secured = await run(`decode --follow ${server.url.replace("http:", "https:")}`);
  assert.match(secured.stderr, /; is it without TLS, http:\/\/\?\n$/);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const refused = await run(`decode --follow 127.0.0.1:${port}`);
  assert.equal(refused.code, 4);
  assert.match(refused.stderr, /connection refused; is that the port of --http\?\n$/);
});

Deno.test("what cannot be asked is refused", async () => {
  const cases: readonly [string, RegExp][] = [
    ["--follow ftp://a", /"ftp:\/\/a" is no URL such as http:\/\/127\.0\.0\.1:9102/],
    ["--follow http://", /is no URL/],
    ["--follow http://u:p@a", /no user and no password/],
    ["--follow a b", /takes one URL/],
    ["--follow http://a --ca x", /--ca is for a URL of https:/],
    ["--follow https://a --cert x", /--cert needs --key, too/],
    ["--follow https://a --ca none.pem", /cannot read the trusted certificates none.pem/],
    ["--follow -o csv", /prints text, or json and ndjson; not csv/],
    ["--follow -o yaml", /not yaml/],
    ["--follow --fields", /--fields and --follow exclude each other/],
    ["--ca x 00", /--ca needs --follow/],
  ];
  for (const [line, words] of cases) {
    const { code, stderr } = await run(`decode ${line}`);
    assert.equal(code, 2, line);
    assert.match(stderr, words);
  }
});

Deno.test("a host and a port are enough of a URL", () => {
  const url = (text: string, usual: "http" | "https" = "http") => parseUrl(text, usual).href;
  assert.equal(url("127.0.0.1:9102"), "http://127.0.0.1:9102/api/v1/events");
  assert.equal(url("localhost"), "http://localhost:9102/api/v1/events");
  assert.equal(url("[::1]"), "http://[::1]:9102/api/v1/events");
  assert.equal(url("localhost:80"), "http://localhost/api/v1/events");
  assert.equal(url("localhost:9102"), "http://localhost:9102/api/v1/events");
  assert.equal(url("[::1]:9102", "https"), "https://[::1]:9102/api/v1/events");
  assert.equal(url("https://a/"), "https://a/api/v1/events");
  assert.equal(url("http://a/behind/a/proxy?x=1#y"), "http://a/behind/a/proxy?x=1");
});
