/**
 * A headless Chromium, driven over its DevTools protocol: no more of it than the tests of the page
 * need. A fresh profile each, nothing in the background, and whatever goes wrong in it is kept.
 */
import assert from "node:assert/strict";
import { removed } from "../integration/harness.ts";

/** What it is called on this machine, if it is there; some only say how to get it. */
const PROGRAM = ["chromium", "chromium-browser", "google-chrome"].find((name) =>
  new Deno.Command("sh", { args: ["-c", `${name} --version`] }).outputSync().success
);

/** Whether there is one; a test that needs it is ignored, by name, without it. */
export const HAS_CHROMIUM = PROGRAM !== undefined;

/** What has not happened by then does not happen any more. */
const PATIENCE_MS = 60_000;

const FLAGS: readonly string[] = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--no-default-browser-check",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-default-apps",
  "--disable-extensions",
  "--disable-sync",
  "--hide-scrollbars",
  "--remote-debugging-port=0",
];

/** What the browser itself does with a key, it does by its number. */
const KEY_CODES: Readonly<Record<string, number>> = { Enter: 13, Escape: 27 };

type Parameters = Readonly<Record<string, unknown>>;
// deno-lint-ignore no-explicit-any -- answers of the protocol are read as they come
type Answer = any;

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** The browser; its pages end with it. */
export class Chromium implements AsyncDisposable {
  private readonly child: Deno.ChildProcess;
  private readonly folder: string;
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, Waiting>();
  private readonly pages = new Map<string, Page>();
  private count = 0;

  private constructor(child: Deno.ChildProcess, folder: string, socket: WebSocket) {
    this.child = child;
    this.folder = folder;
    this.socket = socket;
    socket.onmessage = ({ data }) => this.received(JSON.parse(data));
  }

  static async start(): Promise<Chromium> {
    const folder = await Deno.makeTempDir({ prefix: "rserpool-chromium-" });
    const child = new Deno.Command(PROGRAM!, {
      args: [...FLAGS, `--user-data-dir=${folder}`, "about:blank"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const address = await debuggerOf(child.stderr);
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return new Chromium(child, folder, socket);
  }

  /** A page of its own, with storage of its own. */
  async page(options: { readonly javaScript?: boolean } = {}): Promise<Page> {
    const { browserContextId } = await this.send("Target.createBrowserContext");
    const target = { url: "about:blank", browserContextId };
    const { targetId } = await this.send("Target.createTarget", target);
    const attached = await this.send("Target.attachToTarget", { targetId, flatten: true });
    const page = new Page(this, attached.sessionId);
    this.pages.set(attached.sessionId, page);
    await page.begin(options.javaScript ?? true);
    return page;
  }

  /** Asks something of the browser or of a page. */
  send(method: string, parameters: Parameters = {}, sessionId?: string): Promise<Answer> {
    const id = ++this.count;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.waiting.set(id, { resolve, reject });
    this.socket.send(JSON.stringify({ id, method, params: parameters, sessionId }));
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.socket.onclose = resolve);
    await this.send("Browser.close").catch(() => {});
    this.socket.close();
    await closed;
    await this.child.status;
    await removed(this.folder);
  }

  private received({ id, error, result, sessionId, method, params }: Answer): void {
    if (id === undefined) return this.pages.get(sessionId)?.happened(method, params);
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error.message));
  }
}

/** One page, as somebody uses it. */
export class Page {
  /** What the page complained of: errors of its script, of its policy, of requests. */
  readonly complaints: string[] = [];
  /** Everything that was asked for. */
  readonly requests: string[] = [];
  private readonly browser: Chromium;
  private readonly session: string;
  private loaded = Promise.withResolvers<void>();
  /** Documents that are there, by the navigation that brought them. */
  private readonly arrived = new Set<string>();

  constructor(browser: Chromium, session: string) {
    this.browser = browser;
    this.session = session;
  }

  /** Listens to what happens in it. */
  async begin(javaScript: boolean): Promise<void> {
    for (const domain of ["Page", "Runtime", "Network", "Log"]) await this.send(`${domain}.enable`);
    await this.send("Page.setLifecycleEventsEnabled", { enabled: true });
    if (!javaScript) await this.send("Emulation.setScriptExecutionDisabled", { value: true });
  }

  send(method: string, parameters: Parameters = {}): Promise<Answer> {
    return this.browser.send(method, parameters, this.session);
  }

