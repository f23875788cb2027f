/** What a policy does at a registrar. RFC 5356, "ENRP Server Considerations". */

import type { Policy } from "../../wire/mod.ts";

/** Where an item stands in a selection: what `add` returned, for that selection alone to read. */
export type Place = object;

/**
 * The items of one pool, in the order in which its policy hands them out.
 *
 * All policies given to one selection are of the type it is made for. Every method costs O(log n)
 * or less in the number of items, `select` for each item that it returns.
 */
export interface Selection<Item> {
  /** Takes an item in. It stays until its place is removed. */
  add(item: Item, policy: Policy): Place;
  /** The item was registered again, with the same policy values or others. */
  update(place: Place, policy: Policy): void;
  /** Lets the item go. */
  remove(place: Place): void;
  /**
   * The items for one handle resolution, in the policy's order and none of them twice.
   *
   * @param items At most so many; an integer from 0, or `Infinity` for all.
   */
  select(items: number): Item[];
  /**
   * What {@linkcode Selection.select} would return now, without anything advancing: what is only
   * told counts as handed out to nobody.
   *
   * @param items At most so many; an integer from 0, or `Infinity` for all.
   */
  list(items: number): Item[];
}

/** A policy with a weight. RFC 5356 §3.2. */
export type WeightPolicy = Extract<Policy, { readonly weight: number }>;

/** A policy with a load. RFC 5356 §3.1. */
export type LoadPolicy = Extract<Policy, { readonly load: number }>;

/** A policy with a load and a degradation. RFC 5356 §5.2. */
export type DegradationPolicy = Extract<Policy, { readonly degradation: number }>;

/** The load of a pool element that is fully utilized. RFC 5356 §3.1. */
export const MAX_LOAD = 0xffffffff;
