/** A pool element's machine on a stage, with what its registrars say. */

import assert from "node:assert/strict";
import {
  type Association,
  DEFAULT_LIMITS,
  POOL_ELEMENT_TIMING,
  type PoolElementCommand,
  type PoolElementEvent,
  PoolElementMachine,
  type PoolElementOptions,
} from "../../../lib/core/mod.ts";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import type { ErrorCause } from "../../../lib/wire/mod.ts";
import { registrar, Stage } from "../server_hunt/stage.ts";

export const POOL = "web";
export const IDENTIFIER = 0x5562e917;

/** An element that everything is known of but its addresses. */
export function elementOptions(changes: Partial<PoolElementOptions> = {}): PoolElementOptions {
  return {
    poolHandle: POOL,
    element: {
      identifier: IDENTIFIER,
      registrationLife: 300,
      transport: { protocol: "tcp", port: 80, use: 0, addresses: [] },
      policy: { name: "round-robin" },
    },
    registrars: [registrar(1), registrar(2)],
    timing: POOL_ELEMENT_TIMING,
    limits: DEFAULT_LIMITS,
    random: seededRandom(1),
    order: "given",
    ...changes,
  };
}

/** A pool element and, by hand, its registrars. */
export class ElementStage extends Stage<PoolElementCommand, PoolElementEvent> {
  declare readonly machine: PoolElementMachine;

  constructor(changes: Partial<PoolElementOptions> = {}) {
    super(new PoolElementMachine(elementOptions(changes)));
  }

  /** Asks to register; the first registrar is reached, which has been sent a registration. */
  begin(): Association {
    this.command({ type: "register" });
    const [dial] = this.takeDials();
    this.connect(dial!.association);
    this.takeClosed();
    return dial!.association;
  }

  /** As `begin`, and the registration is granted. */
  enroll(): Association {
    const association = this.begin();
    this.takeMessage("ASAP_REGISTRATION");
    this.grant(association);
    assert.equal(this.machine.state, "registered");
    this.takeEvents();
    return association;
  }

  grant(association: Association, causes?: readonly ErrorCause[]): void {
    this.respond(association, false, causes);
  }

  reject(association: Association, causes?: readonly ErrorCause[]): void {
    this.respond(association, true, causes);
  }

  keepAlive(
    association: Association,
    facts: { home?: boolean; server?: number; poolHandle?: string; peIdentifier?: number } = {},
  ): void {
    const { home = false, server = 0xc0ffee, poolHandle = POOL, peIdentifier } = facts;
    this.receive(association, {
      type: "ASAP_ENDPOINT_KEEP_ALIVE",
      home,
      serverIdentifier: server,
      poolHandle,
      peIdentifier,
    });
  }

  /** Answers a de-registration, or tells of an expiry. */
  dismiss(association: Association, causes?: readonly ErrorCause[]): void {
    this.receive(association, {
      type: "ASAP_DEREGISTRATION_RESPONSE",
      poolHandle: POOL,
      peIdentifier: IDENTIFIER,
      causes,
    });
  }

  private respond(
    association: Association,
    reject: boolean,
    causes: readonly ErrorCause[] | undefined,
  ): void {
    this.receive(association, {
      type: "ASAP_REGISTRATION_RESPONSE",
      reject,
      poolHandle: POOL,
      peIdentifier: IDENTIFIER,
      causes,
    });
  }
}
