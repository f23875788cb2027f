/**
 * Five registrars, pool elements and pool users, each in a process of its own, in a network of the
 * test's own. Whatever is waited for is looked for whenever a process has written something.
 */
import assert from "node:assert/strict";
import { type Running, Scratch } from "../integration/harness.ts";
import { CommandLineUser, LibraryUser, type Report } from "./clients.ts";
import {
  type Kind,
  optionsOf,
  SecurityFiles,
  type SecurityWish,
  type Shown,
} from "./credentials.ts";
import { type Host, Network, whyNoNetwork } from "./network.ts";
import { tell } from "./tell.ts";

/** The pool of all elements. */
export const POOL = "web";
const REGISTRARS = [1, 2, 3, 4, 5] as const;
/** Hosts of pool elements and of pool users. */
const OTHERS = ["e1", "e2", "u1", "u2"] as const;
/** By what a registrar is reached over each transport. */
const PORTS = {
  plain: { asap: 3863, enrp: 9901 },
  certificate: { asap: 3864, enrp: 9902 },
  psk: { asap: 13_864, enrp: 19_902 },
} as const;
/** So many elements have credentials. */
const SECURED_ELEMENTS = 8;
const HERE = decodeURIComponent(new URL(".", import.meta.url).pathname);

/** Number of a registrar, 1 to 5; its identifier, too. */
export type Registrar = typeof REGISTRARS[number];

/** A pool element: where it runs, and to whom it may turn. */
export interface ElementPlan {
  readonly host: "e1" | "e2";
  /** The registrars that it knows, in its order. */
  readonly registrars: readonly Registrar[];
}

/** What a registrar's log says of one event. */
export interface LogLine {
  readonly time: string;
  readonly event?: string;
  readonly message?: string;
  readonly identifier?: string;
  readonly target?: string;
  readonly by?: string;
}

/** When a pool element has a new home, and by what. */
export interface NewHome {
  /** Milliseconds since what made the old one fail. */
  readonly ms: number;
  readonly how: string;
}

interface Table {
  readonly pools: readonly { readonly poolElements: readonly Listed[] }[];
}

interface Listed {
  readonly identifier: string;
  readonly home: string;
}

interface Peers {
  readonly peers: readonly { readonly identifier: string; readonly state: string }[];
}

/** What a registrar holds, in an order of its own. */
interface View {
  /** `IDENTIFIER@HOME` of each pool element. */
  readonly elements: readonly string[];
  /** `IDENTIFIER STATE` of each peer. */
  readonly peers: readonly string[];
}

/** A test with a cluster; skipped by name where there can be none. */
export function clusterTest(
  name: string,
  family: 4 | 6,
  run: (cluster: Cluster) => Promise<void>,
  wish?: SecurityWish,
): void {
  const why = whyNoNetwork();
  const title = why === undefined ? name : `${name} (skipped: ${why})`;
  Deno.test({
    name: title,
    ignore: why !== undefined,
    async fn() {
      await using cluster = await Cluster.open(family, wish);
      await cluster.telling(() => run(cluster));
    },
  });
}

/** The identifier of a registrar, or of an element by its number, as text. */
export function identifierOf(kind: "registrar" | "element", number: number): string {
  return `0x${(kind === "registrar" ? number : 0xe00 + number).toString(16).padStart(8, "0")}`;
}

/** The cluster. */
export class Cluster implements AsyncDisposable {
  private readonly registrars = new Map<Registrar, Running>();
  /** All processes that were a registrar, with those that have ended. */
  private readonly history: { readonly registrar: Registrar; readonly running: Running }[] = [];
  private readonly elements: Running[] = [];
  private readonly watchers = new Map<Registrar, Running>();
  private readonly users: (CommandLineUser | LibraryUser)[] = [];
  /** What members of a secured cluster show. */
  private files: SecurityFiles | undefined;

  private constructor(
    private readonly family: 4 | 6,
    private readonly scratch: Scratch,
    private readonly network: Network,
  ) {}

