/** The agent's connection with registrars: what they know comes to it, what it knows to them. */

import { formatAddress } from "../../address.ts";
import type {
  Api,
  Binding,
  BindingElement,
  BindingElementEvent,
  BindingElementSettings,
  BindingServer,
} from "../../api.ts";
import type { Log } from "../../log.ts";
import { numberOf } from "../dnsmasq/dhcp_range.ts";
import type { AgentHost } from "./agent_host.ts";
import { HeldRecords } from "./held_records.ts";

/** What a link is made of. */
export interface BindingLinkParts {
  readonly api: Api;
  readonly log: Log;
  readonly settings: Omit<BindingElementSettings, "onEvent" | "ownTable">;
  host(): AgentHost;
  /** What the agent knows is other than before. */
  learned(): void;
  /** A registrar's whole table has come: whether others may hear of this server. */
  mayPublish(): boolean;
  /** A registrar refuses this server beside the others, in its words. */
  refused(why: string): void;
}

/** From the first address on. */
const BEGINNING = "0.0.0.0";

/** One link. */
export class BindingLink {
  /** Resolves when a registrar's whole table has come for the first time. */
  readonly synchronized: Promise<void>;

  private readonly parts: BindingLinkParts;
  private readonly element: BindingElement;
  private readonly whole = Promise.withResolvers<void>();
  private waiting: (() => void) | undefined;
  /** What waits for a registrar's table; a server that does not fit is never heard of. */
  private held: HeldRecords | undefined = new HeldRecords();
  private wasRejected = false;

  constructor(parts: BindingLinkParts) {
    this.parts = parts;
    this.synchronized = this.whole.promise;
    this.element = new parts.api.BindingElement({
      ...parts.settings,
      onEvent: (event) => this.handle(event),
      ownTable: (after) => this.page(after),
    });
  }

  /** Whether registrars have all that was published. */
  get isPublished(): boolean {
    return (this.held === undefined || this.held.isEmpty) && this.element.isPublished;
  }

  /** What has gone over its connections. */
  traffic(): ReturnType<BindingElement["traffic"]> {
    return this.element.traffic();
  }

  start(): Promise<void> {
    return this.element.start();
  }

  publish(servers: readonly BindingServer[], bindings: readonly Binding[]): void {
    if (this.held === undefined) this.element.publish({ servers, bindings });
    else this.held.add({ servers, bindings });
  }

  /** The element is registered now. */
  retry(): void {
    this.element.retry();
  }

  /** Resolves once registrars have all that was published, or the signal aborts. */
  async published(abort: AbortSignal): Promise<boolean> {
    while (!this.isPublished && !abort.aborted) {
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
        abort.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    return this.isPublished;
  }

  close(): Promise<void> {
    return this.element.close();
  }

  private handle(event: BindingElementEvent): void {
    const host = this.parts.host();
    switch (event.type) {
      case "table-began":
        return host.do((agent) => agent.onTableBegan());
      case "records":
        host.do((agent, now) => agent.onRecords(event.servers, event.bindings, now));
        return this.parts.learned();
      case "synchronized":
        host.do((agent, now) => agent.onSynchronized(now));
        return this.hasSynchronized(event.registrar);
      case "contact":
        return host.do((agent, now) => agent.onContact(now));
      case "published":
        this.wasRejected = false;
        host.do((agent, now) => agent.onContact(now));
        return this.waiting?.();
      default:
        return this.tell(event);
    }
  }

  private hasSynchronized(registrar: { host: string; port: number }): void {
    const at = formatAddress(registrar);
    const words = `has the bindings that registrar ${at} knows, and hears of all changes`;
    this.parts.log.event("notice", "bindings-synchronized", { registrar: at }, words);
    this.whole.resolve();
    if (this.held === undefined || !this.parts.mayPublish()) return;
    const { held } = this;
    this.held = undefined;
    if (held.isEmpty) return;
    this.element.publish(this.parts.host().do((agent, now) => held.asOf(agent.bindings(now))));
  }

  private tell(event: BindingElementEvent): void {
    const { log, api } = this.parts;
    switch (event.type) {
      case "rejected":
        return this.rejected(event);
      case "addresses-refused": {
        const { addresses } = event;
        const causes = event.causes.map(api.describeCause);
        const words = `a registrar does not take ${addresses.join(", ")}: ${causes.join(", ")}`;
        return log.event("error", "bindings-not-taken", { addresses, causes }, words);
      }
      case "lost": {
        const registrar = formatAddress(event.registrar);
        const words = `lost registrar ${registrar} (${event.reason}): others do not hear what ` +
          "happens here until one is found";
        const fields = { registrar, reason: event.reason };
        return log.event("warning", "bindings-cut-off", fields, words);
      }
      default:
        return log.event("debug", event.type, {});
    }
  }

  private rejected({ causes, fatal }: BindingElementEvent & { type: "rejected" }): void {
    const { log, api, refused } = this.parts;
    const told = causes.map(api.describeCause);
    if (fatal) return refused(told.join(", "));
    // The first time may be before the registration is granted.
    const level = this.wasRejected ? "warning" : "info";
    this.wasRejected = true;
    const words = `a registrar does not take what happens here, tried again: ${told.join(", ")}`;
    log.event(level, "bindings-rejected", { causes: told }, words);
  }

  /** What this server has: for `dhcp check`. */
  private page(after: string) {
    return this.parts.host().do((agent, now) => {
      const { servers, bindings } = agent.snapshot(now);
      const most = this.parts.api.MAX_BINDINGS_PER_MESSAGE;
      const rest = bindings.filter(({ address }) => numberOf(address) > numberOf(after));
      return {
        servers: after === BEGINNING ? servers : [],
        bindings: rest.slice(0, most),
        moreToSend: rest.length > most,
      };
    });
  }
}
