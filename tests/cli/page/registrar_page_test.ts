/** The status page, as it is made: without JavaScript, and for those who may not see all of it. */

import assert from "node:assert/strict";
import type { RegistrarView } from "../../../cli/api.ts";
import { VERSION } from "../../../cli/version.ts";
import { PAGE_LIMITS } from "../../../cli/page/limits.ts";
import { ask, fakeShown } from "../http/fake_shown.ts";
import { viewOf } from "../http/fake_view.ts";
import { elementView, FakePage, poolOf, rowsOf } from "./fake_page.ts";
import { HOSTILE } from "./hostile.ts";

const POOLS = [
  poolOf("web", [
    elementView(1, { state: "lost", lifeLeftMs: 30_000, unreachableReporters: 2 }),
    elementView(2, { lifeLeftMs: 272_000, identity: "alice" }),
  ]),
  poolOf("mail", [
    elementView(3, { element: { policy: { name: "least-used", load: 0x40000000 }, home: 7 } }),
  ]),
  poolOf("web10", [elementView(4, { lifeLeftMs: undefined, element: { registrationLife: -1 } })]),
  poolOf("web9", [elementView(5, { state: "inconsistent", lifeLeftMs: undefined })]),
];

const column = (page: string, section: string, index: number) =>
  rowsOf(page, section).map((row) => row[index]);

Deno.test("pools and pool elements with state, policy, load, life left and home", async () => {
  using fake = new FakePage(viewOf(POOLS));
  const page = await fake.get("/");
  assert.deepEqual(rowsOf(page, "pools"), [
    ["mail", "least-used", "1", "1", "0"],
    ["web", "round-robin", "2", "1", "1"],
    ["web9", "round-robin", "1", "0", "0 1 inconsistent"],
    ["web10", "round-robin", "1", "1", "0"],
  ]);
  const endpoint = "tcp 192.0.2.10:80";
  const [mail, web1, web2, web9, web10] = rowsOf(page, "elements");
  assert.deepEqual(
    mail,
    ["mail", "0x00000003", endpoint, "available", "least-used", "25 %", "1 min"]
      .concat("0x00000007"),
  );
  assert.deepEqual(web1!.slice(0, 4), ["web", "0x00000001", endpoint, "lost 2 unreachable"]);
  assert.equal(web1![6], "30 s");
  assert.deepEqual(web2!.slice(1, 2), ["0x00000002alice"]);
  assert.deepEqual([web9![6], web10![6]], ["at home", "no end"]);
});

Deno.test("every column sorts, both ways, and what has no value is last both ways", async () => {
  using fake = new FakePage(viewOf(POOLS));
  const order = async (sort: string) => {
    const page = await fake.get(`/?sort=${sort}`);
    const [, marked] = /<section id="elements".*?aria-sort="([a-z]+ding)"/.exec(page)!;
    return `${column(page, "elements", 1).map((each) => each!.slice(9, 10)).join("")} ${marked}`;
  };
  assert.equal(await order("element"), "12345 ascending");
  assert.equal(await order("-element"), "54321 descending");
  assert.equal(await order("pool"), "31254 ascending");
  assert.equal(await order("life"), "13254 ascending");
  assert.equal(await order("-life"), "23154 descending");
  assert.equal(await order("load"), "31254 ascending");
  assert.equal(await order("state"), "15324 ascending");
  assert.equal(await order("home"), "31254 ascending");
  assert.equal(await order("policy"), "31254 ascending");
  assert.equal(await order("endpoint"), "31254 ascending");
});

Deno.test("pools sort, too", async () => {
  using fake = new FakePage(viewOf(POOLS));
  const order = async (by: string) => column(await fake.get(`/?pools=${by}`), "pools", 0).join(" ");
  assert.equal(await order("-pool"), "web10 web9 web mail");
  assert.equal(await order("-elements"), "web mail web9 web10");
  assert.equal(await order("-lost"), "web mail web9 web10");
  assert.equal(await order("available"), "web9 mail web web10");
  assert.equal(await order("policy"), "mail web web9 web10");
});

