/** The status page of a registrar that is made up, and who reads it. */

import type { Api, ElementView, RegistrarPoolView, RegistrarView } from "../../../cli/api.ts";
import { EventFeed } from "../../../cli/events/event_feed.ts";
import { EVERYBODY } from "../../../cli/http/routes.ts";
import type { Asker } from "../../../cli/http/shown.ts";
import { RegistrarPage } from "../../../cli/page/registrar_page.ts";
import * as wire from "../../../lib/wire/mod.ts";
import { ELEMENT } from "../elements.ts";

/** A pool element, as its registrar sees it. */
export function elementView(
  identifier: number,
  changes: Partial<ElementView> & { readonly element?: Partial<ElementView["poolElement"]> } = {},
): ElementView {
  const { element, ...others } = changes;
  return {
    poolElement: { ...ELEMENT, policy: { name: "round-robin" }, identifier, ...element },
    state: "available",
    lifeLeftMs: 60_000,
    unreachableReporters: 0,
    identity: undefined,
    ...others,
  };
}

/** A pool of these. */
export function poolOf(poolHandle: string, elements: readonly ElementView[]): RegistrarPoolView {
  return {
    poolHandle,
    policy: elements[0]?.poolElement.policy ?? ELEMENT.policy,
    size: elements.length,
    elements: () => elements.values(),
  };
}

/** A page that somebody looks at. */
export class FakePage implements Disposable {
  readonly events = new EventFeed();
  readonly page: RegistrarPage;

  constructor(view: RegistrarView, changes: { readonly uptimeMs?: () => number } = {}) {
    this.page = new RegistrarPage({
      api: wire as unknown as Api,
      view: () => view,
      traffic: () => ({
        associations: 2,
        resolutions: { answered: 5, subscribed: 0, rejected: new Map([[9, 1]]) },
      }),
      events: this.events,
      listeners: () => ({ asap: ["127.0.0.1:3863"], enrp: ["127.0.0.1:9901"] }),
      uptimeMs: () => 12_345,
      ...changes,
    });
  }

  ask(path: string, asker: Asker = EVERYBODY): Response | undefined {
    return this.page.answer(new Request(`http://rserpool${path}`), asker);
  }

  /** The HTML of it, without what it is laid out with. */
  async get(path: string, asker: Asker = EVERYBODY): Promise<string> {
    const text = await this.ask(path, asker)!.text();
    return text.replace(/\s+/g, " ");
  }

  [Symbol.dispose](): void {
    this.page[Symbol.dispose]();
  }
}

/** The rows of a table, as the text of their cells. */
export function rowsOf(page: string, section: string): string[][] {
  const [, inside = ""] = new RegExp(`<section id="${section}"(.*?)</section>`).exec(page) ?? [];
  const [, body = ""] = /<tbody>(.*?)<\/tbody>/.exec(inside) ?? [];
  return [...body.matchAll(/<tr\b.*?<\/tr>/g)].map(([row]) =>
    [...row.matchAll(/<t[hd]\b[^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) =>
      cell!.replace(/<[^>]*>/g, "").replace(/\s+/g, " ").trim()
    )
  );
}
