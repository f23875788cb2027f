/** A pool user's machine on a stage, with what its registrars say. */

import {
  type Association,
  DEFAULT_LIMITS,
  POOL_USER_TIMING,
  type PoolUserCommand,
  type PoolUserEvent,
  PoolUserMachine,
  type PoolUserOptions,
} from "../../../lib/core/mod.ts";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import { CAUSE, type Policy, type PoolElement } from "../../../lib/wire/mod.ts";
import { registrar, Stage } from "../server_hunt/stage.ts";

/** An element of a pool, by number. */
export function element(identifier: number): PoolElement {
  return {
    identifier,
    home: 0xc0ffee,
    registrationLife: 300,
    transport: { protocol: "tcp", port: 8000, use: 0, addresses: ["192.0.2.10"] },
    policy: { name: "round-robin" },
  };
}

/** A pool user of two registrars. */
export function userOptions(changes: Partial<PoolUserOptions> = {}): PoolUserOptions {
  return {
    registrars: [registrar(1), registrar(2)],
    timing: POOL_USER_TIMING,
    limits: DEFAULT_LIMITS,
    random: seededRandom(1),
    ...changes,
  };
}

/** A pool user and, by hand, its registrars. */
export class UserStage extends Stage<PoolUserCommand, PoolUserEvent> {
  private readonly user: PoolUserMachine;
  private lastRequest = 0;

  constructor(changes: Partial<PoolUserOptions> = {}) {
    const user = new PoolUserMachine(userOptions(changes));
    super(user);
    this.user = user;
  }

  /** A look into the cache. */
  cached(poolHandle = "web", items?: number): ReturnType<PoolUserMachine["cached"]> {
    return this.user.cached(poolHandle, items, this.now);
  }

  /** Asks for a pool; the number of the request. */
  resolve(poolHandle = "web", more: { items?: number; withinMs?: number } = {}): number {
    const request = ++this.lastRequest;
    const { items, withinMs } = more;
    const deadline = withinMs === undefined ? undefined : this.now + withinMs;
    this.command({ type: "resolve", request, poolHandle, items, deadline });
    return request;
  }

  /** Watches a pool; the number of the request. */
  subscribe(poolHandle = "web", withinMs?: number): number {
    const request = ++this.lastRequest;
    const deadline = withinMs === undefined ? undefined : this.now + withinMs;
    this.command({ type: "subscribe", request, poolHandle, deadline });
    return request;
  }

  unsubscribe(request: number): void {
    this.command({ type: "unsubscribe", request });
  }

  /** An answer with A=1, or an update. */
  grant(
    association: Association,
    poolElements: readonly PoolElement[],
    poolHandle = "web",
    policy: Policy = { name: "round-robin" },
  ): void {
    this.receive(association, {
      type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
      automaticUpdates: true,
      poolHandle,
      policy,
      poolElements,
    });
  }

  /** Resolves a pool once, so that there is a home; the cache is emptied again. */
  settle(): Association {
    this.resolve("settled");
    const [dial] = this.takeDials();
    this.connect(dial!.association);
    this.answer(dial!.association, [element(1)], "settled");
    this.command({ type: "purge" });
    this.takeSent();
    this.takeClosed();
    this.takeEvents();
    return dial!.association;
  }

  answer(
    association: Association,
    poolElements: readonly PoolElement[] = [element(1)],
    poolHandle = "web",
    policy?: Policy,
  ): void {
    this.receive(association, {
      type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
      automaticUpdates: false,
      poolHandle,
      policy,
      poolElements,
      causes: undefined,
    });
  }

  refuse(association: Association, code: number = CAUSE.unknownPoolHandle, poolHandle = "web") {
    this.receive(association, {
      type: "ASAP_HANDLE_RESOLUTION_RESPONSE",
      automaticUpdates: false,
      poolHandle,
      poolElements: [],
      causes: [{ code, information: new Uint8Array(0) }],
    });
  }
}