  /** Five registrars that know each other. */
  static async open(family: 4 | 6, wish?: SecurityWish): Promise<Cluster> {
    const network = await Network.make([...REGISTRARS.map((each) => `r${each}`), ...OTHERS]);
    const cluster = new Cluster(family, await Scratch.make(), network);
    try {
      if (wish !== undefined) cluster.files = await cluster.secure(wish);
      // The first one finds nobody, and so serves alone; the others download from it.
      await cluster.start(1);
      await Promise.all(REGISTRARS.slice(1).map((each) => cluster.start(each)));
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  private async secure(wish: SecurityWish): Promise<SecurityFiles> {
    const places = REGISTRARS.map((number) => ({
      number,
      address: this.addressOf(this.network.host(`r${number}`)),
      enrpPsk: this.socket(number, PORTS.psk.enrp),
    }));
    return await SecurityFiles.write(this.scratch.folder, wish, places, SECURED_ELEMENTS);
  }

  /** Starts a registrar, and waits until it serves. */
  async start(registrar: Registrar): Promise<void> {
    const peers = REGISTRARS.flatMap((each) => ["--peer", this.enrp(each)]);
    const listeners = this.listenersOf(registrar);
    const identity = ["--id", identifierOf("registrar", registrar), "--timing", "fast"];
    const running = this.scratch.serve(
      "registrar",
      ["-v", "--log-format", "json", ...identity, ...listeners, ...peers],
      this.on(`r${registrar}`),
    );
    this.registrars.set(registrar, running);
    this.history.push({ registrar, running });
    await running.ready();
  }

  /** Where it listens; who secures it says who may do what, too. */
  private listenersOf(registrar: Registrar): string[] {
    if (this.files === undefined) {
      return ["--asap", this.asap(registrar), "--enrp", this.enrp(registrar)];
    }
    const listeners = this.files.kinds.flatMap((kind) => {
      const { asap, enrp } = PORTS[kind];
      const name = kind === "psk" ? "psk" : "tls";
      const [atAsap, atEnrp] = [this.socket(registrar, asap), this.socket(registrar, enrp)];
      return [`--asap-${name}`, atAsap, `--enrp-${name}`, atEnrp];
    });
    return [...this.files.registrarOptions(registrar), ...listeners];
  }

  /** Which registrar is the first to log an event of this type, once one has. */
  async firstToLog(type: string, withinMs: number): Promise<Registrar> {
    return await this.until(`an event ${type}`, withinMs, () => {
      const line = this.log().find(({ event }) => event === type);
      assert.ok(line !== undefined, "none has logged it");
      return Promise.resolve(line.registrar);
    });
  }

  /** Stops a registrar as it is, or lets it go on. */
  signal(registrar: Registrar, signal: "SIGSTOP" | "SIGCONT"): void {
    this.registrars.get(registrar)!.kill(signal);
  }

  /** The same with the `rserpool register` of a pool element. */
  signalElement(element: number, signal: "SIGSTOP" | "SIGCONT"): void {
    this.elements[element - 1]!.kill(signal);
  }

  /** Sends a registrar a signal that ends it, and waits until it has. */
  async end(registrar: Registrar, signal: Deno.Signal): Promise<void> {
    const running = this.registrars.get(registrar)!;
    this.registrars.delete(registrar);
    const { code } = await running.stop(signal);
    if (signal === "SIGTERM") assert.equal(code, 0, running.stderr);
  }

  /** Starts pool elements, numbered from 1, and waits until they are registered. */
  async register(plans: readonly ElementPlan[]): Promise<void> {
    const begun = plans.map((plan, at) => {
      const port = String(7001 + at);
      const address = this.addressOf(this.network.host(plan.host));
      const shown = this.files?.element(at + 1);
      const running = this.scratch.serve("register", [
        ...[POOL, "-v", "--log-format", "json", "--timing", "fast", "--drain", "0s"],
        ...["--id", identifierOf("element", at + 1), "--port", port],
        ...optionsOf(shown),
        ...plan.registrars.flatMap((each) => ["-r", this.asap(each, shown?.kind)]),
        ...["--", "setpriv", "--pdeathsig", "KILL", "--", "deno", "run", "--allow-net"],
        ...[`${HERE}servers/tcp_server.ts`, address, port],
      ], this.on(plan.host));
      this.elements.push(running);
      return running.ready();
    });
    await Promise.all(begun);
  }

  /**
   * Many pool elements in one process, in a pool of their own; each turns to another registrar
   * first. Their numbers.
   */
  async registerCrowd(host: "e1" | "e2", first: number, count: number): Promise<number[]> {
    const all = REGISTRARS.map((each) => this.asap(each));
    const identifier = identifierOf("element", first);
    const script = [`${HERE}servers/pool_elements.ts`, "crowd", identifier, String(count), ...all];
    await this.scratch.spawn("deno", ["run", "-A", ...script], this.on(host), "crowd")
      .prints(/registered/);
    return Array.from({ length: count }, (_, at) => first + at);
  }

  /**
   * From now on users resolve the pool through these registrars, in this order: `rserpool resolve`
   * on the host u1, twice a second, and a user of the library on u1 and on u2, in that cycle.
   */
  async use(registrars: readonly Registrar[] = REGISTRARS, cycleMs = 500): Promise<void> {
    const shown = this.files?.user;
    const all = registrars.map((each) => this.asap(each, shown?.kind));
    const question = [
      "rserpool",
      "resolve",
      POOL,
      "--no-header",
      ...optionsOf(shown),
      ...all.flatMap((at) => ["-r", at]),
    ];
    const command = [...this.network.host("u1").within, ...question];
    this.users.push(new CommandLineUser("resolve on u1", command, this.scratch.environment()));
    const script = ["run", "-A", `${HERE}servers/pool_user.ts`, String(cycleMs), POOL, ...all];
    const begun = ["u1", "u2"].map((host) => {
      const running = this.scratch.spawn("deno", script, this.showing(shown, host), "user");
      this.users.push(new LibraryUser(`PoolUser on ${host}`, running));
      return running.prints(/\n/);
    });
    await Promise.all(begun);
  }

  /** The users ask no more; what they saw. */
  async finishUsers(): Promise<Report[]> {
    const reports = await Promise.all(this.users.map((each) => each.finish()));
    this.users.length = 0;
    return reports;
  }

  /**
   * Others that may register in the pool ask one of these registrars for this element's identifier:
   * it belongs to who registered it. Protocol decision 29.
   */
  async requireOwner(element: number, registrars: readonly Registrar[]): Promise<void> {
    const id = identifierOf("element", element);
    const asking = this.files!.thieves.flatMap((shown) =>
      registrars.map(async (each) => {
        const whom = ["-r", this.asap(each, shown.kind), ...optionsOf(shown)];
        const what = [POOL, "--id", id, "--port", "7999", "--check", "none", "--drain", "0s"];
        const args = ["register", "--timing", "fast", ...what, ...whom];
        const { code, stderr } = await this.scratch.run(args, this.on("u2"));
        assert.equal(code, 6, stderr);
        assert.match(stderr, /was rejected: Rejected due to security considerations/);
      })
    );
    await Promise.all(asking);
  }

  /** Cuts the network in two: these hosts on one side, all others on the other. */
  async cut(hosts: readonly string[]): Promise<void> {
    await this.network.cut(hosts);
  }

  async heal(): Promise<void> {
    await this.network.heal();
  }

  /**
   * Resolved once each of these registrars lists these elements, each once, with a home that is one
   * of them, all the same; and knows just the others, all of them active. Who is their home.
   */
  async settled(
    registrars: readonly Registrar[],
    elements: readonly number[],
    withinMs: number,
  ): Promise<ReadonlyMap<number, Registrar>> {
    this.watch();
    const wanted = elements.map((each) => identifierOf("element", each)).sort();
    return await this.until("the registrars agree", withinMs, async () => {
      requireAgreement(registrars, wanted, registrars.map((each) => this.view(each)));
      const views = await Promise.all(registrars.map((each) => this.ask(each)));
      requireAgreement(registrars, wanted, views);
      const [{ elements: homes }] = views as [View];
      return new Map(elements.map((element) => {
        const [, home] = homes.find((each) => each.startsWith(identifierOf("element", element)))!
          .split("@") as [string, string];
        return [element, Number(home) as Registrar];
      }));
    });
  }

  /** All that the registrars have logged, in the order of time. */
  log(): readonly (LogLine & { readonly registrar: Registrar })[] {
    const lines = this.history.flatMap(({ registrar, running }) =>
      running.stderr.split("\n").slice(0, -1).filter((line) => line.startsWith("{"))
        .map((line) => ({ registrar, ...JSON.parse(line) as LogLine }))
    );
    return lines.sort((a, b) => a.time < b.time ? -1 : 1);
  }

  /** When the new home of each element was known there, in milliseconds since `since`. */
  newHomesAfter(since: number): Map<string, NewHome> {
    const found = new Map<string, NewHome>();
    for (const { time, event = "", identifier } of this.log()) {
      const ms = Date.parse(time) - since;
      const isNewHome = /^pool-element-((re)?registered|adopted)$/.test(event);
      if (!isNewHome || identifier === undefined || ms < 0 || found.has(identifier)) continue;
      found.set(identifier, { ms, how: event.replace("pool-element-", "") });
    }
    return found;
  }

  /** A watcher for each registrar, which tells when it is worth while to ask. */
  private watch(): void {
    for (const registrar of this.watchers.size === 0 ? REGISTRARS : []) {
      const script = ["run", "-A", `${HERE}servers/watcher.ts`, this.enrp(registrar)];
      const on = this.showing(this.files?.operator, `r${registrar}`);
      const running = this.scratch.spawn("deno", script, on, "watcher");
      this.watchers.set(registrar, running);
    }
  }

  /** What a watcher has told last; nothing yet is a reason to wait, too. */
  private view(registrar: Registrar): View {
    const { stdout } = this.watchers.get(registrar)!;
    const told = stdout.slice(0, stdout.lastIndexOf("\n"));
    const last = told.slice(told.lastIndexOf("\n") + 1);
    assert.ok(last.startsWith("{"), `registrar ${registrar} tells nothing`);
    return JSON.parse(last) as View;
  }

  /** What `dump` and `peers` say, asked on the registrar's own host, so that no cut is between. */
  private async ask(registrar: Registrar): Promise<View> {
    const { pools } = await this.observe<Table>(registrar, "dump");
    const { peers } = await this.observe<Peers>(registrar, "peers");
    const elements = pools.flatMap(({ poolElements }) =>
      poolElements.map(({ identifier, home }) => `${identifier}@${home}`)
    );
    const known = peers.map(({ identifier, state }) => `${identifier} ${state}`);
    return { elements: elements.sort(), peers: known.sort() };
  }

  private async observe<T>(registrar: Registrar, command: "dump" | "peers"): Promise<T> {
    const { within } = this.network.host(`r${registrar}`);
    const whom = ["--enrp-registrar", this.enrp(registrar), ...optionsOf(this.files?.operator)];
    const question = ["rserpool", command, ...whom, "-o", "json"];
    const [program, ...args] = [...within, ...question];
    const options = {
      args,
      env: this.scratch.environment(),
      clearEnv: true,
      stdin: "null",
    } as const;
    const { code, stdout, stderr } = await new Deno.Command(program!, options).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.equal(code, 0, text(stderr));
    return JSON.parse(text(stdout)) as T;
  }

  /** Looks whenever a process has written something, until nothing is wrong. */
  private async until<T>(what: string, withinMs: number, look: () => Promise<T>): Promise<T> {
    using watcher = Deno.watchFs(`${this.scratch.folder}/run`);
    const end = AbortSignal.timeout(withinMs);
    end.onabort = () => watcher.close();
    const events = watcher[Symbol.asyncIterator]();
    for (;;) {
      try {
        const seen = await look();
        end.onabort = null;
        return seen;
      } catch (error) {
        if (!(error instanceof assert.AssertionError)) throw error;
        const { done } = await events.next();
        if (!done) continue;
        assert.fail(`${what}: not within ${withinMs} ms: ${error.message}`);
      }
    }
  }

  /** A test that fails says what the registrars wrote. */
  async telling(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      for (const { registrar, time, event, ...fields } of this.log()) {
        tell(`r${registrar} ${time} ${event} ${JSON.stringify(fields)}`);
      }
      throw error;
    }
  }

  private on(host: string): { readonly within: readonly string[] } {
    return { within: this.network.host(host).within };
  }

  private addressOf({ v4, v6 }: Host): string {
    return this.family === 4 ? v4 : v6;
  }

  /** The same for a script, which finds in its environment what it shows. */
  private showing(shown: Shown | undefined, host: string) {
    return { ...this.on(host), ...(shown && { env: { SHOWN: JSON.stringify(shown) } }) };
  }

  private asap(registrar: Registrar, kind?: Kind): string {
    return this.socket(registrar, PORTS[kind ?? "plain"].asap);
  }

  private enrp(registrar: Registrar): string {
    return this.socket(registrar, PORTS[this.files?.registrars ?? "plain"].enrp);
  }

  private socket(registrar: Registrar, port: number): string {
    const address = this.addressOf(this.network.host(`r${registrar}`));
    return this.family === 4 ? `${address}:${port}` : `[${address}]:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.users.map((each) => each.finish().catch(() => {})));
    await this.scratch[Symbol.asyncDispose]();
    await this.network[Symbol.asyncDispose]();
  }
}

/** The registrars hold the same, which is what is wanted, and know each other. */
function requireAgreement(
  registrars: readonly Registrar[],
  wanted: readonly string[],
  views: readonly View[],
): void {
  const ids = registrars.map((each) => identifierOf("registrar", each));
  const seen = JSON.stringify(views);
  views.forEach(({ elements, peers }, at) => {
    assert.deepEqual(elements, views[0]!.elements, `tables differ: ${seen}`);
    assert.deepEqual(elements.map((each) => each.split("@")[0]), wanted, `wrong elements: ${seen}`);
    for (const each of elements) assert.ok(ids.includes(each.split("@")[1]!), `dead home: ${seen}`);
    const others = ids.filter((_, each) => each !== at).map((id) => `${id} active`);
    assert.deepEqual(peers, others, `wrong peers: ${seen}`);
  });
}

/** All registrars. */
export const ALL: readonly Registrar[] = REGISTRARS;
