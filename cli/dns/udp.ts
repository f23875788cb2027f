/** Queries in datagrams. RFC 1035 §4.2.1. */

import { createSocket } from "node:dgram";
import type { Address } from "../address.ts";
import type { Responder } from "./responder.ts";

/** A socket that answers. */
export interface UdpServer {
  close(): Promise<void>;
}

/** Opens a socket; throws what the system says if the address cannot be bound. */
export async function openUdp(address: Address, responder: Responder): Promise<UdpServer> {
  const type = address.host.includes(":") ? "udp6" as const : "udp4" as const;
  const socket = createSocket(type);
  const bound = Promise.withResolvers<void>();
  socket.once("error", bound.reject);
  socket.bind({ port: address.port, address: address.host, exclusive: true }, bound.resolve);
  try {
    await bound.promise;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.removeAllListeners("error");
  // An ICMP error about a client that is gone is nothing to anybody.
  socket.on("error", () => {});
  let isClosed = false;
  const send = (answer: Uint8Array | undefined, port: number, host: string) => {
    if (answer === undefined || isClosed) return;
    try {
      socket.send(answer, port, host, () => {});
    } catch {
      // As a datagram that is lost on its way.
    }
  };
  socket.on("message", (message, { port, address }) => {
    if (port === 0) return;
    const answer = responder.respond(message, "udp");
    if (answer instanceof Promise) void answer.then((answer) => send(answer, port, address));
    else send(answer, port, address);
  });
  const closed = Promise.withResolvers<void>();
  const close = () => {
    isClosed = true;
    socket.close(() => closed.resolve());
    return closed.promise;
  };
  return { close };
}
