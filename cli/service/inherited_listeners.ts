/**
 * Listening sockets that a service manager has opened, as systemd does for a unit with a `.socket`:
 * sd_listen_fds(3). One serves where the command would open one at the same address.
 */

import { formatAddress } from "../address.ts";
import type { InheritedSocket, SocketAddress } from "../api.ts";
import { EXIT, ExitError } from "../exit.ts";
import { reasonOf } from "../failure.ts";
import type { ServiceProcess } from "./service_manager.ts";

/** The first of them; those before are the three standard streams. */
const FIRST_DESCRIPTOR = 3;
/** More listeners than these has no registrar. */
export const MAX_INHERITED_SOCKETS = 32;

/** Takes sockets over by their descriptors. */
export type TakeOver = (descriptors: readonly number[]) => Promise<InheritedSocket[]>;

/**
 * The sockets that were opened for this process.
 *
 * @param wanted Where it is to listen.
 * @throws {ExitError} if they are of no use: at another address clients would wait for ever.
 */
export async function inheritedListeners(
  process: ServiceProcess,
  wanted: readonly SocketAddress[],
  takeOver: TakeOver,
): Promise<InheritedSocket[] | undefined> {
  const count = process.takeEnv("LISTEN_FDS");
  const pid = process.takeEnv("LISTEN_PID");
  process.takeEnv("LISTEN_FDNAMES");
  if (count === undefined || Number(pid) !== process.pid) return undefined;
  if (!/^[0-9]{1,3}$/.test(count) || Number(count) > MAX_INHERITED_SOCKETS) {
    const most = `a number of sockets, at most ${MAX_INHERITED_SOCKETS}`;
    throw new ExitError(EXIT.usage, `LISTEN_FDS: "${count}" is not ${most}`);
  }
  const descriptors = Array.from({ length: Number(count) }, (_, i) => FIRST_DESCRIPTOR + i);
  const sockets = await takeOver(descriptors).catch((error) => {
    throw new ExitError(EXIT.usage, `LISTEN_FDS: ${reasonOf(error)}`, { cause: error });
  });
  const addresses = wanted.map(formatAddress);
  const stray = sockets.find(({ address }) => !addresses.includes(formatAddress(address)));
  if (stray === undefined) return sockets;
  for (const socket of sockets) await socket.close();
  throw new ExitError(
    EXIT.usage,
    `LISTEN_FDS: the service manager listens on ${
      formatAddress(stray.address)
    }, and this command ` +
      `on ${addresses.join(", ")}: write the same addresses in both`,
  );
}
