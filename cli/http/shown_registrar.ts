/** What a registrar shows over HTTP: its handlespace, its peers and itself. */

import type { Api, ElementView, PeerView, RegistrarPoolView, RegistrarView } from "../api.ts";
import type { EventSource } from "../events/told_event.ts";
import { VERSION } from "../version.ts";
import { Views } from "../views.ts";
import { windowOf } from "./window.ts";
import type { Question, Readiness, Shown } from "./shown.ts";

/** What it is made of. */
export interface ShownRegistrarSettings {
  readonly api: Api;
  readonly view: () => RegistrarView;
  /** Where it listens, by kind: `asap`, `enrp`, ... */
  readonly listeners: () => Readonly<Record<string, readonly string[]>>;
  /** Milliseconds since the start of the process. */
  readonly uptimeMs: () => number;
  readonly metrics: () => string;
  readonly events: EventSource;
}

/** A registrar, as its HTTP server sees it. */
export function shownRegistrar(settings: ShownRegistrarSettings): Shown {
  const registrar = new ShownRegistrar(settings);
  return {
    command: "registrar",
    metrics: settings.metrics,
    readiness: () => readinessOf(settings.view()),
    api: {
      registrar: () => registrar.itself(),
      pools: (question) => registrar.pools(question),
      peers: () => registrar.peers(),
    },
    filtered: ["pools"],
    events: settings.events,
  };
}

const REASONS: Readonly<Record<RegistrarView["state"], string>> = {
  initializing: "initializing: it asks its peers for the handle table before it serves",
  serving: "serving",
  stopping: "stopping: its peers take its pool elements over",
};

function readinessOf({ state }: RegistrarView): Readiness {
  return { isReady: state === "serving", reason: REASONS[state] };
}

/** The JSON of a registrar; keys are those of the command line, and some beside them. */
class ShownRegistrar {
  private readonly settings: ShownRegistrarSettings;
  private readonly views: Views;

  constructor(settings: ShownRegistrarSettings) {
    this.settings = settings;
    this.views = new Views(settings.api);
  }

  /** As `status -o json` has it, and more. */
  itself() {
    const { listeners, uptimeMs, api: { formatIdentifier } } = this.settings;
    const view = this.settings.view();
    const { pools, poolElements, children, associations } = view.statistics;
    return {
      ...this.head(view),
      serves: view.state === "serving",
      state: view.state,
      version: VERSION,
      pid: Deno.pid,
      uptimeMs: Math.round(uptimeMs()),
      checksum: `0x${view.checksum.toString(16).padStart(4, "0")}`,
      listeners: listeners(),
      pools,
      poolElements,
      ownPoolElements: children,
      associations,
      homes: [...view.homes].map(([home, count]) => ({
        identifier: formatIdentifier(home),
        poolElements: count,
      })),
    };
  }

  /** As `dump -o json` has it, and more; `pool`, `limit` and `offset` choose. */
  pools({ parameters, asker }: Question) {
    const view = this.settings.view();
    const wanted = parameters.getAll("pool");
    const { offset, limit } = windowOf(parameters);
    // The elements are live: they are all looked at now, and written while others change them.
    const pools = chosen(view, wanted)
      .filter(({ poolHandle }) => asker.mayRead(poolHandle))
      .map((pool) => ({ pool, elements: [...pool.elements()] }));
    const total = pools.reduce((sum, { elements }) => sum + elements.length, 0);
    const shown = slice(pools, offset, limit);
    return { ...this.head(view), total, pools: shown.values().map((pool) => this.pool(pool)) };
  }

  /** As `peers -o json` has it, and more. */
  peers() {
    const view = this.settings.view();
    return { ...this.head(view), peers: view.peers.map((peer) => this.peer(peer)) };
  }

  private head({ identifier }: RegistrarView) {
    return { registrar: { identifier: this.settings.api.formatIdentifier(identifier) } };
  }

  private pool({ pool: { poolHandle, policy }, elements }: PoolSnapshot) {
    return {
      poolHandle,
      policy: this.views.poolPolicy(policy),
      poolElements: elements.values().map((element) => this.element(element)),
    };
  }

  private element({ poolElement, state, lifeLeftMs, unreachableReporters, identity }: ElementView) {
    return {
      ...this.views.poolElement(poolElement, { asapTransport: true }),
      state,
      lifeLeftMs: lifeLeftMs === undefined ? null : Math.round(lifeLeftMs),
      unreachableReporters,
      identity,
    };
  }

  private peer({ identifier, transport, status, poolElements, identity }: PeerView) {
    const { formatIdentifier } = this.settings.api;
    const shown = transport === undefined
      ? { identifier: formatIdentifier(identifier), transport: null, ...status }
      : this.views.peer({ identifier, transport, peerStatus: status });
    return {
      ...shown,
      poolElements,
      identity: identity ?? null,
    };
  }
}

/** A pool and its elements, as they were when somebody asked. */
interface PoolSnapshot {
  readonly pool: RegistrarPoolView;
  readonly elements: readonly ElementView[];
}

function chosen(view: RegistrarView, wanted: readonly string[]): RegistrarPoolView[] {
  if (wanted.length === 0) return [...view.pools()];
  const pools = [...new Set(wanted)].map((poolHandle) => view.pool(poolHandle));
  return pools.filter((pool) => pool !== undefined);
}

/** The pool elements from one on, at most so many, in their pools. */
function slice(pools: readonly PoolSnapshot[], offset: number, limit: number): PoolSnapshot[] {
  let before = 0;
  const shown: PoolSnapshot[] = [];
  for (const { pool, elements } of pools) {
    const from = Math.max(0, offset - before);
    const to = offset + limit - before;
    before += elements.length;
    const within = elements.slice(from, Math.max(from, to));
    if (within.length > 0 || (offset === 0 && limit === Infinity)) {
      shown.push({ pool, elements: within });
    }
  }
  return shown;
}