Deno.test("a filter: all words, in any order, of anything in the row", async () => {
  using fake = new FakePage(viewOf(POOLS));
  const found = async (filter: string) => {
    const page = await fake.get(`/?filter=${encodeURIComponent(filter)}`);
    const pools = column(page, "pools", 0).join(" ");
    return `${column(page, "elements", 1).map((each) => each!.slice(9, 10)).join("")} in ${pools}`;
  };
  assert.equal(await found("LOST"), "1 in web");
  assert.equal(await found("available web"), "24 in web web10");
  assert.equal(await found("0x00000007"), "3 in mail");
  assert.equal(await found("least-used"), "3 in mail");
  assert.equal(await found("192.0.2.10:80 alice"), "2 in web");
  assert.equal(await found("nobody"), " in ");
  const page = await fake.get("/?filter=%22%3E%3Cb%3E");
  assert.match(page, /value="&quot;&gt;&lt;b&gt;"/);
  assert.match(page, /No pool element fits the filter/);
});

Deno.test("one pool only, and the way back", async () => {
  using fake = new FakePage(viewOf(POOLS));
  const page = await fake.get("/?pool=web&sort=life");
  assert.deepEqual(column(page, "pools", 0), ["web"]);
  assert.deepEqual(column(page, "elements", 0), ["web", "web"]);
  assert.match(page, /<a class="all" href="\/\?sort=life"/);
});

Deno.test("rows: a table has pages, and a form keeps how it is sorted", async () => {
  const many = Array.from({ length: PAGE_LIMITS.rows + 1 }, (_, index) => elementView(index + 1));
  using fake = new FakePage(viewOf([poolOf("web", many)]));
  const first = await fake.get("/?sort=-element");
  assert.equal(rowsOf(first, "elements").length, PAGE_LIMITS.rows);
  assert.match(first, /href="\/\?sort=-element&amp;page=2" rel="next"/);
  assert.match(first, /<input type="hidden" name="sort" value="-element">/);
  const second = await fake.get("/?sort=-element&page=2");
  assert.deepEqual(column(second, "elements", 1), ["0x00000001"]);
  assert.match(second, /201–201<\/span>|201–201 of 201/);
  assert.match(await fake.get("/?page=9"), /beyond the end of 201/);
});

Deno.test("pages: beyond them it says that a filter finds the others", async () => {
  const { rows, pages } = PAGE_LIMITS;
  const many = Array.from({ length: rows * pages + 1 }, (_, index) => elementView(index + 1));
  using fake = new FakePage(viewOf([poolOf("web", many)]));
  const last = await fake.get(`/?page=${pages}`);
  assert.match(last, /Only the first 10,000 can be turned to/);
  assert.doesNotMatch(last, /rel="next"/);
  assert.equal(column(last, "elements", 1).at(-1), "0x00002710");
});

Deno.test("registrars: this one, peers, and homes that are none any more", async () => {
  const peers: RegistrarView["peers"] = [{
    identifier: 7,
    transport: { protocol: "tcp", addresses: ["192.0.2.7"], port: 9901, use: 0 },
    status: { state: "suspect", lastHeardAgoMs: 31_000 },
    identity: "r7.example",
    poolElements: 1,
  }, {
    identifier: 8,
    transport: undefined,
    status: { state: "active" },
    identity: undefined,
    poolElements: 0,
  }];
  const homes = new Map([[0xc0ffee, 3], [7, 1], [9, 1]]);
  using fake = new FakePage(viewOf(POOLS, { peers, homes }));
  const page = await fake.get("/");
  assert.deepEqual(rowsOf(page, "registrars"), [
    ["0x00c0ffee127.0.0.1:9901", "servingthis one", "3"],
    ["0x00000007192.0.2.7:9901r7.example", "suspectheard 31 s ago", "1"],
    ["0x00000008address not known yet", "activenever heard", "0"],
    ["0x00000009no peer any more", "gone", "1"],
  ]);
  assert.match(page, /Peers active<\/dt> <dd>1 of 2/);
});

