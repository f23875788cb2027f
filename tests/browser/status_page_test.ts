/**
 * The status page of a real registrar in a real browser, as somebody uses it. The names of pools
 * are chosen by strangers, and somewhere between two looks the registrar is killed.
 */
import assert from "node:assert/strict";
import { PoolElement, type PoolElementSettings } from "../../mod.ts";
import { Scratch } from "../integration/harness.ts";
import { Chromium, HAS_CHROMIUM, type Page } from "./chromium.ts";
import { COMPLAINTS_OF_READERS } from "./readable.ts";

const HOSTILE: readonly string[] = [
  "<img src=x onerror=alert(1)>",
  `"'><script>alert(1)</script>`,
  "hex:e280ae6162e280ac",
  `hex:${"00ff".repeat(16)}`,
  "W\u0337\u031b\u0348\u0339\u0312eb",
  "x".repeat(32),
  "\u05e9\u05dc\u05d5\u05dd",
];

/** A registrar, a browser, and the elements of a test; all gone when it is over. */
class Stage implements AsyncDisposable {
  private readonly scratch: Scratch;
  private readonly elements: PoolElement[] = [];
  private readonly browser: Chromium;
  private registrar: Awaited<ReturnType<Scratch["registrar"]>>;

  private constructor(scratch: Scratch, browser: Chromium, registrar: Stage["registrar"]) {
    this.scratch = scratch;
    this.browser = browser;
    this.registrar = registrar;
  }

  static async set(): Promise<Stage> {
    const scratch = await Scratch.make();
    const starting = Chromium.start();
    const registrar = await scratch.registrar(["--http", "127.0.0.1:0", "--timing", "fast"]);
    return new Stage(scratch, await starting, registrar);
  }

  async address(): Promise<string> {
    const { http } = await this.registrar.ready() as unknown as { http: string[] };
    return `http://${http[0]}/`;
  }

  get identifier(): string {
    return this.registrar.at.identifier;
  }

  async register(poolHandle: string, changes: Partial<PoolElementSettings> = {}) {
    const [host, port] = this.registrar.at.asap.split(":") as [string, string];
    const registrars = [{ host, port: Number(port) }];
    const settings = { registrars, poolHandle, port: 8080, asap: false, ...changes } as const;
    const element = new PoolElement(settings);
    this.elements.push(element);
    await element.register();
    return element;
  }

  /** The page, opened where a registrar serves it. */
  async open(path = "", options: { readonly javaScript?: boolean } = {}): Promise<Page> {
    const page = await this.browser.page(options);
    await page.look(1440, 900);
    await page.open(await this.address() + path);
    if (options.javaScript ?? true) await page.until(LIVE);
    return page;
  }

  async killRegistrar(): Promise<void> {
    await this.registrar.stop("SIGKILL");
  }

