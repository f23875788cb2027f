/** Addresses of this host, which no client may get. */

/** Those of them that are in a range. */
export function ownAddresses(
  range: { includes(address: string): boolean },
  interfaces: readonly Pick<Deno.NetworkInterfaceInfo, "family" | "address">[] = Deno
    .networkInterfaces(),
): string[] {
  return interfaces
    .filter(({ family }) => family === "IPv4")
    .map(({ address }) => address)
    .filter((address) => range.includes(address));
}
