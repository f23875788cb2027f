/** A pool element of the library, as the supervisor wants to handle it. */

import { formatAddress } from "../address.ts";
import type {
  Api,
  Attempt,
  ErrorCause,
  Policy,
  PoolElement,
  PoolElementEvent,
  PoolElementSettings,
  PoolElementValue,
  SocketAddress,
} from "../api.ts";
import { AttemptLog } from "../attempt_log.ts";
import type { Secured } from "../client_security.ts";
import { EXIT } from "../exit.ts";
import { explainLibraryError } from "../failure.ts";
import type { Log } from "../log.ts";
import { eventFields } from "../narrate.ts";
import { isCertificateDoubted, refusalHint, wrongPortHint } from "../answer.ts";
import type { ElementInput, SupervisedElement } from "../supervisor/runner.ts";

const LOOPBACK_HINT = "; name an address that others can reach by --address IP";
const ADDRESS_HINT = "; a registrar may accept only the address that the connection came from " +
  "(its --address-check)";
const USE_HINT = "; the pool's transport use is another one (--use)";

/** A pool element under supervision. */
export class RegisteredElement implements SupervisedElement {
  private readonly api: Api;
  private readonly log: Log;
  private readonly tell: (input: ElementInput) => void;
  private readonly discovers: boolean;
  private readonly secured: Secured;
  private readonly element: PoolElement;
  private readonly attempts: AttemptLog;
  private readonly homeFound = Promise.withResolvers<number>();
  private waiting = new AbortController();
  /** The registrar that was asked last. */
  private asked: SocketAddress | undefined;
  /** Whether a registrar has it, as far as is known. */
  private isGranted = false;
  private changedPolicy: Policy | undefined;

  constructor(
    parts: {
      readonly api: Api;
      readonly log: Log;
      readonly settings: PoolElementSettings;
      readonly secured?: Secured | undefined;
      /** Told with which address it was registered. */
      readonly onAddress: (address: string | undefined) => void;
    },
    tell: (input: ElementInput) => void,
  ) {
    this.api = parts.api;
    this.log = parts.log;
    this.tell = tell;
    this.attempts = new AttemptLog(parts.log, parts.api.describeAttempt);
    this.secured = parts.secured ?? {};
    this.discovers = parts.settings.discover !== undefined;
    this.element = new parts.api.PoolElement({
      ...parts.settings,
      onEvent: (event) => {
        if (event.type === "registered") parts.onAddress(addressOf(event.element));
        this.handle(event);
      },
    });
  }

  /** PE Identifier. */
  get identifier(): number {
    return this.element.identifier;
  }

  /** What it is about. */
  get state(): PoolElement["state"] {
    return this.element.state;
  }

  /** What has gone over its associations. */
  traffic(): ReturnType<PoolElement["traffic"]> {
    return this.element.traffic();
  }

  /** Its home, if it is known. */
  get home(): number | undefined {
    return this.element.home;
  }

  /** The registrar that has it, as HOST:PORT. */
  get registrar(): string | undefined {
    return this.isGranted && this.asked !== undefined ? formatAddress(this.asked) : undefined;
  }

  /** The policy that it has got since its start. */
  get policy(): Policy | undefined {
    return this.changedPolicy;
  }

  register(): void {
    this.waiting = new AbortController();
    // Grants and rejections come as events, too; what else fails is told here only.
    this.element.register({ signal: this.waiting.signal }).catch((error) => {
      if (error instanceof Error && error.name === "ListenFailed") {
        this.tell({ type: "fail", code: EXIT.world, reason: explainLibraryError(error)!.message });
      }
    });
  }

  deregister(): void {
    // A registration that is still about to be asked for must not follow its de-registration.
    this.waiting.abort();
    this.waiting = new AbortController();
    // Its outcome comes as an event, too.
    this.element.deregister({ signal: this.waiting.signal }).catch(() => {});
  }

  abandon(): void {
    this.waiting.abort();
  }

  /** A new policy or new values of it: registered at once if it is registered. */
  update(policy: Policy): void {
    this.changedPolicy = policy;
    this.element.update({ policy });
  }

  async close(): Promise<void> {
    await this.element.close();
  }

  /**
   * The identifier of the home registrar, which it tells right after the first grant; nothing if
   * the signal aborts before.
   */
  async findHome(abort: AbortSignal): Promise<number | undefined> {
    if (this.element.home !== undefined) return this.element.home;
    const aborted = new Promise<undefined>((resolve) => {
      abort.addEventListener("abort", () => resolve(undefined), { once: true });
    });
    return await Promise.race([aborted, this.homeFound.promise]);
  }