Deno.test("events: the newest first, no debug, important ones alone, long ones cut", async () => {
  using fake = new FakePage(viewOf(POOLS));
  const tell = (level: "debug" | "info" | "warning", event: string, poolHandle: string) =>
    fake.events.tell({ time: "2026-11-23T04:05:06.789Z", level, event, poolHandle });
  tell("debug", "association-opened", "x");
  tell("warning", "registration-rejected", "<b>");
  tell("info", "pool-element-registered", "w".repeat(1_000));
  const all = rowsOf(await fake.get("/"), "events");
  assert.deepEqual(all[0], ["04:05:06", `pool-element-registered ${"w".repeat(160)}…`]);
  assert.deepEqual(all[1], ["04:05:06", "registration-rejected warning &lt;b&gt;"]);
  assert.equal(all.length, 2);
  assert.equal(rowsOf(await fake.get("/?events=important"), "events").length, 1);
  for (let i = 0; i < 100; i++) tell("info", "pool-element-registered", "web");
  assert.equal(rowsOf(await fake.get("/"), "events").length, PAGE_LIMITS.events);
});

Deno.test("an empty registrar says how to fill it; one that does not serve says why", async () => {
  using fake = new FakePage(viewOf([], { state: "initializing" }));
  const page = await fake.get("/");
  assert.match(page, /There is no pool element yet/);
  assert.match(page, /It is starting: it asks its peers/);
});

const READER = { operates: false, mayRead: (poolHandle: string) => poolHandle === "web" };

Deno.test("who may resolve one pool sees that one: no identity, registrar or event", async () => {
  using fake = new FakePage(viewOf(POOLS));
  fake.events.tell({
    time: "2026-11-23T04:05:06.789Z",
    level: "info",
    event: "e",
    poolHandle: "mail",
  });
  for (const path of ["/", "/fragment", "/?filter=mail", "/?filter=alice", "/?pool=mail"]) {
    const page = await fake.get(path, READER);
    assert.doesNotMatch(
      page.replace(/value="[^"]*"|href="[^"]*"|in <bdi>mail/g, ""),
      /mail|alice/,
      path,
    );
    assert.doesNotMatch(page, /id="registrars"|id="events"|Uptime|Resolutions|metrics/, path);
    assert.doesNotMatch(page, new RegExp(VERSION.replaceAll(".", "\\.")), path);
  }
  const page = await fake.get("/", READER);
  assert.deepEqual(column(page, "pools", 0), ["web"]);
  assert.match(page, /Pool elements<\/dt> <dd>2</);
  assert.match(page, /data-live="asking"/);
  assert.deepEqual(rowsOf(await fake.get("/?filter=alice", READER), "elements"), []);
  const stranger = { operates: false, mayRead: () => false };
  assert.match(await fake.get("/", stranger), /There is no pool element that you may read/);
});

Deno.test("the server hands the page who asks, and compresses it", async () => {
  using fake = new FakePage(viewOf(POOLS));
  const shown = { ...fakeShown(), page: fake.page };
  assert.equal(ask(shown, "/metrics", { asker: READER }).status, 403);
  const read = (headers: Record<string, string>) => {
    const response = ask(shown, "/", { asker: READER, headers });
    assert.match(response.headers.get("content-security-policy")!, /default-src 'none'; /);
    return response;
  };
  const plain = await read({}).text();
  assert.match(plain, /web/);
  assert.doesNotMatch(plain, /mail/);
  const packed = read({ "accept-encoding": "gzip, br" });
  assert.equal(packed.headers.get("content-encoding"), "gzip");
  const stream = packed.body!.pipeThrough(new DecompressionStream("gzip"));
  assert.equal((await new Response(stream).text()).length, plain.length);
});

