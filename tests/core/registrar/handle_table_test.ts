/** Downloads of the handle table, page by page. RFC 5353 §2.3 and §3.2.3. */
import assert from "node:assert/strict";
import { enrp } from "../../../lib/wire/mod.ts";
import { type Client, element, type Of, World, type WorldOptions } from "./registrar_world.ts";

function nextPage(observer: Client, ownChildrenOnly = false): Of<"ENRP_HANDLE_TABLE_RESPONSE"> {
  const request = { sender: 0, receiver: 0, ownChildrenOnly };
  observer.send({ type: "ENRP_HANDLE_TABLE_REQUEST", ...request });
  return observer.take("ENRP_HANDLE_TABLE_RESPONSE");
}

/** The elements of a page as "handle identifier". */
function names(page: Of<"ENRP_HANDLE_TABLE_RESPONSE">): string[] {
  return page.pools.flatMap(({ poolHandle, poolElements }) =>
    poolElements.map((each) => `${poolHandle} ${each.identifier}`)
  );
}

/** The rest of a table, and how many pages it took. */
function download(observer: Client, ownChildrenOnly = false): { all: string[]; pages: number } {
  const all: string[] = [];
  for (let pages = 1;; pages++) {
    const page = nextPage(observer, ownChildrenOnly);
    assert.equal(page.reject, false);
    all.push(...names(page));
    if (!page.moreToSend) return { all, pages };
  }
}

/** A world with elements 1 to `count` in turn in pools a and b, of one client. */
function filled(
  count: number,
  limits: WorldOptions["limits"] = {},
): { world: World; client: Client } {
  const world = new World({ limits });
  const client = world.connect();
  for (let identifier = 1; identifier <= count; identifier++) {
    client.registered(identifier % 2 === 0 ? "b" : "a", element(identifier));
  }
  return { world, client };
}

Deno.test("an empty handlespace is one page without pool entries", () => {
  const page = nextPage(new World().observer());
  assert.deepEqual([page.pools, page.moreToSend, page.reject], [[], false, false]);
});

Deno.test("tablePageElements: so many elements in a message, whatever pools they are in", () => {
  const { world } = filled(7, { tablePageElements: 3 });
  const observer = world.observer();
  const pages = [nextPage(observer), nextPage(observer), nextPage(observer)].map(names);
  assert.deepEqual(pages, [["a 1", "a 3", "a 5"], ["a 7", "b 2", "b 4"], ["b 6"]]);
  // Each page starts its pool entries anew, and the next request starts a new download.
  assert.deepEqual(names(nextPage(observer)), ["a 1", "a 3", "a 5"]);
});

Deno.test("a table of exactly one page or two has no empty page behind", () => {
  const { world } = filled(6, { tablePageElements: 3 });
  assert.equal(download(world.observer()).pages, 2);
  assert.equal(world.told("download-began").length, 1);
  const { world: small } = filled(3, { tablePageElements: 3 });
  assert.equal(download(small.observer()).pages, 1);
  assert.deepEqual(small.told("download-began"), []);
});

Deno.test("tablePageBytes: a message has no more, and at least one element", () => {
  const { world } = filled(20, { tablePageBytes: 12 + 8 + 5 * 40 });
  const observer = world.observer();
  const page = nextPage(observer);
  assert.equal(names(page).length, 5);
  assert.equal(enrp.encode(page).length, 12 + 8 + 5 * 40);
  // Now with two handles: one element less.
  assert.deepEqual(names(nextPage(observer)), ["a 11", "a 13", "a 15", "a 17", "a 19"]);
  const { world: tiny } = filled(3, { tablePageBytes: 1 });
  assert.deepEqual(download(tiny.observer()), { all: ["a 1", "a 3", "b 2"], pages: 3 });
});

Deno.test("a page over two pools counts both handles", () => {
  const { world } = filled(4, { tablePageBytes: 12 + 8 + 8 + 3 * 40 });
  assert.deepEqual(names(nextPage(world.observer())), ["a 1", "a 3", "b 2"]);
  const { world: less } = filled(4, { tablePageBytes: 12 + 8 + 8 + 3 * 40 - 1 });
  assert.deepEqual(names(nextPage(less.observer())), ["a 1", "a 3"]);
});

Deno.test(
  "own children come in the order of their registration, pools grouped " +
    "in each page",
  () => {
    const { world } = filled(6, { tablePageElements: 4 });
    const observer = world.observer();
    assert.deepEqual(names(nextPage(observer, true)), ["a 1", "a 3", "b 2", "b 4"]);
    assert.deepEqual(names(nextPage(observer, true)), ["a 5", "b 6"]);
  },
);

Deno.test("another kind of request begins another download", () => {
  const { world } = filled(6, { tablePageElements: 2 });
  const observer = world.observer();
  nextPage(observer, false);
  assert.deepEqual(names(nextPage(observer, true)), ["a 1", "b 2"]);
  assert.deepEqual(names(nextPage(observer, false)), ["a 1", "a 3"]);
});

Deno.test("what is removed before its page is sent is not sent; what is added is", () => {
  const { world, client } = filled(6, { tablePageElements: 2 });
  const observer = world.observer();
  nextPage(observer);
  // The one that begins the next page, one behind it, and one that was sent.
  for (const [handle, identifier] of [["a", 5], ["b", 2], ["a", 1]] as const) {
    client.deregister(handle, identifier);
  }
  client.registered("b", element(8));
  assert.deepEqual(download(observer).all, ["b 4", "b 6", "b 8"]);
});

Deno.test("a download whose rest is removed ends with an empty page", () => {
  const { world, client } = filled(3, { tablePageElements: 2 });
  const observer = world.observer();
  assert.equal(nextPage(observer).moreToSend, true);
  client.deregister("b", 2);
  const page = nextPage(observer);
  assert.deepEqual([page.pools, page.moreToSend, page.reject], [[], false, false]);
});

Deno.test("maxDownloads: a further one is rejected, small tables are not", () => {
  const { world } = filled(4, { tablePageElements: 2, maxDownloads: 2 });
  const [first, second, third] = [world.observer(), world.observer(), world.observer()];
  nextPage(first);
  nextPage(second);
  assert.equal(nextPage(third).reject, true);
  assert.equal(world.told("download-rejected")[0]?.association, third.association);
  // A download that ends, by its last page or with its association, leaves its place.
  assert.equal(nextPage(first).moreToSend, false);
  assert.equal(nextPage(third).moreToSend, true);
  second.leave();
  assert.equal(nextPage(first).moreToSend, true);
  const { world: small } = filled(2, { tablePageElements: 2, maxDownloads: 0 });
  assert.equal(nextPage(small.observer()).reject, false);
});

Deno.test("downloadIdleMs: a download that rests longer begins anew", () => {
  const { world } = filled(6, { tablePageElements: 2, downloadIdleMs: 1000 });
  const observer = world.observer();
  assert.deepEqual(names(nextPage(observer)), ["a 1", "a 3"]);
  world.advance(999);
  assert.deepEqual(names(nextPage(observer)), ["a 5", "b 2"]);
  world.advance(1000);
  assert.deepEqual(names(nextPage(observer)), ["a 1", "a 3"]);
});

Deno.test("a table of many elements is told whole, each once", () => {
  const { world } = filled(5000);
  const { all, pages } = download(world.observer());
  assert.equal(new Set(all).size, 5000);
  assert.equal(all.length, 5000);
  assert.equal(pages, Math.ceil(5000 / world.limits.tablePageElements));
});
