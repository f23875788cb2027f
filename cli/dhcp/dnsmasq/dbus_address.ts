/** Addresses of D-Bus daemons. */

import { UsageError } from "../../exit.ts";

/** Where the system's daemon listens. */
const SYSTEM_SOCKET = "/run/dbus/system_bus_socket";

/**
 * The socket of an address: `system`, `unix:path=…` or `unix:abstract=…`; one that is abstract
 * begins with a zero byte.
 *
 * @throws {UsageError} exit 2 for any other.
 */
export function dbusSocket(address: string): string {
  if (address === "system") return SYSTEM_SOCKET;
  const match = /^unix:(path|abstract)=([^,;]+)(,guid=[0-9a-f]+)?$/.exec(address);
  if (match === null) {
    throw new UsageError(
      `the D-Bus address "${address}" must be system, unix:path=… or unix:abstract=…`,
    );
  }
  const name = unescaped(match[2]!, address);
  return match[1] === "abstract" ? `\0${name}` : name;
}

/** What `DBUS_SYSTEM_BUS_ADDRESS` must say so that dnsmasq finds the same daemon. */
export function dbusEnvironment(address: string): Record<string, string> {
  return address === "system" ? {} : { DBUS_SYSTEM_BUS_ADDRESS: address };
}

function unescaped(text: string, address: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UsageError(`the D-Bus address "${address}" has a "%" without two digits`);
  }
}
