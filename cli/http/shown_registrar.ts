/** What a registrar shows over HTTP: its handlespace, its peers and itself. */

import type { Api, ElementView, PeerView, RegistrarPoolView, RegistrarView } from "../api.ts";
import type { EventSource } from "../events/told_event.ts";
import { VERSION } from "../version.ts";
import { Views } from "../views.ts";
import { windowOf } from "./window.ts";
import type { Asker, Question, Readiness, Shown } from "./shown.ts";

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
    const pools = chosen(view, wanted).filter(({ poolHandle }) => asker.mayRead(poolHandle));
    const total = pools.reduce((sum, { size }) => sum + size, 0);
    // The elements are live: all of them are looked at now, and written while others change them.
    const shown = snapshots(pools, offset, limit);
    return {
      ...this.head(view),
      total,
      pools: shown.values().map((pool) => this.pool(pool, asker)),
    };
  }

  /** As `peers -o json` has it, and more. */
  peers() {
    const view = this.settings.view();
    return { ...this.head(view), peers: view.peers.map((peer) => this.peer(peer)) };
  }

  private head({ identifier }: RegistrarView) {
    return { registrar: { identifier: this.settings.api.formatIdentifier(identifier) } };
  }

  private pool({ pool: { poolHandle, policy }, elements }: PoolSnapshot, asker: Asker) {
    return {
      poolHandle,
      policy: this.views.poolPolicy(policy),
      poolElements: elements.values().map((element) => this.element(element, asker)),
    };
  }

  private element(element: ElementView, { operates }: Asker) {
    const { poolElement, state, lifeLeftMs, unreachableReporters, identity } = element;
    return {
      ...this.views.poolElement(poolElement, { asapTransport: true }),
      state,
      lifeLeftMs: lifeLeftMs === undefined ? null : Math.round(lifeLeftMs),
      unreachableReporters,
      // Who may only read pools is not told who registers there, as dump does not.
      ...(operates ? { identity: identity ?? null } : {}),
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
function snapshots(
  pools: readonly RegistrarPoolView[],
  offset: number,
  limit: number,
): PoolSnapshot[] {
  const shown: PoolSnapshot[] = [];
  let before = 0;
  for (const pool of pools) {
    const from = Math.max(0, offset - before);
    const to = Math.min(pool.size, offset + limit - before);
    before += pool.size;
    if (from >= to) continue;
    shown.push({ pool, elements: [...Iterator.from(pool.elements()).drop(from).take(to - from)] });
  }
  return shown;
}
