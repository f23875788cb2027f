/** What no registrar has taken yet: of each address and each server the newest version. */

import {
  MAX_RANGE_ADDRESSES,
  mergeBindings,
  mergeServers,
  stored,
  type StoredBinding,
  type StoredServer,
  storedServer,
  told,
  toldServer,
} from "../../bindings/mod.ts";
import { type BindingServer, type IpAddress, MAX_BINDINGS_PER_MESSAGE } from "../../wire/mod.ts";
import type { Instant } from "../machine.ts";
import type { BindingRecords } from "./contract.ts";
import { fitting } from "./page.ts";

/** An update on its way. */
export interface SentUpdate {
  readonly request: number;
  readonly servers: readonly StoredServer[];
  readonly bindings: readonly StoredBinding[];
}

/** What waits, kept with the time at which it ends, as it may wait for long. */
export class Unpublished {
  private readonly bindings = new Map<IpAddress, StoredBinding>();
  private readonly servers = new Map<number, StoredServer>();
  /** The record that a server had published last, for registrars that do not know it. */
  private own: StoredServer | undefined;

  constructor(private readonly self: number) {}

  get isEmpty(): boolean {
    return this.bindings.size + this.servers.size === 0;
  }

  /** Addresses that wait. */
  get size(): number {
    return this.bindings.size;
  }

  /** Adds what is to be published; says for which addresses there is no room. */
  add({ servers, bindings }: BindingRecords, now: Instant): IpAddress[] {
    for (const each of servers) {
      const server = storedServer(each, now);
      const known = this.servers.get(server.identifier);
      const later = known ? mergeServers(known, server) : server;
      this.servers.set(server.identifier, later);
      // What is passed on of others is not told again: it may be over by then.
      if (server.identifier === this.self) this.own = later;
    }
    const refused: IpAddress[] = [];
    for (const each of bindings) {
      const binding = stored(each, now);
      const { address } = binding;
      const known = this.bindings.get(address);
      if (known === undefined && this.bindings.size >= MAX_RANGE_ADDRESSES) refused.push(address);
      else this.bindings.set(address, known ? mergeBindings(known, binding) : binding);
    }
    return refused;
  }

  /** A registrar has told which servers it knows: without its range, it takes no bindings. */
  introduce(known: readonly BindingServer[]): void {
    const { own, self } = this;
    if (own === undefined || this.servers.has(self)) return;
    if (!known.some(({ identifier }) => identifier === self)) this.servers.set(self, own);
  }

  /** What goes into one update; it waits on until that is replied to. */
  next(request: number, now: Instant): SentUpdate & { readonly message: BindingRecords } {
    const servers = [...this.servers.values()];
    const waiting = [...this.bindings.values().take(MAX_BINDINGS_PER_MESSAGE)];
    const message = fitting({
      servers: servers.map((each) => toldServer(each, now)),
      bindings: waiting.map((each) => told(each, now)),
    });
    const bindings = waiting.slice(0, message.bindings.length);
    return { request, servers, bindings, message };
  }

  /** An update was replied to: what has become newer since then waits on. */
  remove({ servers, bindings }: SentUpdate): void {
    for (const each of servers) {
      if (this.servers.get(each.identifier) === each) this.servers.delete(each.identifier);
    }
    for (const each of bindings) {
      if (this.bindings.get(each.address) === each) this.bindings.delete(each.address);
    }
  }
}
