/** Bindings and DHCP servers as they are shown. */

import type { Binding, BindingServer, ClientApi } from "../../api.ts";
import { FOR_EVER } from "../for_ever.ts";

/** What JSON says of a binding. */
export interface BindingView {
  readonly address: string;
  readonly state: string;
  readonly hardware: string | null;
  readonly clientId: string | null;
  readonly host: string | null;
  /** Name of the DHCP server at which it came about, or its identifier. */
  readonly server: string;
  readonly transaction: string;
  readonly counter: number;
  readonly leaseSeconds: number | null;
  /** Seconds until it ends; null: never. */
  readonly remainingSeconds: number | null;
  /** When it ends, in seconds since 1970; null: never. */
  readonly expiresAt: number | null;
}

/** Shows bindings. */
export class BindingViews {
  private readonly names: ReadonlyMap<number, string>;

  constructor(
    private readonly api: Pick<ClientApi, "formatIdentifier">,
    servers: readonly BindingServer[],
    private readonly nowSeconds: number,
  ) {
    this.names = new Map(servers.map(({ identifier, name }) => [identifier, name]));
  }

  /** A server by its name, or else its identifier. */
  nameOf(identifier: number): string {
    return this.names.get(identifier) ?? this.api.formatIdentifier(identifier);
  }

  /** A binding as JSON has it. */
  view(binding: Binding): BindingView {
    const { address, state, hardware, clientId, host, transaction, counter, lease } = binding;
    const isEndless = binding.remaining === FOR_EVER;
    return {
      address,
      state,
      hardware: hardware ?? null,
      clientId: clientId ?? null,
      host: host ?? null,
      server: this.nameOf(binding.server),
      transaction,
      counter,
      leaseSeconds: lease === FOR_EVER ? null : lease,
      remainingSeconds: isEndless ? null : binding.remaining,
      expiresAt: isEndless ? null : Math.round(this.nowSeconds) + binding.remaining,
    };
  }

  /** A server's record as JSON has it. */
  server(server: BindingServer) {
    const { name, first, last, share, shares, lease, flags, freeIn } = server;
    return {
      name,
      identifier: this.api.formatIdentifier(server.identifier),
      range: `${first}-${last}`,
      share: `${share}/${shares}`,
      leaseSeconds: lease === FOR_EVER ? null : lease,
      state: stateOf(server),
      freeInSeconds: flags.includes("down") ? freeIn : null,
    };
  }
}

/** A server's state in one word. */
export function stateOf({ flags }: Pick<BindingServer, "flags">): "serves" | "down" | "withheld" {
  if (flags.includes("down")) return "down";
  return flags.includes("withheld") ? "withheld" : "serves";
}

/** So much time, for eyes: `1h2m`, `59s`. */
export function shownSeconds(seconds: number | null): string {
  if (seconds === null) return "for ever";
  const units = [["d", 86_400], ["h", 3600], ["m", 60], ["s", 1]] as const;
  const at = units.findIndex(([, length]) => seconds >= length);
  if (at < 0) return "0s";
  const [unit, length] = units[at]!;
  const rest = units[at + 1];
  const first = `${Math.floor(seconds / length)}${unit}`;
  if (rest === undefined) return first;
  const more = Math.floor((seconds % length) / rest[1]);
  return more === 0 ? first : `${first}${more}${rest[0]}`;
}
