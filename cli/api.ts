/** The library as the command line uses it: all of it comes from `mod.ts`, and when first needed. */

import type * as wire from "../lib/wire/mod.ts";
import type { PoolElement, PoolHandle, ServerInformation } from "../lib/wire/mod.ts";
import type { Policy } from "../lib/wire/mod.ts";
import type { RegistrarTiming } from "../lib/core/mod.ts";
import type { Address } from "./address.ts";

export type {
  ErrorCause,
  Policy,
  PoolElement as PoolElementValue,
  PoolHandle,
  ServerInformation,
  TraceLine,
  Transport,
} from "../lib/wire/mod.ts";

/** The answer to a handle resolution. */
export interface Resolution {
  readonly poolHandle: PoolHandle;
  /** The policy of the pool; absent when the registrar did not tell it. */
  readonly policy?: Policy | undefined;
  readonly poolElements: readonly PoolElement[];
}

/** A pool of a handle table. */
export interface Pool {
  readonly poolHandle: PoolHandle;
  readonly poolElements: readonly PoolElement[];
}

/** A registrar that answered. */
export interface Answerer {
  readonly identifier: number;
}

/** How long to wait, and when to give up before. */
export interface AskOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** A user of pools. */
export interface PoolUser {
  resolve(poolHandle: PoolHandle, options?: AskOptions & { items?: number }): Promise<Resolution>;
  select(poolHandle: PoolHandle): Promise<PoolElement>;
  close(): void | Promise<void>;
}

/** One that asks a registrar what it knows. */
export interface Observer {
  peers(options?: AskOptions): Promise<
    { readonly registrar: Answerer; readonly peers: readonly ServerInformation[] }
  >;
  handleTable(options?: AskOptions): Promise<
    { readonly registrar: Answerer; readonly pools: readonly Pool[] }
  >;
  status(options?: AskOptions): Promise<{ readonly identifier: number; readonly serves: boolean }>;
  close(): void | Promise<void>;
}

/** A running registrar. */
export interface Registrar {
  readonly identifier: number;
  readonly asap: readonly Address[];
  readonly enrp: readonly Address[];
  readonly finished: Promise<void>;
  stop(): Promise<void>;
}

/** An event of a registrar: a type and what is known besides. */
export interface NarratedEvent {
  readonly type: string;
}

/** How a registrar is started. */
export interface RegistrarOptions {
  readonly asap?: readonly Address[];
  readonly enrp?: readonly Address[];
  readonly identifier?: number;
  readonly addressCheck?: "observed" | "any";
  readonly maxHandleBytes?: number;
  readonly timing?: Partial<RegistrarTiming>;
  readonly onEvent?: (event: NarratedEvent) => void;
}

/** What the driver offers. */
export interface Driver {
  readonly PoolUser: new (
    options: { registrars: readonly Address[]; maxHandleBytes?: number },
  ) => PoolUser;
  readonly Observer: new (options: { registrars: readonly Address[] }) => Observer;
  readonly Registrar: { start(options: RegistrarOptions): Promise<Registrar> };
}

/** The library. */
export type Api = typeof wire & Driver;

/** Loads the library. */
export async function loadApi(): Promise<Api> {
  return await import("../lib/wire/mod.ts") as unknown as Api;
}
