/** One element as a connection whose bytes are the application's, whatever its pool's use. */

import { DEFAULT_LIMITS, USER_SESSION_TIMING, wireTo } from "../../core/mod.ts";
import { type Address, type Connection, DialFailed, type Transport } from "../../net/mod.ts";
import type { PoolElement } from "../../wire/mod.ts";
import { now } from "../clock.ts";
import { addressOf, dialElement } from "./element_address.ts";
import { MuxConnection } from "./mux_connection.ts";

/** How an element is reached. */
export interface OpenElementOptions {
  /** Until the element has answered, in milliseconds; default 3,000. */
  readonly timeoutMs?: number | undefined;
  /** Gives it up early. */
  readonly signal?: AbortSignal | undefined;
  /** `certificateTransport`, `pskTransport`; default plain TCP. */
  readonly transport?: Transport | undefined;
}

/**
 * Connects to one element, without failover, cookies and business cards: for programs that choose
 * and replace elements by themselves, as a proxy does. With Transport Use 1, data plus control, the
 * control channel is hidden (docs/tcp-mapping.md §15): it is connected when the element has sent
 * its preface, and an element that closes without the end of its data has `ended` with "reset".
 *
 * @throws {DialFailed} if it cannot be connected to, or speaks something else.
 * @throws {TypeError} if the element is not reached by TCP.
 *
 * @example
 * ```ts
 * import { openElement, PoolElement, PoolUser, Registrar } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const anyPort = [{ host: "127.0.0.1", port: 0 }];
 * await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort });
 * const registrars = registrar.asap;
 * await using element = new PoolElement({ registrars, poolHandle: "time", port: 0, use: 1 });
 * await element.serve((session) => session.send(new TextEncoder().encode("12:00")));
 * await element.register();
 *
 * using user = new PoolUser({ registrars });
 * const connection = await openElement(await user.select("time"));
 * assert.equal(new TextDecoder().decode((await connection.read())!), "12:00");
 * assert.equal(await connection.read(), null);
 * assert.equal(connection.ended, "closed");
 * await connection.close();
 * ```
 */
export async function openElement(
  element: PoolElement,
  options: OpenElementOptions = {},
): Promise<Connection> {
  const { timeoutMs = USER_SESSION_TIMING.elementDialMs, signal } = options;
  const began = now();
  const connection = await dialElement(element, { ...options, timeoutMs });
  const wire = wireTo(element.transport);
  if (!wire.hasControl) return connection;
  const session = new MuxConnection(connection, wire, DEFAULT_LIMITS);
  const leftMs = Math.max(1, timeoutMs - (now() - began));
  await greet(addressOf(element), session, leftMs, signal);
  return session;
}

async function greet(
  address: Address,
  session: MuxConnection,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  let why = "closed" as "timed-out" | "closed";
  const giveUp = (reason: typeof why) => {
    why = reason;
    session.abort();
  };
  const onAbort = () => giveUp("closed");
  const timer = setTimeout(() => giveUp("timed-out"), timeoutMs);
  signal?.addEventListener("abort", onAbort);
  try {
    if (signal?.aborted === true) onAbort();
    if (await session.greet()) return;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
  const detail = session.fault ??
    (why === "timed-out"
      ? `connected, but no session within ${Math.round(timeoutMs)} ms`
      : "closed before a session began");
  session.abort();
  throw new DialFailed(address, why, undefined, detail);
}