  /** Another registrar in the place of the one before. */
  async startRegistrar(address: string): Promise<void> {
    this.registrar = await this.scratch.registrar(["--http", new URL(address).host]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser[Symbol.asyncDispose]();
    await this.scratch[Symbol.asyncDispose]();
    for (const element of this.elements) await element.close();
  }
}

const LIVE = `document.getElementById("connection").textContent === "live"`;
const rows = (section: string) => `document.querySelectorAll("#${section} tbody tr").length`;
const cells = (page: Page, column: number) =>
  page.texts(`#elements tbody tr > :nth-child(${column})`);

/** Nothing of elsewhere, and nothing that the browser had to complain of. */
async function assertContent(page: Page): Promise<void> {
  const { origin } = new URL(await page.ask<string>("location.href"));
  const elsewhere = page.requests.filter((url) => !/^(data|about):/.test(url))
    .filter((url) => new URL(url).origin !== origin);
  assert.deepEqual(elsewhere, []);
  assert.deepEqual(page.complaints, []);
}

const ignore = !HAS_CHROMIUM;

Deno.test("clicks: sort, one pool, filter, light and dark", { ignore }, async () => {
  await using stage = await Stage.set();
  for (const pool of ["web", "web", "mail"]) {
    const load = pool === "web" ? 0x40000000 : 0xe0000000;
    await stage.register(pool, { policy: { name: "least-used", load } });
  }
  const page = await stage.open();
  await page.until(`${rows("elements")} === 3`);
  assert.deepEqual(await cells(page, 1), ["mail", "web", "web"]);
  await page.click("#elements th:nth-child(6) a");
  await page.until(`document.querySelector("#elements td:nth-child(6)").innerText.includes("25")`);
  assert.deepEqual((await cells(page, 6)).map((each) => each.trim()), ["25 %", "25 %", "88 %"]);
  await page.click("#elements th:nth-child(6) a");
  await page.until(`location.search === "?sort=-load"`);
  await page.until(`document.querySelector("#elements tbody th").innerText === "mail"`);
  await page.click("#pools tbody tr:nth-child(2) a");
  await page.until(`${rows("elements")} === 2`);
  assert.equal(await page.ask("location.search"), "?pool=web&sort=-load");
  await page.click("#elements .all");
  await page.until(`${rows("elements")} === 3`);
  await page.click("#filter");
  await page.type("mai");
  // The page looks between two keys, too, if they come slowly.
  await page.until(`location.search === "?sort=-load&filter=mai" && ${rows("elements")} === 1`);
  assert.equal(await page.ask("document.activeElement.id"), "filter");
  await page.ask("history.back()");
  await page.until(`${rows("elements")} === 2 || ${rows("elements")} === 3`);
  assert.equal(await page.ask("document.getElementById('filter').value"), "");
  const back = "getComputedStyle(document.body).backgroundColor";
  const light = await page.ask(back);
  await page.click("#theme");
  await page.until(`${back} !== ${JSON.stringify(light)}`);
  assert.equal(await page.ask("document.getElementById('theme').innerText"), "Light");
  await page.open(await stage.address());
  assert.notEqual(await page.ask(back), light);
  await assertContent(page);
});

Deno.test("keys: filter, rows, sorting, dark, and what the keys are", { ignore }, async () => {
  await using stage = await Stage.set();
  for (const pool of ["alpha", "beta", "gamma"]) await stage.register(pool);
  const page = await stage.open();
  const focused = `document.activeElement.innerText.trim()`;
  await page.press("/");
  assert.equal(await page.ask("document.activeElement.id"), "filter");
  await page.type("a j");
  await page.until(`location.search === "?filter=a+j" && ${rows("elements")} === 0`);
  await page.press("Escape");
  await page.until(`${rows("elements")} === 3`);
  await page.press("Escape");
  assert.equal(await page.ask("document.activeElement.tagName"), "BODY");
  await page.press("j");
  assert.match(await page.ask(focused), /^alpha/);
  await page.press("j");
  await page.press("ArrowDown");
  assert.match(await page.ask(focused), /^gamma/);
  await page.press("k");
  assert.match(await page.ask(focused), /^beta/);
  await page.press("Enter");
  await page.until(`location.search === "?pool=beta" && ${rows("elements")} === 1`);
  await page.press("a");
  await page.until(`${rows("elements")} === 3`);
  await page.press("r");
  await page.until(`location.search === "?sort=-pool"`);
  await page.press("s");
  await page.until(`location.search === "?sort=element"`);
  await page.press("t");
  assert.equal(await page.ask("document.documentElement.dataset.theme"), "dark");
  await page.press("?");
  await page.until(`document.querySelector("dialog").open`);
  await page.press("t");
  assert.equal(await page.ask("document.documentElement.dataset.theme"), "dark");
  await page.press("Escape");
  await page.until(`!document.querySelector("dialog").open`);
  await assertContent(page);
});

Deno.test("live: who comes and goes; focus, selection and filter stay", { ignore }, async () => {
  await using stage = await Stage.set();
  await stage.register("web");
  const page = await stage.open();
  await page.press("j");
  await page.ask(`getSelection().selectAllChildren(document.querySelector("#elements th bdi"))`);
  const focused = `document.activeElement.getAttribute("data-key")`;
  const before = await page.ask<string>(focused);
  assert.match(before, /^web 0x/);
  const other = await stage.register("mail");
  await page.until(`${rows("elements")} === 2 && ${rows("pools")} === 2`);
  assert.equal(await page.ask(focused), before);
  assert.equal(await page.ask("String(getSelection())"), "web");
  assert.match((await page.texts("#events tbody tr:first-child"))[0]!, /registered .*mail/s);
  await page.press("/");
  await page.type("web");
  await page.until(`${rows("elements")} === 1`);
  await other.deregister();
  await page.until(`document.querySelector("#pools h2").innerText.includes("1 of 1") ||
    document.querySelector("#pools small").innerText === "1"`);
  assert.equal(await page.ask("document.getElementById('filter').value"), "web");
  assert.equal(await page.ask("document.activeElement.id"), "filter");
  // It has no ASAP endpoint at which it could be found again, and has not de-registered.
  const lost = await stage.register("web-lost");
  await lost.close();
  await page.until(`document.querySelector("#elements .badge.bad")?.innerText === "lost"`);
  await page.until(`document.querySelector("#pools b.bad")?.innerText === "1"`);
  await assertContent(page);
});

Deno.test("a killed registrar is told, and the next one is seen", { ignore }, async () => {
  await using stage = await Stage.set();
  await stage.register("web");
  const page = await stage.open();
  const { identifier } = stage;
  const address = await stage.address();
  assert.deepEqual(await page.texts("h1 .id"), [identifier]);
  await stage.killRegistrar();
  const unreachable = `document.getElementById("unreachable")`;
  await page.until(`!${unreachable}.hidden && ${unreachable}.innerText.includes("no connection")`);
  const [words] = await page.texts("#unreachable");
  assert.match(words!, /The registrar does not answer \(no connection\): .* Last seen \d+ s ago\./);
  assert.equal(await page.ask("document.getElementById('connection').innerText"), "not reachable");
  assert.deepEqual(await cells(page, 1), ["web"]);
  await stage.startRegistrar(address);
  await page.until(`${unreachable}.hidden && ${LIVE}`);
  assert.notEqual(stage.identifier, identifier);
  assert.deepEqual(await page.texts("h1 .id"), [stage.identifier]);
  await stage.register("mail");
  await page.until(`${rows("elements")} === 1`);
  assert.deepEqual(await cells(page, 1), ["mail"]);
});

Deno.test("without JavaScript: tables, links that sort, a form", { ignore }, async () => {
  await using stage = await Stage.set();
  for (const pool of ["web", "mail"]) await stage.register(pool);
  const page = await stage.open("?sort=-pool", { javaScript: false });
  assert.deepEqual(await cells(page, 1), ["web", "mail"]);
  assert.match(await page.ask("document.body.innerText"), /does not change by itself: reload it/);
  assert.equal(await page.ask("document.getElementById('theme').hidden"), true);
  const loads = async (act: () => Promise<void>) => {
    const loaded = page.loads();
    await act();
    await loaded;
  };
  await page.click("#filter");
  await page.type("mail");
  await loads(() => page.press("Enter"));
  assert.match(await page.ask("location.search"), /^\?filter=mail&sort=-pool$/);
  assert.deepEqual(await cells(page, 1), ["mail"]);
  await loads(() => page.click("#elements th:nth-child(1) a"));
  assert.equal(await page.ask("location.search"), "?filter=mail");
  await loads(() => page.click("h1 a"));
  assert.deepEqual(await cells(page, 1), ["mail", "web"]);
  await assertContent(page);
});

Deno.test("hostile names are text; everybody can read it, on any screen", { ignore }, async () => {
  await using stage = await Stage.set();
  for (const pool of HOSTILE) await stage.register(pool);
  await stage.register("load", { policy: { name: "least-used", load: 0xf8000000 } });
  const page = await stage.open();
  await page.until(`${rows("elements")} === ${HOSTILE.length + 1}`);
  const shown = new Set(await page.texts("#elements tbody th"));
  for (const pool of HOSTILE) assert.ok(shown.has(pool), `${pool} is not among ${[...shown]}`);
  assert.equal(await page.ask(`document.querySelectorAll("main img, main script").length`), 0);
  await page.click(`#pools tbody tr[data-key^="<img"] a`);
  await page.until(`${rows("elements")} === 1`);
  assert.deepEqual(await cells(page, 1), [HOSTILE[0]]);
  await page.press("a");
  await page.until(`${rows("elements")} > 1`);
  for (const [width, height] of [[360, 740], [390, 844], [900, 1000], [1440, 900]] as const) {
    for (const theme of ["light", "dark"] as const) {
      await page.look(width, height, theme);
      const complaints = await page.ask<string[]>(COMPLAINTS_OF_READERS);
      assert.deepEqual(complaints, [], `at ${width}, ${theme}`);
    }
  }
  await assertContent(page);
});
