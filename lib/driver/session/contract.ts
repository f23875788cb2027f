/** What programs see of sessions, on both sides. RFC 5352 §3.8, §3.9 and §6; RFC 5351 §4.2. */

import type { DisconnectReason } from "../../core/mod.ts";
import type { Address, Secured, Transport } from "../../net/mod.ts";
import type { PoolElement, PoolHandle } from "../../wire/mod.ts";

/** Bytes of a session, and who has sent them. RFC 5352 §6.6, Data.Received. */
export interface ReceivedData {
  /** The bytes, the receiver's own. */
  readonly bytes: Uint8Array;
  /** The element that has sent them: another one than before tells of a failover between. */
  readonly poolElement: PoolElement;
}

/** Who is to be asked when the sender fails, in this order. RFC 5352 §3.9. */
export interface BusinessCard {
  /** The sender's pool. */
  readonly poolHandle: PoolHandle;
  /** Elements of that pool. */
  readonly poolElements: readonly PoolElement[];
}

/** A session has lost its element and has found another. RFC 5351 §4.2; RFC 5355 §2.9. */
export interface Failover {
  /** The pool. */
  readonly poolHandle: PoolHandle;
  /** The element that was lost. */
  readonly from: PoolElement;
  /** The element that is connected, to which nothing was sent yet. */
  readonly to: PoolElement;
  /** How the old element was lost. */
  readonly reason: DisconnectReason;
  /** More of it for people. */
  readonly detail?: string | undefined;
  /** Who the lost element had proved to be; `undefined`: it was not secured. */
  readonly securityLost: Secured | undefined;
  /** Who the next element has proved to be; `undefined`: it is not secured. */
  readonly security: Secured | undefined;
  /** Whether a cookie of the old element is sent first of all. RFC 5352 §3.8. */
  readonly hasCookie: boolean;
  /**
   * Queues bytes that go to the next element before all else that the application sends: what
   * re-establishes trust, or what is to be said again. They leave when the handler is done.
   */
  send(bytes: Uint8Array): void;
}

/** What a session with a pool is to be like. RFC 5352 §6.5. */
export interface ConnectOptions {
  /** Until it is on an element, in milliseconds. Default: `connectTimeoutMs`. */
  readonly timeoutMs?: number | undefined;
  /** Aborts the session, whenever that is. */
  readonly signal?: AbortSignal | undefined;
  /** ASAP_SEND_NO_FAILOVER: `false` ends the session with its element. Default `true`. */
  readonly failover?: boolean | undefined;
  /**
   * Pool element handle (§6.5.3): this element of the pool, and with `failover` others when it is
   * gone. RFC 3237 §2.10: "the same server again".
   */
  readonly to?: number | undefined;
  /** ASAP_SEND_TO_LAST: the element that the last session with this pool was on, if it lives. */
  readonly toLast?: boolean | undefined;
  /**
   * PE identifiers of elements that are tried first, in this order, as far as they are in the pool;
   * then by its policy. An element opens a session to its user's pool in the order of that user's
   * card with it. RFC 5352 §3.9, BC2.
   */
  readonly order?: readonly number[] | undefined;
  /**
   * Told before anything reaches the next element; the session waits for it. Whoever throws does
   * not trust the next element: the session ends with that error, and nothing was sent.
   */
  readonly onFailover?: ((failover: Failover) => void | Promise<void>) | undefined;
  /** The card of this side, if it is a pool element itself. §3.9. */
  readonly businessCard?: BusinessCard | undefined;
  /** Told of each card of an element. */
  readonly onBusinessCard?: ((card: BusinessCard) => void) | undefined;
  /** How elements are reached: `certificateTransport`, `pskTransport`; default plain TCP. */
  readonly transport?: Transport | undefined;
}

/**
 * A stream of bytes to a pool, and not to a server: it survives its elements. RFC 5351 §4.2.
 *
 * What its element has not read when it dies is lost, and never sent twice by the session: who has
 * to know keeps what was not answered yet, and says it again in `onFailover`. A failure is noticed
 * by reading, which goes on by itself until `maxSessionBytes` (256 KiB) wait for the program, or
 * then by sending. A promise that nobody awaits ends no process.
 *
 * In a pool of Transport Use 0 the end of the stream is the end of the data, and only a reset is a
 * failure: TCP ends the connections of a killed process in order. There are no cookies and cards.
 *
 * @example
 * ```ts
 * import { PoolElement, PoolUser, Registrar, type ServedSession } from "@rserpool/rserpool";
 * import assert from "node:assert/strict";
 *
 * const anyPort = [{ host: "127.0.0.1", port: 0 }];
 * await using registrar = await Registrar.start({ asap: anyPort, enrp: anyPort });
 * const registrars = registrar.asap;
 *
 * // Counts what it was asked; its state goes with the user, in a cookie that the pool's key signs.
 * const count = async (session: ServedSession) => {
 *   let [asked] = session.state ?? [0];
 *   while (await session.receive()) {
 *     await session.sendState(Uint8Array.of(++asked!));
 *     await session.send(Uint8Array.of(asked!));
 *   }
 * };
 * const cookies = { keys: [crypto.getRandomValues(new Uint8Array(32))] };
 * const elements = new Map<number, PoolElement>();
 * for (let each = 0; each < 2; each++) {
 *   const settings = { registrars, poolHandle: "count", port: 0, use: "data+control" } as const;
 *   const element = new PoolElement(settings);
 *   await element.serve(count, { cookies });
 *   await element.register();
 *   elements.set(element.identifier, element);
 * }
 *
 * await using user = new PoolUser({ registrars });
 * const question = Uint8Array.of(0);
 * await using session = await user.connect("count", {
 *   onFailover: ({ send }) => send(question), // The one that was not answered.
 * });
 * await session.send(question);
 * assert.deepEqual((await session.receive())?.bytes, Uint8Array.of(1));
 * await elements.get(session.poolElement.identifier)!.close();
 * assert.deepEqual((await session.receive())?.bytes, Uint8Array.of(2));
 * for (const element of elements.values()) await element.close();
 * ```
 */
