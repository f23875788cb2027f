/** What an agent tells, in words for people. */

import type { Api, BindingAgentEvent, StoredBindingServer } from "../../api.ts";
import type { Log } from "../../log.ts";

type Client = Extract<BindingAgentEvent, { type: "granted" }>["client"];

const WHY = {
  unconfirmed: "other servers may still give its addresses",
  silent: "no registrar was heard for half a lease, so its share may have been freed",
  down: "an operator has said that it is down, and gave its share to others",
} as const;

/** Writes what an agent tells. */
export class AgentLog {
  constructor(
    private readonly log: Log,
    private readonly api: Pick<Api, "formatIdentifier">,
    /** The name of a server. */
    private readonly nameOf: (identifier: number) => string | undefined,
  ) {}

  tell(event: BindingAgentEvent): void {
    const { log } = this;
    switch (event.type) {
      case "granted": {
        const { address, transaction, client } = event;
        const words = `${address} is bound to ${clientText(client)} (${transaction})`;
        return log.event("info", "dhcp-granted", { address, transaction, ...client }, words);
      }
      case "ended": {
        const { address, transaction } = event;
        const words = `the lease of ${address} has ended (${transaction})`;
        return log.event("info", "dhcp-ended", { address, transaction }, words);
      }
      case "conflict":
        return this.conflict(event);
      case "grant-found": {
        const { address, client } = event;
        const words = `dnsmasq had given ${address} to ${clientText(client)} just before ` +
          "something else was put there: it stays with that client";
        return log.event("warning", "dhcp-grant-found", { address, ...client }, words);
      }
      case "out-of-range": {
        const { address } = event;
        const words = `dnsmasq has a lease for ${address}, which is outside of --range`;
        return log.event("warning", "dhcp-out-of-range", { address }, words);
      }
      default:
        return this.ofServers(event);
    }
  }

  /** dnsmasq does not run, as others may still give addresses without asking this server. */
  held(): void {
    const words = "an operator has said that this server is down: DHCP waits until all other " +
      "servers know that it is back";
    this.log.event("warning", "dhcp-held", {}, words);
  }

  /** Some time after the start: whose word is still missing, as far as they are known. */
  stillWithheld({ self, servers }: {
    readonly self: number;
    readonly servers: readonly StoredBindingServer[];
  }): void {
    const claim = servers.find(({ identifier }) => identifier === self)?.claim;
    const waitsFor = servers
      .filter(({ identifier, acknowledgements }) =>
        identifier !== self &&
        !acknowledgements.some((each) => each.server === self && each.claim === claim)
      ).map(({ name }) => name);
    this.tell({ type: "share-withheld", why: "unconfirmed", waitsFor });
  }

  private conflict({ address, client, server }: BindingAgentEvent & { type: "conflict" }): void {
    const identifier = this.api.formatIdentifier(server);
    const giver = this.nameOf(server) ?? identifier;
    const words = `two clients have ${address}: ${clientText(client)} must give it up; ` +
      `another has it by server ${giver}`;
    this.log.event("error", "dhcp-conflict", { address, ...client, server: identifier }, words);
  }

  private ofServers(
    event: Extract<
      BindingAgentEvent,
      { type: "share-withheld" | "share-confirmed" | "server-changed" }
    >,
  ): void {
    const { log } = this;
    switch (event.type) {
      case "share-withheld": {
        const { why, waitsFor } = event;
        const whom = waitsFor.length === 0 ? "a registrar" : waitsFor.join(", ");
        const words = `new clients get no address here, known ones keep theirs: ${WHY[why]}; ` +
          `it waits for ${whom}`;
        return log.event("warning", "share-withheld", { why, waitsFor }, words);
      }
      case "share-confirmed": {
        const { free } = event;
        const words = `all servers agree on this one's share: ${free} addresses are free for ` +
          "new clients";
        return log.event("notice", "share-confirmed", { free }, words);
      }
      case "server-changed": {
        const { name, flags } = event;
        const words = `server ${name}: ${flags.length === 0 ? "serves" : flags.join(", ")}`;
        return log.event("info", "server-news", { name, flags }, words);
      }
    }
  }
}

function clientText({ hardware, host }: Client): string {
  return host === undefined ? hardware : `${hardware} (${host})`;
}