Deno.test("whatever handles, identities and events are called, they stay text", async () => {
  const hostile = [...HOSTILE, `hex:${"00ff".repeat(16)}`, "\u05e9\u05dc\u05d5\u05dd"];
  const pools = hostile.map((each, index) =>
    poolOf(each, [elementView(index + 1, { identity: each })])
  );
  using fake = new FakePage(viewOf(pools));
  for (const each of hostile) {
    fake.events.tell({
      time: "2026-11-23T04:05:06.789Z",
      level: "notice",
      event: "started",
      message: each,
      [each]: each,
    });
  }
  const harmless = await new FakePageOf(["web"]).tags();
  const query = hostile.map((each) => `/?filter=&pool=${encodeURIComponent(each.toWellFormed())}`);
  for (const path of ["/", "/?sort=-pool", ...query]) {
    const page = await fake.get(path);
    const tags = new Set([...page.matchAll(/<(\/?[a-z!]+[0-9]?)/gi)].map(([, tag]) => tag!));
    assert.deepEqual([...tags].filter((tag) => !harmless.has(tag)), [], path);
    assert.doesNotMatch(page.replace(/"[^"]*"/g, ""), /<[^>]*[\s"'/]on[a-z]+\s*=/i, path);
    assert.doesNotMatch(page, /[\p{Cf}\p{Co}\p{Cs}]|(?! )\p{Cc}/u, path);
  }
  const handles = column(await fake.get("/"), "pools", 0);
  assert.ok(handles.includes(`hex:${"00ff".repeat(16)}`));
  assert.ok(handles.includes("&lt;img src=x onerror=alert(1)&gt;"));
  assert.ok(handles.includes("\\u{202e}gnp.exe"));
});

/** A page about harmless pools, for what tags a page has. */
class FakePageOf {
  constructor(private readonly handles: readonly string[]) {}

  async tags(): Promise<Set<string>> {
    const peers = viewOf(this.handles.map((each) => poolOf(each, [elementView(1)])));
    using fake = new FakePage(peers);
    fake.events.tell({
      time: "2026-11-23T04:05:06.789Z",
      level: "notice",
      event: "e",
      message: "m",
    });
    const page = await fake.get("/") + await fake.get("/?pool=web");
    const reader = elementView(1, { identity: "x" });
    using other = new FakePage(viewOf([poolOf("web", [reader])]));
    const both = page + await other.get("/") + await other.get("/?filter=nobody");
    return new Set([...both.matchAll(/<(\/?[a-z!]+[0-9]?)/gi)].map(([, tag]) => tag!));
  }
}

Deno.test("readers: one more than there may be is told to come again", async () => {
  const many = Array.from({ length: PAGE_LIMITS.rows }, (_, index) => elementView(index + 1));
  using fake = new FakePage(viewOf([poolOf("web", many)]));
  const reading = Array.from(
    { length: PAGE_LIMITS.readers },
    () => fake.ask("/")!.body!.getReader(),
  );
  for (const reader of reading) assert.ok((await reader.read()).value!.length > 0);
  const refused = fake.ask("/fragment")!;
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "5");
  await refused.body?.cancel();
  for (const reader of reading) await reader.cancel();
  assert.match(await fake.get("/fragment"), /<main id="content"/);
});

Deno.test("style sheet and script come from here, nothing from elsewhere", async () => {
  using fake = new FakePage(viewOf(POOLS));
  const styles = fake.ask("/page.css")!;
  assert.equal(styles.headers.get("content-type"), "text/css; charset=utf-8");
  assert.doesNotMatch(await styles.text(), /@import|url\(/);
  const script = await fake.ask("/page.js")!.text();
  assert.doesNotMatch(script, /^\s*(import|export)\b/m);
  new Function(script);
  assert.equal(fake.ask("/metrics"), undefined);
  assert.equal(fake.ask("/page.css/x"), undefined);
  const page = await fake.get("/");
  assert.doesNotMatch(page, /(src|href|action)="(?!\/|#|data:,")/);
  assert.doesNotMatch(page, /<script(?! src="\/page.js">)|\sstyle=|<style/);
});
