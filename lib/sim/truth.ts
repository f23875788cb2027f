/** What is so, whatever a registrar believes: which pool elements serve, and since when not. */

import type { Instant } from "../core/mod.ts";
import { formatIdentifier, type PoolHandle } from "../wire/mod.ts";

/** How a pool element stopped to serve. */
export type Departure =
  | "killed" // its system closes its connections
  | "silent" // without power or frozen: nobody is told
  | "deregistered" // it was asked to, and has been granted it
  | "withdrawn"; // it gave up, or was rejected; a registrar may not know

/** How it is with one pool element: one PE identifier in one pool. */
export interface ElementTruth {
  readonly name: string;
  readonly poolHandle: PoolHandle;
  readonly identifier: number;
  /** Since when it serves, if it does. */
  readonly servesSince: Instant | undefined;
  /** Since when it has served, or had before it was gone. */
  readonly servedSince: Instant;
  /** Since when it does not, if so. */
  readonly goneSince: Instant | undefined;
  readonly departure: Departure | undefined;
}

/** All pool elements that there are and were. */
export class Truth {
  private readonly elements = new Map<string, ElementTruth>();

  /** An element serves, and wants to be registered, from now on. */
  serves(name: string, poolHandle: PoolHandle, identifier: number, now: Instant): void {
    const key = keyOf(poolHandle, identifier);
    const servesSince = this.elements.get(key)?.servesSince ?? now;
    const gone = { goneSince: undefined, departure: undefined };
    this.elements.set(key, {
      name,
      poolHandle,
      identifier,
      servesSince,
      servedSince: servesSince,
      ...gone,
    });
  }

  /** An element serves no more. */
  departs(poolHandle: PoolHandle, identifier: number, departure: Departure, now: Instant): void {
    const key = keyOf(poolHandle, identifier);
    const known = this.elements.get(key);
    if (known === undefined || known.goneSince !== undefined) return;
    this.elements.set(key, { ...known, servesSince: undefined, goneSince: now, departure });
  }

  /** An element by its identifier; `undefined` if there never was one. */
  element(poolHandle: PoolHandle, identifier: number): ElementTruth | undefined {
    return this.elements.get(keyOf(poolHandle, identifier));
  }

  /** All that serve. */
  *serving(): Generator<ElementTruth> {
    for (const element of this.elements.values()) {
      if (element.servesSince !== undefined) yield element;
    }
  }

  /** Forgets those that are gone since an instant before. */
  forgetGone(before: Instant): void {
    for (const [key, { goneSince }] of this.elements) {
      if (goneSince !== undefined && goneSince < before) this.elements.delete(key);
    }
  }
}

function keyOf(poolHandle: PoolHandle, identifier: number): string {
  return `${poolHandle}/${formatIdentifier(identifier)}`;
}