  happened(method: string, parameters: Answer): void {
    if (method === "Page.lifecycleEvent" && parameters.name === "load") {
      this.arrived.add(parameters.loaderId);
      this.loaded.resolve();
    }
    if (method === "Network.requestWillBeSent") this.requests.push(parameters.request.url);
    if (method === "Runtime.exceptionThrown") {
      const { exceptionDetails: { text, exception } } = parameters;
      this.complaints.push(`${text} ${exception?.description ?? ""}`);
    }
    if (method === "Runtime.consoleAPICalled" && parameters.type === "error") {
      this.complaints.push(parameters.args.map(({ value }: Answer) => value).join(" "));
    }
    if (method === "Log.entryAdded" && parameters.entry.level === "error") {
      this.complaints.push(`${parameters.entry.text} ${parameters.entry.url ?? ""}`);
    }
  }

  /** Resolved when the next page is there. */
  loads(): Promise<void> {
    this.loaded = Promise.withResolvers();
    return this.loaded.promise;
  }

  async open(address: string): Promise<void> {
    const { loaderId } = await this.send("Page.navigate", { url: address });
    // The empty page of the beginning may be told only now.
    while (!this.arrived.has(loaderId)) await this.loads();
  }

  /** As large as a telephone or a desk, in light or in the dark. */
  async look(width: number, height: number, theme: "light" | "dark" = "light"): Promise<void> {
    const metrics = { width, height, deviceScaleFactor: 1, mobile: width < 600 };
    await this.send("Emulation.setDeviceMetricsOverride", metrics);
    const features = [{ name: "prefers-color-scheme", value: theme }];
    await this.send("Emulation.setEmulatedMedia", { features });
  }

  /** What an expression is, there. */
  async ask<T>(expression: string): Promise<T> {
    const asked = { expression, returnByValue: true, awaitPromise: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", asked);
    if (exceptionDetails === undefined) return result.value;
    throw new Error(`${expression}: ${exceptionDetails.exception?.description}`);
  }

  /** Resolved when an expression is true, which is looked at before each frame. */
  async until(expression: string): Promise<void> {
    const isTrue = await this.ask(`new Promise((resolve) => {
      const end = performance.now() + ${PATIENCE_MS};
      const look = () => {
        if (${expression}) resolve(true);
        else if (performance.now() > end) resolve(false);
        else requestAnimationFrame(look);
      };
      look();
    })`);
    if (isTrue === true) return;
    const text = await this.ask<string>("document.body.innerText");
    assert.fail(`${expression} was not so within ${PATIENCE_MS} ms:\n${text.slice(0, 2000)}`);
  }

  /** The text of what a selector finds, each by itself. */
  async texts(selector: string): Promise<string[]> {
    const found = `[...document.querySelectorAll(${JSON.stringify(selector)})]`;
    return await this.ask(`${found}.map((each) => each.innerText.trim())`);
  }

  /** Clicks into the middle of the first that a selector finds. */
  async click(selector: string): Promise<void> {
    const box = await this.ask<{ x: number; y: number } | null>(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      if (element === null) return null;
      element.scrollIntoView({ block: "center" });
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    })()`);
    assert.ok(box, `there is no ${selector} to click`);
    const button = { button: "left", clickCount: 1, ...box };
    await this.send("Input.dispatchMouseEvent", { type: "mousePressed", ...button });
    await this.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...button });
  }

  /** Presses one key, by its name or its character. */
  async press(key: string): Promise<void> {
    const text = key.length === 1 ? { text: key } : key === "Enter" ? { text: "\r" } : {};
    const pressed = { key, windowsVirtualKeyCode: KEY_CODES[key] ?? 0, ...text };
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", ...pressed });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", ...pressed });
  }

  async type(text: string): Promise<void> {
    for (const character of text) await this.press(character);
  }

  /** A picture of what is to be seen, or of the whole page. */
  async picture(path: string, options: { readonly isWhole?: boolean } = {}): Promise<void> {
    const captureBeyondViewport = options.isWhole ?? false;
    const asked = { format: "png", captureBeyondViewport };
    const { data } = await this.send("Page.captureScreenshot", asked);
    await Deno.writeFile(path, Uint8Array.fromBase64(data));
  }
}

/** The address at which it can be driven: it says so at its start. */
async function debuggerOf(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const lines = stderr.getReader();
  const decoder = new TextDecoder();
  const patience = AbortSignal.timeout(PATIENCE_MS);
  patience.onabort = () => void lines.cancel();
  try {
    for (let text = "";;) {
      const { done, value } = await lines.read();
      assert.ok(!done, `Chromium did not start:\n${text}`);
      text += decoder.decode(value, { stream: true });
      const [, address] = /DevTools listening on (ws:\S+)/.exec(text) ?? [];
      if (address === undefined) continue;
      void drain(lines);
      return address;
    }
  } finally {
    patience.onabort = null;
  }
}

/** Who writes into a full pipe stops. */
async function drain(lines: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  while (!(await lines.read()).done) continue;
}
