/** This registrar and its peers: how they are, and who is the home of how many pool elements. */

import type { Api, PeerView, RegistrarView } from "../api.ts";
import { endpointsOf } from "../views.ts";
import { bar } from "./chart.ts";
import { type Html, html } from "./html.ts";
import { addressOf, type PageQuery } from "./query.ts";
import { number } from "./table.ts";
import { durationWords } from "./time_words.ts";

/** What is shown of registrars. */
export interface RegistrarsSettings {
  readonly api: Api;
  readonly view: RegistrarView;
  /** Where this one listens, by kind. */
  readonly listeners: Readonly<Record<string, readonly string[]>>;
}

interface Row {
  readonly identifier: number;
  readonly where: string;
  readonly identity?: string | undefined;
  readonly state: string;
  readonly kind: "good" | "odd" | "bad" | "";
  readonly heard: string;
}

/** The registrars. */
export function registrarsSection(query: PageQuery, settings: RegistrarsSettings): Html {
  const { view, api: { formatIdentifier } } = settings;
  const peers = view.peers.toSorted((a, b) => a.identifier - b.identifier);
  const listed = [ownRow(settings), ...peers.map(peerRow)];
  const known = new Set(listed.map(({ identifier }) => identifier));
  // A registrar that went away can still be the home of some, until another has taken them over.
  const others = [...view.homes.keys()].filter((home) => !known.has(home)).map(goneRow);
  const rows = [...listed, ...others].map((row) => {
    const count = view.homes.get(row.identifier) ?? 0;
    const { poolElements } = view.statistics;
    const identifier = formatIdentifier(row.identifier);
    const href = addressOf(query, { filter: identifier, pool: undefined, page: 1, poolPage: 1 });
    return html`
      <tr data-key="${identifier}">
        <th scope="row" class="id">${identifier}<small>${row
          .where}</small>${row.identity !== undefined &&
          html`<small><bdi>${row.identity}</bdi></small>`}</th>
        <td><span class="badge ${row.kind}">${row.state}</span><small>${row.heard}</small></td>
        <td class="number">${bar(
          count / Math.max(1, poolElements),
          "share",
        )} <a href="${href}">${number(count)}</a></td>
      </tr>
    `;
  });
  return html`
    <section id="registrars" aria-labelledby="registrars-title">
      <h2 id="registrars-title">Registrars <small>${number(rows.length)}</small></h2>
      <div class="scroll">
        <table class="registrars">
          <caption class="unseen">Registrars</caption>
          <thead>
            <tr>
              <th scope="col">Registrar</th>
              <th scope="col">State</th>
              <th scope="col" class="number">Home of</th>
            </tr>
          </thead>
          <tbody>
    ${rows}</tbody>
        </table>
      </div>
    </section>
  `;
}

function ownRow({ view, listeners }: RegistrarsSettings): Row {
  const where = Object.entries(listeners).filter(([kind]) => kind.startsWith("enrp"));
  return {
    identifier: view.identifier,
    where: where.flatMap(([, addresses]) => addresses).join(" "),
    state: view.state,
    kind: view.state === "serving" ? "good" : "odd",
    heard: "this one",
  };
}

const KINDS: Readonly<Record<string, Row["kind"]>> = {
  active: "good",
  suspect: "odd",
  inactive: "bad",
  unreachable: "bad",
};

function peerRow({ identifier, transport, status, identity }: PeerView): Row {
  const { state, lastHeardAgoMs } = status;
  return {
    identifier,
    where: transport === undefined ? "address not known yet" : endpointsOf(transport),
    identity,
    state,
    kind: KINDS[state] ?? "",
    heard: lastHeardAgoMs === undefined
      ? "never heard"
      : `heard ${durationWords(lastHeardAgoMs)} ago`,
  };
}

function goneRow(identifier: number): Row {
  return { identifier, where: "no peer any more", state: "gone", kind: "bad", heard: "" };
}
