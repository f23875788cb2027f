import type { SocketAddress } from "../../mod.ts";

/** HOST:PORT as the library takes it. */
export function socketAddress(text: string): SocketAddress {
  const { hostname, port } = new URL(`tcp://${text}`);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) };
}
