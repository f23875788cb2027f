/** The service manager of this very process, which there is one of or none. */

import { type DatagramSocket, ServiceManager, type ServiceProcess } from "./service_manager.ts";

type Listen = (options: { transport: "unixpacket"; path: string }) => DatagramSocket;

/** The process itself. */
export const THIS_PROCESS: ServiceProcess = {
  pid: Deno.pid,
  takeEnv(name) {
    const value = Deno.env.get(name);
    if (value !== undefined) Deno.env.delete(name);
    return value;
  },
  open() {
    // There only with --unstable-net, which the built file and the units give.
    const { listenDatagram } = Deno as { listenDatagram?: Listen };
    // The system gives a socket without a path a name of its own.
    return listenDatagram?.({ transport: "unixpacket", path: "" });
  },
};

let manager: ServiceManager | "deaf" | undefined;
let isKnown = false;

/** The service manager that runs this process, if one does. */
export function thisServiceManager(): ServiceManager | "deaf" | undefined {
  if (!isKnown) manager = ServiceManager.of(THIS_PROCESS);
  isKnown = true;
  return manager;
}
