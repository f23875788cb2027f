/** Asks registrars again and again, follows events and hears reports: all becomes news. */

import { formatAddress } from "../address.ts";
import { answered } from "../answer.ts";
import type { ClientApi, Observer, SocketAddress } from "../api.ts";
import type { Secured } from "../client_security.ts";
import { EVENTS_PATH, followEvents, type StreamState } from "../events/follow.ts";
import type { ToldEvent } from "../events/told_event.ts";
import { ExitError } from "../exit.ts";
import { eventText } from "../log.ts";
import { pause } from "../pause.ts";
import type { HttpSource } from "./http_source.ts";
import type { News } from "./inputs.ts";
import { snapshotOf } from "./snapshot.ts";

/** How many times as long as an answer took it is waited at least, to leave the registrar time. */
const REST = 4;

/** What one gathers with. */
export interface GatherParts {
  readonly api: ClientApi;
  readonly secured: Secured;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly learn: (news: News) => void;
}

/** Whoever is asked, and the observer that asks only this one. */
export interface AskedSource {
  readonly label: string;
  readonly observer: Pick<Observer, "peers" | "handleTable">;
}

/** Gathers. */
export class Gatherer {
  private readonly parts: GatherParts;

  constructor(parts: GatherParts) {
    this.parts = parts;
  }

  /** Asks one registrar once; why it did not answer, if so. */
  async ask(
    source: number,
    { label, observer }: AskedSource,
    signal: AbortSignal,
  ): Promise<ExitError | undefined> {
    const { api, secured, timeoutMs, now, learn } = this.parts;
    const begun = now();
    const wait = { timeoutMs, signal };
    try {
      const [table, list] = await Promise.all([
        answered(observer.handleTable(wait), "ENRP", secured),
        answered(observer.peers(wait), "ENRP", secured),
      ]);
      if (signal.aborted) return undefined;
      const answers = {
        registrar: table.registrar.identifier,
        pools: table.pools,
        peers: list.peers,
      };
      const times = { at: now(), tookMs: now() - begun };
      learn({ type: "snapshot", source, snapshot: snapshotOf(api, answers, times) });
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!(error instanceof ExitError)) throw error;
      learn({ type: "away", source, reason: shortReason(error.message, label) });
      return error;
    }
  }

  /** Asks one registrar until the signal aborts. */
  async follow(source: number, asked: AskedSource, signal: AbortSignal): Promise<void> {
    const { now, intervalMs } = this.parts;
    while (!signal.aborted) {
      const begun = now();
      const failure = await this.ask(source, asked, signal);
      const took = now() - begun;
      const rest = failure === undefined ? REST * took : 0;
      await pause(Math.max(intervalMs - took, rest, 1), signal);
    }
  }

  /** Reads what a registrar shows over HTTP until the signal aborts. */
  async read(http: HttpSource, signal: AbortSignal): Promise<void> {
    const { now, learn, intervalMs } = this.parts;
    while (!signal.aborted) {
      const details = await http.details(now, signal);
      if (details !== undefined && !signal.aborted) learn({ type: "details", details });
      await pause(intervalMs, signal);
    }
  }

  /** Follows the events of a process until the signal aborts. */
  async events(
    stream: number,
    { url }: HttpSource,
    client: Deno.HttpClient,
    signal: AbortSignal,
  ): Promise<void> {
    const { learn } = this.parts;
    const onState = (state: StreamState) => {
      if (state.type === "open") learn({ type: "stream", stream });
      if (state.type === "failed") learn({ type: "stream", stream, failure: state.reason });
      if (state.type === "gap") {
        const text = `${state.missed} events are missing`;
        const time = new Date().toISOString();
        learn({ type: "told", line: { time, level: "warning", source: url.host, text } });
      }
    };
    const address = new URL(EVENTS_PATH, url);
    for await (const { event } of followEvents(address, { signal, client, onState, after: 0 })) {
      // Each question of ours would be such an event.
      if (event.level === "debug") continue;
      learn({ type: "told", line: { ...toldLine(event), source: url.host } });
    }
  }
}

/** Only one is asked, and its address stands beside the reason. */
function shortReason(message: string, label: string): string {
  return message.replace(/^no registrar answered: /, "").replace(`${label}: `, "");
}

/** An event as a line of the tail. */
export function toldLine({ time, level, event, message, ...fields }: ToldEvent) {
  return { time, level, text: eventText(event, fields, message) };
}

/** The observers of addresses, one each, so that each is asked. */
export function askedSources(
  addresses: readonly SocketAddress[],
  make: (registrars: readonly SocketAddress[]) => Observer,
): (AskedSource & { readonly observer: Observer })[] {
  const labels = [...new Map(addresses.map((each) => [formatAddress(each), each]))];
  return labels.map(([label, address]) => ({ label, observer: make([address]) }));
}
