/** An observer's machine on a stage, with what its registrars say. */

import {
  type Association,
  DEFAULT_LIMITS,
  type ObserverCommand,
  type ObserverEvent,
  ObserverMachine,
  type ObserverOptions,
  POOL_USER_TIMING,
} from "../../../lib/core/mod.ts";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import type { PoolElement, ServerInformation } from "../../../lib/wire/mod.ts";
import { registrar, Stage } from "../server_hunt/stage.ts";

export const REGISTRAR = 0xc0ffee;

/** ENRP's port. */
export const ENRP_PORT = 9901;

interface Page {
  readonly poolHandle: string;
  readonly poolElements: readonly PoolElement[];
}

/** What a registrar tells of a peer. */
export function server(identifier: number): ServerInformation {
  const transport = { protocol: "tcp", port: ENRP_PORT, use: 0, addresses: ["192.0.2.2"] } as const;
  return { identifier, transport };
}

/** An observer of so many registrars and, by hand, these. */
export class ObserverStage extends Stage<ObserverCommand, ObserverEvent> {
  private lastRequest = 0;

  constructor(registrars = 1, changes: Partial<ObserverOptions> = {}) {
    const options = {
      registrars: Array.from({ length: registrars }, (_, i) => registrar(i + 1, ENRP_PORT)),
      timing: POOL_USER_TIMING,
      limits: DEFAULT_LIMITS,
      random: seededRandom(1),
      ...changes,
    };
    super(new ObserverMachine(options), "ENRP");
  }

  /** Asks; the number of the request. */
  ask(type: "list" | "handle-table", withinMs = 5_000, ownChildrenOnly = false): number {
    const request = ++this.lastRequest;
    this.command({ type, request, deadline: this.now + withinMs, ownChildrenOnly });
    return request;
  }

  /** Asks, and the first registrar is reached. */
  reach(type: "list" | "handle-table", ownChildrenOnly = false): Association {
    this.ask(type, 5_000, ownChildrenOnly);
    const { association } = this.takeDial();
    this.connect(association);
    return association;
  }

  list(
    association: Association,
    servers: readonly ServerInformation[],
    { reject = false, sender = REGISTRAR } = {},
  ): void {
    this.receive(association, {
      type: "ENRP_LIST_RESPONSE",
      reject,
      sender,
      receiver: 0,
      servers,
    });
  }

  page(
    association: Association,
    pools: readonly Page[],
    { moreToSend = false, reject = false, sender = REGISTRAR } = {},
  ): void {
    this.receive(association, {
      type: "ENRP_HANDLE_TABLE_RESPONSE",
      moreToSend,
      reject,
      sender,
      receiver: 0,
      pools,
    });
  }
}
