/** From an element to its user, which is an element of another pool. RFC 5352 §3.9. */

import type { PoolUser } from "../pool_user.ts";
import type { BusinessCard, ConnectOptions, Session } from "./contract.ts";

/**
 * Connects to the pool of a card, with its elements in the card's order first: from a pool element
 * to the user whose card it got, if that is an element as well, and to those who stand in for it.
 *
 * @throws as {@linkcode PoolUser.connect}.
 * @example
 * ```ts
 * import { connectBack, PoolElement, PoolUser, Registrar } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const anyPort = [{ host: "127.0.0.1", port: 0 }];
 * await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort });
 * const registrars = registrar.asap;
 * const addresses = ["127.0.0.1"];
 * const settings = { registrars, port: 0, addresses, use: "data+control" } as const;
 * using user = new PoolUser({ registrars });
 *
 * await using clients = new PoolElement({ ...settings, poolHandle: "clients" });
 * await clients.serve((session) => session.send(new TextEncoder().encode("called back")));
 * await clients.register();
 * const [self] = (await user.resolve("clients")).poolElements;
 *
 * await using servers = new PoolElement({ ...settings, poolHandle: "servers" });
 * await servers.serve(async (session) => {
 *   await session.receive();
 *   await using back = await connectBack(user, session.businessCard!);
 *   await session.send((await back.receive())!.bytes);
 * });
 * await servers.register();
 *
 * const businessCard = { poolHandle: "clients", poolElements: [self!] };
 * await using session = await user.connect("servers", { businessCard });
 * await session.send(new TextEncoder().encode("call me back"));
 * const { bytes } = (await session.receive())!;
 * assert.equal(new TextDecoder().decode(bytes), "called back");
 * ```
 */
export function connectBack(
  user: Pick<PoolUser, "connect">,
  { poolHandle, poolElements }: BusinessCard,
  options: ConnectOptions = {},
): Promise<Session> {
  const order = poolElements.map(({ identifier }) => identifier);
  return user.connect(poolHandle, { ...options, order });
}