  private handle(event: PoolElementEvent): void {
    switch (event.type) {
      case "registered":
      case "re-registered":
        if (event.home !== undefined) this.homeFound.resolve(event.home);
        this.isGranted = true;
        if (event.type === "re-registered") {
          this.log.event("debug", event.type, () => eventFields(event, this.api));
        }
        this.attempts.settle();
        this.asked = event.registrar;
        return this.tell({
          type: "granted",
          registrar: formatAddress(event.registrar),
          isNew: event.type === "registered",
        });
      case "home-identified":
        this.homeFound.resolve(event.home);
        break;
      case "home-changed": {
        // Who looks for the registrar that was named with the grant would look at the wrong one.
        const home = this.api.formatIdentifier(event.home);
        const registrar = formatAddress(event.registrar);
        const words = `taken over by registrar ${home}: ${registrar}`;
        return this.log.event("notice", event.type, { home, registrar }, words);
      }
      case "home-lost":
        this.lost({ ...event, address: event.registrar });
        // Falls through: what is known of the registrars is news now, as with a connection.
      case "connected":
        this.asked = event.registrar;
        this.tell({ type: "registrar-silent", reason: this.describe(this.element.attempts) });
        break;
      case "rejected":
        return this.tell(this.rejection(event.causes));
      case "hunt-failure":
        return this.tell({
          type: "registrars-failed",
          reason: this.describe(event.attempts),
          isInsecure: this.isInsecure(event.attempts),
        });
      case "deregistered":
        if (event.outcome === "rejected") {
          const causes = event.causes.map(this.api.describeCause);
          const words = `the registrar rejected the de-registration: ${causes.join(", ")}`;
          this.log.event("warning", "deregistration-rejected", { causes }, words);
        }
        return this.tell({ type: "deregistered" });
    }
    if (event.type === "expired") {
      const words = "the registration expired; registering again";
      return this.log.event("warning", event.type, () => eventFields(event, this.api), words);
    }
    if (event.type === "hunting" && event.why === "no-answer" && this.asked !== undefined) {
      this.lost({ address: this.asked, reason: "silent" });
    }
    // A registrar that is lost is told as such already.
    if (event.type === "home-lost" || this.attempts.tell(event)) return;
    this.log.event("debug", event.type, () => eventFields(event, this.api));
  }

  /** One notice for a registrar that had it; before a first grant it has failed like others. */
  private lost(attempt: Attempt): void {
    const { address, reason } = attempt;
    if (!this.isGranted) return void this.attempts.tell({ type: "registrar-failed", ...attempt });
    this.isGranted = false;
    const why = reason === "closed"
      ? `${formatAddress(address)}: it closed the connection`
      : this.describe([attempt]);
    const fields = { registrar: formatAddress(address), reason };
    this.log.event("notice", "home-lost", fields, `lost the registrar: ${why}`);
  }

  private describe(attempts: readonly Attempt[]): string {
    if (attempts.length === 0 && this.discovers) return "no registrar announced itself";
    const words = attempts.map((attempt) => this.api.describeAttempt(attempt)).join("; ");
    return words + wrongPortHint(attempts, "ASAP", this.secured.transport?.kind);
  }

  private isInsecure(attempts: readonly Attempt[]): boolean {
    return isCertificateDoubted(attempts, this.secured) ||
      new this.api.RegistrarUnreachable(attempts).isUnauthenticated;
  }

  private rejection(causes: readonly ErrorCause[]): ElementInput {
    const { poolHandle, identifier } = this.element;
    const error = new this.api.RegistrationRejected(poolHandle, identifier, causes);
    const { code, message } = explainLibraryError(error)!;
    return { type: "rejected", code, reason: message + this.hint(causes, message) };
  }

  /** What the user can do about it, where the cause does not say. */
  private hint(causes: readonly ErrorCause[], message: string): string {
    const {
      invalidValues,
      inconsistentDataControlConfiguration,
      rejectedDueToSecurityConsiderations,
    } = this.api.CAUSE;
    const has = (wanted: number) => causes.some(({ code }) => code === wanted);
    // RFC 5354 §3.12.9: this cause does not carry the pool's value.
    if (has(inconsistentDataControlConfiguration)) return USE_HINT;
    if (has(rejectedDueToSecurityConsiderations)) return refusalHint(this.secured);
    if (!has(invalidValues)) return "";
    if (/\b127\.|::1\b/.test(message)) return LOOPBACK_HINT;
    return / Transport: /.test(message) ? ADDRESS_HINT : "";
  }
}

function addressOf({ transport }: PoolElementValue): string | undefined {
  return transport.protocol === "opaque" ? undefined : transport.addresses[0];
}
