/** The machine of a DHCP server's bindings on a stage, with what its registrars say. */

import {
  type Association,
  BINDING_ELEMENT_PROFILES,
  type BindingElementCommand,
  type BindingElementEvent,
  BindingElementMachine,
  type BindingElementOptions,
  DEFAULT_LIMITS,
  type Message,
} from "../../../lib/core/mod.ts";
import { seededRandom } from "../../../lib/handlespace/mod.ts";
import { toldServer } from "../../../lib/bindings/mod.ts";
import type { Binding, BindingServer, ErrorCause } from "../../../lib/wire/mod.ts";
import { bindingOf, serverOf } from "../../bindings/samples.ts";
import { registrar, Stage } from "../server_hunt/stage.ts";

export const POOL = "dhcp/lan1";
export const SELF = 1;
export const TIMING = BINDING_ELEMENT_PROFILES.rfc;

/** One cause without more. */
export function because(code: number): readonly ErrorCause[] {
  return [{ code, information: new Uint8Array(0) }];
}

/** The record of the server under test. */
export const OWN: BindingServer = toldServer(serverOf(SELF), 0);

/** The lease of one client at an address: 10.0.0.1, … */
export function lease(number: number, change: Partial<Binding> = {}): Binding {
  return bindingOf({ address: `10.0.${number >> 8}.${number & 255}`, ...change });
}

type Request = Extract<Message, { type: "ASAP_BINDING_DUMP_REQUEST" }>;
type Update = Extract<Message, { type: "ASAP_BINDING_UPDATE" }>;
type Page = Partial<Extract<Message, { type: "ASAP_BINDING_DUMP" }>>;
type Reply = Partial<Extract<Message, { type: "ASAP_BINDING_REPLY" }>>;

/** The machine and, by hand, its registrars. */
export class BindingStage extends Stage<BindingElementCommand, BindingElementEvent> {
  declare readonly machine: BindingElementMachine;

  constructor(changes: Partial<BindingElementOptions> = {}) {
    super(
      new BindingElementMachine({
        poolHandle: POOL,
        peIdentifier: SELF,
        registrars: [registrar(1), registrar(2)],
        timing: TIMING,
        limits: DEFAULT_LIMITS,
        random: seededRandom(1),
        order: "given",
        ...changes,
      }),
    );
  }

  /** A registrar is reached, and has been asked for its table. */
  begin(): { home: Association; asked: Request } {
    this.command({ type: "start" });
    return this.reach();
  }

  /** The registrar that is dialled first is reached. */
  reach(): { home: Association; asked: Request } {
    const [dial] = this.takeDials();
    this.connect(dial!.association);
    this.takeClosed();
    return { home: dial!.association, asked: this.takeMessage("ASAP_BINDING_DUMP_REQUEST") };
  }

  /** As `begin`, and it has told its table, which is empty. */
  synchronize(): Association {
    const { home, asked } = this.begin();
    this.page(home, asked);
    this.takeEvents();
    return home;
  }

  publish(bindings: readonly Binding[], servers: readonly BindingServer[] = []): void {
    this.command({ type: "publish", servers, bindings });
  }

  page(home: Association, { request }: { readonly request: number }, page: Page = {}): void {
    this.receive(home, {
      type: "ASAP_BINDING_DUMP",
      request,
      poolHandle: POOL,
      peIdentifier: SELF,
      moreToSend: false,
      reject: false,
      servers: [],
      bindings: [],
      ...page,
    });
  }

  reply(home: Association, { request }: Pick<Update, "request">, reply: Reply = {}): void {
    this.receive(home, {
      type: "ASAP_BINDING_REPLY",
      request,
      poolHandle: POOL,
      peIdentifier: SELF,
      reject: false,
      servers: [],
      bindings: [],
      ...reply,
    });
  }

  /** The types of all events since the last look. */
  takeTold(): string[] {
    return this.takeEvents().map(({ type }) => type);
  }
}
