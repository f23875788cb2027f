/** Options of `registrar` for rsplib among its peers. docs/tcp-mapping.md §11. */

import { ENRP_PORT, parseWrittenAddress, type WrittenAddress } from "../address.ts";
import type { RegistrarSettings } from "../api.ts";
import { UsageError } from "../exit.ts";
import { choice, list, type Option, type ValuesOf } from "../option.ts";

const RSPLIB = "rsplib";
const ORDERS = ["larger-wins", "smaller-wins"] as const;

/** All peers, or the one at an address. */
type Compat = "all" | WrittenAddress;

/** Who is an rsplib registrar, and what that means for all. */
export const COMPAT_OPTIONS = {
  compat: list<Compat>(
    "--compat <rsplib[=HOST[:PORT]]>",
    "peers are rsplib registrars behind a relay: all, or the one at that ENRP address, which is " +
      "a --peer, too; repeatable",
    parseCompat,
    [],
    { fallbackText: "none" },
  ),
  arbitration: {
    ...choice(
      "--arbitration <ORDER>",
      "which identifier wins when two registrars take over a third; the same in a whole cluster",
      ORDERS,
      "larger-wins",
      { fallbackText: "larger-wins, with --compat rsplib smaller-wins" },
    ),
    fallback: () => undefined,
  } as Option<typeof ORDERS[number] | undefined>,
};

type CompatValues = ValuesOf<typeof COMPAT_OPTIONS>;

/** Whether rsplib is among the peers. */
export function hasRsplib({ compat }: CompatValues): boolean {
  return compat.length > 0;
}

/** The addresses of `--compat`. */
export function rsplibAddresses({ compat }: CompatValues): WrittenAddress[] {
  return compat.filter((each) => each !== "all");
}

/**
 * What the library is told of rsplib.
 *
 * @throws {UsageError} if both orders of takeovers are asked for.
 */
export function compatSettings(
  options: CompatValues,
): Pick<RegistrarSettings, "rsplibPeers" | "arbitration"> {
  const { compat, arbitration } = options;
  if (!hasRsplib(options)) return arbitration === undefined ? {} : { arbitration };
  if (arbitration === "larger-wins") {
    throw new UsageError(
      "--compat rsplib and --arbitration larger-wins exclude each other: a cluster has one order " +
        "of takeovers, and rsplib's lets the smaller identifier win",
    );
  }
  if (compat.includes("all")) return { rsplibPeers: "all" };
  const addresses = rsplibAddresses(options);
  return { rsplibPeers: addresses.map(({ host, port = ENRP_PORT }) => ({ host, port })) };
}

function parseCompat(text: string): Compat {
  if (text === RSPLIB) return "all";
  const [name, address] = text.split(/=(.*)/s);
  if (name === RSPLIB && address) return parseWrittenAddress(address);
  throw new SyntaxError(`"${text}" is not rsplib or rsplib=HOST[:PORT]`);
}
