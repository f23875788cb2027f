/** What all procedures of a DHCP server's bindings share: its registrar, its hunt, its pauses. */

import { CAUSE, type ErrorCause } from "../../wire/mod.ts";
import { type Attempt, followed } from "../attempt.ts";
import type { Association, Instant, SocketAddress } from "../machine.ts";
import { Outputs } from "../outputs.ts";
import { type HuntOutlet, ServerHunt } from "../server_hunt.ts";
import { Timers } from "../timers.ts";
import type { BindingElementEvent, BindingElementOptions } from "./contract.ts";
import type { Question } from "./table.ts";
import { type SentUpdate, Unpublished } from "./unpublished.ts";

/** So many rejections in a row lead to another registrar: this one may have lost the others. */
const MAX_REJECTIONS = 3;
/** More doublings would come to more than the longest pause, whatever that is. */
const MAX_DOUBLINGS = 16;
/** The largest number of a request: 32 bits. */
const MAX_REQUEST = 0xffffffff;

/** Its timers. */
export type BindingElementTimer =
  | "dump-reply" // a page is awaited
  | "update-reply"
  | "contact" // nothing has been heard for a while
  | "retry" // the pause after a rejection
  | "refresh" // the whole table is to be asked for again
  | "own-table"; // the owner is asked for its own table

/** The association with the registrar. */
export interface Home {
  readonly association: Association;
  readonly registrar: SocketAddress;
}

/** The state of one DHCP server's bindings. */
export class Session {
  readonly options: BindingElementOptions;
  readonly outputs = new Outputs<BindingElementEvent>();
  readonly timers = new Timers<BindingElementTimer>();
  readonly hunt: ServerHunt;
  /** What no registrar has taken yet. */
  readonly unpublished: Unpublished;
  state: "idle" | "started" | "stopped" = "idle";
  home: Home | undefined;
  /** The registrar has told a page: it lets this element read and write. */
  isAdmitted = false;
  /** The page that is awaited. */
  question: Question | undefined;
  /** The update that is awaited to be replied to. */
  sent: SentUpdate | undefined;
  /** The server's record does not fit: nothing is sent until there is a new one. */
  isMisfit = false;
  /** The registrar's question for this server's own table that is open. */
  asked: number | undefined;
  /** Rejections since the last page or reply that was none. */
  private rejections = 0;
  private lastRequest = 0;

  constructor(options: BindingElementOptions) {
    this.options = options;
    this.unpublished = new Unpublished(options.peIdentifier);
    const { registrars, timing, limits, random, staggerMs } = options;
    const maxHints = options.discovers === true ? limits.maxHintsPerRound : undefined;
    const { outputs } = this;
    const order = options.order ?? "random";
    const outlet: HuntOutlet = {
      connect: (protocol, to, timeoutMs) => outputs.connect(protocol, to, timeoutMs),
      close: (association) => outputs.close(association),
      failed: (attempts) => outputs.event({ type: "hunt-failure", attempts }),
    };
    this.hunt = new ServerHunt(
      { protocol: "ASAP", registrars, maxHints, timing, random, order, staggerMs },
      followed(outlet, options.tellsAttempts, outputs),
    );
  }

  /** A number for what is asked next. */
  nextRequest(): number {
    this.lastRequest = this.lastRequest % MAX_REQUEST + 1;
    return this.lastRequest;
  }

  /** Looks for a registrar. RFC 5352 §3.6. */
  seek(now: Instant, avoid?: SocketAddress): void {
    if (this.hunt.isHunting) return;
    this.outputs.event({ type: "hunting" });
    this.hunt.start(now, avoid);
  }

  /** The registrar has answered, with whatever: silence counts from now. */
  hear(now: Instant): void {
    const { home, outputs, timers, options } = this;
    outputs.event({ type: "contact", registrar: home!.registrar });
    timers.set("contact", now + options.timing.bindingContactMs);
  }

  /** An answer that is no rejection. */
  admit(now: Instant): void {
    this.isAdmitted = true;
    this.rejections = 0;
    this.hunt.prove(now);
  }

  /** The association has ended. */
  lose(reason: Attempt["reason"], detail: string | undefined, now: Instant): void {
    const { registrar } = this.home!;
    this.forgetHome();
    this.outputs.event({ type: "lost", registrar, reason, detail });
    this.hunt.note(registrar, reason, detail);
    this.seek(now, registrar);
  }

  /** The registrar is left for another one. */
  leave(reason: Attempt["reason"], detail: string | undefined, now: Instant): void {
    if (this.home === undefined) return;
    this.outputs.close(this.home.association);
    this.lose(reason, detail, now);
  }

  /** Nothing is awaited of it any more; what it has not taken goes to the next one. */
  forgetHome(): void {
    this.home = undefined;
    this.forgetAnswers();
    this.asked = undefined;
    this.stopTimers("contact", "retry", "refresh", "own-table");
  }

  /** A registrar refuses to be read or written: again after a pause, or elsewhere. */
  onRejected(causes: readonly ErrorCause[], now: Instant): void {
    const { home, outputs, timers, options: { timing, random } } = this;
    const { registrar } = home!;
    this.forgetAnswers();
    outputs.event({ type: "rejected", registrar, causes, fatal: false });
    this.rejections++;
    if (causes.some(isOfSecurity)) {
      return this.leave("security", "it refuses this DHCP server", now);
    }
    if (this.rejections % MAX_REJECTIONS === 0) {
      return this.leave("failed", "it rejected all requests", now);
    }
    const doublings = Math.min(this.rejections - 1, MAX_DOUBLINGS);
    const mean = Math.min(timing.bindingRetryMs * 2 ** doublings, timing.bindingRetryMaxMs);
    timers.delete("contact");
    timers.set("retry", now + mean * (0.5 + random.fraction()));
  }

  /** Tells that a message was ignored. */
  discard(association: Association, messageType: string, why: string): void {
    this.outputs.event({ type: "discarded", association, messageType, why });
  }

  stopTimers(...timers: BindingElementTimer[]): void {
    for (const timer of timers) this.timers.delete(timer);
  }

  private forgetAnswers(): void {
    this.isAdmitted = false;
    this.question = undefined;
    this.sent = undefined;
    this.stopTimers("dump-reply", "update-reply", "refresh");
  }
}

/** It does not pass by itself: another registrar may know this server better. */
function isOfSecurity({ code }: ErrorCause): boolean {
  return code === CAUSE.rejectedDueToSecurityConsiderations;
}