export interface Session extends AsyncDisposable {
  /** The pool. */
  readonly poolHandle: PoolHandle;
  /** The element that it is on, or was on last. */
  readonly poolElement: PoolElement;
  /** Who that element has proved to be, if its connection is secured. */
  readonly security: Secured | undefined;
  /** The last card of an element: who is tried first when that fails. §3.9. */
  readonly businessCard: BusinessCard | undefined;
  /** What elements send, without their names. Not to be used beside `receive`. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What is sent. Its end is `end`. */
  readonly writable: WritableStream<Uint8Array>;
  /**
   * The next bytes, now the caller's; `undefined` once the element has ended its data.
   *
   * @throws {SessionFailed} if the session failed.
   */
  receive(): Promise<ReceivedData | undefined>;
  /**
   * Sends bytes, which must not be changed afterwards.
   *
   * @returns the element they were handed to, once its connection has taken them. It may still have
   * died before it read them (§6.5.5); bytes that were handed to none go to the next one.
   * @throws {SessionFailed} if the session failed.
   */
  send(bytes: Uint8Array): Promise<PoolElement>;
  /** Sends a card of this side, which is an element itself. Without a control channel: nothing. */
  sendBusinessCard(card: BusinessCard): void;
  /** Nothing more will be sent; what the element still sends can be received. */
  end(): Promise<void>;
  /** Ends both directions in order. */
  close(): Promise<void>;
  /** Ends it at once; what waits is lost. */
  abort(reason?: unknown): void;
}

/**
 * A session at the side of the pool element. That its user is gone is noticed by reading, which
 * goes on by itself until `maxSessionBytes` (256 KiB) wait for the program, or then by sending. A
 * promise that nobody awaits ends no process.
 */
export interface ServedSession {
  /** Where the user is. */
  readonly remote: Address;
  /** Who the user has proved to be, if the connection is secured. */
  readonly security: Secured | undefined;
  /**
   * The state that another element of the pool has given the user in a cookie that was verified;
   * `undefined`: the session is new. RFC 5352 §3.8.
   */
  readonly state: Uint8Array | undefined;
  /** The last card of the user, if that is an element itself. §3.9. */
  readonly businessCard: BusinessCard | undefined;
  /** What the user sends. Not to be used beside `receive`. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What is sent to the user. Its end is `end`. */
  readonly writable: WritableStream<Uint8Array>;
  /**
   * The next bytes, now the caller's; `undefined` once the user has ended its data.
   *
   * @throws {UserLost} if the user was lost.
   */
  receive(): Promise<Uint8Array | undefined>;
  /**
   * Sends bytes, which must not be changed afterwards; resolved when the system has taken them.
   *
   * @throws {UserLost} if the user was lost.
   * @throws {TypeError} if this side has ended its data.
   */
  send(bytes: Uint8Array): Promise<void>;
  /**
   * Gives the user a cookie with this state for the element that may follow. It is sent before what
   * is sent after this call, and is resolved when the system has taken it.
   *
   * @throws {TypeError} if there is no key (`cookies` of `serve`), or no control channel.
   * @throws {RangeError} if the state is too long: 8,151 bytes by default.
   */
  sendState(state: Uint8Array): Promise<void>;
  /** Who is to be tried first when this element fails. */
  sendBusinessCard(card: BusinessCard): void;
  /** Nothing more will be sent; what the user still sends can be received. */
  end(): Promise<void>;
  /** Ends both directions in order; what still comes is thrown away. */
  close(): Promise<void>;
  /**
   * Ends it at once, so that the user fails over to another element; who receives or sends is told
   * by an `AbortError`.
   */
  abort(): void;
}

/** What serves sessions; the session ends in order when its promise is resolved. */
export type SessionHandler = (session: ServedSession) => void | Promise<void>;
