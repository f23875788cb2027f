/** What one sees first: whether all is well, and how it has been in the last minutes. */

import type { RegistrarView } from "../api.ts";
import { chart, short } from "./chart.ts";
import type { Sample } from "./history.ts";
import { type Html, html } from "./html.ts";
import { PAGE_LIMITS } from "./limits.ts";
import type { Found } from "./scan.ts";
import { number } from "./table.ts";
import { durationWords } from "./time_words.ts";

/** The registrar as a whole; only those who operate it see that. */
export interface Whole {
  readonly view: RegistrarView;
  readonly samples: readonly Sample[];
  readonly uptimeMs: number;
}

/** Numbers and charts. */
export function overview({ pools, elements, states }: Found, whole: Whole | undefined): Html {
  const { available, lost, inconsistent } = states;
  return html`
    <section id="overview" aria-label="Overview">
    <dl class="tiles">
    ${tile("Pools", number(pools.total))}
    ${tile("Pool elements", number(elements.total))}
    ${tile("Available", number(available), available === elements.total ? "" : "odd")}
    ${tile("Lost", number(lost), lost > 0 ? "bad" : "")}
    ${inconsistent > 0 && tile("Inconsistent", number(inconsistent), "odd")}
    ${whole !== undefined && peersTile(whole.view)}
    ${whole !== undefined && tile("Uptime", durationWords(whole.uptimeMs))}
    </dl>
    ${whole !== undefined && charts(whole.samples)}
    </section>
  `;
}

function tile(name: string, value: string, kind = ""): Html {
  return html`
    <div class="tile ${kind}" data-key="${name}">
      <dt>${name}</dt>
      <dd>${value}</dd>
    </div>
  `;
}

function peersTile({ peers }: RegistrarView): Html {
  const active = peers.filter(({ status: { state } }) => state === "active").length;
  if (active === peers.length) return tile("Peers", number(peers.length));
  return tile("Peers active", `${number(active)} of ${number(peers.length)}`, "bad");
}

const MINUTES = Math.round(PAGE_LIMITS.samples * PAGE_LIMITS.sampleMs / 60_000);

function charts(samples: readonly Sample[]): Html {
  const one = (name: string, of: (sample: Sample) => number) => {
    const values = samples.map(of);
    const last = values.at(-1);
    const now = last === undefined ? "–" : short(last);
    return chart({ name, values, capacity: PAGE_LIMITS.samples, span: `${MINUTES} min ago`, now });
  };
  return html`<div class="charts">${one("Resolutions/s", (sample) => sample.resolutionsPerSecond)}${
    one("Pool elements", (sample) => sample.poolElements)
  }${one("Associations", (sample) => sample.associations)}</div>`;
}
