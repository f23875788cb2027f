/** With `-v`: which registrar is asked, which failed and why, and which one answered. */

import { formatAddress } from "./address.ts";
import type { Attempt, SocketAddress } from "./api.ts";
import type { Log } from "./log.ts";

/** Any event of any client of registrars. */
type ClientEvent = AttemptEvent | { readonly type: string };

/** Those that are told. */
type AttemptEvent =
  | { readonly type: "registrar-dialled"; readonly registrar: SocketAddress }
  | ({ readonly type: "registrar-failed" } & Attempt)
  | ({ readonly type: "home-lost"; readonly registrar: SocketAddress } & Omit<Attempt, "address">)
  | { readonly type: "home-adopted" | "listed" | "table"; readonly registrar: SocketAddress };

/** The words for an attempt. */
type Describe = (attempt: Attempt) => string;

/** What to add to a client's settings: nothing, unless somebody reads it. */
export function followAttempts(
  log: Log,
  { describeAttempt }: { readonly describeAttempt: Describe },
): { onEvent?: (event: ClientEvent) => void } {
  if (!log.has("info")) return {};
  const attempts = new AttemptLog(log, describeAttempt);
  return { onEvent: (event) => void attempts.tell(event) };
}

/** Writes one line for each attempt that begins or ends. */
export class AttemptLog {
  private readonly log: Log;
  private readonly describe: Describe;
  /** Those that were asked and have neither answered nor failed. */
  private readonly waiting = new Set<string>();

  constructor(log: Log, describe: Describe) {
    this.log = log;
    this.describe = describe;
  }

  /** Tells an event, if it is of an attempt; whether it is. */
  tell(event: ClientEvent): boolean {
    if (!isOfAttempt(event)) return false;
    switch (event.type) {
      case "registrar-dialled":
        this.dialled(event.registrar);
        break;
      case "registrar-failed":
        this.failed(event.type, event);
        break;
      case "home-lost":
        this.failed(event.type, { ...event, address: event.registrar });
        break;
      default:
        this.settle();
        this.info(
          event.type,
          event.registrar,
          `registrar ${formatAddress(event.registrar)} answered`,
        );
    }
    return true;
  }

  /** Whoever was asked need not be waited for any longer. */
  settle(): void {
    this.waiting.clear();
  }

  private failed(name: string, attempt: Attempt): void {
    this.waiting.delete(formatAddress(attempt.address));
    this.info(name, attempt.address, `registrar ${this.describe(attempt)}`);
  }

  private dialled(address: SocketAddress): void {
    const silent = [...this.waiting].join(" and ");
    const registrar = formatAddress(address);
    this.waiting.add(registrar);
    const words = silent === ""
      ? `asking registrar ${registrar}`
      : `no answer yet from ${silent}; asking registrar ${registrar}, too`;
    this.info("registrar-dialled", address, words);
  }

  private info(name: string, registrar: SocketAddress, words: string): void {
    this.log.event("info", name, { registrar: formatAddress(registrar) }, words);
  }
}

const TYPES: ReadonlySet<string> = new Set([
  "registrar-dialled",
  "registrar-failed",
  "home-lost",
  "home-adopted",
  "listed",
  "table",
  "binding-tables",
  "bindings",
  "partner-down",
]);

function isOfAttempt(event: ClientEvent): event is AttemptEvent {
  return TYPES.has(event.type);
}
